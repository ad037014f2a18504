// Stands between a socket and aedes: bounds what comes in before it is parsed, and what waits to go out.
import type { Socket } from "node:net";
import { packetFramer, type ScanFault } from "./packet-framer.ts";

export type GuardFault = ScanFault | "slowReader";

export type SocketGuard = {
  /** The client is authenticated: lets everything after CONNECT through, under the larger bound. */
  open(): void;
};

/**
 * Shadows `read` and `write` of this one socket, which is how aedes uses it. Until `open` only the first packet passes,
 * and only when it is small: aedes would buffer any announced length, and would handle packets that follow CONNECT
 * closely before the client is authenticated. Writes always seem to succeed at once, as aedes otherwise holds every
 * publisher until the slowest subscriber has read; a client that lets too much pile up is cut off instead.
 * A fault is told once, and the socket destroyed.
 */
export const guardSocket = (
  socket: Socket,
  limits: { maxConnectBytes: number; maxPacketBytes: number; maxOutboundBytes: number },
  onFault: (fault: GuardFault) => void,
): SocketGuard => {
  const framer = packetFramer();
  const read = socket.read.bind(socket) as (size?: number | null) => Buffer | null;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let authenticated = false;
  let connectPassed = false;
  let held: Buffer | null = null;
  let faulted = false;

  const fail = (fault: GuardFault): null => {
    if (!faulted) {
      faulted = true;
      onFault(fault);
      socket.destroy();
    }
    return null;
  };

  const readConnect = (size: number | null | undefined): Buffer | null => {
    if (connectPassed) return null;
    const chunk = read(size);
    if (chunk === null) return null;
    const end = framer.scan(chunk, limits.maxConnectBytes, true);
    if (typeof end !== "number") return fail(end);
    connectPassed = framer.atBoundary();
    if (end < chunk.length) held = chunk.subarray(end);
    return chunk.subarray(0, end);
  };

  const guardedRead = (size?: number | null): Buffer | null => {
    // Node itself calls read(0) to keep the stream going.
    if (faulted || size === 0) return read(size);
    if (!authenticated) return readConnect(size);
    const fresh = read(size);
    const chunk = held === null || fresh === null ? (held ?? fresh) : Buffer.concat([held, fresh]);
    held = null;
    if (chunk === null) return null;
    const end = framer.scan(chunk, limits.maxPacketBytes);
    return typeof end === "number" ? chunk : fail(end);
  };

  const guardedWrite = (...args: unknown[]): boolean => {
    if (faulted) return true;
    write(...args);
    if (socket.writableLength > limits.maxOutboundBytes) fail("slowReader");
    return true;
  };

  socket.read = guardedRead as Socket["read"];
  socket.write = guardedWrite as Socket["write"];
  return {
    open() {
      authenticated = true;
    },
  };
};
