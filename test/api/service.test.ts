import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../domain/http.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};
type Operation = {
  summary?: string;
  security?: object[];
  parameters?: { name: string; schema: object; description?: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
};

let house: TestApi;
let consoleDir: string;
beforeAll(async () => {
  consoleDir = await mkdtemp(path.join(tmpdir(), "hubao-console-"));
  await mkdir(path.join(consoleDir, "assets"));
  await writeFile(path.join(consoleDir, "index.html"), "<!doctype html><title>page</title>");
  await writeFile(path.join(consoleDir, "assets", "a-1.js"), "export {};");
  house = await startTestApi({ config: { consoleDir } });
  await house.importCsv(smallTable);
});
afterAll(async () => {
  await house.stop();
  await rm(consoleDir, { recursive: true });
});

const document = async (): Promise<Document> =>
  (await (await fetch(`${house.api.url}/openapi.json`)).json()) as Document;

/** Every route of the contract. */
const contract = [
  "POST /registry/import",
  "GET /registry/export",
  "POST /registry/drafts",
  "GET /registry/drafts",
  "GET /registry/drafts/{id}",
  "DELETE /registry/drafts/{id}",
  "GET /registry/drafts/{id}/errors",
  "GET /registry/drafts/{id}/errors.csv",
  "GET /registry/drafts/{id}/changes",
  "POST /registry/drafts/{id}/commit",
  "POST /breakers/{id}/credential",
  "POST /transformer-areas/{areaId}/gateways/{gatewayId}/credential",
  "GET /townships",
  "GET /villages",
  "GET /villages/{id}",
  "GET /transformer-areas",
  "GET /transformer-areas/{id}",
  "GET /breakers",
  "GET /breakers/{id}",
  "GET /breakers/{id}/readings",
  "GET /breakers/{id}/events",
  "GET /breakers/{id}/timeline",
  "GET /alarms",
  "POST /alarms/{id}/acknowledge",
  "GET /rates",
  "GET /performance",
  "GET /performance/worst-breakers",
  "GET /published-rates",
  "GET /published-rates/{id}",
  "POST /published-rates",
  "GET /targets",
  "PUT /targets",
  "DELETE /targets/{id}",
  "POST /recompute",
  "GET /live",
  "GET /quarantine",
  "POST /quarantine/{id}/replay",
  "GET /session",
  "POST /breakers",
  "PATCH /breakers/{id}",
  "POST /breakers/{id}/replace",
  "POST /breakers/{id}/remove",
  "POST /breakers/{id}/reinstate",
  "GET /breakers/{id}/placements",
  "POST /breakers/{id}/move",
  "DELETE /breakers/{id}/placements/{fromOn}",
  "GET /households",
  "POST /households",
  "GET /households/{id}",
  "PATCH /households/{id}",
  "POST /households/{id}/occupancy",
  "DELETE /households/{id}/occupancy/{sinceMs}",
  "PATCH /transformer-areas/{id}",
  "GET /planned-outages",
  "POST /planned-outages",
  "GET /planned-outages/{id}",
  "PATCH /planned-outages/{id}",
  "POST /planned-outages/{id}/cancel",
  "GET /officers",
  "GET /officers/{id}",
  "PUT /officers/{id}",
  "DELETE /officers/{id}",
  "PUT /officers/{id}/villages/{villageId}/{fromOn}",
  "DELETE /officers/{id}/villages/{villageId}/{fromOn}",
  "GET /jobs",
  "GET /jobs/{id}",
  "POST /jobs/{id}/cancel",
  "GET /reports",
  "POST /reports",
  "GET /reports/{id}",
  "DELETE /reports/{id}",
  "GET /reports/{id}/files/{format}",
  "GET /notices",
  "POST /notices",
  "GET /notices/counts",
  "GET /notices/{id}",
  "PATCH /notices/{id}",
  "GET /notices/{id}/print",
  "POST /notices/{id}/issue",
  "POST /notices/{id}/rectify",
  "POST /notices/{id}/refuse",
  "POST /notices/{id}/reinspect",
  "POST /notices/{id}/withdraw",
  "GET /visits",
  "GET /visits/print",
  "POST /visits/marks",
  "GET /tests",
  "POST /tests",
  "GET /tests/stations",
  "GET /tests/{id}",
  "PATCH /tests/{id}",
  "DELETE /tests/{id}",
  "GET /tests/export",
  "GET /low-voltage",
  "GET /low-voltage/trend",
  "GET /low-voltage/{areaId}",
  "GET /findings/limits",
  "PUT /findings/limits",
  "GET /findings/limits/changes",
  "GET /findings/rules",
  "POST /findings/rules",
  "PUT /findings/rules/{id}",
  "DELETE /findings/rules/{id}",
  "POST /findings/dry-runs",
  "GET /gateways",
  "GET /gateways/{id}",
  "GET /gateways/{id}/links",
];

test("documents every route of the contract and no other", async () => {
  const { paths, openapi } = await document();
  expect(openapi).toMatch(/^3\.1/);
  const documented = Object.entries(paths).flatMap(([url, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${url}`),
  );
  expect(new Set(documented)).toEqual(
    new Set([
      ...contract.map((route) => route.replace(" ", " /api/v1")),
      "GET /healthz",
      "GET /readyz",
      "GET /metrics",
    ]),
  );
});

const isVague = (schema: unknown, at: string): string[] => {
  if (typeof schema !== "object" || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((item, i) => isVague(item, `${at}/${i}`));
  // The body of an event is whatever the device said.
  const open = at.endsWith("/additionalProperties");
  const own = Object.keys(schema).length === 0 && !open ? [at] : [];
  return [...own, ...Object.entries(schema).flatMap(([key, value]) => isVague(value, `${at}/${key}`))];
};

test("leaves no schema of the document empty and no reference dangling", async () => {
  const { paths, components } = await document();
  const vague: string[] = [];
  for (const [url, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const at = `${method} ${url}`;
      expect(operation.summary, at).toBeTruthy();
      if (url.startsWith("/api/")) expect(operation.security, at).toEqual([{ token: [] }]);
      for (const parameter of operation.parameters ?? []) vague.push(...isVague(parameter.schema, at));
      vague.push(...isVague(Object.values(operation.requestBody?.content ?? {}), at));
      for (const [status, response] of Object.entries(operation.responses)) {
        if (status === "204") continue;
        const contents = Object.values(response.content ?? {});
        expect(contents.length, `${at} ${status}`).toBeGreaterThan(0);
        for (const { schema } of contents) {
          expect(Object.keys(schema).length, `${at} ${status}`).toBeGreaterThan(0);
          vague.push(...isVague(schema, `${at} ${status}`));
        }
      }
    }
  vague.push(...isVague(components.schemas, "components"));
  expect(vague).toEqual([]);
  for (const [, id] of JSON.stringify(paths).matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(Object.keys(components.schemas)).toContain(id);
  expect(Object.keys(components.schemas)).toContain("Village");
});

test("asks for a token on every route of the contract", async () => {
  for (const route of contract) {
    const [method = "GET", url = ""] = route.split(" ");
    const target = `${house.api.url}/api/v1${url.replaceAll(/\{\w+\}/g, "x")}`;
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "Basic eDp5" }]) {
      const response = await fetch(target, { method, headers });
      expect(response.status, route).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      await response.body?.cancel();
    }
  }
});

test("answers health, readiness and metrics without a token", async () => {
  expect(await (await fetch(`${house.api.url}/healthz`)).json()).toEqual({ status: "ok" });
  expect(await (await fetch(`${house.api.url}/readyz`)).json()).toMatchObject({ ready: true });
  const metrics = await fetch(`${house.api.url}/metrics`);
  expect(metrics.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await metrics.text()).toContain("hubao_up 1");
});

test("is not ready when a part is not", async () => {
  const sick = await startTestApi({
    needs: { health: async () => ({ ready: false, parts: { journal: { ok: false, detail: "is full" } } }) },
  });
  try {
    const response = await fetch(`${sick.api.url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, parts: { journal: { ok: false, detail: "is full" } } },
    ]);
  } finally {
    await sick.stop();
  }
});

test("answers 405 with the allowed methods, and problems for paths that cannot be read", async () => {
  for (const [method, url, allow] of [
    ["POST", "/healthz", "GET, HEAD"],
    ["DELETE", "/api/v1/breakers/B1", "PATCH, GET, HEAD"],
    ["GET", "/api/v1/alarms/x/acknowledge", "POST"],
    ["PUT", "/api/v1/registry/import", "POST"],
  ] as const) {
    const response = await fetch(`${house.api.url}${url}`, { method });
    expect(response.status, url).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    await response.body?.cancel();
  }
  for (const url of ["/api/v1/breakers/%zz", `/api/v1/alarms/${"x".repeat(500)}/acknowledge`]) {
    const response = await house.request(url, { method: "POST" });
    expect(response.status, url).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    await response.body?.cancel();
  }
});

test("serves the console, its page for deep links, and problems for missing files", async () => {
  const get = (url: string, accept = "text/html") => fetch(`${house.api.url}${url}`, { headers: { accept } });
  const page = await get("/");
  expect(await page.text()).toContain("<title>page</title>");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await (await get("/villages/V1?x=1")).text()).toContain("<title>page</title>");
  expect((await get("/assets/a-1.js")).headers.get("cache-control")).toContain("immutable");
  for (const url of ["/assets/none.js", "/api/none", "/api/v1/none"]) {
    const missing = await get(url);
    expect(missing.headers.get("content-type"), url).toContain("application/problem+json");
    await missing.body?.cancel();
  }
  expect((await get("/..%2f..%2fetc%2fpasswd")).status).not.toBe(200);
  expect((await get("/docs/")).status).toBe(200);
});

test("says that the console has not been built", async () => {
  const bare = await startTestApi();
  try {
    const response = await fetch(`${bare.api.url}/`);
    expect(response.status).toBe(404);
    expect(((await response.json()) as Problem).detail).toContain("npm run console:build");
  } finally {
    await bare.stop();
  }
});

test("answers 503 with Retry-After while PostgreSQL is away, and works again after", async () => {
  await house.gate.shut();
  for (const url of [
    "/villages",
    "/breakers/B1",
    "/registry/export",
    "/breakers/B1/readings",
    "/rates?by=village",
  ]) {
    const response = await house.request(`/api/v1${url}`);
    expect(response.status, url).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(((await response.json()) as Problem).title).toBe("Service Unavailable");
  }
  await house.gate.open();
  expect((await house.get("/villages")).status).toBe(200);
});

test("does not tell its inside when it fails", async () => {
  const broken = await startTestApi({
    needs: { metrics: () => Promise.reject(new Error("a secret of the inside")) },
  });
  try {
    const response = await fetch(`${broken.api.url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  } finally {
    await broken.stop();
  }
});
