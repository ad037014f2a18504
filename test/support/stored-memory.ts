// Whatever has happened: the histories that are stored with what detection remembers of a breaker are those of the tables.
import { memoryOf } from "../../detection/stored.ts";
import type { Query } from "../../storage/db.ts";

type Change = { fromMs: number; state: string; reason: string | null; dark?: boolean | null };
type Stored = { id: string; memory: Buffer; own: Change[] | null; published: Change[] | null };

const lineOf = ({ fromMs, state, reason, dark }: Change): string => `${fromMs} ${state} ${reason} ${dark}`;

/** What of a table's changes a memory's must be: all since its first one. */
const differs = (kept: readonly Change[], table: readonly Change[]): boolean => {
  const [first] = kept;
  const since = first === undefined ? [] : table.filter((change) => change.fromMs >= first.fromMs);
  return since.map(lineOf).join("\n") !== kept.map(lineOf).join("\n");
};

/** Breakers whose stored memory says another history than the tables, each with both. One statement: one snapshot. */
export const disagreeingMemories = async (query: Query): Promise<string[]> => {
  const rows = await query<Stored>(
    `SELECT s.breaker_id AS id, s.memory,
            (SELECT jsonb_agg(jsonb_build_object('fromMs', from_ms, 'state', state, 'reason', reason, 'dark', dark) ORDER BY from_ms)
               FROM own_change o WHERE o.breaker_id = s.breaker_id) AS own,
            (SELECT jsonb_agg(jsonb_build_object('fromMs', from_ms, 'state', state, 'reason', reason) ORDER BY from_ms)
               FROM operating_interval o WHERE o.breaker_id = s.breaker_id) AS published
       FROM breaker_state s ORDER BY s.breaker_id`,
  );
  return rows.flatMap(({ id, memory, own, published }) => {
    // Older versions stored JSON, without the histories.
    if (memory[0] === 0x7b) return [];
    const remembered = memoryOf(memory.toString("latin1"));
    if (!differs(remembered.changes, own ?? []) && !differs(remembered.published, published ?? [])) return [];
    const { changes, published: kept } = remembered;
    return [
      `${id}: ${JSON.stringify({ own: { kept: changes, table: own }, published: { kept, table: published } })}`,
    ];
  });
};
