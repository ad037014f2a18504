// One row of the registry table, as it is imported and exported.
import { z } from "zod";
import { breakerLevelSchema } from "./breaker.ts";
import { idSchema } from "./ids.ts";

export const registryColumns = [
  "townshipId",
  "townshipName",
  "villageId",
  "villageName",
  "areaId",
  "areaName",
  "householdId",
  "address",
  "inhabited",
  "breakerId",
  "level",
  "ratedResidualCurrentMa",
  "installedOn",
  "removedOn",
] as const;

/** Columns that a table may leave out; then what is stored about them stays. */
export const optionalRegistryColumns = [
  "supplyStation",
  "householder",
  "accountNumber",
  "walkingOrder",
  "officerId",
  "officerName",
  "officerPhone",
] as const;

/** Every column, in the order of the export. */
export const allRegistryColumns = [...registryColumns, ...optionalRegistryColumns] as const;
export type RegistryColumn = (typeof allRegistryColumns)[number];

const nameSchema = z.string().trim().min(1, "must not be empty").max(200);
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((v) => (typeof v === "string" && v.trim() === "" ? null : v), schema.nullable());
const truth: Record<string, boolean> = {
  true: true,
  "1": true,
  yes: true,
  false: false,
  "0": false,
  no: false,
};

/** Text that may be empty, or whose column may be missing: undefined says nothing about what is stored. */
const moreText = (maxCharacters: number) => optional(z.string().trim().max(maxCharacters)).optional();

/** A house or a breaker; CSV cells are text, an empty cell is null. A main breaker has no household, a house may have no breaker. */
export const registryRowSchema = z
  .object({
    townshipId: idSchema,
    townshipName: nameSchema,
    villageId: idSchema,
    villageName: nameSchema,
    areaId: idSchema,
    areaName: nameSchema,
    householdId: optional(idSchema),
    address: optional(z.string().trim().max(300)),
    inhabited: optional(
      z.string().transform((text, context) => {
        const value = truth[text.trim().toLowerCase()];
        if (value === undefined) context.addIssue({ code: "custom", message: "must be true or false" });
        return value ?? false;
      }),
    ),
    breakerId: optional(idSchema),
    level: optional(breakerLevelSchema),
    ratedResidualCurrentMa: optional(z.coerce.number().positive().max(10_000)),
    installedOn: optional(z.iso.date("must be a date, YYYY-MM-DD")),
    removedOn: optional(z.iso.date("must be a date, YYYY-MM-DD")),
    supplyStation: moreText(200),
    householder: moreText(200),
    accountNumber: moreText(64),
    walkingOrder: optional(z.coerce.number().int("must be a whole number").min(0).max(1_000_000)).optional(),
    officerId: optional(idSchema).optional(),
    officerName: moreText(200),
    officerPhone: moreText(64),
  })
  .superRefine((row, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (row.breakerId === null) {
      if (row.householdId === null) wrong("householdId", "a row needs a householdId, a breakerId, or both");
      for (const column of ["level", "ratedResidualCurrentMa", "installedOn", "removedOn"] as const) {
        if (row[column] !== null) wrong(column, "must be empty where breakerId is empty");
      }
    } else {
      for (const column of ["level", "ratedResidualCurrentMa", "installedOn"] as const) {
        if (row[column] === null) wrong(column, "is required for a breaker");
      }
      if (row.level === "household" && row.householdId === null)
        wrong("householdId", "is required for a household breaker");
      if (row.level === "main" && row.householdId !== null)
        wrong("householdId", "must be empty for a main breaker");
      if (row.removedOn !== null && row.installedOn !== null && row.removedOn < row.installedOn)
        wrong("removedOn", "must not be before installedOn");
    }
    if (row.householdId === null) {
      if (row.address !== null) wrong("address", "must be empty where householdId is empty");
      if (row.inhabited !== null) wrong("inhabited", "must be empty where householdId is empty");
      for (const column of ["householder", "accountNumber", "walkingOrder"] as const)
        if ((row[column] ?? null) !== null) wrong(column, "must be empty where householdId is empty");
    } else if (row.inhabited === null) wrong("inhabited", "is required for a household");
    if ((row.officerId ?? null) === null) {
      for (const column of ["officerName", "officerPhone"] as const)
        if ((row[column] ?? null) !== null) wrong(column, "must be empty where officerId is empty");
    } else if ((row.officerName ?? null) === null) wrong("officerName", "is required for a safety officer");
  });
export type RegistryRow = z.infer<typeof registryRowSchema>;
