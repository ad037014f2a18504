// When and where things go wrong in a fleet: faults and near misses laid out by seed, with the labels they leave.
import { generator, keyOf } from "../random.ts";
import { type Fault, type FaultEvent, type FaultKind, hourMs, minuteMs } from "./effect.ts";
import { isSeasonal } from "./houses.ts";
import { kindOf } from "./kinds.ts";
import { type AreaLayout, dateOf, layOut, startMsOf } from "./layout.ts";
import type { Scenario } from "./scenario.ts";
import { hourOfDay } from "./weather.ts";

const dayMs = 24 * hourMs;
/** Between two things that befall the same breaker lies at least this, so that each can be told from the other. */
const restMs = 3 * hourMs;
const attempts = 60;
/** Between two trip tests of a breaker, and when the next is overdue; counted from its first report, minutes after the start. */
const testEveryMs = 29 * dayMs;
const testDueAfterMs = 31 * dayMs + 10 * minuteMs;

export type PlannedFault = Fault & { events: FaultEvent[] };

/** What is true of a subject: `finding` holds at the breaker or area from `startMs` to `endMs`, Unix ms. */
export type FleetLabel = {
  subjectId: string;
  finding: string;
  startMs: number;
  endMs: number;
  /** Follows from another label: may be found, need not be. */
  isConsequence?: boolean;
};

export type AreaPlan = {
  layout: AreaLayout;
  faults: PlannedFault[];
  labels: FleetLabel[];
  /** The monthly trip tests that every breaker is due. */
  tests: FaultEvent[];
  /** A main breaker's trips, and the house's breaker each came from. */
  guilty: { areaId: string; atMs: number; breakerId: string }[];
};

export type FleetPlan = {
  scenario: Scenario;
  seed: number;
  startMs: number;
  endMs: number;
  areas: AreaPlan[];
};

type Random = () => number;

const fits = (kind: FaultKind, { hasGateway, breakerIds, ratedMa }: AreaLayout): boolean => {
  if (kind.on === "gatewayArea") return hasGateway;
  if (kind.on === "largeMain") return (ratedMa[0] ?? 0) >= 1_000;
  if (kind.on === "smallArea") return breakerIds.length <= 25;
  return true;
};

const memberFor = (kind: FaultKind, houses: number, random: Random): number => {
  if (kind.on === "main") return 0;
  if (kind.on === "house" || kind.on === "livedInHouse") return 1 + Math.floor(random() * houses);
  if (kind.on === "breaker") return random() < 0.08 ? 0 : 1 + Math.floor(random() * houses);
  return -1;
};

const windowOf = (
  kind: FaultKind,
  plan: FleetPlan,
  random: Random,
): { startMs: number; endMs: number } | null => {
  const [least, most] = kind.minutes;
  // Long ones are rarer than short ones.
  const durationMs = Math.floor(least * (Math.max(most, 1) / Math.max(least, 1)) ** random() * minuteMs);
  const fromMs = plan.startMs + kind.afterDays * dayMs + hourMs;
  const toMs = plan.endMs - (kind.untilEnd ? 2 * dayMs : durationMs + hourMs);
  if (toMs <= fromMs || plan.scenario.days < (kind.leastDays ?? 0)) return null;
  let startMs = Math.floor(
    kind.untilEnd ? fromMs + 0.3 * (toMs - fromMs) * random() : fromMs + (toMs - fromMs) * random(),
  );
  if (kind.hours) {
    const [from, to] = kind.hours;
    startMs += Math.round((from + (to - from) * random() - hourOfDay(startMs)) * hourMs);
    if (startMs < fromMs || startMs > toMs) return null;
  }
  if (kind.fromStart) startMs = plan.startMs;
  return { startMs, endMs: kind.untilEnd ? plan.endMs : startMs + durationMs };
};

/** A new breaker has no past in which anything could have happened. */
const isNew = (name: string): boolean => name === "neverReported";

