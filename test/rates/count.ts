// The independent count: from raw reports and dated facts to the milliseconds of every rate, after DOMAIN.md alone. It imports
// nothing of the product, knows no intervals and keeps no sums: it cuts time where anything could change, and asks each piece.

export type RawReport =
  | {
      kind: "reading";
      ts: number;
      seq: number;
      contact: "closed" | "open" | "reclosing" | "lockedOut";
      protection: "enabled" | "alarmOnly" | "disabled" | "faulty";
      residualCurrentMa: number;
      loadCurrentA: number;
      voltageV: number;
    }
  | { kind: "trip"; ts: number; seq: number; reclosed: boolean; leakedMa: number | null }
  | { kind: "test"; ts: number; seq: number; passed: boolean }
  | { kind: "status"; ts: number; seq: 0; online: boolean };

export type RawBreaker = {
  id: string;
  level: "household" | "main";
  installedMs: number;
  removedMs: number | null;
  /** In order; the first holds for all time before it. */
  places: { fromMs: number; areaId: string; householdId: string | null }[];
  reports: RawReport[];
};
export type RawHousehold = {
  id: string;
  areaId: string;
  /** In order; the first holds for all time before it. */
  lived: { fromMs: number; inhabited: boolean }[];
};
export type RawWorld = {
  areaIds: string[];
  households: RawHousehold[];
  breakers: RawBreaker[];
  outages: { areaId: string; fromMs: number; toMs: number }[];
};

type Verdict = { state: string; reason: string | null };
type Piece = { fromMs: number; toMs: number };

const heartbeatMs = 5 * 60 * 1000;
const silentAfterMs = 3 * heartbeatMs;
const openGraceMs = 10 * 60 * 1000;
const stuckMs = 6 * 3600 * 1000;
const neverMs = 24 * 3600 * 1000;

const latest = <T extends { fromMs: number }>(entries: readonly T[], atMs: number): T | undefined =>
  [...entries].reverse().find((entry) => entry.fromMs <= atMs) ?? entries[0];

