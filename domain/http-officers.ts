// The JSON of village safety officers (安全用电协管员) and of which village is whose from which day on.
import { z } from "zod";

const text = (minCharacters: number, maxCharacters: number) =>
  z
    .string()
    .trim()
    .min(minCharacters)
    .max(maxCharacters)
    .refine((t) => !t.includes("\0"), "must not hold NUL");

/** `toOn` is the first local day on which the village is no longer the officer's; null while it is. */
export const officerSpellSchema = z.object({
  villageId: z.string(),
  villageName: z.string(),
  fromOn: z.iso.date(),
  toOn: z.iso.date().nullable(),
});
export const officerSchema = z.object({
  id: z.string(),
  name: z.string(),
  phone: z.string(),
  villages: z.array(officerSpellSchema).describe("past ones too, in order of time"),
});
export type OfficerEntry = z.infer<typeof officerSchema>;

export const officerBodySchema = z.strictObject({ name: text(1, 100), phone: text(0, 50).default("") });
export const spellBodySchema = z.strictObject({ toOn: z.iso.date().nullable().default(null) });
