// The few calls that a simulator makes to the HTTP API, as any operator's script would: registry and credentials.
import { z } from "zod";
import type { AlarmKind } from "../domain/alarm.ts";
import { credentialSchema } from "../domain/http.ts";
import type { RegistryRow } from "../domain/registry.ts";
import { parseRegistryCsv, registryCsv } from "./csv.ts";

export type Api = {
  /** The registry as the backend holds it. */
  registry(): Promise<RegistryRow[]>;
  importRegistry(rows: readonly RegistryRow[]): Promise<void>;
  /** A new token for a breaker; the old one ends. */
  breakerToken(breakerId: string): Promise<string>;
  /** A new token for an area's gateway. */
  gatewayToken(areaId: string, gatewayId: string): Promise<string>;
  /** Asks for a period's report: `date` is any of its days. */
  makeReport(township: string, kind: "day" | "week" | "month", date: string): Promise<void>;
  /** Open alarms of a kind: their ids, at most a page of them. */
  openAlarms(kind: AlarmKind): Promise<string[]>;
  /** Makes the draft of a rectification notice from an alarm; answers its id. */
  draftNotice(alarmId: string): Promise<string>;
  issueNotice(noticeId: string): Promise<void>;
};

export const apiLimits = {
  requestTimeoutMs: 60_000,
  /** Tries of one request while the backend is busy or away; a backend that never answered is given up at once. */
  tries: 5,
  firstPauseMs: 200,
  /** Credential requests at a time. */
  concurrency: 16,
} as const;

/** Text is CSV, an object JSON. */
type Body = string | object | null;
const withId = z.object({ id: z.string() });

/** Talks to the API at `apiUrl` (without `/api/v1`). Every call throws an Error of one sentence when the API refuses. */
export const createApi = (apiUrl: string, token: string, signal?: AbortSignal): Api => {
  const base = `${apiUrl.replace(/\/+$/, "")}/api/v1`;

  const once = async (method: "GET" | "POST", path: string, body: Body): Promise<Response> => {
    const timeout = AbortSignal.timeout(apiLimits.requestTimeoutMs);
    return fetch(`${base}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === null
          ? {}
          : { "content-type": typeof body === "string" ? "text/csv; charset=utf-8" : "application/json" }),
      },
      ...(body === null ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
  };

  let answered = false;
  const request = async (method: "GET" | "POST", path: string, body: Body = null): Promise<string> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await once(method, path, body).catch((error: unknown) => error as Error);
      answered ||= outcome instanceof Response;
      if (outcome instanceof Response && outcome.ok) return outcome.text();
      const retry = outcome instanceof Error ? answered : outcome.status === 429 || outcome.status >= 500;
      if (!retry || attempt >= apiLimits.tries || signal?.aborted)
        throw new Error(
          outcome instanceof Error
            ? `The API at ${apiUrl} does not answer (${reasonOf(outcome)}); start it or correct the URL.`
            : `The API answered ${outcome.status} to ${method} ${path}: ${await problemOf(outcome)}`,
        );
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, apiLimits.firstPauseMs * 2 ** attempt);
      await promise;
    }
  };

  const token256 = async (path: string): Promise<string> =>
    credentialSchema.parse(JSON.parse(await request("POST", path))).password;

  return {
    registry: async () => parseRegistryCsv(await request("GET", "registry/export")),
    async importRegistry(rows) {
      await request("POST", "registry/import", registryCsv(rows));
    },
    breakerToken: (breakerId) => token256(`breakers/${breakerId}/credential`),
    gatewayToken: (areaId, gatewayId) =>
      token256(`transformer-areas/${areaId}/gateways/${gatewayId}/credential`),
    async makeReport(township, kind, date) {
      await request("POST", "reports", { township, kind, date });
    },
    openAlarms: async (kind) =>
      z
        .object({ items: z.array(withId) })
        .parse(JSON.parse(await request("GET", `alarms?state=open&kind=${kind}`)))
        .items.map(({ id }) => id),
    draftNotice: async (alarmId) =>
      withId.parse(JSON.parse(await request("POST", "notices", { alarmId }))).id,
    async issueNotice(noticeId) {
      await request("POST", `notices/${noticeId}/issue`);
    },
  };
};

const reasonOf = (error: Error): string =>
  error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;

const problemOf = async (response: Response): Promise<string> => {
  const text = await response.text().catch(() => "");
  try {
    const problem = JSON.parse(text) as { title?: string; detail?: string };
    return problem.detail ?? problem.title ?? "no reason given";
  } catch {
    return text.slice(0, 200) || "no reason given";
  }
};

/** Does `work` for each item, at most `concurrency` at a time; stops at the first failure and throws it. */
export const forEachAtMost = async <T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const rest = items.values();
  let failed = false;
  const worker = async () => {
    for (const item of rest) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason as Error;
};
