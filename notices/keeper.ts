// Keeps notices by the calendar and by telemetry: reminds, escalates, verifies what is rectified or sends it back.
import type { Notice, NoticeEventKind } from "../domain/http-notices.ts";
import { limitsBook } from "../domain/limit-book.ts";
import { afterAct, type DueStep, defaultNoticeRule, dueSteps, type NoticeRule } from "../domain/notice.ts";
import { type CheckOutcome, checkRectified } from "../domain/notice-check.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "../storage/audit.ts";
import type { Db, Query } from "../storage/db.ts";
import {
  addNoticeEvent,
  breakerToCheck,
  lockNotice,
  type NoticeChange,
  noticesToKeep,
  pruneOutbox,
  readCheckFacts,
  updateNotice,
} from "../storage/notices.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import { isDatabaseUnavailable } from "../storage/unavailable.ts";
import { type NoticeRow, noticeColumns, noticeOf } from "../storage/views/notices.ts";
import { localDate } from "../storage/views/scope.ts";
import { timelineOf } from "../storage/views/timeline.ts";

export const keeperActor = "hubao";
const noticesPerLook = 500;
/** Telemetry is read back at most this far: who waits longer has its 24 hours in the newest part. */
const maxLookBackMs = 14 * 86_400_000;

export type KeeperNeeds = {
  db: Db;
  telemetry: Pick<TelemetryStore, "readings">;
  timeZone: string;
  /** The breakers' heartbeat, and how long a reading vouches. */
  heartbeatIntervalMs: number;
  vouchMs: number;
  rule?: NoticeRule;
  /** Told once a look of the notices that could not be looked after; without it the look ends with the first. */
  warn?: (message: string, error: unknown) => void;
};

/** Looks at every notice in hand once; answers those that changed. Several processes may look at the same time. */
export const keepNotices = async (
  needs: KeeperNeeds,
  nowMs: number,
  signal?: AbortSignal,
): Promise<Notice[]> => {
  const changed: Notice[] = [];
  const failed: unknown[] = [];
  let after: string | null = null;
  for (;;) {
    const ids: string[] = await noticesToKeep(needs.db.query, after, noticesPerLook);
    for (const id of ids) {
      if (signal?.aborted) return changed;
      try {
        const notice = await keepOne(needs, id, nowMs);
        if (notice !== null) changed.push(notice);
      } catch (error) {
        // One that cannot be looked after must not keep the others from it; a database that is away keeps all.
        if (needs.warn === undefined || isDatabaseUnavailable(error)) throw error;
        failed.push(error);
      }
    }
    after = ids.at(-1) ?? null;
    if (ids.length < noticesPerLook) break;
  }
  if (failed.length > 0)
    needs.warn?.(`${failed.length} notices could not be looked after, and are looked at again`, failed[0]);
  await pruneOutbox(needs.db.query, nowMs);
  return changed;
};

const keepOne = async (needs: KeeperNeeds, id: string, nowMs: number): Promise<Notice | null> => {
  // Telemetry is asked before anything is locked.
  const [seen] = await needs.db.query<NoticeRow>(
    `SELECT ${noticeColumns} FROM rectification_notice n WHERE n.id = $1`,
    [id],
  );
  if (seen === undefined) return null;
  const outcome = seen.state === "rectified" ? await askTelemetry(needs, seen, nowMs) : null;
  const rule = needs.rule ?? defaultNoticeRule;
  const steps = dueSteps(seen, { nowMs, timeZone: needs.timeZone, rule });
  if (steps.length === 0 && (outcome === null || outcome.kind === "waiting")) return null;
  return needs.db.transaction(async (query) => {
    const notice = await lockNotice(query, id);
    if (notice === null) return null;
    let done = false;
    for (const step of dueSteps(notice, { nowMs, timeZone: needs.timeZone, rule })) {
      await takeStep(query, notice, step, nowMs);
      done = true;
    }
    if (outcome !== null && notice.state === "rectified" && notice.rectifiedAtMs === seen.rectifiedAtMs)
      done = (await settle(query, notice, outcome, nowMs)) || done;
    if (!done) return null;
    const now = await lockNotice(query, id);
    return now === null ? null : noticeOf(now, nowMs);
  });
};

const stepEvents: Record<DueStep, { event: NoticeEventKind; column: keyof NoticeChange }> = {
  remind: { event: "reminded", column: "remindedAtMs" },
  overdue: { event: "overdue", column: "overdueAtMs" },
  escalate: { event: "escalated", column: "escalatedAtMs" },
};

