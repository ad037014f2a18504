// Prepares InfluxDB 2 for hubao: `npm run influx:setup [-- --grafana-token]`. Run it again whenever you like: it changes
// only what is not as it should be, and says what it did.
import { parseArgs } from "node:util";
import { readConfig } from "../config.ts";
import { InfluxAdminError } from "../storage/telemetry/influx-admin.ts";
import { prepareInflux } from "../storage/telemetry/influx-setup.ts";

const usage = `Usage: npm run influx:setup [-- --grafana-token]

Makes the bucket with its retention, the roll-up buckets and the tasks that fill them, and the mappings for InfluxQL.
Needs INFLUX_URL, INFLUX_ORG, INFLUX_BUCKET and an INFLUX_TOKEN that may manage buckets and tasks. Heeds
HUBAO_TELEMETRY_RETENTION_DAYS and HUBAO_TIME_ZONE.

  --grafana-token   make a token that may only read the buckets, and print it (last line of the standard output)
`;
const exitCodes = { wrongUse: 2, failed: 1 } as const;
const complain = (text: string) => process.stderr.write(`${text}\n`);

const run = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { "grafana-token": { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const read = readConfig(process.env);
  const problems =
    read.kind === "invalid"
      ? read.problems
      : read.config.influx === null
        ? ["INFLUX_URL: must be set, with INFLUX_TOKEN, INFLUX_ORG and INFLUX_BUCKET"]
        : [];
  if (read.kind === "invalid" || read.config.influx === null) {
    for (const problem of problems) complain(problem);
    return exitCodes.wrongUse;
  }
  const { influx, retentionDays, timeZone } = read.config;
  const { grafanaToken } = await prepareInflux(
    { ...influx, retentionDays, timeZone, grafanaToken: values["grafana-token"] === true },
    ({ what, outcome }) => complain(`${outcome.padEnd(8)}${what}`),
  );
  if (grafanaToken !== null) process.stdout.write(`${grafanaToken}\n`);
  return 0;
};

try {
  process.exitCode = await run();
} catch (error) {
  if (error instanceof InfluxAdminError) {
    complain(error.message);
    process.exitCode = exitCodes.failed;
  } else if (
    error instanceof TypeError &&
    "code" in error &&
    String(error.code).startsWith("ERR_PARSE_ARGS")
  ) {
    complain(`${error.message}\n\n${usage}`);
    process.exitCode = exitCodes.wrongUse;
  } else throw error;
}
