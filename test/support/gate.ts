// A TCP gate before a real server: closed, it cuts every connection and refuses new ones, as a dead server would.
import { connect, createServer, type Server, type Socket } from "node:net";

export type Gate = {
  port: number;
  /** Cuts what is connected and refuses what comes. */
  shut(): Promise<void>;
  /** Keeps what is connected, and lets nothing through any more, as a network that swallows everything; only `shut` ends it. */
  freeze(): void;
  /** Lets connections through again, on the same port. */
  open(): Promise<void>;
  stop(): Promise<void>;
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : port);
    });
  });

/** Opens a gate on a free port that leads to `target` (port on 127.0.0.1). */
export const openGate = async (target: { host: string; port: number }): Promise<Gate> => {
  const sockets = new Set<Socket>();
  let frozen = false;
  const make = () =>
    createServer((near) => {
      const far = connect(target.port, target.host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        if (!frozen) one.pipe(other);
      }
    });
  let server: Server | null = make();
  const port = await listen(server, 0);
  const shut = async () => {
    const closing = server;
    server = null;
    for (const socket of sockets) socket.destroy();
    if (closing !== null) await new Promise((resolve) => closing.close(resolve));
  };
  return {
    port,
    shut,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    async open() {
      frozen = false;
      server = make();
      await listen(server, port);
    },
    stop: shut,
  };
};
