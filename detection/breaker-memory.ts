// What the live fold remembers of one breaker. Of very many breakers few are looked at at any moment: the others are packed
// into the bytes that are stored of them, a third of the room, and unpacked by whoever reads or writes them again.
import type { BreakerFacts } from "../domain/breaker.ts";
import { defaultFindingLimits, type FindingLimits } from "../domain/finding-limits.ts";
import type { StateChange } from "../domain/operating.ts";
import type { Report } from "../domain/report.ts";
import type { AlarmRule } from "./alarm-view.ts";
import type { AlarmEvent } from "./alarms.ts";
import { type BreakerFold, newBreakerFold } from "./breaker-fold.ts";
import type { LeakageBaseline } from "./leakage/baseline.ts";
import { initialChange, type OwnChange } from "./own.ts";
import { memoryOf, packedMemory } from "./stored.ts";
import { baselineOf, packedBaseline } from "./stored-baseline.ts";

/** What is set for a breaker besides its facts: thresholds, rules of one's own, tests by hand. */
export type BreakerSettings = {
  limits: FindingLimits;
  ownRules: readonly AlarmRule[];
  /** The newest trip test that somebody has written down, Unix ms; 0 where there is none. */
  testedMs: number;
};

/** What must survive a restart, per breaker, besides its baseline. */
export type Remembered = {
  fold: BreakerFold;
  /** Own changes from before the horizon on; the first stands strictly before the newest report (or at installation). */
  changes: OwnChange[];
  /** Published changes that reach back as far. */
  published: StateChange[];
  /** Both are complete from here on. */
  keptFromMs: number;
  /** The next instant that is known of but has not come: the area must be judged again then. */
  aheadMs: number;
};

/** What is there while the breaker is not packed. */
type Unpacked = Remembered & {
  /** From here on `changes` have not been judged with the area yet. */
  dirtyFromMs: number;
  touched: boolean;
  /** The report that has been received and not settled yet, and what else it is evidence of. */
  report: Report | null;
  events: readonly AlarmEvent[];
  /** What it usually leaks: the slow part, stored apart and only when it has changed. Undefined while it is packed still. */
  baseline: LeakageBaseline | null | undefined;
  baselineTouched: boolean;
};

/**
 * A breaker's stored memory, the bytes of `packedMemory` and `packedBaseline` as text of one a character; no baseline where
 * nothing is learnt.
 */
export type PackedBreaker = { memory: string; baseline: string | null };

export const noEvents: readonly AlarmEvent[] = [];
const noRules: readonly AlarmRule[] = [];

const unheard = (facts: BreakerFacts): Unpacked => ({
  fold: newBreakerFold(),
  changes: [initialChange(facts.installedAtMs)],
  published: [],
  keptFromMs: Number.NEGATIVE_INFINITY,
  aheadMs: Number.POSITIVE_INFINITY,
  dirtyFromMs: facts.installedAtMs,
  touched: true,
  report: null,
  events: noEvents,
  baseline: null,
  baselineTouched: false,
});

export class BreakerMemory {
  facts: BreakerFacts;
  limits: FindingLimits;
  ownRules: readonly AlarmRule[];
  testedMs: number;
  /** When to look at it again though it has not reported. */
  dueMs: number = Number.NEGATIVE_INFINITY;
  /** It has reported and has not been settled yet. */
  reported = false;
  #unpacked: Unpacked | null;
  /** As `PackedBreaker`; empty, or null, where it has changed since it was packed. */
  #memory = "";
  #baseline: string | null = null;
  readonly #unpackedOnes: Set<BreakerMemory> | null;

  /**
   * A breaker that nothing has been heard of, or one that is `stored`. Without settings the defaults of its level hold.
   * It is among `unpackedOnes` while it is unpacked, so that it can be found and packed.
   */
  constructor(
    facts: BreakerFacts,
    settings: BreakerSettings | null = null,
    unpackedOnes: Set<BreakerMemory> | null = null,
    stored: PackedBreaker | null = null,
  ) {
    this.facts = facts;
    this.limits = settings?.limits ?? defaultFindingLimits[facts.level];
    this.ownRules = settings?.ownRules ?? noRules;
    this.testedMs = settings?.testedMs ?? 0;
    this.#unpackedOnes = unpackedOnes;
    if (stored === null) {
      this.#unpacked = unheard(facts);
      unpackedOnes?.add(this);
    } else {
      this.#unpacked = null;
      this.#memory = stored.memory;
      this.#baseline = stored.baseline;
    }
  }

