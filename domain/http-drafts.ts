// The JSON of registry drafts: a file that was read and compared, and not yet taken over.
import { z } from "zod";
import { importResultSchema } from "./http.ts";

const timeSchema = z.iso.datetime({ offset: true });
const countSchema = z.int().min(0);

/** `reading` until it is read; `bad` with errors; `ready` to commit; `committing`; `committed`; `failed` or `cancelled` while it was read. */
export const draftStates = [
  "reading",
  "bad",
  "ready",
  "committing",
  "committed",
  "failed",
  "cancelled",
] as const;
export type DraftState = (typeof draftStates)[number];

export const changeKinds = ["new", "changed", "moved", "removed"] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What a difference is about. */
export const draftSubjects = [
  "township",
  "village",
  "transformerArea",
  "household",
  "breaker",
  "safetyOfficer",
] as const;
export type DraftSubject = (typeof draftSubjects)[number];

const subjectCountsSchema = z.object({
  new: countSchema,
  changed: countSchema,
  moved: countSchema.describe("put into another area or household, or under another village or township"),
  removed: countSchema.describe("breakers that get a removal date"),
  unchanged: countSchema,
});
export type SubjectCounts = z.infer<typeof subjectCountsSchema>;

export const draftCountsSchema = z.object({
  subjects: z.record(z.enum(draftSubjects), subjectCountsSchema),
  untouchedBreakers: countSchema.describe(
    "breakers that are stored, are not in the file, and stay as they are",
  ),
});
export type DraftCounts = z.infer<typeof draftCountsSchema>;

export const draftFormSchema = z.discriminatedUnion("format", [
  z.object({ format: z.literal("csv"), encoding: z.string(), delimiter: z.string() }),
  z.object({ format: z.literal("xlsx"), sheet: z.string(), otherSheets: countSchema }),
]);
export type DraftForm = z.infer<typeof draftFormSchema>;

export const draftSchema = z.object({
  id: z.uuid(),
  fileName: z.string(),
  fileBytes: countSchema,
  actor: z.string(),
  createdAt: timeSchema,
  expiresAt: timeSchema,
  state: z.enum(draftStates),
  form: draftFormSchema.nullable().describe("what kind of file it was found to be"),
  rows: countSchema.nullable(),
  errors: countSchema.nullable(),
  counts: draftCountsSchema.nullable(),
  comparedAt: timeSchema.nullable().describe("when it was last compared with what is stored"),
  jobId: z.uuid().nullable().describe("the job that reads or commits it"),
  problem: z.string().nullable().describe("why its last job failed"),
  result: importResultSchema.nullable(),
});
export type Draft = z.infer<typeof draftSchema>;

export const draftErrorSchema = z.object({
  line: z.int().describe("in CSV the line on which the row begins, in XLSX the sheet's row"),
  field: z.string().nullable(),
  heading: z.string().nullable().describe("the column as the file calls it"),
  reason: z.string(),
});
export type DraftError = z.infer<typeof draftErrorSchema>;

export const draftChangeSchema = z.object({
  line: z.int(),
  kind: z.enum(changeKinds),
  subject: z.enum(draftSubjects),
  subjectId: z.string(),
  field: z.string().nullable().describe("null for something new"),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type DraftChange = z.infer<typeof draftChangeSchema>;
