// InfluxDB's management API, as far as the set-up needs it. Everything here may be called again: it looks before it makes.
import { setTimeout as sleep } from "node:timers/promises";

const requestTimeoutMs = 30_000;
const runPollMs = 200;
const pageSize = 100;

/** The server said no, or nothing; the message says what to do. */
export class InfluxAdminError extends Error {
  override name = "InfluxAdminError";
}

export type Ensured = "made" | "changed" | "right";
type Bucket = { id: string; name: string; retentionRules: { everySeconds: number }[] };
type Task = { id: string; name: string; flux: string; status: string };
type Mapping = { id: string; bucketID: string; default: boolean; virtual?: boolean };
type Authorization = { id: string; token: string; description: string; status: string };

export type InfluxAdmin = {
  /** The bucket with this retention; changes the retention of one that is there. Answers its id too. */
  bucket(name: string, retentionSeconds: number): Promise<{ id: string; outcome: Ensured }>;
  /** The task with this text, active. */
  task(name: string, flux: string): Promise<{ id: string; outcome: Ensured }>;
  /** The mapping by which InfluxQL finds the bucket as `database`.`retentionPolicy`. */
  mapping(database: string, retentionPolicy: string, bucketId: string, isDefault: boolean): Promise<Ensured>;
  /** A token that may read these buckets and nothing else; the one with this description where the server still shows it. */
  readToken(description: string, bucketIds: readonly string[]): Promise<{ token: string; outcome: Ensured }>;
  /** Runs a task once, as if it were due at `dueMs`, and waits for its end. Throws when it fails. */
  runTask(id: string, dueMs: number, timeoutMs: number): Promise<void>;
};

