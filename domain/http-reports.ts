// The JSON of reports: what was made of which period, in which revision, and its files.
import { z } from "zod";
import { daySchema, periodKindSchema } from "./periods.ts";

const timeSchema = z.iso.datetime({ offset: true });
const rateSchema = z.number().min(0).max(1).nullable();

export const reportFormats = ["xlsx", "csv", "html", "pdf"] as const;
export const reportFormatSchema = z.enum(reportFormats);
export type ReportFormat = (typeof reportFormats)[number];
export const reportLanguages = ["zh-CN", "en"] as const;
export const reportLanguageSchema = z.enum(reportLanguages);
export type ReportLanguage = (typeof reportLanguages)[number];

/** The township's figures in short. */
export const reportFiguresSchema = z.object({
  householdInstallationRate: rateSchema,
  householdOperationalRate: rateSchema,
  householdTarget: z.number(),
  mainOperationalRate: rateSchema,
  inhabitedOperationalRate: rateSchema,
  unknownShare: rateSchema,
});
export type ReportFigures = z.infer<typeof reportFiguresSchema>;

export const reportSchema = z.object({
  id: z.uuid(),
  townshipId: z.string(),
  townshipName: z.string(),
  kind: periodKindSchema,
  firstDate: z.iso.date(),
  from: timeSchema,
  to: timeSchema,
  revision: z.int().min(1),
  revised: z.boolean().describe("a later revision of the same period exists: late data changed its numbers"),
  figures: reportFiguresSchema,
  before: reportFiguresSchema.nullable().describe("the figures of the revision before"),
  computedAt: timeSchema,
  madeBy: z.string(),
  files: z.array(
    z.object({ language: reportLanguageSchema, format: reportFormatSchema, bytes: z.int().min(0) }),
  ),
});
export type ReportSummary = z.infer<typeof reportSchema>;

/** What a report is asked for with. `date` is any local day of the period. */
export const reportRequestSchema = z.strictObject({
  township: z.string(),
  kind: periodKindSchema,
  date: daySchema,
});