const takeStep = async (query: Query, notice: NoticeRow, step: DueStep, nowMs: number): Promise<void> => {
  const { event, column } = stepEvents[step];
  await updateNotice(query, notice.id, { [column]: nowMs });
  await addNoticeEvent(query, {
    noticeId: notice.id,
    atMs: nowMs,
    actor: keeperActor,
    event,
    detail:
      step === "escalate" ? { to: "village", deadline: notice.deadline } : { deadline: notice.deadline },
  });
};

/** Stores what telemetry says; answers whether that changed the notice. */
const settle = async (
  query: Query,
  notice: NoticeRow,
  outcome: CheckOutcome,
  nowMs: number,
): Promise<boolean> => {
  if (outcome.kind === "waiting") return false;
  const confirmed = outcome.kind === "confirmed";
  const state = afterAct(notice.state, confirmed ? "confirm" : "contradict");
  if (state === null) return false;
  const detail: Record<string, unknown> = confirmed
    ? {
        from: toIso(outcome.confirmation.fromMs),
        to: toIso(outcome.confirmation.toMs),
        maxResidualCurrentMa: outcome.confirmation.maxResidualCurrentMa,
        thresholdMa: outcome.confirmation.thresholdMa,
      }
    : { ...outcome.contradiction, at: toIso(outcome.contradiction.atMs) };
  const change: NoticeChange = confirmed
    ? { state, verifiedAtMs: nowMs, verification: outcome.confirmation }
    : { state, rectifiedAtMs: null, contradiction: outcome.contradiction };
  await updateNotice(query, notice.id, change);
  const event = confirmed ? "verified" : "contradicted";
  await addNoticeEvent(query, { noticeId: notice.id, atMs: nowMs, actor: keeperActor, event, detail });
  await writeAudit(query, { actor: keeperActor, act: `notice.${event}`, subject: notice.id, detail });
  return true;
};

/** What telemetry says of a rectified notice; null where it cannot say anything yet. */
const askTelemetry = async (
  needs: KeeperNeeds,
  notice: NoticeRow,
  nowMs: number,
): Promise<CheckOutcome | null> => {
  const { rectifiedAtMs } = notice;
  const rule = needs.rule ?? defaultNoticeRule;
  if (rectifiedAtMs === null || nowMs < rectifiedAtMs + rule.confirmMs) return null;
  const { query } = needs.db;
  const breakerId = await breakerToCheck(query, notice, localDate(nowMs, needs.timeZone));
  if (breakerId === null) return null;
  const fromMs = Math.max(rectifiedAtMs, nowMs - maxLookBackMs);
  const facts = await readCheckFacts(query, notice, breakerId, rectifiedAtMs);
  if (facts.revisionPending || facts.breaker === null) return null;
  const intervals = await timelineOf(query, {
    breakerId,
    fromMs,
    toMs: nowMs,
    nowMs,
    timeZone: needs.timeZone,
  });
  if (intervals === null) return null;
  const everyMs = needs.heartbeatIntervalMs;
  const windows = await needs.telemetry.readings({
    breakerId,
    fromMs: Math.ceil(fromMs / everyMs) * everyMs,
    toMs: nowMs,
    everyMs,
    limit: Math.ceil((nowMs - fromMs) / everyMs) + 1,
  });
  return checkRectified(
    {
      rectifiedAtMs,
      nowMs,
      intervals,
      windows: windows.map((w) => ({ atMs: w.atMs, maxMa: w.residualCurrentMaMax })),
      everyMs,
      alarms: facts.alarms,
    },
    {
      confirmMs: rule.confirmMs,
      settleMs: rule.settleMs,
      thresholdMa:
        limitsBook(facts.limitOverrides)(facts.breaker).highLeakageShare *
        facts.breaker.ratedResidualCurrentMa,
      vouchMs: needs.vouchMs,
    },
  );
};

export type NoticeKeeper = { stop(): Promise<void> };

const lookEveryMs = 60_000;

/** Looks every minute until stopped; what cannot be read this time is looked at the next. */
export const startNoticeKeeper = (
  needs: KeeperNeeds & {
    clock(): number;
    changed(notices: Notice[]): void;
    warn(message: string, error: unknown): void;
    everyMs?: number;
  },
): NoticeKeeper => {
  const stopping = new AbortController();
  let work: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      const changed = await keepNotices(needs, needs.clock(), stopping.signal);
      if (changed.length > 0) needs.changed(changed);
    } catch (error) {
      needs.warn("notices could not be looked after, and are looked at again", error);
    }
    if (!stopping.signal.aborted) timer = setTimeout(start, needs.everyMs ?? lookEveryMs);
  };
  const start = (): void => {
    work = look();
  };
  start();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await work;
    },
  };
};
