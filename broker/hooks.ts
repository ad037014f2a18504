// aedes' hooks: admission, journal before acknowledgement, and the rules of access, so that nothing can throw out of them.
import type { AedesOptions, AuthenticateError, Client } from "aedes";
import { type Grant, judgePublish, mayReceive, maySubscribe, type Refusal } from "./access.ts";
import { admit } from "./admission.ts";
import type { Intake } from "./intake.ts";
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

/** Where refused messages and filters are sent instead: no grant reaches these names. */
const nowhere = "refused";
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

  /** Brings a device's message to the journal; null when it is durable, else why its sender must be cut off. */
  const journal = async (
    clientId: string,
    packet: Publish,
    refusal: Refusal | null,
  ): Promise<string | null> => {
    const { topic } = packet;
    const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    const outcome = await intake.append({ arrivalMs: clock(), clientId, topic, payload, refusal });
    if (outcome.kind === "failed") log.error({ clientId, reason: outcome.reason }, "the journal failed");
    if (outcome.kind === "failed") return "journalFailed";
    if (outcome.kind === "full") return "journalFull";
    count("journaled");
    if (packet.qos > 0) count("acknowledged");
    return null;
  };

  const takePublish = async (session: Session, grant: Grant, packet: Publish): Promise<string | null> => {
    const verdict = judgePublish(grant, packet.topic);
    if (verdict.kind === "forward") return null;
    const refusal = verdict.kind === "refused" ? verdict.refusal : null;
    if (refusal !== null) countRefusal(session, refusal, packet.topic);
    const failure = grant.kind === "device" ? await journal(grant.clientId, packet, refusal) : null;
    if (refusal !== null) {
      packet.topic = nowhere;
      packet.payload = nothing;
      packet.retain = false;
    } else if (grant.kind === "device") {
      const isStatus = packet.topic === `${grant.publishPrefix}status`;
      packet.retain &&= isStatus && packet.payload.length <= limits.maxRetainedBytes;
    }
    return failure;
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
      takePublish(session, grant, packet)
        .then((failure) => {
          done(failure === null ? null : new Error(failure));
        })
        .catch((error: unknown) => {
          log.error({ err: error }, "publish failed");
          session.socket.destroy();
        });
    },

    authorizeSubscribe(client, subscription, done) {
      const session = sessions.of(client);
      const grant = session?.grant;
      const allowed =
        session !== undefined &&
        !!grant &&
        maySubscribe(grant, subscription.topic) &&
        (session.filters.has(subscription.topic) || session.filters.size < limits.maxSubscriptions);
      if (allowed) session.filters.add(subscription.topic);
      else {
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
