// Who may say and hear what: pure rules over topics and filters.
import { idPattern } from "../domain/ids.ts";

/** What a credential allows. Prefixes end in `/`: `hubao/v1/T/A/b-1/` and `hubao/v1/T/A/b-1/command/`. */
export type Grant =
  | { kind: "device"; clientId: string; publishPrefix: string; commandPrefix: string }
  | { kind: "service" };

/** Why a message was not routed; it stands in the journal record and becomes the quarantine's reason. */
export type Refusal = "foreignTopic" | "reservedTopic" | "commandTopic" | "invalidTopic" | "tooLarge";

/** `journal`: make durable, then acknowledge; `forward`: to subscribers only. */
export type PublishVerdict =
  | { kind: "journal" }
  | { kind: "forward" }
  | { kind: "refused"; refusal: Refusal };

/** Where refused messages and filters are sent instead: no grant reaches this topic. */
export const nowhere = "refused";

const livePrefix = "hubao/live/v1/";
const contractPrefix = "hubao/v1/";
const commandTopic =
  /^hubao\/v1\/[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_-]{1,64}\/command\/[A-Za-z0-9_-]{1,64}$/;
/** Wildcards, control characters, and U+FFFD, which stands where the bytes were not UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const invalidInTopic = /[#+\u0000-\u001f\u007f-\u009f\ufffd]/;

const refused = (refusal: Refusal): PublishVerdict => ({ kind: "refused", refusal });
const toJournal: PublishVerdict = { kind: "journal" };
const toSubscribers: PublishVerdict = { kind: "forward" };

/** Judges a publish (or a will) by its topic. */
export const judgePublish = (grant: Grant, topic: string): PublishVerdict => {
  if (topic.startsWith("$")) return refused("reservedTopic");
  if (invalidInTopic.test(topic)) return refused("invalidTopic");
  if (grant.kind === "service") {
    if (topic.startsWith(livePrefix) && idPattern.test(topic.slice(livePrefix.length))) return toSubscribers;
    return commandTopic.test(topic) ? toSubscribers : refused("foreignTopic");
  }
  if (topic.startsWith(grant.commandPrefix)) return refused("commandTopic");
  if (topic.length <= grant.publishPrefix.length || !topic.startsWith(grant.publishPrefix)) {
    return refused("foreignTopic");
  }
  return toJournal;
};

/** Whether the client may subscribe to a filter: a device to its own commands, a service to live and contract topics. */
export const maySubscribe = (grant: Grant, filter: string): boolean => {
  if (grant.kind === "device") {
    if (!filter.startsWith(grant.commandPrefix)) return false;
    const name = filter.slice(grant.commandPrefix.length);
    return name === "+" || idPattern.test(name);
  }
  if (!filter.startsWith(livePrefix) && !filter.startsWith(contractPrefix)) return false;
  const levels = filter.split("/");
  return levels.every(
    (level, index) =>
      level === "+" || (level === "#" && index === levels.length - 1) || idPattern.test(level),
  );
};

/** Whether a message on this topic may reach the client, whatever the broker believes it subscribed to. */
export const mayReceive = (grant: Grant, topic: string): boolean =>
  grant.kind === "device"
    ? topic.startsWith(grant.commandPrefix)
    : topic.startsWith(livePrefix) || topic.startsWith(contractPrefix);

/** Whether a service's filter may hear devices: it is not for the live feed alone. */
export const hearsDevices = (filter: string): boolean => filter.startsWith(contractPrefix);

/**
 * Whether a client id belongs to a username: a device's are equal; a service's username holds a `:`, which no device
 * id can, and its client ids are the username, bare or followed by `:` and an instance.
 */
export const isBound = (kind: Grant["kind"], clientId: string, username: string): boolean =>
  kind === "device"
    ? clientId === username && idPattern.test(clientId)
    : username.includes(":") && (clientId === username || clientId.startsWith(`${username}:`));
