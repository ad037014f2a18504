// Decides whether a CONNECT is let in: who it is, whether the client id is its own, whether its will is.
import { setTimeout as wait } from "node:timers/promises";
import { type Grant, isBound, judgePublish } from "./access.ts";
import type { BrokerNeeds } from "./needs.ts";

/** CONNACK codes of MQTT 3.1.1. */
const identifierRejected = 2;
const serverUnavailable = 3;
const badCredentials = 4;
const notAuthorized = 5;

export type Admission =
  | { kind: "admitted"; grant: Grant }
  | { kind: "refused"; code: number; reason: string };

export type ConnectClaim = {
  clientId: string;
  username: string | undefined;
  password: Buffer | undefined;
  willTopic: string | null;
};

const refuse = (code: number, reason: string): Admission => ({ kind: "refused", code, reason });

/** Judges a claim; asks `authenticate` only for a well-formed one, and waits for it at most `timeoutMs`. Never rejects. */
export const admit = async (
  claim: ConnectClaim,
  needs: Pick<BrokerNeeds, "authenticate" | "log">,
  timeoutMs: number,
): Promise<Admission> => {
  const { clientId, username, password, willTopic } = claim;
  if (clientId === "") return refuse(identifierRejected, "emptyClientId");
  if (!username || !password || password.length === 0) return refuse(badCredentials, "anonymous");
  const mayBe = (kind: Grant["kind"]) => isBound(kind, clientId, username);
  if (!mayBe("device") && !mayBe("service")) return refuse(identifierRejected, "foreignClientId");

  const timer = new AbortController();
  let answer: Grant | null | "late";
  try {
    answer = await Promise.race([
      needs.authenticate(clientId, username, password),
      wait(timeoutMs, "late" as const, { signal: timer.signal }).catch(() => "late" as const),
    ]);
  } catch (error) {
    needs.log.error({ err: error, clientId }, "the authenticator failed");
    return refuse(serverUnavailable, "authenticatorFailed");
  } finally {
    timer.abort();
  }
  if (answer === "late") return refuse(serverUnavailable, "authenticatorLate");
  if (answer === null) return refuse(badCredentials, "badCredentials");
  const granted =
    answer.kind === "service" ? mayBe("service") : answer.clientId === clientId && mayBe("device");
  if (!granted) return refuse(notAuthorized, "foreignClientId");
  if (willTopic !== null && judgePublish(answer, willTopic).kind === "refused") {
    return refuse(notAuthorized, "foreignWill");
  }
  return { kind: "admitted", grant: answer };
};
