// Every reason for which an act on the registry, a notice, a visit, a test or a report can be refused has its Chinese.
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

const root = join(storage, "..");
/** Where a refusal is written, and what it looks like there: its field, where it names one, and its words. */
const written: [string, RegExp][] = [
  ["notices/acts.ts", /invalid\("(?<field>\w+)",\s*[`"](?<words>[^`"]+)[`"]/g],
  ["notices/outcome.ts", /invalid\("(?<field>\w+)",\s*[`"](?<words>[^`"]+)[`"]/g],
  ["notices/create.ts", /invalid\("(?<field>\w+)",\s*[`"](?<words>[^`"]+)[`"]/g],
  ["notices/acts.ts", /(?:return|\?) "(?<words>must [^"]+)"/g],
  ["storage/tests.ts", /return [`"](?<words>(?:lies|is) [^`"]+)[`"]/g],
  ["storage/tests.ts", /field: "(?<field>\w+)", reason: [`"](?<words>[^`"]+)[`"]/g],
  ["api/routes/notices.ts", /problem\(409, [`"](?<words>a notice [^`"]+)[`"]/g],
  ["api/routes/tests.ts", /problem\(409, [`"](?<words>[^`"]+)[`"]/g],
  ["api/routes/tests.ts", /422,\s+[`"](?<words>these [^`"]+)[`"]/g],
  ["api/routes/visits.ts", /problem\(400, [`"](?<words>date: [^`"]+)[`"]/g],
  ["api/routes/reports.ts", /problem\(422, [`"](?<words>[^`"]+)[`"]/g],
];

it("says what refuses notices, visits, tests and reports in Chinese", async () => {
  for (const [file, form] of written) {
    const found = [...(await readFile(join(root, file), "utf8")).matchAll(form)];
    expect(found.length, file).toBeGreaterThan(0);
    for (const { groups = {} } of found) {
      // Where the field does not stand beside the words it is the instant.
      const field = groups["field"] ?? (/^(must|lies|is) /.test(groups["words"] ?? "") ? "at" : null);
      const words = (groups["words"] ?? "").replaceAll(/\$\{[^}]+\}/g, "X-1");
      const reason = field === null ? words : `${field}: ${words}`;
      expect(actReasonIn("zh", reason), reason).toMatch(/\p{Script=Han}/u);
    }
  }
});
