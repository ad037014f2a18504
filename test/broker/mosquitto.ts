// A real Mosquitto on a free port, for the tests of an external broker.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { scratchDirectory } from "../journal/directory.ts";
import { until } from "./raw-client.ts";

const candidates = ["mosquitto", "/usr/sbin/mosquitto"];
const program = candidates.find((name) => spawnSync(name, ["-h"]).error === undefined);

/** Why there is no Mosquitto to test with, or null. */
export const mosquittoMissing: string | null =
  program === undefined ? "Mosquitto is not installed (Debian package mosquitto)" : null;

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", settle(true)).once("error", settle(false));
  });

export type Mosquitto = { port: number; pid: number; stop(): Promise<void> };

/** Starts Mosquitto; it holds any number of messages for a lasting session, as the README asks of operators. */
export const startMosquitto = async (settings: readonly string[] = []): Promise<Mosquitto> => {
  if (program === undefined) throw new Error(mosquittoMissing ?? "");
  const scratch = scratchDirectory();
  chmodSync(scratch.dir, 0o755);
  const port = await freePort();
  const file = join(scratch.dir, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    `user ${userInfo().username}`,
    "max_queued_messages 0",
    "max_inflight_messages 1000",
    ...settings,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child = spawn(program, ["-c", file], { stdio: "ignore" });
  let open = false;
  await until("Mosquitto", () => {
    if (child.exitCode !== null) throw new Error(`Mosquitto ended with ${child.exitCode}`);
    void answers(port).then((answer) => {
      open ||= answer;
    });
    return open;
  });
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      scratch.remove();
    },
  };
};
