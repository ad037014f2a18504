// Starts the processes of a measurement and speaks with them; all end with their parent.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadAnswer, LoadOrder, LoadResult, LoadRun } from "./load.ts";

/**
 * Node's options of `npm start`, for whatever is measured: thousands of messages on their way to the disk outlive a small
 * young generation, and each collection would copy them.
 */
export const serverOptions = ["--max-semi-space-size=64"] as const;

/** Runs a script of this directory in a process of its own. */
export const startProcess = (
  script: string,
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): ChildProcess =>
  fork(join(import.meta.dirname, script), args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [...nodeOptions],
  });

/** The next message of a child; rejects when it ends instead. */
export const nextMessage = async <T>(child: ChildProcess): Promise<T> => {
  const ended = new AbortController();
  const message = once(child, "message", { signal: ended.signal });
  const end = once(child, "exit", { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the measurement ended with ${code}`);
  });
  try {
    return ((await Promise.race([message, end])) as [T])[0];
  } finally {
    ended.abort();
    message.catch(() => {});
    end.catch(() => {});
  }
};

/** Ends a child and waits for it. */
export const endProcess = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, "exit");
  child.kill("SIGTERM");
  await end;
};

export type Load = {
  run(run: LoadRun): Promise<LoadResult>;
  stop(): Promise<void>;
};

/** Starts a load process and waits until all its clients are connected. */
export const startLoad = async (order: LoadOrder): Promise<Load> => {
  const child = startProcess("load.ts");
  child.send(order);
  const connected = await nextMessage<LoadAnswer>(child);
  if (connected.kind !== "connected") throw new Error("the load did not connect");
  return {
    async run(run) {
      const message = nextMessage<LoadAnswer>(child);
      child.send(run);
      const answer = await message;
      if (answer.kind !== "done") throw new Error("the load did not finish");
      return answer.result;
    },
    async stop() {
      const end = once(child, "exit");
      child.send("close");
      await end;
    },
  };
};
