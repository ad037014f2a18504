// Checks a running Grafana: are the dashboards, the data source and the alert rules there, and does every panel's query
// answer? `node tools/check-grafana.ts` with GRAFANA_URL, GRAFANA_USER and GRAFANA_PASSWORD; for CI, after compose is up.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type DashboardFile,
  failuresOf,
  hasRows,
  type QueryAnswer,
  queriesOf,
  queryRequest,
} from "./grafana-queries.ts";

const settings = {
  url: process.env["GRAFANA_URL"] ?? "http://127.0.0.1:3000",
  user: process.env["GRAFANA_USER"] ?? "admin",
  password: process.env["GRAFANA_PASSWORD"] ?? "",
};
const requestTimeoutMs = 60_000;
const hourMs = 3_600_000;
const root = join(import.meta.dirname, "..", "dashboards");
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Calls Grafana; throws for an answer that is no JSON or (but for queries, which say per query) no success. */
const call = async <T>(path: string, body?: unknown): Promise<T> => {
  const response = await fetch(`${settings.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString("base64")}`,
      "content-type": "application/json",
    },
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok && body === undefined)
    throw new Error(`${path}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
};

const dashboardFiles = (): DashboardFile[] =>
  readdirSync(join(root, "json"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(root, "json", name), "utf8")) as DashboardFile);

/** The uids that the provisioning file gives the alert rules. */
const expectedRules = (): string[] =>
  [
    ...readFileSync(join(root, "provisioning", "alerting", "hubao.yaml"), "utf8").matchAll(
      /^\s+- uid: "?([\w-]+)"?$/gm,
    ),
  ].map(([, uid]) => uid ?? "");

const problems: string[] = [];
const check = async (what: string, run: () => Promise<string[]>): Promise<void> => {
  const found = await run().catch((error: Error) => [error.message]);
  say(`${found.length === 0 ? "ok    " : "FAILED"} ${what}`);
  for (const problem of found) say(`         ${problem}`);
  problems.push(...found);
};

await check("the data source answers", async () => {
  const health = await call<{ status?: string; message?: string }>(
    "/api/datasources/uid/hubao-influx/health",
  );
  return health.status === "OK" ? [] : [health.message ?? "no status"];
});
await check("the alert rules are provisioned", async () => {
  const rules = await call<{ uid: string }[]>("/api/v1/provisioning/alert-rules");
  return expectedRules()
    .filter((uid) => !rules.some((rule) => rule.uid === uid))
    .map((uid) => `${uid} is not there`);
});
const toMs = Date.now();
for (const file of dashboardFiles()) {
  await check(`dashboard ${file.uid}`, async () => {
    const { dashboard } = await call<{ dashboard: DashboardFile }>(`/api/dashboards/uid/${file.uid}`);
    return dashboard.title === file.title ? [] : [`its title is ${dashboard.title}, not ${file.title}`];
  });
  let filled = 0;
  for (const { panel, queries } of queriesOf(file))
    await check(`  ${file.uid} › ${panel}`, async () => {
      const window = { fromMs: toMs - hourMs, toMs };
      const answer = await call<QueryAnswer>("/api/ds/query", queryRequest(queries, window));
      if (hasRows(answer)) filled += 1;
      return failuresOf(answer, queries);
    });
  // A young house has no history and, with luck, no alarm; but no dashboard is empty altogether.
  await check(`dashboard ${file.uid} shows something`, () =>
    Promise.resolve(filled > 0 ? [] : ["no query has a row"]),
  );
}
say(problems.length === 0 ? "everything is there and answers" : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
