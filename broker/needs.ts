// What the broker and the subscriber are handed by whoever starts them.
import type { Journal } from "../journal/port.ts";
import type { Grant } from "./access.ts";

/** The part of a pino logger that is used here. */
export type Logger = {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

/**
 * What can be counted: `journaled` (a message is on disk), `acknowledged` (one of QoS 1 or 2 is, and its
 * acknowledgement goes out), `refusedMessage`, `refusedConnection`, `closedConnection` (by us, or for a protocol
 * error) – these three with a reason.
 */
export type BrokerEvent =
  | "journaled"
  | "acknowledged"
  | "refusedMessage"
  | "refusedConnection"
  | "closedConnection";
export type Count = (event: BrokerEvent, reason?: string) => void;

export type BrokerNeeds = {
  journal: Pick<Journal, "appendAll">;
  /** Looks a credential up; null when it does not exist or the password is wrong. May take its time, may reject. */
  authenticate(clientId: string, username: string, password: Buffer): Promise<Grant | null>;
  /** Unix milliseconds. */
  clock(): number;
  log: Logger;
  count: Count;
};
