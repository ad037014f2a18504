// What asking for something to be done with a notice can come to.
import type { NoticeDetail, NoticeTexts } from "../domain/http-notices.ts";
import type { NoticeAct, StoredNoticeState } from "../domain/notice.ts";

export type NoticeOutcome =
  | { kind: "done"; notice: NoticeDetail }
  | { kind: "notFound"; what: "notice" | "alarm" | "breaker" | "household"; id: string }
  /** The state does not allow it. */
  | { kind: "notAllowed"; act: NoticeAct; state: StoredNoticeState }
  /** What was said cannot be. */
  | { kind: "invalid"; field: string; reason: string };

export const invalid = (field: string, reason: string): NoticeOutcome => ({ kind: "invalid", field, reason });

/** Texts in one or both languages; what is said in one alone stands in the other, too. */
type TextsPart = { [Field in keyof NoticeTexts]?: string | undefined };
export type TextsInput = { zh?: TextsPart | undefined; en?: TextsPart | undefined };

type Texts = { zh: NoticeTexts; en: NoticeTexts };

/** `base` with what the input says: a field that only one language says, where the base has none, is taken for both. */
export const withTexts = (base: Texts, input: TextsInput): Texts => {
  const pick = (own: "zh" | "en", other: "zh" | "en", field: keyof NoticeTexts): string =>
    input[own]?.[field] ?? (base[own][field] || (input[other]?.[field] ?? ""));
  const all = (own: "zh" | "en", other: "zh" | "en"): NoticeTexts => ({
    hazard: pick(own, other, "hazard"),
    rule: pick(own, other, "rule"),
    requirement: pick(own, other, "requirement"),
  });
  return { zh: all("zh", "en"), en: all("en", "zh") };
};

export const emptyTexts: Texts = {
  zh: { hazard: "", rule: "", requirement: "" },
  en: { hazard: "", rule: "", requirement: "" },
};