/** Looks the organisation up. Throws InfluxAdminError when the server, the token or the organisation is not right. */
export const openInfluxAdmin = async (at: {
  url: string;
  token: string;
  org: string;
}): Promise<InfluxAdmin> => {
  const call = async <T>(method: string, path: string, what: string, body?: object): Promise<T> => {
    const response = await fetch(new URL(`/api/v2${path}`, at.url), {
      method,
      headers: { authorization: `Token ${at.token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : error.message;
      throw new InfluxAdminError(
        `InfluxDB at ${at.url} does not answer (${cause}): start it, or correct INFLUX_URL`,
      );
    });
    const answer = await response.text();
    if (response.ok) return (answer === "" ? {} : JSON.parse(answer)) as T;
    const said = `${response.status}: ${answer.slice(0, 300)}`;
    if (response.status === 401)
      throw new InfluxAdminError(
        `InfluxDB refuses the token, or it may not ${what} (${said}): set INFLUX_TOKEN to an all-access or operator token of organisation "${at.org}"; hubao itself needs less`,
      );
    throw new InfluxAdminError(`InfluxDB could not ${what} (${said})`);
  };

  /** Without permission to see it the server says that it is not there. */
  const { orgs } = await call<{ orgs?: { id: string }[] }>(
    "GET",
    `/orgs?${new URLSearchParams({ org: at.org })}`,
    "look the organisation up",
  ).catch((error: InfluxAdminError) => {
    if (/ \(404/.test(error.message)) return { orgs: [] };
    throw error;
  });
  const orgID = orgs?.[0]?.id;
  if (orgID === undefined)
    throw new InfluxAdminError(
      `InfluxDB shows no organisation "${at.org}" to this token: correct INFLUX_ORG, or set INFLUX_TOKEN to a token of that organisation`,
    );
  const query = (more: Record<string, string>) => new URLSearchParams({ orgID, ...more });

  return {
    async bucket(name, retentionSeconds) {
      // A filter by a name that is not there is answered with 404 by some servers, and with an empty list by others.
      const { buckets } = await call<{ buckets: Bucket[] }>(
        "GET",
        `/buckets?${query({ limit: String(pageSize), name })}`,
        `list bucket "${name}"`,
      ).catch((error: InfluxAdminError) => {
        if (/ \(404/.test(error.message)) return { buckets: [] };
        throw error;
      });
      const found = buckets.find((bucket) => bucket.name === name);
      const retentionRules = [{ type: "expire", everySeconds: retentionSeconds }];
      if (found === undefined) {
        const made = await call<Bucket>("POST", "/buckets", `make bucket "${name}"`, {
          orgID,
          name,
          retentionRules,
        });
        return { id: made.id, outcome: "made" };
      }
      const { id } = found;
      if ((found.retentionRules[0]?.everySeconds ?? 0) === retentionSeconds) return { id, outcome: "right" };
      await call("PATCH", `/buckets/${id}`, `change the retention of bucket "${name}"`, { retentionRules });
      return { id, outcome: "changed" };
    },

    async task(name, flux) {
      const { tasks } = await call<{ tasks: Task[] }>(
        "GET",
        `/tasks?${query({ limit: String(pageSize), name })}`,
        `list task "${name}"`,
      );
      const found = tasks.find((task) => task.name === name);
      if (found === undefined) {
        const made = await call<Task>("POST", "/tasks", `make task "${name}"`, {
          orgID,
          flux,
          status: "active",
        });
        return { id: made.id, outcome: "made" };
      }
      const { id } = found;
      if (found.flux === flux && found.status === "active") return { id, outcome: "right" };
      await call("PATCH", `/tasks/${id}`, `change task "${name}"`, { flux, status: "active" });
      return { id, outcome: "changed" };
    },

    async mapping(database, retentionPolicy, bucketId, isDefault) {
      const what = `map "${database}"."${retentionPolicy}" for InfluxQL`;
      const { content } = await call<{ content?: Mapping[] }>(
        "GET",
        `/dbrps?${query({ db: database, rp: retentionPolicy })}`,
        what,
      );
      const found = (content ?? []).find((mapping) => mapping.virtual !== true);
      if (found?.bucketID === bucketId && found.default === isDefault) return "right";
      if (found?.bucketID === bucketId) {
        await call("PATCH", `/dbrps/${found.id}?${query({})}`, what, { default: isDefault });
        return "changed";
      }
      if (found !== undefined) await call("DELETE", `/dbrps/${found.id}?${query({})}`, what);
      await call("POST", "/dbrps", what, {
        orgID,
        bucketID: bucketId,
        database,
        retention_policy: retentionPolicy,
        default: isDefault,
      });
      return found === undefined ? "made" : "changed";
    },

    async readToken(description, bucketIds) {
      const { authorizations } = await call<{ authorizations: Authorization[] }>(
        "GET",
        `/authorizations?${query({})}`,
        "list tokens",
      );
      const found = authorizations.find((one) => one.description === description && one.status === "active");
      // Servers that keep hashes only do not show a token again.
      if (found?.token) return { token: found.token, outcome: "right" };
      const made = await call<Authorization>("POST", "/authorizations", "make a read-only token", {
        orgID,
        description,
        permissions: bucketIds.map((id) => ({ action: "read", resource: { type: "buckets", id, orgID } })),
      });
      return { token: made.token, outcome: "made" };
    },

    async runTask(id, dueMs, timeoutMs) {
      const endMs = Date.now() + timeoutMs;
      const started = await call<{ id: string }>("POST", `/tasks/${id}/runs`, "run the task", {
        scheduledFor: new Date(dueMs).toISOString(),
      });
      for (;;) {
        // Between its end and its place in the log of runs, InfluxDB does not find a run.
        const run = await call<{ status: string; log?: { message: string }[] }>(
          "GET",
          `/tasks/${id}/runs/${started.id}`,
          "look at the run",
        ).catch((error: InfluxAdminError) => {
          if (/ \(404: .*run not found/.test(error.message)) return { status: "not to be found", log: [] };
          throw error;
        });
        if (run.status === "success") return;
        if (run.status === "failed" || run.status === "canceled")
          throw new InfluxAdminError(
            `the task's run ${run.status}: ${(run.log ?? []).map(({ message }) => message).join("; ")}`,
          );
        if (Date.now() > endMs)
          throw new InfluxAdminError(`the task's run was ${run.status} after ${timeoutMs} ms`);
        await sleep(runPollMs);
      }
    },
  };
};
