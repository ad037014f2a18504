// Compares registry rows with what is stored: what taking them over would make new, change, move or remove.
import { createHash } from "node:crypto";
import type {
  ChangeKind,
  DraftChange,
  DraftCounts,
  DraftSubject,
  SubjectCounts,
} from "../domain/http-drafts.ts";
import { draftSubjects } from "../domain/http-drafts.ts";
import type { Query } from "./db.ts";
import type { NumberedRow } from "./registry-check.ts";
import { chunksOf, column } from "./registry-write.ts";

export type Comparison = {
  counts: DraftCounts;
  /** Of every single difference: two comparisons with one digest found the same. */
  digest: string;
  /** The first differences of each kind. */
  sample: DraftChange[];
};

/** Differences of each kind that are kept. */
const samplePerKind = 500;

type Value = string | number | boolean | null;
type Facts = Record<string, Value | undefined>;
type Stored = Record<"township" | "village" | "transformerArea" | "safetyOfficer", Map<string, Facts>> & {
  looksAfter: Set<string>;
};

/** Fields whose change moves a subject. */
const movingFields = new Set(["townshipId", "villageId", "areaId", "householdId"]);

const loadSmall = async (query: Query, today: string): Promise<Stored> => {
  const byId = async (sql: string) =>
    new Map((await query<{ id: string } & Facts>(sql)).map(({ id, ...facts }) => [id, facts as Facts]));
  const pairs = await query<{ pair: string }>(
    `SELECT village_id || ' ' || officer_id AS pair FROM village_officer
      WHERE from_on <= $1::date AND (to_on IS NULL OR to_on > $1::date)`,
    [today],
  );
  return {
    township: await byId(`SELECT id, name AS "townshipName" FROM township`),
    village: await byId(`SELECT id, township_id AS "townshipId", name AS "villageName" FROM village`),
    transformerArea: await byId(
      `SELECT id, village_id AS "villageId", name AS "areaName", supply_station AS "supplyStation"
         FROM transformer_area`,
    ),
    safetyOfficer: await byId(
      `SELECT id, name AS "officerName", nullif(phone, '') AS "officerPhone" FROM safety_officer`,
    ),
    looksAfter: new Set(pairs.map(({ pair }) => pair)),
  };
};

const loadChunk = async (query: Query, chunk: readonly NumberedRow[]) => {
  const byId = async (sql: string, ids: (string | null)[]) =>
    new Map(
      (await query<{ id: string } & Facts>(sql, [ids])).map(({ id, ...facts }) => [id, facts as Facts]),
    );
  return {
    household: await byId(
      `SELECT id, area_id AS "areaId", address, inhabited, householder, account_number AS "accountNumber",
              walking_order AS "walkingOrder"
         FROM household WHERE id = ANY($1::text[])`,
      column(chunk, (row) => row.householdId),
    ),
    breaker: await byId(
      `SELECT id, area_id AS "areaId", household_id AS "householdId", level,
              rated_residual_current_ma AS "ratedResidualCurrentMa", installed_on AS "installedOn",
              removed_on AS "removedOn"
         FROM breaker WHERE id = ANY($1::text[])`,
      column(chunk, (row) => row.breakerId),
    ),
  };
};

