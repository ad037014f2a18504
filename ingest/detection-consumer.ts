// The consumer that judges: reports and the clock go through the fold, what follows is committed with the offset at once.

import { receive, settle } from "../detection/area-fold.ts";
import type { BreakerMemory } from "../detection/breaker-memory.ts";
import {
  type AreaMemory,
  defaultHorizonMs,
  type FoldContext,
  listeningAtMs,
  publishedAt,
} from "../detection/memory.ts";
import type { Alarm } from "../domain/http.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { LiveState } from "../domain/live.ts";
import { toIso } from "../domain/time.ts";
import type { Journal } from "../journal/port.ts";
import type { Db } from "../storage/db.ts";
import { pruneCheckpoints, writeDetection } from "../storage/detection.ts";
import { detectionOffset } from "../storage/detection-read.ts";
import { writeRecords } from "../storage/records.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import { findAlarms } from "../storage/views/alarms.ts";
import { newCommitBuilder } from "./commit-builder.ts";
import { type Consumer, type ConsumerOptions, startConsumer } from "./consumer.ts";
import type { DecodedMessage } from "./decode.ts";
import { openDetectionBook, packOldest, type RegistryEffects } from "./detection-book.ts";
import { loadGatewayBook } from "./gateway-book.ts";
import { quarantineRows } from "./quarantining.ts";
import { newRecordBook } from "./record-book.ts";
import type { Registry } from "./registry.ts";
import { startReviser } from "./reviser.ts";
import { inRounds } from "./rounds.ts";
import { newSupplyMarks } from "./supply-marks.ts";
import { followRegistry, wakeAreas } from "./waking.ts";

export type DetectionNeeds = {
  journal: Pick<Journal, "id" | "advance" | "offsetOf">;
  log: Pick<ConsumerOptions, "read">;
  db: Db;
  telemetry: Pick<TelemetryStore, "reports">;
  registry: () => Registry;
  clock: () => number;
  rule: JudgingRule;
  retentionMs: number;
  publish: { states(states: LiveState[]): void; alarms(alarms: Alarm[]): void };
  onAlarmRaised(kind: string): void;
  onQuarantined(reason: string, count: number): void;
  onRevised(breakers: number): void;
  onProblem(problem: string | null): void;
  onRevisionProblem(problem: string | null): void;
};

const tickMs = 1_000;
/** Areas that are read back at once though nothing has been heard of them yet: reports wait no longer for them than for a batch. */
const areasAtOnce = 200;
const pruneEveryMs = 3_600_000;

const liveState = ({ facts }: BreakerMemory, breaker: BreakerMemory, nowMs: number): LiveState => {
  const now = publishedAt(breaker, nowMs);
  return {
    breakerId: facts.breakerId,
    areaId: facts.areaId,
    villageId: facts.villageId,
    townshipId: facts.townshipId,
    state: now.state,
    reason: now.reason,
    since: toIso(now.fromMs),
  };
};

