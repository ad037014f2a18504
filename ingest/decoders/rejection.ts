// Why a message, or one entry of it, cannot be used.

export const rejectionReasons = [
  /** The broker refused to route it: another's topic, a reserved one, a command, a topic with wildcards, too large. */
  "foreignTopic",
  "reservedTopic",
  "commandTopic",
  "invalidTopic",
  "tooLarge",
  /** Not a topic of the contract. */
  "unknownTopic",
  /** Not UTF-8. */
  "invalidUtf8",
  /** Not JSON. */
  "invalidJson",
  /** JSON of the wrong shape, type or range. */
  "invalidPayload",
  /** The breaker is not in the registry; replay it once it is. */
  "unknownBreaker",
  /** A breaker's own batch that speaks of another breaker; only a gateway may. */
  "foreignBreaker",
  /** The registry knows the breaker in another area. */
  "wrongArea",
  /** No decoder for this device language. */
  "noDecoder",
  /** Older than the telemetry that is kept. */
  "olderThanRetention",
  /** The telemetry store will never take it. */
  "storeRejected",
] as const;
export type RejectionReason = (typeof rejectionReasons)[number];

export type Rejection = { reason: RejectionReason; detail: string };
