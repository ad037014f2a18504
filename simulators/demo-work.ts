// What the demo's people have done when one first looks: trip tests of this month, two notices, yesterday's report.
import { setTimeout as pause } from "node:timers/promises";
import type { AlarmKind } from "../domain/alarm.ts";
import type { Api } from "./api.ts";
import type { Log } from "./connection.ts";
import type { GatewayLines } from "./gateway-lines.ts";
import { unit } from "./random.ts";
import { demoTownshipId } from "./township.ts";
import type { World } from "./world.ts";

/** Share of each village's breakers whose trip test of this month is done; the third village's is still to come. */
const testedShare: Readonly<Record<string, number>> = { shanghe: 1, shiqiao: 0.6 };

/** Has the gateways make trip tests at `atMs` (Unix ms). */
export const testSomeBreakers = (gateways: GatewayLines, world: World, atMs: number): void => {
  const villageOf = (areaId: string) => areaId.slice(0, areaId.lastIndexOf("-"));
  gateways.tripTest(
    world.breakers.filter((b) => unit(b.traits.key, 77) < (testedShare[villageOf(b.areaId)] ?? 0)),
    atMs,
  );
};

/** The findings that become notices: one stays a draft, the other is issued. */
const noticesOf: readonly { kind: AlarmKind; issued: boolean }[] = [
  { kind: "highLeakage", issued: false },
  { kind: "protectionExited", issued: true },
];
const lookEveryMs = 3_000;
const patienceMs = 120_000;

const makeNotices = async (api: Api, signal: AbortSignal): Promise<void> => {
  const untilMs = Date.now() + patienceMs;
  let waiting = noticesOf;
  while (waiting.length > 0 && Date.now() < untilMs) {
    await pause(lookEveryMs, undefined, { signal });
    const found = new Set<AlarmKind>();
    for (const { kind, issued } of waiting) {
      const [alarmId] = await api.openAlarms(kind);
      if (alarmId === undefined) continue;
      found.add(kind);
      const noticeId = await api.draftNotice(alarmId);
      if (issued) await api.issueNotice(noticeId);
    }
    waiting = waiting.filter(({ kind }) => !found.has(kind));
  }
};

/** Makes notices of what has been found and asks for the report of `day`; a refusal is logged and costs only itself. */
export const doOfficeWork = async (
  api: Api,
  { day, signal, log }: { day: string; signal: AbortSignal; log: Log },
): Promise<void> => {
  const refused = (error: unknown) => {
    if (!signal.aborted) log.warn({ reason: (error as Error).message }, "the demo's office work failed");
  };
  await makeNotices(api, signal).catch(refused);
  if (!signal.aborted) await api.makeReport(demoTownshipId, "day", day).catch(refused);
};
