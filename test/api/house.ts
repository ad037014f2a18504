// An api on a real PostgreSQL for the tests of its routes, with a clock and a live feed in the test's hands.
import { pino } from "pino";
import { startApi } from "../../api/api.ts";
import type { ApiConfig, ApiNeeds, LiveListener } from "../../api/needs.ts";
import { openDatabase } from "../../storage/db.ts";
import { openPostgresTelemetry } from "../../storage/telemetry/postgres.ts";
import { freshDatabase } from "../support/database.ts";
import { openGate } from "../support/gate.ts";

export const token = "a-token-for-tests";
export const header =
  "townshipId,townshipName,villageId,villageName,areaId,areaName,householdId,address,inhabited,breakerId,level,ratedResidualCurrentMa,installedOn,removedOn";

/** Two villages, three areas: five houses (one vacant, one without a breaker), three mains, one breaker removed. */
export const smallTable = [
  header,
  "T,Town,V1,Upper,A1,Upper 1,,,,M1,main,300,2026-01-01,",
  "T,Town,V1,Upper,A1,Upper 1,H1,Lane 1,true,B1,household,30,2026-01-01,",
  "T,Town,V1,Upper,A1,Upper 1,H2,Lane 2,true,B2,household,30,2026-01-01,",
  "T,Town,V1,Upper,A2,Upper 2,,,,M2,main,300,2026-01-01,",
  "T,Town,V1,Upper,A2,Upper 2,H3,Lane 3,false,B3,household,30,2026-01-01,",
  "T,Town,V1,Upper,A2,Upper 2,H4,Lane 4,true,,,,,",
  "T,Town,V2,Lower,A3,Lower 1,,,,M3,main,300,2026-01-01,",
  'T,Town,V2,Lower,A3,Lower 1,H5,"Lane 5, ""rear""",true,B5,household,10,2026-01-01,',
  'T,Town,V2,Lower,A3,Lower 1,H5,"Lane 5, ""rear""",true,B6,household,30,2025-01-01,2026-01-01',
].join("\n");

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

export const startTestApi = async (
  options: { config?: Partial<ApiConfig>; needs?: Partial<ApiNeeds> } = {},
) => {
  const database = await freshDatabase();
  // The api reaches PostgreSQL through a gate, so that a test can take it away.
  const direct = new URL(database.url);
  const gate = await openGate({ host: direct.hostname, port: Number(direct.port || 5432) });
  const through = new URL(database.url);
  through.hostname = "127.0.0.1";
  through.port = String(gate.port);
  const db = openDatabase(through.href);

  const listeners = new Set<LiveListener>();
  const published: { topic: string; payload: unknown }[] = [];
  let nowMs = Date.parse("2026-05-20T04:00:00Z");
  const telemetry = openPostgresTelemetry({ db, retentionDays: 36_500 });
  const api = await startApi(
    { host: "127.0.0.1", port: 0, timeZone: "Asia/Shanghai", consoleDir: null, ...options.config },
    {
      db,
      telemetry,
      authenticate: (given) => (given === token ? { actor: "tester" } : null),
      live(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      publishLive: (topic, payload) => published.push({ topic, payload }),
      health: async () => ({ ready: true, parts: { database: { ok: true, detail: "answers" } } }),
      metrics: async () => "# TYPE hubao_up gauge\nhubao_up 1\n",
      clock: () => nowMs,
      log: pino({ level: process.env["TEST_LOG_LEVEL"] ?? "silent" }),
      ...options.needs,
    },
  );
  const emit: LiveListener = (event, data) => {
    for (const listener of listeners) listener(event, data);
  };
  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${api.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
    });
  return {
    api,
    db: database.db,
    databaseUrl: database.url,
    gate,
    telemetry,
    published,
    emit,
    listeners,
    request,
    setNow: (ms: number) => {
      nowMs = ms;
    },
    now: () => nowMs,
    /** The JSON answer of a GET below /api/v1. */
    async get<T = Record<string, unknown>>(path: string): Promise<{ status: number; type: string; body: T }> {
      const response = await request(`/api/v1${path}`);
      return {
        status: response.status,
        type: response.headers.get("content-type") ?? "",
        body: (await response.json()) as T,
      };
    },
    importCsv: (text: string | Uint8Array<ArrayBuffer>) =>
      request("/api/v1/registry/import", {
        method: "POST",
        body: text,
        headers: { "content-type": "text/csv" },
      }),
    async stop() {
      await api.stop();
      await telemetry.stop();
      await db.close();
      await gate.stop();
      await database.drop();
    },
  };
};
