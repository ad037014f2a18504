// What the api is given: its settings and the other services, as functions.
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { LiveEvents } from "../domain/http.ts";
import type { SupplyRule } from "../domain/supply.ts";
import type { Db } from "../storage/db.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";

export type ApiConfig = {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** The township's time zone (IANA name): where days begin. */
  timeZone: string;
  /** Directory of the built console; null serves none. */
  consoleDir: string | null;
  /** How the voltage of an area is judged; by the defaults where it is not given. */
  supply?: SupplyRule;
  limits?: Partial<ApiLimits>;
};

/** Named limits of the api. */
export type ApiLimits = {
  /** Body of a registry import, in bytes. */
  importBodyBytes: number;
  /** Any other body, in bytes. */
  bodyBytes: number;
  /** Listeners of the live feed at one time. */
  liveClients: number;
  /** A listener that has this many bytes waiting is cut. */
  liveBacklogBytes: number;
  /** A comment keeps idle listeners' connections open. */
  liveHeartbeatMs: number;
  /** Rates are computed for all listeners together, at most this often. */
  liveRatesMs: number;
  /** The whole of a request must have come in by then. */
  requestTimeoutMs: number;
};

export const defaultLimits: ApiLimits = {
  importBodyBytes: 64 * 1024 * 1024,
  bodyBytes: 64 * 1024,
  liveClients: 200,
  liveBacklogBytes: 1024 * 1024,
  liveHeartbeatMs: 15_000,
  liveRatesMs: 1_000,
  requestTimeoutMs: 300_000,
};

export type LiveListener = <E extends keyof LiveEvents>(event: E, data: LiveEvents[E]) => void;

export type Health = { ready: boolean; parts: Record<string, { ok: boolean; detail: string }> };

export type ApiNeeds = {
  db: Db;
  telemetry: Pick<TelemetryStore, "readings" | "events" | "problem">;
  /** Who holds the token; null when nobody does. Compares in constant time. */
  authenticate(token: string): { actor: string } | null;
  /** Calls the listener with every live event until the answer is called. */
  live(listener: LiveListener): () => void;
  /** Tells every api process and page, by the live feed. */
  publishLive(topic: string, payload: unknown): void;
  health(): Promise<Health>;
  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Unix milliseconds. */
  clock(): number;
  log: FastifyBaseLogger;
};

/** What a file of routes works with. */
export type RouteContext = ApiNeeds & { timeZone: string; supply: SupplyRule; limits: ApiLimits };

/** Fastify with zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module "fastify" {
  // biome-ignore lint/style/useConsistentTypeDefinitions: fastify's interface is extended by merging
  interface FastifyRequest {
    /** Who makes the request; empty where no token is asked for. */
    actor: string;
  }
}