const shown = (value: Value | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

/** Collects differences: counts, digest, sample. */
const collector = () => {
  const counts = Object.fromEntries(
    draftSubjects.map((s) => [s, { new: 0, changed: 0, moved: 0, removed: 0, unchanged: 0 }]),
  ) as Record<DraftSubject, SubjectCounts>;
  const hash = createHash("sha256");
  const sample: DraftChange[] = [];
  const kept: Record<ChangeKind, number> = { new: 0, changed: 0, moved: 0, removed: 0 };
  const seen = Object.fromEntries(draftSubjects.map((s) => [s, new Set<string>()])) as Record<
    DraftSubject,
    Set<string>
  >;

  const note = (change: DraftChange) => {
    hash.update(
      JSON.stringify([change.subject, change.subjectId, change.field, change.before, change.after]),
    );
    if (kept[change.kind]++ < samplePerKind) sample.push(change);
  };
  const kindOf = (subject: DraftSubject, stored: Facts, differing: readonly string[]): ChangeKind => {
    if (subject === "breaker" && differing.includes("removedOn") && stored["removedOn"] === null)
      return "removed";
    return differing.some((field) => movingFields.has(field)) ? "moved" : "changed";
  };

  return {
    counts,
    sample,
    digest: () => hash.digest("hex"),
    /** Looks at a subject the first time that it is met. */
    look(line: number, subject: DraftSubject, subjectId: string, stored: Facts | undefined, now: Facts) {
      if (seen[subject].has(subjectId)) return;
      seen[subject].add(subjectId);
      if (stored === undefined) {
        counts[subject].new += 1;
        const about = shown(now["address"] ?? Object.values(now)[0]);
        note({ line, kind: "new", subject, subjectId, field: null, before: null, after: about });
        return;
      }
      const differing = Object.keys(now).filter(
        (field) => now[field] !== undefined && now[field] !== stored[field],
      );
      if (differing.length === 0) {
        counts[subject].unchanged += 1;
        return;
      }
      const kind = kindOf(subject, stored, differing);
      counts[subject][kind] += 1;
      for (const field of differing) {
        const [before, after] = [shown(stored[field]), shown(now[field])];
        note({ line, kind, subject, subjectId, field, before, after });
      }
    },
  };
};

/**
 * Compares all rows of a table, which do not contradict each other, with what is stored; `today` is the township's local
 * day. Call it under the registry's lock where the answer must still hold when the rows are written.
 */
export const compareWithStored = async (
  query: Query,
  rows: readonly NumberedRow[],
  options: { today: string; progress?: (done: number) => void; signal?: AbortSignal },
): Promise<Comparison> => {
  const small = await loadSmall(query, options.today);
  const found = collector();
  let storedBreakers = 0;
  let done = 0;
  for (const chunk of chunksOf(rows)) {
    options.signal?.throwIfAborted();
    const { household, breaker } = await loadChunk(query, chunk);
    storedBreakers += breaker.size;
    for (const { line, row } of chunk) {
      const { townshipId, villageId, areaId, householdId, breakerId, officerId } = row;
      const { townshipName, villageName, areaName, supplyStation } = row;
      found.look(line, "township", townshipId, small.township.get(townshipId), { townshipName });
      found.look(line, "village", villageId, small.village.get(villageId), { villageName, townshipId });
      const area = { areaName, villageId, supplyStation };
      found.look(line, "transformerArea", areaId, small.transformerArea.get(areaId), area);
      if (householdId !== null) {
        const { address, inhabited, householder, accountNumber, walkingOrder } = row;
        const now = { areaId, address, inhabited, householder, accountNumber, walkingOrder };
        found.look(line, "household", householdId, household.get(householdId), now);
      }
      if (breakerId !== null) {
        const { level, ratedResidualCurrentMa, installedOn, removedOn } = row;
        const now = { areaId, householdId, level, ratedResidualCurrentMa, installedOn, removedOn };
        found.look(line, "breaker", breakerId, breaker.get(breakerId), now);
      }
      if (officerId !== undefined && officerId !== null) {
        const { officerName, officerPhone } = row;
        found.look(line, "safetyOfficer", officerId, small.safetyOfficer.get(officerId), {
          officerName,
          officerPhone,
        });
        const pair = `${villageId} ${officerId}`;
        const stored = { safetyOfficer: small.looksAfter.has(pair) ? officerId : null };
        found.look(line, "safetyOfficer", pair, stored, { safetyOfficer: officerId });
      }
    }
    done += chunk.length;
    options.progress?.(done);
  }
  const [all] = await query<{ n: number }>("SELECT count(*) AS n FROM breaker");
  return {
    counts: { subjects: found.counts, untouchedBreakers: (all?.n ?? 0) - storedBreakers },
    digest: found.digest(),
    sample: found.sample,
  };
};
