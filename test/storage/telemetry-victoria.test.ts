// The Influx adapter, unchanged, writing to another server of /api/v2/write: VictoriaMetrics. It keeps numbers only, and
// milliseconds; reading back through the adapter needs Flux and stays with InfluxDB 2.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openInfluxTelemetry } from "../../storage/telemetry/influx.ts";
import { findVictoria, startVictoria, type Victoria } from "../support/victoria.ts";
import { contractNowMs, contractRetentionDays, reading, recordOf } from "./telemetry.contract.ts";

const binary = findVictoria();

describe.skipIf(binary === null)("the Influx adapter's writes to VictoriaMetrics", () => {
  let server: Victoria;
  beforeAll(async () => {
    server = await startVictoria(binary ?? "");
  });
  afterAll(() => server?.stop());

  const open = () =>
    openInfluxTelemetry({
      url: server.url,
      token: "none",
      org: "hubao",
      bucket: "telemetry",
      retentionDays: contractRetentionDays,
      log: { warn() {} },
    });
  const stored = { kind: "stored", rejected: [] };
  const startMs = contractNowMs - 3_600_000;
  const currents = async (breakerId: string) =>
    (await server.samplesOf(breakerId))
      .filter(({ name }) => name === "reading_residualCurrentMa")
      .map(({ atMs, value }) => [atMs, value]);

  it("stores numbers at the device's time under the same tags, and a redelivery changes nothing", async () => {
    const store = open();
    const reports = [1, 2, 3].map((seq) =>
      reading("victoria-1", startMs + seq * 1_000, seq, { residualCurrentMa: seq + 0.25, voltageV: 230 }),
    );
    for (let n = 0; n < 3; n += 1)
      expect(await store.write(reports.map(recordOf), contractNowMs)).toEqual(stored);
    expect(new Map((await currents("victoria-1")) as [number, number][])).toEqual(
      new Map(reports.map(({ tsMs, seq }) => [tsMs, seq + 0.25])),
    );
    const [sample] = await server.samplesOf("victoria-1");
    expect(sample?.labels).toMatchObject({
      area: "A1",
      breaker: "victoria-1",
      level: "household",
      township: "T1",
      village: "V1",
    });
  });

  it("takes a batch larger than one request", async () => {
    const reports = Array.from({ length: 12_000 }, (_, seq) => reading("victoria-2", startMs + seq, seq));
    expect(await open().write(reports.map(recordOf), contractNowMs)).toEqual(stored);
    expect((await currents("victoria-2")).length).toBe(12_000);
  });

  it("is unavailable while the server is down, and goes on when it is back", async () => {
    const store = open();
    const records = [recordOf(reading("victoria-3", startMs, 1))];
    await server.kill();
    expect(await store.write(records, contractNowMs)).toEqual({
      kind: "unavailable",
      reason: expect.stringMatching(/does not answer.*INFLUX_URL/),
    });
    await server.restart();
    expect(await store.write(records, contractNowMs)).toEqual(stored);
    expect((await currents("victoria-3")).length).toBe(1);
  });
});
