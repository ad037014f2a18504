// When a breaker that passed its trip test was off and when it was seen on again, from the readings after the test.
import type { Db } from "../storage/db.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import { testsWithoutTimes, writeTestTimes } from "../storage/tests.ts";

/** A breaker that has not come back within this has not come back from its test. */
const withinMs = 3_600_000;
const testsAtOnce = 500;
const reportsPerTest = 1_000;

/**
 * Looks at the tests of the last hour and a bit before `settledMs` (Unix ms), until when the telemetry store is complete.
 * A trip test that was passed opened the breaker at that instant; it is on again with the first reading that says closed.
 */
export const fillTestTimes = async (
  { db, telemetry }: { db: Db; telemetry: Pick<TelemetryStore, "reports"> },
  settledMs: number,
): Promise<void> => {
  const tests = await testsWithoutTimes(db.query, settledMs - 2 * withinMs, settledMs, testsAtOnce);
  const times: { id: string; offAtMs: number; onAtMs: number }[] = [];
  for (const { id, breakerId, atMs } of tests) {
    const reports = await telemetry.reports({
      breakerId,
      fromMs: atMs + 1,
      toMs: Math.min(atMs + withinMs, settledMs),
      limit: reportsPerTest,
    });
    const on = reports.find((report) => report.kind === "reading" && report.body.contact === "closed");
    if (on !== undefined) times.push({ id, offAtMs: atMs, onAtMs: on.tsMs });
  }
  await writeTestTimes(db.query, times);
};
