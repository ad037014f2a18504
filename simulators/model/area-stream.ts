// One transformer area's messages over a whole run, slot by slot in order of arrival: physics, faults, clocks and links.
import type { ReportKind } from "../../domain/wire.ts";
import { generator, keyOf } from "../random.ts";
import { type Effect, type FaultEvent, noEffect, resetEffect } from "./effect.ts";
import { buildHouses } from "./houses.ts";
import { kindOf } from "./kinds.ts";
import { gatewayIdOf } from "./layout.ts";
import { newMeter } from "./meter.ts";
import type { AreaPlan, FleetPlan, PlannedFault } from "./plan.ts";
import { hourOfDay, weatherOf } from "./weather.ts";

/** One report as a breaker says it. */
export type FleetEntry = { breakerId: string; kind: ReportKind; body: Record<string, unknown> };

/** A message as it arrives: one breaker's own report, or what a gateway says for many. */
export type FleetMessage = { atMs: number; fromGateway: boolean; entries: FleetEntry[] };

/** Between two polls of one gateway. */
const pollMs = 150;

type Timed = { message: FleetMessage; order: number };

/** Messages that wait for their arrival. */
const newPost = () => {
  let waiting: Timed[] = [];
  let order = 0;
  return {
    put(message: FleetMessage) {
      waiting.push({ message, order });
      order += 1;
    },
    /** Everything that arrives before `untilMs`, in order. */
    take(untilMs: number): FleetMessage[] {
      const due: Timed[] = [];
      const rest: Timed[] = [];
      for (const one of waiting) (one.message.atMs < untilMs ? due : rest).push(one);
      waiting = rest;
      due.sort((a, b) => a.message.atMs - b.message.atMs || a.order - b.order);
      return due.map((one) => one.message);
    },
  };
};

/** The effect of all faults that hold on a member at an instant, into `effect`. */
const effectOn = (faults: readonly PlannedFault[], member: number, atMs: number, effect: Effect): Effect => {
  resetEffect(effect);
  for (const fault of faults)
    if ((fault.member === member || fault.member === -1) && fault.startMs <= atMs && atMs < fault.endMs)
      kindOf(fault.name).effect?.(fault, atMs, member, effect);
  return effect;
};

/**
 * All messages of one area, a block for each reporting interval, in order of arrival. Deterministic: the same plan gives
 * the same messages.
 */
