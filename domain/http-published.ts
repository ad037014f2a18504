// The JSON of published rates: what was published of a period, in every revision, and what a revision changed.
import { z } from "zod";
import { performanceRowSchema } from "./http-rates.ts";
import { idSchema } from "./ids.ts";
import { periodKindSchema } from "./periods.ts";

const timeSchema = z.iso.datetime({ offset: true });

/** The version of the rules by which rates are computed; a publication says which it was made with. */
export const rateDefinitions = "rates-1";

export const publishCauses = ["schedule", "demand", "change"] as const;
export type PublishCause = (typeof publishCauses)[number];

export const publishedRateSchema = z.object({
  id: z.uuid(),
  townshipId: idSchema,
  townshipName: z.string(),
  kind: periodKindSchema,
  firstDate: z.iso.date(),
  from: timeSchema,
  to: timeSchema,
  revision: z.int().min(1),
  latest: z.boolean().describe("no later revision of the same period is stored"),
  cause: z
    .enum(publishCauses)
    .describe(
      "schedule: the period had settled; demand: somebody asked; change: what was published no longer held",
    ),
  publishedBy: z.string(),
  publishedAt: timeSchema,
});
export type PublishedRate = z.infer<typeof publishedRateSchema>;

export const rateNumbersSchema = z.object({
  township: performanceRowSchema,
  villages: z.array(performanceRowSchema),
});
export type RateNumbers = z.infer<typeof rateNumbersSchema>;

export const rateChangeSchema = z.object({
  placeId: z.string(),
  placeName: z.string(),
  field: z.string().describe("path in the row, such as levels.household.operatingMs"),
  before: z.number().nullable(),
  after: z.number().nullable(),
});
export type RateChange = z.infer<typeof rateChangeSchema>;

export const publishedRateDetailSchema = publishedRateSchema.extend({
  numbers: rateNumbersSchema,
  computedFrom: z.object({
    definitions: z.string(),
    timeZone: z.string(),
    snapshot: z.string().describe("PostgreSQL's snapshot before the numbers were read"),
    offsets: z.record(z.string(), z.number()).describe("journal → how far its reports had been judged"),
    audit: z.int().describe("the newest act of an operator that was known"),
  }),
  changes: z.array(rateChangeSchema).describe("against the revision before; empty for the first"),
  revisions: z.array(publishedRateSchema).describe("of the same period, newest first"),
});
export type PublishedRateDetail = z.infer<typeof publishedRateDetailSchema>;

const leaves = function* (value: unknown, path: string): Generator<[string, number | null]> {
  if (value === null || typeof value === "number") yield [path, value];
  else if (typeof value === "object")
    for (const [key, inner] of Object.entries(value ?? {}))
      yield* leaves(inner, path === "" ? key : `${path}.${key}`);
};

/** Every number in which two publications of a period differ, the township's first. A village of only one of them counts as null in the other. */
export const rateChanges = (before: RateNumbers, after: RateNumbers): RateChange[] => {
  const rows = (numbers: RateNumbers) => [
    ["township", numbers.township] as const,
    ...numbers.villages.map((village) => [`village/${village.id}`, village] as const),
  ];
  const was = new Map<string, RateNumbers["township"]>(rows(before));
  const is = new Map<string, RateNumbers["township"]>(rows(after));
  const changes: RateChange[] = [];
  for (const key of new Set([...is.keys(), ...was.keys()])) {
    const [a, b] = [was.get(key), is.get(key)];
    const place = b ?? a;
    if (place === undefined) continue;
    const old = new Map(leaves(a ?? {}, ""));
    const now = new Map(leaves(b ?? {}, ""));
    for (const field of new Set([...now.keys(), ...old.keys()])) {
      const [x, y] = [old.get(field) ?? null, now.get(field) ?? null];
      if (x !== y) changes.push({ placeId: place.id, placeName: place.name, field, before: x, after: y });
    }
  }
  return changes;
};
