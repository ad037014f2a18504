// Thirty days of history uploaded at once, late, shuffled and half of it twice: the same intervals, rates and reports as in
// order, and the rates as counted.
import fc from "fast-check";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TimelineEntry } from "../../domain/http.ts";
import type { Job } from "../../domain/http-jobs.ts";
import type { PerformanceRow } from "../../domain/http-rates.ts";
import { type Period, periodAt } from "../../domain/periods.ts";
import { count, type RawBreaker, type RawReport } from "../rates/count.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, registryCsv } from "../support/registry.ts";
import { until } from "../support/until.ts";

const minuteMs = 60_000;
const zone = "Asia/Shanghai";
const days = 30;
const today = Temporal.Now.zonedDateTimeISO(zone).startOfDay();
const endMs = today.epochMilliseconds;
const startMs = today.subtract({ days }).epochMilliseconds;
const areas = ["ordered", "shuffled"] as const;
/** Each area is all there is of a township, so that whole reports can be compared. */
const townshipOf = { ordered: "T", shuffled: "T2" } as const;
const perArea = 4;
const idOf = (area: string, index: number) => `${area}-${index}`;

let database: FreshDatabase;
let house: TestHouse;
let passwords: Map<string, string>;

beforeAll(async () => {
  database = await freshDatabase();
  // The CSV is compared: nothing need be printed.
  house = await startTestHouse({ DATABASE_URL: database.url, HUBAO_CHROMIUM: "/nowhere" });
  const places = areas.flatMap((areaId) =>
    Array.from({ length: perArea }, (_, i) => ({ breakerId: idOf(areaId, i), areaId })),
  );
  const table = registryCsv(places, today.subtract({ days }).toPlainDate().toString());
  await house.post(
    "/registry/import",
    table.replaceAll("T,Township,V,Village,shuffled,", "T2,Township,V2,Village,shuffled,"),
    "text/csv",
  );
  passwords = await credentials(
    house,
    places.map((place) => place.breakerId),
  );
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

/** A month that has everything in it: silence alone and together, exits, an open contact, failed tests, no supply. */
const month = (index: number): RawReport[] => {
  const reports: RawReport[] = [];
  let ts = startMs + index * 61_000;
  for (let seq = 1; ts < endMs; seq += 1) {
    const phase = (seq + index * 40) % 293;
    if (phase === 60) reports.push({ kind: "test", ts, seq, passed: false });
    else if (phase === 66) reports.push({ kind: "test", ts, seq, passed: true });
    else
      reports.push({
        kind: "reading",
        ts,
        seq,
        residualCurrentMa: 4 + (seq % 7),
        contact: phase > 20 && phase < 27 ? "open" : "closed",
        protection: phase > 40 && phase < 45 ? "alarmOnly" : "enabled",
        loadCurrentA: 0,
        voltageV: phase > 100 && phase < 106 ? 0 : 230,
      });
    ts += phase === 80 ? 97 * minuteMs : 9 * minuteMs;
    // Once a week the whole area is away.
    if (
      Math.floor((ts - startMs) / (10_000 * minuteMs)) >
      Math.floor((ts - startMs - 9 * minuteMs) / (10_000 * minuteMs))
    )
      ts += 200 * minuteMs;
  }
  return reports;
};

const upload = async (area: (typeof areas)[number], index: number, reports: readonly RawReport[]) => {
  const id = idOf(area, index);
  const client = await connectAsync(house.mqttUrl, {
    clientId: id,
    username: id,
    password: passwords.get(id) ?? "",
  });
  await Promise.all(
    reports.map((report) => {
      const { kind, ...rest } = report;
      const body = kind === "test" ? { kind: "trip", ...rest } : rest;
      return client.publishAsync(`hubao/v1/${townshipOf[area]}/${area}/${id}/${kind}`, JSON.stringify(body), {
        qos: 1,
      });
    }),
  );
  await client.endAsync();
};

/** Weeks and months that touch the thirty days and have ended, and the days after the last such week: all of the thirty. */
const endedPeriods = (): Period[] => {
  const found = new Map<string, Period>();
  for (let day = periodAt("day", startMs, zone); day.fromMs < endMs; day = periodAt("day", day.toMs, zone)) {
    const [week, calendarMonth] = [periodAt("week", day.fromMs, zone), periodAt("month", day.fromMs, zone)];
    for (const period of [week.toMs <= endMs ? week : day, calendarMonth])
      if (period.toMs <= endMs) found.set(`${period.kind} ${period.firstDate}`, period);
  }
  return [...found.values()];
};

/** A period's report of a township as CSV, but for when it was computed and what its places are called. */
const reportOf = async (area: (typeof areas)[number], { kind, firstDate: date }: Period): Promise<string> => {
  const started = await house.post<Job>(
    "/reports",
    JSON.stringify({ township: townshipOf[area], kind, date }),
  );
  const job = await until(
    `the ${kind} report of ${date}`,
    async () => {
      const asked = await house.get<Job>(`/jobs/${started.id}`);
      return asked.state === "done" ? asked : null;
    },
    60_000,
  );
  const { reportId } = job.result as { reportId: string };
  const response = await fetch(`${house.url}/api/v1/reports/${reportId}/files/csv?language=en`, {
    headers: { authorization: `Bearer ${house.token}` },
  });
  expect(response.status).toBe(200);
  return (await response.text())
    .replace(/^Computed at.*$/m, "")
    .replaceAll("shuffled", "ordered")
    .replaceAll("V2", "V");
};

it("gives the same intervals, rates and reports in whatever order, and however often, a month is delivered", async () => {
  const histories = Array.from({ length: perArea }, (_, i) => month(i));
  const shuffle = (reports: readonly RawReport[], seed: number) =>
    fc.sample(fc.shuffledSubarray([...reports], { minLength: reports.length }), { numRuns: 1, seed })[0] ??
    [];
  for (const [i, reports] of histories.entries()) {
    await upload("ordered", i, reports);
    const half = reports.filter((_, n) => n % 2 === 0);
    await upload("shuffled", i, shuffle([...reports, ...half], i));
  }
  const expected = count(
    {
      areaIds: ["ordered"],
      households: Array.from({ length: perArea }, (_, i) => ({
        id: `h${i}`,
        areaId: "ordered",
        lived: [{ fromMs: 0, inhabited: true }],
      })),
      breakers: histories.map(
        (reports, i): RawBreaker => ({
          id: `b${i}`,
          level: "household",
          installedMs: startMs,
          removedMs: null,
          places: [{ fromMs: startMs, areaId: "ordered", householdId: `h${i}` }],
          reports,
        }),
      ),
      outages: [],
    },
    startMs,
    endMs,
  ).get("ordered");
  const ms = expected?.ms["household"] ?? {};
  expect(Object.keys(ms).sort((a, b) => (a < b ? -1 : 1))).toEqual([
    "excused/areaOutage",
    "notOperating/open",
    "notOperating/protectionExited",
    "notOperating/tripFunctionFault",
    "operating/",
    "unknown/silent",
  ]);
  const window = `from=${new Date(startMs).toISOString()}&to=${new Date(endMs).toISOString()}`;
  const rowOf = async (area: string) => {
    const { items } = await house.get<{ items: PerformanceRow[] }>(
      `/performance?by=area&area=${area}&${window}`,
    );
    return items[0];
  };
  for (const area of areas)
    await until(
      `${area} to be judged`,
      async () => {
        const row = await rowOf(area);
        expect(row?.levels.household).toMatchObject({
          operatingMs: ms["operating/"],
          unknownMs: ms["unknown/silent"],
          excusedMs: ms["excused/areaOutage"],
          notOperatingMsByReason: {
            open: ms["notOperating/open"],
            protectionExited: ms["notOperating/protectionExited"],
            tripFunctionFault: ms["notOperating/tripFunctionFault"],
          },
        });
        return true;
      },
      120_000,
    );
  const [ordered, shuffled] = [await rowOf("ordered"), await rowOf("shuffled")];
  expect({ ...shuffled, id: "", name: "" }).toEqual({ ...ordered, id: "", name: "" });
  for (let i = 0; i < perArea; i += 1) {
    const timeline = async (area: string) =>
      (
        await house.get<{ items: TimelineEntry[] }>(
          `/breakers/${idOf(area, i)}/timeline?${window}&limit=1000`,
        )
      ).items;
    expect(await timeline("shuffled")).toEqual(await timeline("ordered"));
  }
  for (const period of endedPeriods()) {
    const inOrder = await reportOf("ordered", period);
    // All of them were installed; on some days one has lost nothing, and is not named.
    expect(inOrder).toMatch(/^,Total,Household,[1-9]/m);
    expect(await reportOf("shuffled", period), `${period.kind} ${period.firstDate}`).toBe(inOrder);
  }
}, 300_000);
