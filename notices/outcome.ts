// What asking for something to be done with a notice can come to.
import type { NoticeDetail, NoticeTexts } from "../domain/http-notices.ts";
import { addDays, type NoticeAct, type StoredNoticeState } from "../domain/notice.ts";

export type NoticeOutcome =
  | { kind: "done"; notice: NoticeDetail }
  | { kind: "notFound"; what: "notice" | "alarm" | "breaker" | "household"; id: string }
  /** The state does not allow it. */
  | { kind: "notAllowed"; act: NoticeAct; state: StoredNoticeState }
  /** What was said cannot be. */
  | { kind: "invalid"; field: string; reason: string };

export const invalid = (field: string, reason: string): NoticeOutcome => ({ kind: "invalid", field, reason });

const maxDeadlineDays = 366;

/** Why a deadline cannot be set on the day `today`; null where it can. */
export const wrongDeadline = (deadline: string, today: string): NoticeOutcome | null => {
  if (deadline < today) return invalid("deadline", "must not be in the past");
  return deadline > addDays(today, maxDeadlineDays) ? invalid("deadline", "must be within a year") : null;
};

/** Texts in one or both languages; what is said in one alone stands in the other, too. */
type TextsPart = { [Field in keyof NoticeTexts]?: string | undefined };
export type TextsInput = { zh?: TextsPart | undefined; en?: TextsPart | undefined };

type Texts = { zh: NoticeTexts; en: NoticeTexts };

/** What is the same in both languages is a copy in the one that it is not written in. */
const isCopy = (texts: Texts, own: "zh" | "en", field: keyof NoticeTexts): boolean =>
  texts.zh[field] === texts.en[field] && /\p{Script=Han}/u.test(texts.zh[field]) === (own === "en");

/**
 * `base` with what the input says: a field that only one language says is taken for the other, too, where the base has
 * nothing there or but a copy.
 */
export const withTexts = (base: Texts, input: TextsInput): Texts => {
  const pick = (own: "zh" | "en", other: "zh" | "en", field: keyof NoticeTexts): string => {
    const follows = base[own][field] === "" || isCopy(base, own, field);
    return input[own]?.[field] ?? (follows ? input[other]?.[field] : undefined) ?? base[own][field];
  };
  const all = (own: "zh" | "en", other: "zh" | "en"): NoticeTexts => ({
    hazard: pick(own, other, "hazard"),
    rule: pick(own, other, "rule"),
    requirement: pick(own, other, "requirement"),
  });
  return { zh: all("zh", "en"), en: all("en", "zh") };
};

/** Whether both languages say what the hazard is; blanks say nothing. */
export const saysHazard = ({ zh, en }: Texts): boolean => zh.hazard.trim() !== "" && en.hazard.trim() !== "";

export const emptyTexts: Texts = {
  zh: { hazard: "", rule: "", requirement: "" },
  en: { hazard: "", rule: "", requirement: "" },
};
