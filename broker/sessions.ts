// The broker's connections: what each client claimed, what it was granted, and how to cut one off.
import type { Socket } from "node:net";
import type { Client } from "aedes";
import type { Grant } from "./access.ts";
import type { SocketGuard } from "./socket-guard.ts";

export type Session = {
  readonly socket: Socket;
  readonly guard: SocketGuard;
  /** From CONNECT, before anything is believed. */
  claim: { clientId: string; willTopic: string | null };
  /** Null until authenticated, and again once revoked. */
  grant: Grant | null;
  revoked: boolean;
  filters: Set<string>;
  /** One line in the log per connection is enough. */
  refusalLogged: boolean;
  /** One connection fails once, although aedes may tell several errors. */
  failureCounted: boolean;
};

export type Sessions = {
  add(client: Client, socket: Socket, guard: SocketGuard): void;
  of(client: Client | null): Session | undefined;
  /** Cuts off every connection that claims this client id, authenticated or about to be. */
  disconnect(clientId: string): void;
  /** A service has subscribed to what devices say. It counts for ever, as its session may outlast its connection. */
  noteListener(): void;
  someServiceListens(): boolean;
  /** Authenticated connections. */
  count(): number;
  destroyAll(): void;
};

/** An empty registry. Sessions leave it when their socket closes, but stay known to `of` for the client's last will. */
export const createSessions = (): Sessions => {
  const byClient = new WeakMap<Client, Session>();
  const open = new Set<Session>();
  let listening = false;

  return {
    add(client, socket, guard) {
      const session: Session = {
        socket,
        guard,
        claim: { clientId: "", willTopic: null },
        grant: null,
        revoked: false,
        filters: new Set(),
        refusalLogged: false,
        failureCounted: false,
      };
      byClient.set(client, session);
      open.add(session);
      socket.once("close", () => open.delete(session));
    },
    of: (client) => (client === null ? undefined : byClient.get(client)),
    disconnect(clientId) {
      for (const session of open) {
        if (session.claim.clientId !== clientId) continue;
        session.revoked = true;
        session.grant = null;
        session.socket.destroy();
      }
    },
    noteListener() {
      listening = true;
    },
    someServiceListens: () => listening,
    count() {
      let authenticated = 0;
      for (const { grant } of open) if (grant !== null) authenticated++;
      return authenticated;
    },
    destroyAll() {
      for (const { socket } of open) socket.destroy();
    },
  };
};
