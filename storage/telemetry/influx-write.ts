// Writing lines to InfluxDB through the official client's transport: one request, its status, and what follows from it.
// The client's own WriteApi swallows errors and drops lines (docs: TRAPS), so batch, retry and status are ours.
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { HttpError, InfluxDB, type Transport } from "@influxdata/influxdb-client";
import { type LineBatch, lineBatchOf } from "./line-buffer.ts";

const compress = promisify(gzip);
const requestTimeoutMs = 30_000;
const maxRetryAfterSeconds = 300;
/** Lines of one request: about 1.5 MB before compression, far below InfluxDB's own limit of 50 MB. */
const maxLinesPerRequest = 5_000;
/** Requests that a batch with bad lines may take to find them; what is left then is rejected as it stands. */
const maxRequestsForBadLines = 2_000;

/** `bad`: the request's content is at fault, wholly or in part; `dropped` says how many lines where the server tells. */
export type WriteAnswer =
  | { kind: "stored" }
  | { kind: "bad"; reason: string; dropped: number | null }
  | { kind: "tooLarge" }
  | { kind: "unavailable"; reason: string; retryAfterMs: number };

export type InfluxTarget = { url: string; org: string; bucket: string };

const messageOf = (error: HttpError): string => {
  const { json } = error as { json: unknown };
  const message =
    typeof json === "object" && json !== null && "message" in json
      ? String(json.message)
      : (error.body ?? "");
  return message.slice(0, 500) || error.message;
};

/** What a failed request means, and what to do about it, in one sentence. */
export const explain = (error: unknown, target: InfluxTarget): string => {
  if (!(error instanceof HttpError)) {
    const cause = error instanceof Error ? error.message || error.name : String(error);
    return `InfluxDB at ${target.url} does not answer (${cause}): start it, or correct INFLUX_URL`;
  }
  const said = `${error.statusCode}: ${messageOf(error)}`;
  const notFound = `InfluxDB does not find bucket "${target.bucket}" of organisation "${target.org}" (${said}): make it, or correct INFLUX_BUCKET and INFLUX_ORG`;
  // A query for an organisation that is not there is answered with 400.
  if (error.statusCode === 400 && /organization.*not found/.test(said)) return notFound;
  switch (error.statusCode) {
    case 401:
    case 403:
      return `InfluxDB refuses the token (${said}): set INFLUX_TOKEN to one that may read and write bucket "${target.bucket}"`;
    case 404:
      return notFound;
    case 429:
      return `InfluxDB asks for a pause (${said})`;
    default:
      return `InfluxDB cannot store now (${said})`;
  }
};

// Retry-After is in seconds or a date; the client reads its seconds as milliseconds.
const retryAfterMs = (error: HttpError): number => {
  const header = error.headers?.["retry-after"];
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return 0;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, Math.min(seconds, maxRetryAfterSeconds)) * 1_000 : 0;
};

const answerTo = (error: unknown, target: InfluxTarget): WriteAnswer => {
  if (error instanceof HttpError) {
    if (error.statusCode === 413) return { kind: "tooLarge" };
    if (error.statusCode === 400 || error.statusCode === 422) {
      const reason = messageOf(error);
      const dropped = /dropped=(\d+)/.exec(reason)?.[1];
      return { kind: "bad", reason, dropped: dropped === undefined ? null : Number(dropped) };
    }
  }
  return {
    kind: "unavailable",
    reason: explain(error, target),
    retryAfterMs: error instanceof HttpError ? retryAfterMs(error) : 0,
  };
};

