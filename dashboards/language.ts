// The two languages in which every dashboard is made.

export const languages = ["zh", "en"] as const;
export type Language = (typeof languages)[number];

/** Picks the text in one language. */
export type Say = (zh: string, en: string) => string;
export const sayIn =
  (language: Language): Say =>
  (zh, en) =>
    language === "zh" ? zh : en;