export const streamArea = function* (fleet: FleetPlan, area: AreaPlan): Generator<FleetMessage[]> {
  const { scenario, seed, startMs, endMs } = fleet;
  const { intervalMs } = scenario;
  const { layout } = area;
  const members = layout.breakerIds.length;
  const slots = Math.floor((endMs - startMs) / intervalMs);
  const random = generator(keyOf(seed, `links-${layout.index}`));
  const weather = weatherOf(seed, layout.index, startMs, slots, intervalMs, scenario.weather);
  const houses = buildHouses(seed, layout.index, members, intervalMs);
  const meter = newMeter(seed, layout, houses);
  const post = newPost();
  const effect = noEffect();
  const phaseMs = random() * intervalMs * 0.5;
  const offsetsMs = Float64Array.from({ length: members }, (_, i) =>
    layout.hasGateway ? phaseMs + i * pollMs : random() * (intervalMs - 5_000),
  );
  const turn = Array.from({ length: members }, (_, i) => i).sort(
    (a, b) => (offsetsMs[a] ?? 0) - (offsetsMs[b] ?? 0),
  );
  const events = [...area.tests, ...area.faults.flatMap((fault) => fault.events)].sort(
    (a, b) => a.atMs - b.atMs,
  );
  const touched = new Uint8Array(members);
  const kept: FleetEntry[] = [];
  let nextEvent = 0;
  let nextFault = 0;
  let active: PlannedFault[] = [];
  let wasKept = false;

  const idOf = (member: number) => layout.breakerIds[member] ?? gatewayIdOf(layout.areaId);
  const send = (atMs: number, entries: FleetEntry[]) =>
    post.put({ atMs: Math.floor(atMs), fromGateway: layout.hasGateway, entries });
  const latencyMs = () => 200 + 2_000 * random() + (random() < 0.01 ? 20_000 * random() : 0);
  const say = ({ member, kind, body, atMs: exactMs, delayMs }: FaultEvent, temperatureC: number) => {
    const atMs = Math.floor(exactMs);
    if (kind === "reading") {
      const on = touched[member] === 1 ? effectOn(active, member, atMs, effect) : null;
      if (on?.silent) return;
      meter.settle(member, on, active);
      send(atMs + delayMs, [
        { breakerId: idOf(member), kind, body: meter.read(member, atMs, on, temperatureC) },
      ]);
      return;
    }
    const numbered = kind === "status" ? {} : { seq: meter.nextSeq(member) };
    // A gateway's own state is its own message, as its last will is.
    post.put({
      atMs: Math.floor(atMs + delayMs),
      fromGateway: layout.hasGateway && member !== -1,
      entries: [{ breakerId: idOf(member), kind, body: { ts: atMs, ...numbered, ...body } }],
    });
  };
  /** Events of this slot that have not been said yet; a device numbers what it says in order of time. */
  let due: FaultEvent[] = [];
  const sayUntil = (member: number | null, untilMs: number, temperatureC: number) => {
    if (due.length === 0) return;
    const rest: FaultEvent[] = [];
    for (const event of due) {
      if (event.atMs <= untilMs && (member === null || event.member === member)) say(event, temperatureC);
      else rest.push(event);
    }
    due = rest;
  };
  const collectEvents = (untilMs: number) => {
    for (;;) {
      const event = events[nextEvent];
      if (event === undefined || event.atMs >= untilMs) return;
      nextEvent += 1;
      due.push(event);
    }
  };
  const followFaults = (fromMs: number, toMs: number) => {
    if (active.length > 0) active = active.filter((fault) => fault.endMs > fromMs);
    for (;;) {
      const fault = area.faults[nextFault];
      if (fault === undefined || fault.startMs >= toMs) break;
      nextFault += 1;
      active.push(fault);
    }
    touched.fill(active.some((fault) => fault.member === -1) ? 1 : 0);
    for (const fault of active) if (fault.member >= 0) touched[fault.member] = 1;
  };

  for (let slot = 0; slot < slots; slot += 1) {
    const slotMs = startMs + slot * intervalMs;
    followFaults(slotMs, slotMs + intervalMs);
    houses.step(hourOfDay(slotMs), weather.wetness[slot] ?? 0);
    const temperatureC = weather.temperatureC[slot] ?? 20;
    collectEvents(slotMs + intervalMs);
    const batch: FleetEntry[] = [];
    let isKept = false;
    for (const member of turn) {
      if (layout.installedOn[member] !== null) continue;
      const tsMs = Math.floor(slotMs + (offsetsMs[member] ?? 0) + (layout.hasGateway ? 0 : 2_000 * random()));
      sayUntil(member, tsMs, temperatureC);
      const on = touched[member] === 1 ? effectOn(active, member, tsMs, effect) : null;
      meter.settle(member, on, active);
      if (on?.silent && !on.buffered) continue;
      const body = meter.read(member, tsMs, on, temperatureC);
      const entry: FleetEntry = { breakerId: idOf(member), kind: "reading", body };
      if (on?.buffered) {
        kept.push(entry);
        isKept = true;
        continue;
      }
      const delayMs = on?.delayMs ?? 0;
      if (layout.hasGateway && delayMs === 0) batch.push(entry);
      else send(tsMs + delayMs + latencyMs(), [entry]);
      if (on === null) continue;
      if (on.repeats === "asItWas") send(tsMs + delayMs + 4_000 + 20_000 * random(), [entry]);
      if (on.impostor) {
        const otherMs = tsMs + 0.4 * intervalMs;
        send(otherMs + latencyMs(), [
          {
            breakerId: idOf(member),
            kind: "reading",
            body: meter.impostor(member, Math.floor(otherMs), active),
          },
        ]);
      }
    }
    sayUntil(null, Number.POSITIVE_INFINITY, temperatureC);
    if (batch.length > 0) send(slotMs + phaseMs + members * pollMs + latencyMs(), batch);
    if (!isKept && wasKept && kept.length > 0) {
      // The link is back: what was kept comes first, oldest first.
      const backMs = Math.max(
        slotMs,
        ...area.faults.filter((f) => f.endMs <= slotMs + intervalMs && f.member === -1).map((f) => f.endMs),
      );
      for (let i = 0; i < kept.length; i += 500) send(backMs + 500 + i, kept.slice(i, i + 500));
      kept.length = 0;
    }
    wasKept = isKept || kept.length > 0;
    yield post.take(slotMs + intervalMs);
  }
  yield post.take(Number.POSITIVE_INFINITY);
};