const rank = { status: 0, reading: 1, trip: 2, test: 3 };
/** In order of time, sequence and kind; each once; only what speaks for the breaker itself. */
const heard = (reports: readonly RawReport[]): RawReport[] => {
  const seen = new Set<string>();
  return reports
    .filter((r) => r.kind !== "status" || r.online)
    .sort((a, b) => a.ts - b.ts || a.seq - b.seq || rank[a.kind] - rank[b.kind])
    .filter((r) => {
      const key = `${r.ts}/${r.seq}/${r.kind}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
};

/** What the reports up to `atMs` show of the breaker. */
const evidence = (reports: readonly RawReport[], atMs: number) => {
  const shown = {
    lastTs: null as number | null,
    contact: null as string | null,
    protection: null as string | null,
    openSince: null as number | null,
    zeroSince: null as number | null,
    failed: false,
    load: false,
    noSupply: false,
  };
  for (const r of reports) {
    if (r.ts > atMs) break;
    shown.lastTs = r.ts;
    if (r.kind === "reading") {
      shown.contact = r.contact;
      shown.protection = r.protection;
      shown.load = r.loadCurrentA >= 0.5;
      shown.noSupply = r.voltageV < 20;
      if (r.residualCurrentMa !== 0 || r.contact !== "closed") shown.zeroSince = null;
      else if (shown.load && shown.zeroSince === null) shown.zeroSince = r.ts;
    }
    if (r.kind === "trip") {
      shown.contact = r.reclosed ? "closed" : "open";
      shown.load = false;
    }
    if (r.kind === "test") shown.failed = !r.passed;
    const open = shown.contact !== null && shown.contact !== "closed";
    if (!open) shown.openSince = null;
    else if (shown.openSince === null) shown.openSince = r.ts;
  }
  return shown;
};

type Own = Verdict & { dark: boolean | null };

/** The breaker by its own reports alone, over pieces in order; `before` goes on where evidence says nothing. */
const own = (breaker: RawBreaker, reports: readonly RawReport[], atMs: number, before: Own): Own => {
  const e = evidence(reports, atMs);
  if (e.lastTs === null)
    return atMs >= breaker.installedMs + neverMs
      ? { state: "notOperating", reason: "neverReported", dark: null }
      : { state: "unknown", reason: "silent", dark: null };
  if (atMs >= e.lastTs + silentAfterMs) return { state: "unknown", reason: "silent", dark: true };
  const not = (reason: string): Own => ({ state: "notOperating", reason, dark: e.noSupply });
  const open = e.contact !== null && e.contact !== "closed";
  if (e.protection === "alarmOnly" || e.protection === "disabled") return not("protectionExited");
  if (e.protection === "faulty" || e.failed) return not("tripFunctionFault");
  if (open && e.load) return not("bypassed");
  if (e.zeroSince !== null && atMs >= e.zeroSince + stuckMs) return not("bypassed");
  if (e.openSince !== null && !e.noSupply && atMs >= e.openSince + openGraceMs) return not("open");
  if (e.contact === "closed" && e.protection === "enabled")
    return { state: "operating", reason: null, dark: e.noSupply };
  return { ...before, dark: e.noSupply };
};

const cutsOf = (world: RawWorld, reportsOf: ReadonlyMap<string, RawReport[]>): number[] => {
  const cuts = new Set<number>();
  for (const b of world.breakers) {
    cuts.add(b.installedMs);
    cuts.add(b.installedMs + neverMs);
    if (b.removedMs !== null) cuts.add(b.removedMs);
    for (const place of b.places) cuts.add(place.fromMs);
    for (const r of reportsOf.get(b.id) ?? [])
      for (const after of [0, silentAfterMs, openGraceMs, stuckMs]) cuts.add(r.ts + after);
  }
  for (const h of world.households) for (const l of h.lived) cuts.add(l.fromMs);
  for (const o of world.outages) cuts.add(o.fromMs).add(o.toMs);
  return [...cuts].sort((a, b) => a - b);
};

export type Counted = {
  /** level → "state/reason" → ms. */
  ms: Record<string, Record<string, number>>;
  /** level → state → breakers in the last millisecond. */
  end: Record<string, Record<string, number>>;
  households: number;
  inhabited: number;
  inhabitedInstalled: number;
  inhabitedOperating: number;
  inhabitedMs: number;
  inhabitedOperatingMs: number;
  inhabitedExcusedMs: number;
  mainInstalled: boolean;
  /** breaker → ms not operating or unknown while it was here. */
  lost: Record<string, number>;
};

/** Everything that is counted of each area over `[fromMs, toMs)`. */
export const count = (world: RawWorld, fromMs: number, toMs: number): Map<string, Counted> => {
  const reportsOf = new Map(world.breakers.map((b) => [b.id, heard(b.reports)]));
  const edges = [...new Set([...cutsOf(world, reportsOf), fromMs, toMs])].sort((a, b) => a - b);
  const answers = new Map<string, Counted>(
    world.areaIds.map((id) => [
      id,
      {
        ms: {},
        end: {},
        households: world.households.filter((h) => h.areaId === id).length,
        inhabited: 0,
        inhabitedInstalled: 0,
        inhabitedOperating: 0,
        inhabitedMs: 0,
        inhabitedOperatingMs: 0,
        inhabitedExcusedMs: 0,
        mainInstalled: false,
        lost: {},
      },
    ]),
  );
  const owns = new Map<string, Own>(
    world.breakers.map((b) => [b.id, { state: "unknown", reason: "silent", dark: null }]),
  );
  for (const [i, atMs] of edges.entries()) {
    const nextMs = edges[i + 1];
    if (atMs >= toMs || nextMs === undefined) break;
    for (const b of world.breakers) {
      const before = owns.get(b.id);
      if (before && atMs >= b.installedMs) owns.set(b.id, own(b, reportsOf.get(b.id) ?? [], atMs, before));
    }
    if (atMs >= fromMs)
      countPiece(world, owns, { fromMs: atMs, toMs: Math.min(nextMs, toMs) }, toMs, answers);
  }
  return answers;
};

const countPiece = (
  world: RawWorld,
  owns: ReadonlyMap<string, Own>,
  piece: Piece,
  endMs: number,
  answers: ReadonlyMap<string, Counted>,
) => {
  const atMs = piece.fromMs;
  const ms = piece.toMs - piece.fromMs;
  const isEnd = piece.toMs === endMs;
  const here = world.breakers
    .filter((b) => b.installedMs <= atMs && (b.removedMs === null || b.removedMs > atMs))
    .map((b) => ({ b, place: latest(b.places, atMs), own: owns.get(b.id) }));
  const livedIn = (id: string | null) => {
    const house = world.households.find((h) => h.id === id);
    return house === undefined ? true : (latest(house.lived, atMs)?.inhabited ?? true);
  };
  const verdicts = here.map(
    ({
      b,
      place,
      own: mine,
    }): { b: RawBreaker; areaId: string; householdId: string | null; verdict: Verdict } => {
      const areaId = place?.areaId ?? "";
      const neighbours = here.filter((other) => other.place?.areaId === areaId);
      const reporting = neighbours.filter((other) => other.own?.dark !== null).length;
      const dark = neighbours.filter((other) => other.own?.dark === true).length;
      let verdict: Verdict = mine ?? { state: "unknown", reason: "silent" };
      if (mine?.dark === true && dark >= 3 && dark >= 0.8 * reporting)
        verdict = { state: "excused", reason: "areaOutage" };
      if (world.outages.some((o) => o.areaId === areaId && o.fromMs <= atMs && atMs < o.toMs))
        verdict = { state: "excused", reason: "plannedOutage" };
      if (!livedIn(place?.householdId ?? null)) verdict = { state: "excused", reason: "vacantHouse" };
      return { b, areaId, householdId: place?.householdId ?? null, verdict };
    },
  );
  for (const { b, areaId, verdict } of verdicts) {
    const answer = answers.get(areaId);
    if (answer === undefined) continue;
    const key = `${verdict.state}/${verdict.reason ?? ""}`;
    const times = answer.ms[b.level] ?? {};
    answer.ms[b.level] = times;
    times[key] = (times[key] ?? 0) + ms;
    if (verdict.state === "unknown" || verdict.state === "notOperating")
      answer.lost[b.id] = (answer.lost[b.id] ?? 0) + ms;
    if (!isEnd) continue;
    const ends = answer.end[b.level] ?? {};
    answer.end[b.level] = ends;
    ends[verdict.state] = (ends[verdict.state] ?? 0) + 1;
    if (b.level === "main") answer.mainInstalled = true;
  }
  for (const house of world.households) {
    const answer = answers.get(house.areaId);
    if (answer === undefined || !livedIn(house.id)) continue;
    const guards = verdicts.filter(
      (v) => v.householdId === house.id && v.b.level === "household" && v.areaId === house.areaId,
    );
    const operating = guards.some((v) => v.verdict.state === "operating");
    answer.inhabitedMs += ms;
    if (operating) answer.inhabitedOperatingMs += ms;
    else if (guards.length > 0 && guards.every((v) => v.verdict.state === "excused"))
      answer.inhabitedExcusedMs += ms;
    if (!isEnd) continue;
    answer.inhabited += 1;
    if (guards.length > 0) answer.inhabitedInstalled += 1;
    if (operating) answer.inhabitedOperating += 1;
  }
};
