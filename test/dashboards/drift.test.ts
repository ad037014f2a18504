// The committed JSON and provisioning files are what the TypeScript makes.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../dashboards/files.ts";

const root = join(import.meta.dirname, "..", "..", "dashboards");
const committed = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
const byName = (a: string, b: string): number => a.localeCompare(b);

describe("the generated files", () => {
  const files = generatedFiles();

  it.each(files)("$path is what `npm run dashboards` makes", ({ path, text }) => {
    expect(readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n")).toBe(text);
  });

  it("are all there, and nothing else", () => {
    const made = files.map(({ path }) => path).sort(byName);
    expect([...committed("json"), ...committed("provisioning")].sort(byName)).toEqual(made);
  });

  it("are the same every time", () => {
    expect(generatedFiles()).toEqual(files);
  });
});
