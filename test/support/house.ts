// A whole house as its users run it: `node main.ts` in a process of its own, on free ports, with a data directory to throw away.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type TestHouse = {
  url: string;
  token: string;
  mqttUrl: string;
  dataDir: string;
  /** Everything it has printed. */
  output(): string;
  /** Calls the API; the path begins after `/api/v1`. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: string, contentType?: string): Promise<T>;
  /** kill -9; the data directory stays. */
  kill(): Promise<void>;
  /** Starts again on the same data. */
  restart(): Promise<void>;
  /** Ctrl-C; answers the exit code. */
  interrupt(): Promise<number | null>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
};

const token = "test-token-of-the-administrator";
const startTimeoutMs = 90_000;
const main = join(import.meta.dirname, "..", "..", "main.ts");

/** Runs `node main.ts` with only these settings; answers the process and what it prints, line by line. */
export const runMain = (env: Record<string, string>, args: string[] = []) => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { child, output: () => output };
};

/** Waits for a process to end; answers its exit code, null where a signal ended it. */
export const exited = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
};

/** Starts a house; without `DATABASE_URL` in `env` it brings its own PostgreSQL. */
export const startTestHouse = async (
  env: Record<string, string> = {},
  args: string[] = [],
): Promise<TestHouse> => {
  const dataDir = await mkdtemp(join(tmpdir(), "hubao-house-"));
  let child: ChildProcess;
  let printed = () => "";
  let url = "";
  let mqttUrl = "";
  // The first start takes free ports, a later one the same: devices find it where it was.
  const ports = { http: "0", mqtt: "0" };

  const start = async () => {
    const run = runMain(
      {
        HUBAO_DATA_DIR: dataDir,
        HUBAO_ADMIN_TOKEN: token,
        HUBAO_HTTP_PORT: ports.http,
        HUBAO_MQTT_HOST: "127.0.0.1",
        HUBAO_MQTT_PORT: ports.mqtt,
        HUBAO_LOG_LEVEL: "info",
        ...env,
      },
      args,
    );
    child = run.child;
    printed = run.output;
    const announced = new Promise<void>((resolve, reject) => {
      if (run.child.stdout)
        createInterface({ input: run.child.stdout }).on("line", (line) => {
          const api = /(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
          if (/The page/.test(line) && api) url = api;
          const devices = /Devices:\s+(\S+)/.exec(line)?.[1];
          if (devices) {
            mqttUrl = devices;
            resolve();
          }
        });
      run.child.once("exit", (code) => reject(new Error(`the house ended with ${code}:\n${run.output()}`)));
      setTimeout(
        () => reject(new Error(`the house did not start:\n${run.output()}`)),
        startTimeoutMs,
      ).unref();
    });
    await announced;
    ports.http = new URL(url).port;
    ports.mqtt = new URL(mqttUrl).port;
  };
  await start();

  const call = async <T>(
    method: string,
    path: string,
    body?: string,
    contentType = "application/json",
  ): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };

  return {
    get url() {
      return url;
    },
    token,
    get mqttUrl() {
      return mqttUrl;
    },
    dataDir,
    output: () => printed(),
    get: (path) => call("GET", path),
    post: (path, body, contentType) => call("POST", path, body, contentType),
    async kill() {
      child.kill("SIGKILL");
      await exited(child);
    },
    restart: start,
    async interrupt() {
      child.kill("SIGINT");
      return exited(child);
    },
    async stop() {
      child.kill("SIGINT");
      await exited(child);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
