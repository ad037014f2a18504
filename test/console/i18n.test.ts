// Both languages say everything, and the browser's wish is understood.
import { describe, expect, it } from "vitest";
import {
  alarmKinds,
  alarmStates,
  breakerLevels,
  operatingReasons,
  operatingStates,
} from "../../console/data/vocabulary.ts";
import { en } from "../../console/i18n/en.ts";
import { chooseLanguage } from "../../console/i18n/language.tsx";
import { zh } from "../../console/i18n/zh.ts";
import * as alarm from "../../domain/alarm.ts";
import * as breaker from "../../domain/breaker.ts";
import * as operating from "../../domain/operating.ts";
import { rejectionReasons } from "../../ingest/decoders/rejection.ts";

/** `path → "text"` or the number of arguments, for every leaf of a dictionary. */
const leaves = (words: object, path = ""): [string, string | number][] =>
  Object.entries(words).flatMap(([key, value]: [string, unknown]): [string, string | number][] => {
    const here = `${path}/${key}`;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "function") return [[here, value.length]];
    return leaves(value as object, here);
  });

describe("dictionaries", () => {
  const [chinese, english] = [new Map(leaves(zh)), new Map(leaves(en))];

  it("have the same keys, and nothing empty", () => {
    expect(new Set(english.keys())).toEqual(new Set(chinese.keys()));
    for (const [key, value] of [...chinese, ...english]) expect(value, key).not.toBe("");
  });

  it("take the same arguments", () => {
    for (const [key, value] of chinese)
      if (typeof value === "number") expect(english.get(key), key).toBe(value);
  });

  it("hold no Chinese in English but the name of the other language", () => {
    for (const [key, value] of english)
      if (typeof value === "string" && key !== "/switchLanguage")
        expect(value, key).not.toMatch(/\p{Script=Han}/u);
  });

  it("have words for every reason of the quarantine", () => {
    expect(new Set(Object.keys(zh.quarantine.reasons))).toEqual(new Set(rejectionReasons));
  });
});

describe("vocabulary", () => {
  it("offers exactly what the domain knows", () => {
    const same = (a: readonly string[], b: readonly string[]) => expect(new Set(a)).toEqual(new Set(b));
    same(alarmKinds, alarm.alarmKinds);
    same(alarmStates, alarm.alarmStates);
    same(breakerLevels, breaker.breakerLevels);
    same(operatingStates, operating.operatingStates);
    same(operatingReasons, operating.operatingReasons);
  });
});

describe("language", () => {
  it("is the remembered one, else the browser's first that we speak, else Chinese", () => {
    expect(chooseLanguage("en", ["zh-CN"])).toBe("en");
    expect(chooseLanguage(null, ["de-DE", "en-GB", "zh-CN"])).toBe("en");
    expect(chooseLanguage(null, ["zh-TW", "en"])).toBe("zh-CN");
    expect(chooseLanguage("klingon", ["de-DE"])).toBe("zh-CN");
  });
});
