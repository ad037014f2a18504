// Which language the page speaks: the remembered one, else the browser's; and the words of it for every view.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { en } from "./en.ts";
import { type Dictionary, zh } from "./zh.ts";

export const languages = ["zh-CN", "en"] as const;
export type Language = (typeof languages)[number];

const storageKey = "hubao.language";
const dictionaries: Record<Language, Dictionary> = { "zh-CN": zh, en };

/** The remembered language, else the first of the browser's that we speak; Chinese where it speaks neither. */
export const chooseLanguage = (remembered: string | null, wanted: readonly string[]): Language => {
  const known = languages.find((l) => l === remembered);
  if (known !== undefined) return known;
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith("zh")) return "zh-CN";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "zh-CN";
};

type Speaking = { language: Language; words: Dictionary; setLanguage(language: Language): void };
const LanguageContext = createContext<Speaking | null>(null);

export const LanguageProvider = ({ children }: { children: ReactNode }) => {
  const [language, set] = useState(() =>
    chooseLanguage(localStorage.getItem(storageKey), navigator.languages),
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((next: Language) => {
    localStorage.setItem(storageKey, next);
    set(next);
  }, []);
  const speaking = useMemo(
    () => ({ language, words: dictionaries[language], setLanguage }),
    [language, setLanguage],
  );
  return <LanguageContext value={speaking}>{children}</LanguageContext>;
};

/** The current language, its words, and how to change it. */
export const useLanguage = (): Speaking => {
  const speaking = useContext(LanguageContext);
  if (speaking === null) throw new Error("useLanguage is used outside LanguageProvider");
  return speaking;
};