/** Whether the time is free: an area's fault needs all its breakers, a breaker's fault itself and its area. */
const isFree = (area: AreaPlan, member: number, startMs: number, endMs: number): boolean =>
  area.faults.every(
    (other) =>
      (member !== -1 && other.member !== -1 && other.member !== member) ||
      other.endMs + restMs <= startMs ||
      (endMs + restMs <= other.startMs && !isNew(other.name)),
  );

const place = (plan: FleetPlan, name: string, kind: FaultKind, random: Random): boolean => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const area = plan.areas[Math.floor(random() * plan.areas.length)];
    if (area === undefined || !fits(kind, area.layout)) continue;
    const { layout } = area;
    const member = memberFor(kind, layout.breakerIds.length - 1, random);
    if (kind.on === "livedInHouse" && isSeasonal(plan.seed, layout.index, member)) continue;
    const window = windowOf(kind, plan, random);
    if (window === null) continue;
    const { startMs, endMs } = window;
    if (!isFree(area, member, isNew(name) ? plan.startMs : startMs, endMs)) continue;
    const fault: PlannedFault = {
      name,
      member,
      startMs,
      endMs,
      size: kind.size[0] + (kind.size[1] - kind.size[0]) * random(),
      lot: random(),
      ratedMa: layout.ratedMa[Math.max(member, 0)] ?? 30,
      mainRatedMa: layout.ratedMa[0] ?? 300,
      members: layout.breakerIds.length,
      events: [],
    };
    if (isNew(name)) install(plan, layout, fault);
    fault.events = kind.events?.(fault, random) ?? [];
    area.faults.push(fault);
    for (const label of kind.labels(fault)) {
      if (label.startMs >= label.endMs) continue;
      area.labels.push({
        subjectId: label.member === -1 ? layout.areaId : (layout.breakerIds[label.member] ?? layout.areaId),
        finding: label.finding,
        startMs: Math.floor(label.startMs),
        endMs: Math.ceil(label.endMs),
        ...(label.isConsequence ? { isConsequence: true } : {}),
      });
    }
    const guilty = kind.guilty?.(fault);
    if (guilty !== undefined)
      area.guilty.push({
        areaId: layout.areaId,
        atMs: endMs - minuteMs,
        breakerId: layout.breakerIds[guilty] ?? "",
      });
    return true;
  }
  return false;
};

/** Moves the fault to the midnight of its day and enters that day in the registry; before it nobody speaks. */
const install = (plan: FleetPlan, layout: AreaLayout, fault: Fault): void => {
  const day = Math.floor((fault.startMs - plan.startMs) / dayMs);
  layout.installedOn[fault.member] = dateOf(plan.scenario, day);
  fault.startMs = plan.startMs + day * dayMs;
};

/** Every breaker is tested once a month, at an hour at which nothing else befalls it; where there is none, it is overdue. */
const planTests = (plan: FleetPlan): void => {
  const random = generator(keyOf(plan.seed, "tests"));
  for (const area of plan.areas)
    for (let member = 0; member < area.layout.breakerIds.length; member += 1) {
      const firstMs = plan.startMs + hourMs + random() * (testEveryMs - dayMs);
      const isLeftOut = area.faults.some(
        ({ member: of, name }) => of === member && (name === "testOverdue" || name === "neverReported"),
      );
      if (!isLeftOut) planTestsOf(plan, area, member, firstMs, random);
    }
  for (const area of plan.areas) area.tests.sort((a, b) => a.atMs - b.atMs);
};