/** Sends lines in one request. Never throws for the server's sake. */
const sendLines = async (
  transport: Transport,
  target: InfluxTarget,
  lines: Uint8Array,
): Promise<WriteAnswer> => {
  const body = await compress(lines, { level: constants.Z_BEST_SPEED });
  const parameters = new URLSearchParams({ org: target.org, bucket: target.bucket, precision: "ns" });
  return new Promise((resolve) => {
    let status = 0;
    transport.send(
      `/api/v2/write?${parameters}`,
      // The transport takes any body that Buffer.from takes, though its type says string; its own gzip is level 6 only.
      body as unknown as string,
      {
        method: "POST",
        headers: { "content-type": "text/plain; charset=utf-8", "content-encoding": "gzip" },
        signal: AbortSignal.timeout(requestTimeoutMs),
      },
      {
        responseStarted: (_headers, statusCode) => {
          status = statusCode ?? 0;
        },
        next: () => {},
        error: (error) => resolve(answerTo(error, target)),
        complete: () =>
          resolve(
            // 201 is what some servers answer when they took only a part.
            status === 204
              ? { kind: "stored" }
              : { kind: "bad", reason: `InfluxDB answered ${status}`, dropped: null },
          ),
      },
    );
  });
};

/** `rejected` lists lines that the server will never take, by their index in order; everything else is stored. */
export type LinesOutcome =
  | { kind: "stored"; rejected: readonly { index: number; reason: string }[] }
  | { kind: "unavailable"; reason: string };

/** Answers a function that stores lines (it reads them until it has answered), finds the bad ones among them, and keeps the pauses that the server asks for. */
export const openLineWriter = (
  transport: Transport,
  target: InfluxTarget,
): ((lines: readonly string[] | LineBatch) => Promise<LinesOutcome>) => {
  /** The server asked for silence until then (Retry-After). */
  let quietUntilMs = 0;

  /** Stores the lines `[from, to)` or says which are bad; answers why when the server is unavailable, and null when done. */
  const store = async (
    lines: LineBatch,
    from: number,
    to: number,
    rejected: { index: number; reason: string }[],
    budget: { requests: number },
  ): Promise<string | null> => {
    const count = to - from;
    const answer = await sendLines(transport, target, lines.bytes(from, to));
    budget.requests += 1;
    if (answer.kind === "stored") return null;
    if (answer.kind === "unavailable") {
      quietUntilMs = Date.now() + answer.retryAfterMs;
      return answer.reason;
    }
    const reason = answer.kind === "tooLarge" ? "larger than InfluxDB takes" : answer.reason;
    const whole = answer.kind === "bad" && answer.dropped === count;
    if (count === 1 || whole || budget.requests > maxRequestsForBadLines) {
      for (let index = from; index < to; index++) rejected.push({ index, reason });
      return null;
    }
    // The good half is written again and overwrites itself; the bad one is halved until its bad lines are alone.
    const middle = from + Math.ceil(count / 2);
    return (
      (await store(lines, from, middle, rejected, budget)) ??
      (await store(lines, middle, to, rejected, budget))
    );
  };

  return async (given) => {
    const lines = "bytes" in given ? given : lineBatchOf(given);
    const waitMs = quietUntilMs - Date.now();
    if (lines.count > 0 && waitMs > 0)
      return {
        kind: "unavailable",
        reason: `InfluxDB asked for a pause of ${Math.ceil(waitMs / 1_000)} s more`,
      };
    const rejected: { index: number; reason: string }[] = [];
    const budget = { requests: 0 };
    for (let from = 0; from < lines.count; from += maxLinesPerRequest) {
      const to = Math.min(from + maxLinesPerRequest, lines.count);
      const reason = await store(lines, from, to, rejected, budget);
      if (reason !== null) return { kind: "unavailable", reason };
    }
    return { kind: "stored", rejected: rejected.sort((a, b) => a.index - b.index) };
  };
};

/** A line writer with a connection of its own, for what is not a report of a breaker. */
export const openInfluxLines = (
  config: InfluxTarget & { token: string },
): ReturnType<typeof openLineWriter> =>
  openLineWriter(
    new InfluxDB({ url: config.url, token: config.token, timeout: requestTimeoutMs }).transport,
    config,
  );
