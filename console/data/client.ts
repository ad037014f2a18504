// Talks to the API: adds the token, turns every failure into a value, notices a token that no longer holds.
import type { Problem } from "../../domain/http.ts";

export type Failure =
  | { kind: "unauthorized" }
  | { kind: "notFound" }
  | { kind: "unreachable" }
  | { kind: "refused"; status: number; detail: string };
export type Outcome<T> = { kind: "ok"; data: T } | { kind: "failed"; failure: Failure };

export type Client = {
  /** Reads JSON from a path below `/api/v1/`. Never throws. */
  get<T>(path: string): Promise<Outcome<T>>;
  /** Posts to a path below `/api/v1/` and reads the JSON answer, if there is one. Never throws. */
  post<T>(path: string, body?: unknown): Promise<Outcome<T>>;
  /** Changes what is at a path below `/api/v1/` and reads the JSON answer. Never throws. */
  patch<T>(path: string, body: unknown): Promise<Outcome<T>>;
  /** Puts something at a path below `/api/v1/` and reads the JSON answer. Never throws. */
  put<T>(path: string, body: unknown): Promise<Outcome<T>>;
  /** Reads a file from a path below `/api/v1/`, with the name that it is to be saved under. Never throws. */
  file(path: string): Promise<Outcome<{ blob: Blob; name: string }>>;
  /** Posts a file to a path below `/api/v1/` and reads the JSON answer; may take minutes. Never throws. */
  upload<T>(path: string, file: Blob): Promise<Outcome<T>>;
  /** Deletes what is at a path below `/api/v1/`. Never throws. */
  remove(path: string): Promise<Outcome<null>>;
  /** Opens the live feed; the caller reads its body. Throws as fetch does. */
  open(path: string, signal: AbortSignal): Promise<Response>;
};

const base = "/api/v1/";
/** A request that has not been answered for this long counts as unreachable. */
const requestTimeoutMs = 20_000;
const uploadTimeoutMs = 300_000;

const failed = <T>(failure: Failure): Outcome<T> => ({ kind: "failed", failure });

const detailOf = async (response: Response): Promise<string> => {
  try {
    const problem = (await response.json()) as Partial<Problem>;
    return problem.detail ?? problem.title ?? response.statusText;
  } catch {
    return response.statusText;
  }
};

/** A client for one token; `onUnauthorized` is called on every 401. */
export const createClient = (token: string, onUnauthorized: () => void): Client => {
  const exchange = async <T>(
    path: string,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
    timeoutMs = requestTimeoutMs,
  ): Promise<Outcome<T>> => {
    try {
      const response = await fetch(base + path, {
        ...init,
        headers: { accept: "application/json", authorization: `Bearer ${token}`, ...init.headers },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status === 401) {
        onUnauthorized();
        return failed({ kind: "unauthorized" });
      }
      if (response.status === 404) return failed({ kind: "notFound" });
      if (response.status === 502 || response.status === 504) return failed({ kind: "unreachable" });
      if (!response.ok)
        return failed({ kind: "refused", status: response.status, detail: await detailOf(response) });
      return { kind: "ok", data: await read(response) };
    } catch {
      return failed({ kind: "unreachable" });
    }
  };
  const send = <T>(path: string, init: RequestInit): Promise<Outcome<T>> =>
    exchange(path, init, async (response) => {
      const text = await response.text();
      return (text === "" ? null : JSON.parse(text)) as T;
    });
  return {
    get: (path) => send(path, { method: "GET" }),
    post: (path, body) =>
      send(path, {
        method: "POST",
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      }),
    put: (path, body) =>
      send(path, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    patch: (path, body) =>
      send(path, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    file: (path) =>
      exchange(path, { method: "GET", headers: { accept: "*/*" } }, async (response) => ({
        blob: await response.blob(),
        name: /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "download",
      })),
    upload: (path, file) =>
      exchange(
        path,
        { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file },
        (response) => response.json(),
        uploadTimeoutMs,
      ),
    remove: (path) => send(path, { method: "DELETE" }),
    open: (path, signal) =>
      fetch(base + path, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${token}` },
        signal,
      }),
  };
};