/** Starts detection where it last committed. Rejects when PostgreSQL cannot be read. */
export const startDetectionConsumer = async (needs: DetectionNeeds): Promise<Consumer> => {
  const { db, journal, rule } = needs;
  const startedAtMs = needs.clock();
  let nowMs = startedAtMs;
  let registry = needs.registry();
  const book = openDetectionBook(registry);
  const pending = newCommitBuilder();
  const records = newRecordBook();
  const gateways = await loadGatewayBook(db.query);
  const supply = newSupplyMarks({ db, journalId: journal.id, clock: needs.clock });
  const reviser = await startReviser({
    db,
    telemetry: needs.telemetry,
    rule,
    clock: needs.clock,
    onProblem: needs.onRevisionProblem,
  });
  const take = ({ revisions, areas }: RegistryEffects) => {
    for (const { breakerId, fromMs, ownToo } of revisions) pending.revision(breakerId, fromMs, ownToo);
    for (const area of areas) pending.area(area);
  };
  let processedOffset = await detectionOffset(db.query, journal.id);
  let committedOffset = processedOffset;
  // A stop between the commit and this note must not keep the journal from being trimmed.
  await journal.advance("detection", committedOffset);
  let listeningSinceMs = startedAtMs;
  let lastTickMs = 0;
  let lastPruneMs = 0;

  const context = (): FoldContext => ({ rule, listeningSinceMs, horizonMs: nowMs - defaultHorizonMs });
  const settleArea = (area: AreaMemory) => pending.add(area, settle(area, nowMs, context()), nowMs);
  /** Time never runs backwards here, whatever the machine's clock does. */
  const advanceTo = (ms: number) => {
    nowMs = Math.max(nowMs, ms);
  };

  const wake = async (areaIds: Iterable<string>) =>
    take(await wakeAreas(db, book, registry, areaIds, nowMs - defaultHorizonMs, nowMs));
  const areaOf = (breakerId: string): string[] => {
    const facts = registry.breakers.get(breakerId);
    return facts === undefined ? [] : [facts.areaId];
  };
  /** Those of whom the messages tell. */
  const areasIn = (messages: readonly DecodedMessage[]): Set<string> =>
    new Set(
      messages.flatMap(({ reports, gateway }) => [
        ...reports.flatMap(({ report }) => areaOf(report.breakerId)),
        ...(gateway === null ? [] : [gateway.areaId]),
      ]),
    );

  /** Messages in parts that wake no more areas than that at once: nobody's report waits for the areas of a whole backlog. */
  const partsOf = function* (messages: readonly DecodedMessage[]) {
    if (book.asleep.size === 0) {
      if (messages.length > 0) yield messages;
      return;
    }
    let part: DecodedMessage[] = [];
    const needed = new Set<string>();
    for (const message of messages) {
      part.push(message);
      for (const areaId of areasIn([message])) if (book.asleep.has(areaId)) needed.add(areaId);
      if (needed.size < areasAtOnce) continue;
      yield part;
      part = [];
      needed.clear();
    }
    if (part.length > 0) yield part;
  };

  const follow = async () => {
    const newer = needs.registry();
    if (newer.version === registry.version) return;
    const effects = await followRegistry(db, book, newer, nowMs - defaultHorizonMs, nowMs);
    registry = newer;
    take(effects);
  };

  const process = (messages: readonly DecodedMessage[]) => {
    const wallMs = needs.clock();
    const touched = new Set<AreaMemory>();
    for (const report of inRounds(messages)) {
      const breaker = book.breakers.get(report.breakerId);
      const area = breaker && book.areas.get(breaker.facts.areaId);
      if (breaker === undefined || area === undefined) continue;
      // A second report of one breaker: what the first one meant must be judged before it.
      if (breaker.reported) settleArea(area);
      advanceTo(report.arrivalMs);
      const receipt = receive(breaker, report, context());
      if (receipt.kind === "late") pending.revision(report.breakerId, report.tsMs);
      if (records.take(report, breaker.facts, wallMs)) pending.revision(report.breakerId, report.tsMs);
      if (breaker.reported) touched.add(area);
      if (receipt.kind !== "accepted") continue;
      if (receipt.checkpoint)
        pending.checkpoint({
          breakerId: report.breakerId,
          dayMs: receipt.checkpoint.dayMs,
          fold: receipt.checkpoint.own,
        });
    }
    for (const area of touched) settleArea(area);
    for (const { gateway, arrivalMs } of messages) {
      const area = gateway === null ? undefined : book.areas.get(gateway.areaId);
      if (gateway !== null && area !== undefined) gateways.hear(gateway, area.villageId, arrivalMs);
    }
    pending.quarantine(quarantineRows(journal.id, messages));
  };

  const flush = async () => {
    const commit = pending.peek();
    if (commit === null) return;
    const recorded = records.peek();
    const writeLinks = gateways.peek();
    await db.transaction(async (query) => {
      await writeDetection(query, commit);
      if (recorded !== null) await writeRecords(query, recorded);
      if (writeLinks !== null) await writeLinks(query);
    });
    const changed = pending.changed();
    for (const alarm of commit.alarms) if (alarm.effect === "raise") needs.onAlarmRaised(alarm.kind);
    for (const row of commit.quarantine) needs.onQuarantined(row.reason, 1);
    for (const { breakerId, fromMs, ownToo } of commit.revisions) reviser.request(breakerId, fromMs, ownToo);
    pending.clear();
    records.clear();
    gateways.clear();
    if (recorded !== null && recorded.staleHours.length > 0) supply.marked();
    if (commit.offset !== null) {
      committedOffset = commit.offset.offset;
      await journal.advance("detection", committedOffset);
    }
    if (changed.breakers.length > 0)
      needs.publish.states(changed.breakers.map((b) => liveState(b, b, nowMs)));
    if (changed.alarmIds.length > 0) needs.publish.alarms(await findAlarms(db.query, changed.alarmIds));
  };

  /** Reads back and settles some of the areas that are asleep still: silence is noticed there, too. */
  const wakeNext = async () => {
    const next = [...book.asleep.values().take(areasAtOnce)];
    await wake(next);
    for (const areaId of next) {
      const area = book.areas.get(areaId);
      if (area) settleArea(area);
    }
  };

  const tick = async (caughtUp: boolean) => {
    const wallMs = needs.clock();
    // With a backlog the clock stands where the messages are: what they say must be heard before silence is judged.
    if (caughtUp) advanceTo(wallMs);
    if (wallMs - lastTickMs < tickMs && wallMs >= lastTickMs) return;
    // A long gap between two looks (a stop, a suspended machine, a backlog) is our own deafness.
    if (lastTickMs !== 0 && wallMs - lastTickMs > rule.vouchMs) listeningSinceMs = nowMs;
    lastTickMs = wallMs;
    await follow();
    if (!caughtUp) await wakeNext();
    for (const area of book.areas.values()) settleArea(area);
    pending.alarms(gateways.settle(nowMs, rule, nowMs >= listeningAtMs(context())));
  };

  return startConsumer({
    name: "detection",
    offset: processedOffset,
    read: needs.log.read,
    onProblem: needs.onProblem,
    async handle(messages) {
      // After a failed commit the same batch comes again, with more behind it perhaps: what has been judged only needs writing.
      const fresh = messages.filter(({ offset }) => offset > processedOffset);
      if (fresh.length > 0) await follow();
      for (const part of partsOf(fresh)) {
        if (book.asleep.size > 0) await wake(areasIn(part));
        process(part);
        processedOffset = part.at(-1)?.offset ?? processedOffset;
        pending.reachedOffset(journal.id, processedOffset);
        await flush();
      }
      await flush();
      return { kind: "done" };
    },
    async between(caughtUp) {
      await tick(caughtUp);
      // With nothing left to read there is time for more than some at every tick.
      if (caughtUp && book.asleep.size > 0) await wakeNext();
      await flush();
      packOldest(book);
      if (journal.offsetOf("telemetry") >= committedOffset) {
        const revised = await reviser.run(book, nowMs, async (breakerId) => {
          await wake(areaOf(breakerId));
          // A revision stores the facts that it judged with: what else they ask for must be written before.
          await flush();
        });
        if (revised > 0) needs.onRevised(revised);
        await supply.settle(caughtUp);
      }
      if (needs.clock() - lastPruneMs > pruneEveryMs) {
        lastPruneMs = needs.clock();
        await pruneCheckpoints(db.query, lastPruneMs - needs.retentionMs);
      }
    },
  });
};