  #unpack(): Unpacked {
    const unpacked: Unpacked = {
      ...memoryOf(this.#memory),
      dirtyFromMs: Number.POSITIVE_INFINITY,
      touched: false,
      report: null,
      events: noEvents,
      baseline: undefined,
      baselineTouched: false,
    };
    this.#unpacked = unpacked;
    this.#unpackedOnes?.add(this);
    return unpacked;
  }

  /** Packs what can be packed: answers false where something is still to be settled or stored. */
  pack(): boolean {
    const unpacked = this.#unpacked;
    if (unpacked === null) return true;
    const { touched, baselineTouched, dirtyFromMs, baseline } = unpacked;
    if (this.reported || touched || baselineTouched || dirtyFromMs !== Number.POSITIVE_INFINITY) return false;
    if (this.#baseline === null && baseline) this.#baseline = packedBaseline(baseline).toString("latin1");
    if (this.#memory === "") this.#memory = packedMemory(unpacked).toString("latin1");
    this.#unpacked = null;
    this.#unpackedOnes?.delete(this);
    return true;
  }

  /** Forgets all but what has been published: its history begins anew, and is judged from `fromMs` on. */
  startOver(fromMs: number): void {
    const { published } = this;
    this.#unpacked = { ...unheard(this.facts), published, dirtyFromMs: fromMs };
    this.#memory = "";
    this.#baseline = null;
    this.reported = false;
    this.dueMs = Number.NEGATIVE_INFINITY;
  }

  get fold(): BreakerFold {
    return (this.#unpacked ?? this.#unpack()).fold;
  }
  set fold(fold: BreakerFold) {
    (this.#unpacked ?? this.#unpack()).fold = fold;
  }
  get changes(): OwnChange[] {
    return (this.#unpacked ?? this.#unpack()).changes;
  }
  set changes(changes: OwnChange[]) {
    (this.#unpacked ?? this.#unpack()).changes = changes;
  }
  get published(): StateChange[] {
    return (this.#unpacked ?? this.#unpack()).published;
  }
  set published(published: StateChange[]) {
    (this.#unpacked ?? this.#unpack()).published = published;
  }
  get keptFromMs(): number {
    return (this.#unpacked ?? this.#unpack()).keptFromMs;
  }
  set keptFromMs(ms: number) {
    (this.#unpacked ?? this.#unpack()).keptFromMs = ms;
  }
  get aheadMs(): number {
    return (this.#unpacked ?? this.#unpack()).aheadMs;
  }
  set aheadMs(ms: number) {
    (this.#unpacked ?? this.#unpack()).aheadMs = ms;
  }
  get dirtyFromMs(): number {
    return (this.#unpacked ?? this.#unpack()).dirtyFromMs;
  }
  set dirtyFromMs(ms: number) {
    (this.#unpacked ?? this.#unpack()).dirtyFromMs = ms;
  }
  /** What is remembered is another than what is stored, and packed. */
  get touched(): boolean {
    return (this.#unpacked ?? this.#unpack()).touched;
  }
  set touched(touched: boolean) {
    (this.#unpacked ?? this.#unpack()).touched = touched;
    if (touched) this.#memory = "";
  }
  get report(): Report | null {
    return (this.#unpacked ?? this.#unpack()).report;
  }
  set report(report: Report | null) {
    (this.#unpacked ?? this.#unpack()).report = report;
  }
  get events(): readonly AlarmEvent[] {
    return (this.#unpacked ?? this.#unpack()).events;
  }
  set events(events: readonly AlarmEvent[]) {
    (this.#unpacked ?? this.#unpack()).events = events;
  }
  /** What it usually leaks; null where nothing has been learnt. Whoever changes it sets `baselineTouched`. */
  get baseline(): LeakageBaseline | null {
    const unpacked = this.#unpacked ?? this.#unpack();
    if (unpacked.baseline === undefined)
      unpacked.baseline = this.#baseline === null ? null : baselineOf(this.#baseline);
    return unpacked.baseline;
  }
  set baseline(baseline: LeakageBaseline) {
    (this.#unpacked ?? this.#unpack()).baseline = baseline;
    this.#baseline = null;
  }
  get baselineTouched(): boolean {
    return (this.#unpacked ?? this.#unpack()).baselineTouched;
  }
  set baselineTouched(touched: boolean) {
    (this.#unpacked ?? this.#unpack()).baselineTouched = touched;
    if (touched) this.#baseline = null;
  }
}
