import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, describe, expect, it } from "vitest";
import { newSeriesMemory, scoreValue } from "../../detection/leakage/spike.ts";
import { type SeriesOutcome, scoreSeries } from "../../evaluation/series.ts";
import { numberOf, timestampMs } from "../../evaluation/series-cells.ts";
import { findColumns } from "../../evaluation/series-columns.ts";
import { temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const [csv, out] = [join(directory.path, "in.csv"), join(directory.path, "out.csv")];

const outcomeOf = (text: string): Promise<SeriesOutcome> => {
  writeFileSync(csv, text);
  return scoreSeries(csv, out);
};

const scored = async (text: string): Promise<Record<string, string>[]> => {
  expect((await outcomeOf(text)).kind).toBe("scored");
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
      reason: "no column with numbers",
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

  it("reads dates that end with their year, and other ways of writing a time", () => {
    const atMs = Date.UTC(2014, 3, 1, 13, 5);
    for (const [cell, dayFirst] of [
      ["01.04.2014 13:05", false],
      ["1.4.14 13:05", false],
      ["4/1/2014 13:05", false],
      ["4/1/2014 1:05 PM", false],
      ["04-01-2014 13:05:00", false],
      ["1/4/2014 13:05", true],
      ["01/04/2014 21:05 +08:00", true],
      ["2014.04.01 13:05", true],
      ["2014-04-01 01:05 pm", false],
      ["Apr 1, 2014 13:05", false],
      ["Tue, 01 Apr 2014 13:05:00 GMT", false],
    ] as const)
      expect([cell, timestampMs(cell, { dayFirst })]).toEqual([cell, atMs]);
    expect(timestampMs("13/04/2014")).toBe(Date.UTC(2014, 3, 13));
    expect(timestampMs("04/13/2014", { dayFirst: true })).toBe(Date.UTC(2014, 3, 13));
    expect(timestampMs("2014-04")).toBe(Date.UTC(2014, 3, 1));
    for (const cell of ["31.02.2014", "13/13/2014", "sensor 3", "00:05:00"])
      expect([cell, timestampMs(cell)]).toEqual([cell, Number.NaN]);
  });

  it("reads numbers with thousands apart, and with a decimal comma where the column has one", () => {
    for (const [cell, decimalComma, number] of [
      ["10,123.45", false, 10_123.45],
      ["-1,234,567", false, -1_234_567],
      [" 10.5 ", false, 10.5],
      ["10,5", true, 10.5],
      ["1.234,5", true, 1_234.5],
      ["1.234", true, 1_234],
      ["2.5", true, 2.5],
      ["1,23,4", false, Number.NaN],
      ["", false, Number.NaN],
    ] as const)
      expect([cell, numberOf(cell, { decimalComma })]).toEqual([cell, number]);
  });

  it("tells dates with slashes by the first of the whole column that can be read in one way only", async () => {
    const rows = (days: number, write: (day: number) => string) =>
      Array.from(
        { length: 24 * days },
        (_, i) => `${write(1 + Math.floor(i / 24))} ${i % 24}:00,${5 + (i % 3)}`,
      );
    const timeOf = async (lines: readonly string[]) => {
      const outcome = await outcomeOf(["when,value", ...lines].join("\n"));
      return outcome.kind === "scored" ? outcome.time : outcome.reason;
    };
    expect(await timeOf(rows(14, (day) => `${day}/04/2014`))).toBe("when (day first)");
    expect(await timeOf(rows(14, (day) => `4/${day}/2014`))).toBe("when (month first)");
    expect(await timeOf(rows(3, (day) => `${day}/04/2014`))).toBe("when (month first)");
    expect(await timeOf(rows(3, (day) => `0${day}.04.2014`))).toBe("when");
  });

  it("never takes a verdict on the rows for what was measured, and says what it took", async () => {
    const rows = (write: (i: number) => string) => Array.from({ length: 30 }, (_, i) => write(i));
    for (const [header, write, time, value] of [
      ["timestamp,is_anomaly,cpu", (i: number) => `${1.4e9 + i * 60},0,${5 + (i % 3)}`, "timestamp", "cpu"],
      ["Data,Label", (i: number) => `${5 + (i % 3)},0`, "the number of the row", "Data"],
      ["label,load,value", (i: number) => `0,${i % 5},${i % 3}`, "the number of the row", "value"],
      [",ts,changepoint,mA", (i: number) => `${i},2026-01-01T00:${10 + i}:00Z,0,5`, "ts", "mA"],
      ["anomaly,outliers", (i: number) => `${i % 2},0`, "the number of the row", "anomaly"],
      ["id,event_time,load", (i: number) => `${i},${1.4e9 + i * 60},${i % 4}`, "event_time", "load"],
      ["date,time,value", (i: number) => `2026-01-01,00:${10 + i}:00,${i % 3}`, "date and time", "value"],
      [
        "date,hour,count",
        (i: number) => `2026-01-0${1 + (i > 23 ? 1 : 0)},${i % 24},7`,
        "date and hour",
        "count",
      ],
    ] as const) {
      const outcome = await outcomeOf([header, ...rows(write)].join("\n"));
      expect([header, outcome]).toEqual([header, { kind: "scored", rows: 30, unusable: 0, time, value }]);
    }
  });

  it("takes values alone, semicolons, tabs, decimal commas, and values that begin late", async () => {
    const values = Array.from({ length: 300 }, (_, i) => (i === 250 ? 90 : 5 + ((i * 7) % 11) / 10));
    const at = (i: number) => 1_400_000_000 + i * 60;
    const table = async (text: string, delimiter = ",") => {
      const outcome = await outcomeOf(text);
      const rows = parse(readFileSync(out, "utf8"), { columns: true, delimiter }) as Record<string, string>[];
      return { outcome, scores: rows.map((row) => row["anomaly_score"]) };
    };
    const plain = await table(["timestamp,value", ...values.map((v, i) => `${at(i)},${v}`)].join("\n"));
    expect(Number(plain.scores[250])).toBeGreaterThan(0.9);
    const german = (v: number) => String(v).replace(".", ",");
    for (const [text, delimiter] of [
      [values.join("\n"), ","],
      [["value", ...values].join("\r\n"), ","],
      [["time;value", ...values.map((v, i) => `${at(i)};${german(v)}`)].join("\n"), ";"],
      [["time\tvalue", ...values.map((v, i) => `${at(i)}\t${v}`)].join("\n"), "\t"],
      [["time,value", ...values.map((v, i) => `${at(i)},"${german(v)}"`)].join("\n"), ","],
    ] as const)
      expect((await table(text, delimiter)).scores).toEqual(plain.scores);
    const bare = await table(`${at(-1)},NaN\n${values.map((v, i) => `${at(i)},${v}`).join("\n")}`);
    expect(bare.scores.slice(1)).toEqual(plain.scores);
    const late = values.map((v, i) => `${at(i)},${i < 60 ? "" : v}`);
    expect((await table(["timestamp,cpu", ...late].join("\n"))).outcome).toMatchObject({
      value: "cpu",
      unusable: 60,
    });
  });

  it("looks for no days in times that only count the rows", async () => {
    const noise = noiseOf(5);
    const values = Array.from({ length: 95_000 }, () => 5 + noise());
    const counted = await outcomeOf(["timestamp,value", ...values.map((v, i) => `${i + 1},${v}`)].join("\n"));
    expect(counted).toMatchObject({ time: "timestamp" });
    const rows = parse(readFileSync(out, "utf8"), { columns: true }) as Record<string, string>[];
    await outcomeOf(values.join("\n"));
    const alone = parse(readFileSync(out, "utf8"), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row["anomaly_score"])).toEqual(alone.map((row) => row["anomaly_score"]));
  });

  it("puts its scores in place of older ones, and beside rows that are too short", async () => {
    const text =
      "timestamp,anomaly_score,value,note\n1400000000,0.5,10,a\n1400000060,0.5\n1400000120,0.5,10,b,";
    expect(await outcomeOf(text)).toMatchObject({ kind: "scored", rows: 3, unusable: 1 });
    expect(readFileSync(out, "utf8")).toBe(
      "timestamp,value,note,anomaly_score\n1400000000,10,a,0.000000\n1400000060,,,0.000000\n1400000120,10,b,0.000000\n",
    );
  });

  it("says in a sentence why a table cannot be scored", async () => {
    for (const [text, reason] of [
      ["", "the file is empty"],
      ["\n\n", "the file is empty"],
      ["timestamp,value\n", "no row follows the header"],
      ["time,what\n2026-01-01,sun\n2026-01-02,rain\n", "no column with numbers"],
      ["time,value\nsoon,1\nlater,2\n", "the number of the row (time holds no times)"],
      ["time,value\n1400000000,10,123\n1400000060,10,124\n", "none of 2 rows has a usable time and value"],
    ] as const) {
      const outcome = await outcomeOf(text);
      expect(outcome.kind === "wrong" ? outcome.reason : outcome.time).toBe(reason);
    }
  });
});
