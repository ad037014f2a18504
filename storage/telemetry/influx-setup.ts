// What hubao needs of an InfluxDB 2: buckets with their retention, roll-ups, mappings for InfluxQL, a token for Grafana.
import { type Ensured, openInfluxAdmin } from "./influx-admin.ts";
import { rollupTasks } from "./influx-rollups.ts";
import { rollupBuckets } from "./names.ts";

const daySeconds = 86_400;
/** How long roll-ups are kept. */
const rollupDays = { hourly: 2 * 365, daily: 10 * 365 } as const;

export type InfluxSetup = {
  url: string;
  token: string;
  org: string;
  bucket: string;
  retentionDays: number;
  timeZone: string;
  /** Whether Grafana is to have a token that may only read. */
  grafanaToken: boolean;
};

export type PreparedInflux = {
  /** Task name → its id. */
  taskIds: Map<string, string>;
  grafanaToken: string | null;
};

/** Brings InfluxDB into the wanted shape, telling of every step; a second time changes nothing. Throws InfluxAdminError. */
export const prepareInflux = async (
  setup: InfluxSetup,
  told: (step: { what: string; outcome: Ensured }) => void,
): Promise<PreparedInflux> => {
  const { bucket, retentionDays, timeZone } = setup;
  const admin = await openInfluxAdmin(setup);
  const { hourly, daily } = rollupBuckets(bucket);
  const bucketIds: string[] = [];
  for (const [name, days, policy] of [
    [bucket, retentionDays, "autogen"],
    [hourly, rollupDays.hourly, "hourly"],
    [daily, rollupDays.daily, "daily"],
  ] as const) {
    // A day more: the adapter keeps whole days, and what it takes the bucket must take too.
    const { id, outcome } = await admin.bucket(name, (days + 1) * daySeconds);
    told({ what: `bucket ${name}, kept ${days} days`, outcome });
    bucketIds.push(id);
    const mapped = await admin.mapping(bucket, policy, id, name === bucket);
    told({ what: `InfluxQL "${bucket}"."${policy}" → bucket ${name}`, outcome: mapped });
  }
  const taskIds = new Map<string, string>();
  for (const { name, flux } of rollupTasks(bucket, timeZone, Date.now())) {
    const { id, outcome } = await admin.task(name, flux);
    told({ what: `task ${name}`, outcome });
    taskIds.set(name, id);
  }
  if (!setup.grafanaToken) return { taskIds, grafanaToken: null };
  const { token, outcome } = await admin.readToken(`hubao: Grafana reads ${bucket}`, bucketIds);
  told({ what: "read-only token for Grafana", outcome });
  return { taskIds, grafanaToken: token };
};
