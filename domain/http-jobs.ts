// The JSON of jobs: long work with progress, an end, and a way to call it off.
import { z } from "zod";

export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export const jobStateSchema = z.enum(jobStates);
export type JobState = z.infer<typeof jobStateSchema>;

const timeSchema = z.iso.datetime({ offset: true });

export const jobSchema = z.object({
  id: z.uuid(),
  kind: z.string().describe("what it does, such as registryImport, recompute, report"),
  state: jobStateSchema,
  actor: z.string(),
  params: z.record(z.string(), z.unknown()),
  done: z.int().min(0),
  total: z.int().min(0).nullable().describe("null while it is not known how much there is to do"),
  note: z.string().nullable().describe("what it is doing"),
  problem: z.string().nullable().describe("why it failed"),
  result: z.unknown().describe("what came of it; its form follows from the kind"),
  cancelRequested: z.boolean(),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
});
export type Job = z.infer<typeof jobSchema>;
