import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, describe, expect, it } from "vitest";
import { newSeriesMemory, scoreValue } from "../../detection/leakage/spike.ts";
import { findColumns, scoreSeries, timestampMs } from "../../evaluation/series.ts";
import { temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const scored = async (text: string): Promise<Record<string, string>[]> => {
  const [csv, out] = [join(directory.path, "in.csv"), join(directory.path, "out.csv")];
  writeFileSync(csv, text);
  const outcome = await scoreSeries(csv, out);
  expect(outcome.kind).toBe("scored");
  return parse(readFileSync(out, "utf8"), { columns: true }) as Record<string, string>[];
};

/** Four weeks of a daily rhythm, every five minutes, with a burst at the given rows. */
const rhythm = (rows: number, burst: readonly number[], sign = 1): string[] =>
  Array.from({ length: rows }, (_, i) => {
    const at = new Date(Date.UTC(2026, 0, 1) + i * 300_000).toISOString().slice(0, 19).replace("T", " ");
    const hour = (i / 12) % 24;
    const value = 50 + 10 * Math.sin((hour / 24) * 2 * Math.PI) + ((i * 7919) % 101) / 50;
    return `${at},${(value + (burst.includes(i) ? sign * 40 : 0)).toFixed(3)}`;
  });

/** Seeded noise of mean 0 and standard deviation 1. */
const noiseOf = (seed: number): (() => number) => {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
};

/** In how many of all pairs of an anomalous and an everyday row the anomalous one scores higher; ties count half. */
const rocAuc = (scores: readonly number[], isAnomalous: (i: number) => boolean): number => {
  const order = scores.map((score, i) => ({ score, anomalous: isAnomalous(i) }));
  const [bad, good] = [order.filter((one) => one.anomalous), order.filter((one) => !one.anomalous)];
  let won = 0;
  for (const one of bad)
    for (const other of good) won += one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0;
  return won / (bad.length * good.length);
};

const scoresOf = (values: readonly number[], everyMs: number): number[] => {
  const memory = newSeriesMemory();
  return values.map((value, i) => scoreValue(memory, Date.UTC(2026, 0, 1) + i * everyMs, value));
};

describe("the score", () => {
  it("rises strictly with the distance from what is usual, everyday distances included", () => {
    const noise = noiseOf(1);
    const before = Array.from({ length: 400 }, () => 20 + noise());
    const last = Array.from({ length: 60 }, (_, n) => 22 + 1.25 ** n / 10);
    const scores = last.map((value) => scoresOf([...before, value], 300_000)[400] ?? 0);
    for (const [n, score] of scores.entries())
      expect(score).toBeGreaterThan(n === 0 ? 0 : (scores[n - 1] ?? 1));
    expect(scores.at(-1)).toBeLessThanOrEqual(1);
  });

  it("lies near 0 for everyday rows, without a distance below which all are alike", () => {
    const noise = noiseOf(2);
    const scores = scoresOf(
      Array.from({ length: 4_000 }, (_, i) => 50 + 20 * Math.sin((i / 144) * Math.PI) + 3 * noise()),
      300_000,
    ).slice(100);
    expect(scores.toSorted((a, b) => a - b)[scores.length >> 1]).toBeLessThan(0.02);
    expect(new Set(scores).size).toBe(scores.length);
  });

  it("stays up at a new level of a series that knows no days, and inside a burst of unrest", () => {
    const noise = noiseOf(3);
    const isShift = (i: number) => i >= 900 && i < 940;
    const shifted = Array.from({ length: 1_400 }, (_, i) => 5 + noise() + (isShift(i) ? -5 : 0));
    expect(rocAuc(scoresOf(shifted, 1), isShift)).toBeGreaterThan(0.98);
    const isBurst = (i: number) => i >= 2_000 && i < 2_040;
    const burst = Array.from({ length: 3_000 }, (_, i) => 30 + (isBurst(i) ? 9 : 1.8) * noise());
    expect(rocAuc(scoresOf(burst, 600_000), isBurst)).toBeGreaterThan(0.9);
  });

  it("stays up where a day is not like the days before, for hours", () => {
    const noise = noiseOf(4);
    const isShift = (i: number) => i >= 4_000 && i < 4_120;
    const values = Array.from(
      { length: 6_000 },
      (_, i) => 20 + 4 * Math.sin((i / 144) * Math.PI) + 0.8 * noise() + (isShift(i) ? 6 : 0),
    );
    expect(rocAuc(scoresOf(values, 300_000), isShift)).toBeGreaterThan(0.98);
  });
});

describe("the detector on a series", () => {
  it("scores a burst far above everything else, and every row from 0 to 1", async () => {
    const burst = [5_000, 5_001, 5_002];
    const rows = await scored(["timestamp,value", ...rhythm(8_000, burst)].join("\n"));
    expect(rows).toHaveLength(8_000);
    const scores = rows.map((row) => Number(row["anomaly_score"]));
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    const inBurst = Math.max(...burst.map((i) => scores[i] ?? 0));
    const quiet = scores.filter((_, i) => i > 1_000 && !burst.includes(i) && Math.abs(i - 5_001) > 20);
    expect(inBurst).toBeGreaterThan(0.9);
    expect(quiet.filter((score) => score >= inBurst)).toEqual([]);
  });

  it("uses nothing later than the row", async () => {
    const lines = rhythm(3_000, [2_500]);
    const whole = await scored(["timestamp,value", ...lines].join("\n"));
    const half = await scored(["timestamp,value", ...lines.slice(0, 1_700)].join("\n"));
    expect(half).toEqual(whole.slice(0, 1_700));
  });

  it("takes other headers, other columns, quotes and rows that cannot be used", async () => {
    const rows = await scored(
      ['name,"Date Time",mA', "a,2026-01-01T00:00:00Z,1.5", "b,2026-01-01T00:05:00Z,", 'c,"soon",2'].join(
        "\r\n",
      ),
    );
    expect(rows.map((row) => [row["name"], row["mA"], row["anomaly_score"]])).toEqual([
      ["a", "1.5", "0.000000"],
      ["b", "", "0.000000"],
      ["c", "2", "0.000000"],
    ]);
  });

  it("takes a table without a header, and says when there is no such table", async () => {
    const rows = await scored(["1767225600,5", "1767225900,6"].join("\n"));
    expect(rows.map((row) => [row["timestamp"], row["value"]])).toEqual([
      ["1767225600", "5"],
      ["1767225900", "6"],
    ]);
    const csv = join(directory.path, "words.csv");
    writeFileSync(csv, "who,what\nanna,sings\nbert,sleeps\n");
    expect(await scoreSeries(csv, join(directory.path, "none.csv"))).toEqual({
      kind: "wrong",
      reason: "no column with times and no column with numbers beside it",
    });
  });

  it("reads epochs in s, ms, µs and ns, and ISO 8601 with and without a zone", () => {
    const atMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    for (const cell of [
      "1767323045",
      "1767323045000",
      "1767323045000000",
      "1767323045000000000",
      "2026-01-02T03:04:05Z",
      "2026-01-02 03:04:05",
      "2026-01-02T11:04:05+08:00",
      "2026/1/2 3:04:05",
    ])
      expect([cell, timestampMs(cell)]).toEqual([cell, atMs]);
    expect(timestampMs("soon")).toBeNaN();
    expect(findColumns(["name", "when"], [["anna", "2026-01-02"]])).toBeNull();
  });
});
