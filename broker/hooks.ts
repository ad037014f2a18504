// aedes' hooks: admission, journal before acknowledgement, and the rules of access, so that nothing can throw out of them.
import type { AedesOptions, AuthenticateError, Client } from "aedes";
import {
  type Grant,
  hearsDevices,
  judgePublish,
  mayReceive,
  maySubscribe,
  nowhere,
  type Refusal,
} from "./access.ts";
import { admit } from "./admission.ts";
import type { Intake, IntakeOutcome } from "./intake.ts";
import type { BrokerLimits } from "./limits.ts";
import type { BrokerNeeds } from "./needs.ts";
import type { Session, Sessions } from "./sessions.ts";

type Publish = Parameters<NonNullable<AedesOptions["authorizePublish"]>>[1];
type Hooks = Required<
  Pick<
    AedesOptions,
    "preConnect" | "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward"
  >
>;

const nothing = Buffer.alloc(0);

const connackError = (code: number, reason: string): AuthenticateError =>
  Object.assign(new Error(reason), { returnCode: code }) as AuthenticateError;

/** The hooks for one broker. `isStopping` ends all publishing, so that a stop is not told as every device's last will. */
export const createHooks = (
  sessions: Sessions,
  intake: Intake,
  limits: BrokerLimits,
  needs: BrokerNeeds,
  isStopping: () => boolean,
): Hooks => {
  const { clock, log, count } = needs;

  const countRefusal = (session: Session, refusal: string, topic: string) => {
    count("refusedMessage", refusal);
    if (session.refusalLogged) return;
    session.refusalLogged = true;
    log.warn({ clientId: session.claim.clientId, refusal, topic: topic.slice(0, 256) }, "message refused");
  };

  /** What becomes of a packet on its way on: a refused one goes nowhere, and only a small status may be retained. */
  const readdress = (grant: Grant, packet: Publish, refusal: Refusal | null) => {
    if (refusal !== null) {
      packet.topic = nowhere;
      packet.payload = nothing;
      packet.retain = false;
    } else if (grant.kind === "device" && packet.retain) {
      const isStatus = packet.topic === `${grant.publishPrefix}status`;
      packet.retain = isStatus && packet.payload.length <= limits.maxRetainedBytes;
    }
  };

  /** aedes goes on within its callback: what it throws there must not end the process, only the connection. */
  const answer = (session: Session, done: (error: Error | null) => void, failure: string | null) => {
    try {
      done(failure === null ? null : new Error(failure));
    } catch (error) {
      log.error({ err: error }, "handling a packet failed");
      session.socket.destroy();
    }
  };

  const settle = (clientId: string, qos: number, outcome: IntakeOutcome): string | null => {
    if (outcome.kind === "full") return "journalFull";
    if (outcome.kind === "failed") {
      log.error({ clientId, reason: outcome.reason }, "the journal failed");
      return "journalFailed";
    }
    count("journaled");
    if (qos > 0) count("acknowledged");
    return null;
  };

  /** Brings a device's message to the journal and calls back when it is durable, or with why to cut its sender off. */
  const take = (session: Session, grant: Grant, packet: Publish, done: (error: Error | null) => void) => {
    const { topic, qos } = packet;
    const verdict = judgePublish(grant, topic);
    const refusal = verdict.kind === "refused" ? verdict.refusal : null;
    if (refusal !== null) countRefusal(session, refusal, topic);
    const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    readdress(grant, packet, refusal);
    if (grant.kind === "service") return done(null);
    const { clientId } = grant;
    intake.append({
      arrivalMs: clock(),
      clientId,
      topic,
      payload,
      refusal,
      answer: (outcome) => answer(session, done, settle(clientId, qos, outcome)),
    });
  };

  return {
    preConnect(client, packet, done) {
      const session = sessions.of(client);
      if (session !== undefined) {
        session.claim = { clientId: packet.clientId, willTopic: packet.will?.topic ?? null };
      }
      if (session === undefined || isStopping()) return done(new Error("stopping"), false);
      done(null, true);
    },

    authenticate(client, username, password, done) {
      const session = sessions.of(client);
      if (session === undefined) return done(connackError(3, "no session"), false);
      const claim = { ...session.claim, username, password };
      admit(claim, needs, limits.authenticateTimeoutMs)
        .then((admission) => {
          if (admission.kind === "refused" || session.revoked) {
            const reason = admission.kind === "refused" ? admission.reason : "revoked";
            count("refusedConnection", reason);
            log.info({ clientId: claim.clientId.slice(0, 128), reason }, "connection refused");
            return done(connackError(admission.kind === "refused" ? admission.code : 5, reason), false);
          }
          session.grant = admission.grant;
          session.guard.open();
          done(null, true);
        })
        .catch((error: unknown) => {
          log.error({ err: error }, "admission failed");
          session.socket.destroy();
        });
    },

    authorizePublish(client, packet, done) {
      const session = sessions.of(client);
      const grant = session?.grant;
      if (!session || !grant || isStopping()) return done(new Error("not authorized to publish"));
      try {
        take(session, grant, packet, done);
      } catch (error) {
        log.error({ err: error }, "taking a packet failed");
        session.socket.destroy();
      }
    },

    authorizeSubscribe(client, subscription, done) {
      const session = sessions.of(client);
      const grant = session?.grant;
      const allowed =
        session !== undefined &&
        !!grant &&
        maySubscribe(grant, subscription.topic) &&
        (session.filters.has(subscription.topic) || session.filters.size < limits.maxSubscriptions);
      if (allowed) {
        session.filters.add(subscription.topic);
        if (grant.kind === "service" && hearsDevices(subscription.topic)) sessions.noteListener();
      } else {
        if (session) countRefusal(session, "foreignFilter", subscription.topic);
        // aedes stores all filters of a packet for a lasting session as soon as it has one that is allowed.
        subscription.topic = nowhere;
      }
      // …hence the answer waits until the packet's other filters have been judged as well.
      queueMicrotask(() => done(null, allowed ? subscription : null));
    },

    authorizeForward(client, packet) {
      const grant = sessions.of(client)?.grant;
      return grant && mayReceive(grant, packet.topic) ? packet : null;
    },
  };
};

/** Forgets filters that a client has given up. */
export const forgetFilters = (sessions: Sessions, filters: readonly string[], client: Client): void => {
  const session = sessions.of(client);
  for (const filter of filters) session?.filters.delete(filter);
};
