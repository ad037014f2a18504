// The broker's bounds, each overridable in the configuration.
import { wireLimits } from "../domain/limits.ts";

export type BrokerLimits = {
  /** Sockets held at once; one more is closed at once. */
  maxConnections: number;
  /** Largest CONNECT packet; nothing else is taken from a client before it is authenticated. */
  maxConnectBytes: number;
  /** Largest packet of an authenticated client. */
  maxPacketBytes: number;
  /** Bytes waiting for a client that does not read; beyond them it is cut off. */
  maxOutboundBytes: number;
  /** Until CONNECT has arrived. */
  connectTimeoutMs: number;
  /** Until the authenticator has answered. */
  authenticateTimeoutMs: number;
  /** Longest keepalive a client may ask for, in seconds; 0 (none) is refused. */
  maxKeepaliveS: number;
  /** How long a write may wait for a client that does not read. */
  drainTimeoutMs: number;
  /** Packets held for a client that is still connecting. */
  maxQueuedPackets: number;
  /** QoS 2 messages that one client may leave half done. */
  maxHalfDoneMessages: number;
  /** Filters that one client may subscribe to. */
  maxSubscriptions: number;
  /** A retained status larger than this is journaled but not retained. */
  maxRetainedBytes: number;
  /** How long a message waits for room in a full journal before its sender is cut off without an acknowledgement. */
  journalWaitMs: number;
  /** How long a stop waits for appends that are under way. */
  stopTimeoutMs: number;
};

/** Fixed header, topic and message id beside the payload; the contract's longest topic has 216 bytes. */
const packetOverheadBytes = 1024;

export const defaultBrokerLimits: BrokerLimits = {
  maxConnections: 20_000,
  maxConnectBytes: 4 * 1024,
  maxPacketBytes: wireLimits.maxPayloadBytes + packetOverheadBytes,
  maxOutboundBytes: 4 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  authenticateTimeoutMs: 5_000,
  maxKeepaliveS: 3_600,
  drainTimeoutMs: 5_000,
  maxQueuedPackets: 42,
  maxHalfDoneMessages: 1_000,
  maxSubscriptions: 32,
  maxRetainedBytes: 1024,
  journalWaitMs: 10_000,
  stopTimeoutMs: 5_000,
};
