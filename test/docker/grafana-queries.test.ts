// What the check of a running Grafana asks and how it reads the answers, on the dashboards as they are committed.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type DashboardFile,
  failuresOf,
  hasRows,
  queriesOf,
  queryRequest,
} from "../../tools/grafana-queries.ts";
import { root, text } from "./tree.ts";

const files = readdirSync(join(root, "dashboards", "json"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(text(join("dashboards", "json", name))) as DashboardFile);

describe("the check of a running Grafana", () => {
  it("asks the queries of every panel and variable of all twelve dashboards, with no variable left open", () => {
    expect(files).toHaveLength(12);
    const asked = files.flatMap(queriesOf);
    const targets = files
      .map((file) => JSON.stringify(file).match(/"query":"(?:[^"\\]|\\.)*from\(bucket/g)?.length ?? 0)
      .reduce((sum, count) => sum + count, 0);
    expect(asked.flatMap(({ queries }) => queries)).toHaveLength(targets);
    for (const { panel, queries } of asked)
      for (const { query } of queries) expect(query, panel).not.toMatch(/\$\{|\$\w/);
  });

  it("leaves the time range to Grafana, and says which data source is asked", () => {
    const request = queryRequest([{ refId: "A", query: "from(bucket: v.defaultBucket)" }], {
      fromMs: 1_000,
      toMs: 2_000,
    });
    expect(request).toMatchObject({
      from: "1000",
      to: "2000",
      queries: [{ refId: "A", query: "from(bucket: v.defaultBucket)", datasource: { uid: "hubao-influx" } }],
    });
  });

  it("tells an error, a missing answer and an empty one from a good one", () => {
    const queries = [
      { refId: "A", query: "" },
      { refId: "B", query: "" },
    ];
    const good = { status: 200, frames: [{ data: { values: [[1], [2]] } }] };
    expect(failuresOf({ results: { A: good, B: { status: 200, frames: [] } } }, queries)).toEqual([]);
    expect(failuresOf({ results: { A: good, B: { status: 400, error: "bad" } } }, queries)).toEqual([
      "B: bad",
    ]);
    expect(failuresOf({ message: "Unauthorized" }, queries)).toEqual(["A: Unauthorized", "B: Unauthorized"]);
    expect(hasRows({ results: { A: good } })).toBe(true);
    expect(hasRows({ results: { A: { frames: [{ data: { values: [[], []] } }] } } })).toBe(false);
  });
});
