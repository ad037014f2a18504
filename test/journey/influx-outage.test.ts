// InfluxDB stopped, killed twice and refusing a wrong token, under steady load: what bench/influx-outage.ts measures at
// full length, as short as it can be.
import { describe, expect, it, onTestFinished } from "vitest";
import { measureInfluxOutage } from "../../bench/influx-outage.ts";
import { findInflux } from "../support/influx.ts";

const influx = await findInflux();
const title =
  influx.kind === "own"
    ? "an outage of InfluxDB under load"
    : "an outage of InfluxDB under load (skipped: needs one that may be killed)";
/** The second reading above IΔn raises the alarm; on busy machines the pipeline's turn may take a moment. */
const onTimeMs = 5_000;

describe.skipIf(influx.kind !== "own")(title, () => {
  it("delays no alarm, loses nothing, doubles nothing, and leaves no gap in the reports", {
    timeout: 300_000,
  }, async () => {
    if (influx.kind === "missing") throw new Error(influx.reason);
    const server = await influx.start();
    onTestFinished(() => server.stop());
    const result = await measureInfluxOutage(
      server,
      { connections: 50, ratePerS: 500, steadyS: 3, stoppedS: 12, killS: 6, wrongTokenS: 6 },
      () => {},
    );
    expect(result.told.stopped).toMatch(/does not answer.*INFLUX_URL/);
    expect(result.told.wrongToken).toMatch(/INFLUX_TOKEN/);
    expect(result.phases.filter(({ alarmMs }) => alarmMs > onTimeMs)).toEqual([]);
    expect(result.journalPeakRecords).toBeGreaterThan(4_000);
    const { books } = result;
    expect(books.storedReadings).toBe(result.acknowledged);
    expect([books.series, books.quarantined]).toEqual([books.breakers, 0]);
    expect(books.alarms).toBe(result.phases.length);
    expect(books.alarmsReported).toBe(books.alarms);
    expect(books.stateChanges).toBeGreaterThan(0);
    expect(books.stateChangesMissing).toBe(0);
  });
});
