// A large registry made in the database itself: townships of villages of areas, a main breaker and houses in each.
import type { Db } from "../storage/db.ts";

export type RegistrySize = { villages: number; areasPerVillage: number; breakersPerArea: number };

/** Fills an empty registry; answers how many breakers it has, `B000000` and so on. */
export const fillRegistry = async (
  db: Db,
  { villages, areasPerVillage, breakersPerArea }: RegistrySize,
): Promise<number> => {
  const areas = villages * areasPerVillage;
  const breakers = areas * breakersPerArea;
  await db.query("INSERT INTO township (id, name) VALUES ('T', 'Township')");
  await db.query(
    `INSERT INTO village (id, township_id, name)
     SELECT 'V' || lpad(v::text, 4, '0'), 'T', 'Village ' || v FROM generate_series(0, $1 - 1) v`,
    [villages],
  );
  await db.query(
    `INSERT INTO transformer_area (id, village_id, name)
     SELECT 'A' || lpad(a::text, 5, '0'), 'V' || lpad((a / $2)::text, 4, '0'), 'Area ' || a FROM generate_series(0, $1 - 1) a`,
    [areas, areasPerVillage],
  );
  await db.query(
    `INSERT INTO household (id, area_id, inhabited)
     SELECT 'H' || b, 'A' || lpad((b / $2)::text, 5, '0'), b % 11 <> 0 FROM generate_series(0, $1 - 1) b WHERE b % $2 <> 0`,
    [breakers, breakersPerArea],
  );
  await db.query("INSERT INTO household_occupancy SELECT id, 0, inhabited FROM household");
  await db.query(
    `INSERT INTO breaker (id, area_id, household_id, level, rated_residual_current_ma, installed_on)
     SELECT 'B' || lpad(b::text, 6, '0'), 'A' || lpad((b / $2)::text, 5, '0'), CASE WHEN b % $2 <> 0 THEN 'H' || b END,
            CASE WHEN b % $2 = 0 THEN 'main' ELSE 'household' END, 30, '2020-01-01'
       FROM generate_series(0, $1 - 1) b`,
    [breakers, breakersPerArea],
  );
  return breakers;
};
