// What Grafana does between a dashboard and InfluxDB: variables, macros, intervals, and frames from Flux tables.

import type { Dashboard, Panel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import { InfluxDB } from "@influxdata/influxdb-client";
import type { InfluxServer } from "../support/influx.ts";

/** Chosen values of variables; `All` as Grafana inserts it, through the variable's `allValue`. */
export type Choice = Record<string, string | readonly string[]>;
export const all = "$__all";

const escapeRegex = (value: string): string => value.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");

const formatted = (value: string | readonly string[], format: string | undefined, name: string): string => {
  const values = typeof value === "string" ? [value] : value;
  switch (format) {
    case "regex":
      return values.length === 1 ? escapeRegex(values[0] ?? "") : `(${values.map(escapeRegex).join("|")})`;
    case "queryparam":
      return values.map((one) => `var-${name}=${encodeURIComponent(one)}`).join("&");
    case undefined:
      return values.length === 1 ? (values[0] ?? "") : `{${values.join(",")}}`;
    default:
      throw new Error(`a format that is not known here: ${format}`);
  }
};

/** Replaces `${name:format}`, `${name}`, `$name` and `[[name]]` of the dashboard's variables; throws on an unknown one. */
export const withVariables = (text: string, variables: readonly VariableModel[], choice: Choice): string =>
  text.replace(/\$(\w+)|\[\[(\w+)\]\]|\$\{(\w+)(?::(\w+))?\}/g, (_, plain, squared, braced, format) => {
    const name = (plain ?? squared ?? braced) as string;
    const variable = variables.find((candidate) => candidate.name === name);
    if (variable === undefined) throw new Error(`the query names a variable that is not there: ${name}`);
    const value = choice[name] ?? all;
    // An allValue goes in as it is, unformatted.
    if (value === all) {
      if (variable.allValue === undefined) throw new Error(`${name} has no allValue`);
      return variable.allValue;
    }
    return formatted(value, format as string | undefined, name);
  });

export type Window = { fromMs: number; toMs: number };

const niceIntervalsMs = [
  10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
  86_400_000,
];
const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `30s`, `5m`, … */
export const durationMs = (text: string): number => {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw new Error(`no duration: ${text}`);
  return Number(amount) * unitsMs[unit as keyof typeof unitsMs];
};

/** The interval of a panel about as wide as a screen. */
export const intervalMs = ({ fromMs, toMs }: Window, minimum: string | undefined, points = 1_000): number => {
  const exactMs = (toMs - fromMs) / points;
  const niceMs = niceIntervalsMs.find((nice) => nice >= exactMs) ?? exactMs;
  return Math.max(niceMs, minimum === undefined ? 10_000 : durationMs(minimum));
};

// As Go writes a duration: 90 s is 1m30s, an hour is 1h0m0s.
const goDuration = (ms: number): string => {
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1_000];
  if (ms < 1_000) return `${ms}ms`;
  return h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`;
};

/** Replaces the macros of the InfluxDB data source. */
export const withMacros = (query: string, window: Window, everyMs: number, bucket: string): string =>
  query
    .replaceAll("v.timeRangeStart", new Date(window.fromMs).toISOString())
    .replaceAll("v.timeRangeStop", new Date(window.toMs).toISOString())
    .replaceAll("v.windowPeriod", goDuration(everyMs))
    .replaceAll("v.defaultBucket", `"${bucket}"`);

export type Frame = {
  kind: "series" | "table";
  /** Labels of a series. */
  labels: Record<string, string>;
  rows: Record<string, unknown>[];
};

/** Runs a query and makes frames of its tables, as the data source does: `_value` beside a time is a series, all else a table. */
export const ask = async (server: InfluxServer, query: string): Promise<Frame[]> => {
  const api = new InfluxDB({ url: server.url, token: server.token, timeout: 60_000 }).getQueryApi(server.org);
  const frames: Frame[] = [];
  let table: unknown;
  for await (const { values, tableMeta } of api.iterateRows(query)) {
    const row = tableMeta.toObject(values) as Record<string, unknown>;
    const time = tableMeta.columns.find((column) => column.dataType.startsWith("dateTime"));
    const series = time !== undefined && "_value" in row;
    if (frames.length === 0 || row["table"] !== table) {
      const labels = Object.entries(row).filter(
        ([name, value]) => !name.startsWith("_") && name !== "result" && typeof value === "string",
      );
      frames.push({
        kind: series ? "series" : "table",
        labels: series ? (Object.fromEntries(labels) as Record<string, string>) : {},
        rows: [],
      });
    }
    table = row["table"];
    frames.at(-1)?.rows.push(row);
  }
  return frames;
};

/** A dashboard's panels that have queries. */
export const panelsOf = (dashboard: Dashboard): Panel[] =>
  (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== "row");

/** The Flux of a target. */
export const queryOf = (target: unknown): { refId: string; query: string } => {
  const { refId, query } = target as { refId: string; query: string };
  return { refId, query };
};

/** What a query variable offers: the first text column of the first frame, taken apart by the variable's regex. */
export const optionsOf = (frames: readonly Frame[], regex: string): { text: string; value: string }[] => {
  const [, pattern, flags] = /^\/(.*)\/(\w*)$/.exec(regex) ?? [];
  if (pattern === undefined) throw new Error(`no regex: ${regex}`);
  const expression = new RegExp(pattern, flags);
  return (frames[0]?.rows ?? []).flatMap((row) => {
    const text = Object.entries(row).find(([name, value]) => name !== "result" && typeof value === "string");
    const groups = expression.exec(String(text?.[1]))?.groups;
    return groups === undefined ? [] : [{ text: groups["text"] ?? "", value: groups["value"] ?? "" }];
  });
};