const planTestsOf = (
  plan: FleetPlan,
  area: AreaPlan,
  member: number,
  firstMs: number,
  random: Random,
): void => {
  // A fault or a near miss may be, or end with, a trip test too.
  const testedMs = area.faults.flatMap((fault) =>
    fault.events
      .filter((event) => event.member === member && event.kind === "test" && event.body["kind"] === "trip")
      .map((event) => event.atMs),
  );
  for (let aboutMs = firstMs; aboutMs < plan.endMs; aboutMs += testEveryMs) {
    const atMs = quietTime(area, member, aboutMs, random);
    if (atMs === null || atMs >= plan.endMs - hourMs) continue;
    testedMs.push(atMs);
    area.tests.push(...testEvents(member, atMs, random));
  }
  let lastMs = plan.startMs;
  for (const atMs of [...testedMs, plan.endMs].sort((a, b) => a - b)) {
    const startMs = lastMs + testDueAfterMs;
    const subjectId = area.layout.breakerIds[member] ?? "";
    if (startMs < atMs)
      area.labels.push({
        subjectId,
        finding: "testOverdue",
        startMs: Math.floor(startMs),
        endMs: Math.ceil(atMs),
      });
    lastMs = atMs;
  }
};

/** A time within some hours of `aboutMs` at which nothing befalls the breaker; null where there is none. */
const quietTime = (area: AreaPlan, member: number, aboutMs: number, random: Random): number | null => {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const atMs = Math.floor(aboutMs + attempt * random() * hourMs);
    const isQuiet = area.faults.every(
      (fault) =>
        (fault.member !== member && fault.member !== -1) ||
        fault.name === "standingLeakage" ||
        atMs < fault.startMs - hourMs ||
        atMs > fault.endMs + hourMs,
    );
    if (isQuiet) return atMs;
  }
  return null;
};

/** A passed trip test; half of the devices also record the trip that it was. */
const testEvents = (member: number, atMs: number, random: Random): FaultEvent[] => {
  const delayMs = 300 + 3_000 * random();
  const test: FaultEvent = {
    atMs: atMs + 2_000,
    member,
    kind: "test",
    body: { kind: "trip", passed: true, breakTimeMs: 25 + Math.floor(30 * random()) },
    delayMs,
  };
  if (random() < 0.5) return [test];
  const cause = random() < 0.7 ? "timedTest" : "keyTest";
  return [{ atMs, member, kind: "trip", body: { cause, reclosed: false }, delayMs }, test];
};

const countOf = (perThousand: number, breakers: number): number =>
  perThousand === 0 ? 0 : Math.max(1, Math.round((perThousand * breakers) / 1_000));

/** Plans a whole fleet. The same scenario and seed always give the same plan. */
export const planFleet = (scenario: Scenario, seed: number): FleetPlan => {
  const startMs = startMsOf(scenario);
  const plan: FleetPlan = {
    scenario,
    seed,
    startMs,
    endMs: startMs + scenario.days * dayMs,
    areas: layOut(scenario, seed).map((layout) => ({
      layout,
      faults: [],
      labels: [],
      tests: [],
      guilty: [],
    })),
  };
  const wanted = [...Object.entries(scenario.faults), ...Object.entries(scenario.nearMisses)];
  // What needs most room comes first: to the end of the run, then whole areas, then by name.
  const room = (name: string): number =>
    (kindOf(name).untilEnd ? 2 : 0) + (/area|main/i.test(kindOf(name).on) ? 1 : 0);
  wanted.sort(([a], [b]) => room(b) - room(a) || a.localeCompare(b));
  for (const [name, perThousand] of wanted) {
    const random = generator(keyOf(seed, `fault-${name}`));
    const count = countOf(perThousand ?? 0, scenario.breakers);
    for (let i = 0; i < count; i += 1) place(plan, name, kindOf(name), random);
  }
  planTests(plan);
  for (const area of plan.areas) {
    area.faults.sort((a, b) => a.startMs - b.startMs);
    area.labels.sort((a, b) => a.startMs - b.startMs);
  }
  return plan;
};

/** All labels of a fleet in order of subject and time. */
export const labelsOf = (plan: FleetPlan): FleetLabel[] => plan.areas.flatMap((area) => area.labels);
