// Every reason for which an act on the registry can be refused has its Chinese.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { actReasonIn } from "../../domain/act-reasons.ts";

const storage = join(import.meta.dirname, "..", "..", "storage");
const files = ["breaker-acts", "breaker-moves", "household-acts", "planned-outages", "officers"];

it("says every refusal of the acts in Chinese, and leaves English alone", async () => {
  const reasons = new Set<string>();
  for (const name of files) {
    const text = await readFile(join(storage, `${name}.ts`), "utf8");
    for (const [call] of text.matchAll(/refused\(\s*(?:[^`"()]*\?\s*)?[`"][\s\S]*?[`"],?\s*\)/g))
      for (const [, words = ""] of call.matchAll(/[`"]([^`"]{12,})[`"]/g)) reasons.add(words);
  }
  expect(reasons.size).toBeGreaterThan(20);
  for (const template of reasons) {
    // What stands in for the first part of a sentence is a place, everything else an id or a day.
    const reason = template.replace(/^\$\{where\}/, "household H1").replaceAll(/\$\{[^}]+\}/g, "X-1");
    expect(actReasonIn("zh", reason), reason).toMatch(/\p{Script=Han}/u);
    expect(actReasonIn("en", reason)).toBe(reason);
  }
});
