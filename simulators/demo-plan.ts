// The demo's faults: some that the page shows within its first minute, and more over the hours that follow.
import { type Fault, type FaultKind, planFaults } from "./faults.ts";
import { generator, keyOf, shuffled } from "./random.ts";
import { faultSubjects, type World } from "./world.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Kind, start and end in minutes from the demo's start; those that need a long on-delay began in its history, and the drift
 * crossed its threshold there, too.
 */
const staged: readonly (readonly [FaultKind, number, number])[] = [
  ["failureToTrip", 0.25, 180],
  ["spike", -20, 120],
  ["drift", -50, 137],
  ["protectionExited", -300, 600],
  ["protectionExited", 0.4, 600],
  ["silence", -25, 180],
  ["silence", 2, 90],
  ["open", -40, 300],
];
const outageMinutes = [20, 45] as const;

/** What else happens during the next hours, so that a demo left running stays alive. */
const later: Partial<Record<FaultKind, number>> = {
  spike: 16,
  drift: 6,
  failureToTrip: 3,
  protectionExited: 4,
  silence: 4,
  open: 4,
  tripAndReclose: 4,
};
const laterHours = 12;

/** Plans the demo's faults around `nowMs`. The same world and seed pick the same breakers on every start. */
export const demoFaults = (world: World, seed: number, nowMs: number): Fault[] => {
  const { households, mains } = faultSubjects(world);
  const random = generator(keyOf(seed, "demo faults"));
  const areaIds = shuffled([...new Set(households.map((h) => h.areaId))], random);
  const outageArea = areaIds.pop();
  const candidates = shuffled(
    households.filter((h) => h.areaId !== outageArea),
    random,
  );
  const plan: Fault[] = [];
  for (const [index, [kind, fromMinutes, toMinutes]] of staged.entries()) {
    const subject = candidates.pop();
    if (subject === undefined) break;
    // An odd start is a protection switched off, an even one alarm-only (faults.ts): the demo shows both.
    const startMs = 2 * Math.floor((nowMs + fromMinutes * minuteMs) / 2) + (index % 2);
    plan.push({
      kind,
      subjectId: subject.breakerId,
      startMs,
      endMs: Math.floor(nowMs + toMinutes * minuteMs),
    });
  }
  if (outageArea !== undefined)
    plan.push({
      kind: "areaOutage",
      subjectId: outageArea,
      startMs: nowMs + outageMinutes[0] * minuteMs,
      endMs: nowMs + outageMinutes[1] * minuteMs,
    });
  const more = planFaults({
    subjects: { households: candidates, mains: mains.filter((m) => m.areaId !== outageArea) },
    counts: later,
    fromMs: nowMs + 3 * minuteMs,
    toMs: nowMs + laterHours * hourMs,
    seed: keyOf(seed, "later faults"),
  });
  return [...plan, ...more].sort((a, b) => a.startMs - b.startMs);
};
