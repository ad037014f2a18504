// The Dockerfile, checked as far as that goes without Docker: its image holds every file and package that it runs.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copied, dockerfile, root, text } from "./tree.ts";

/** What a file imports, at once or when it is needed, and packages whose place it asks for. */
const imports = (path: string): string[] =>
  [
    ...text(path).matchAll(
      /^\s*(?:import|export)\s[^"';]*?\bfrom\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|\.resolve\(\s*"([^"]+)"/gm,
    ),
  ].map(([, stated, called, resolved]) => stated ?? called ?? resolved ?? "");
const filesUnder = (path: string): string[] =>
  path.endsWith(".ts")
    ? [path]
    : readdirSync(join(root, path), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

describe("Dockerfile", () => {
  const lastStage = Math.max(...copied().map(({ stage }) => stage));
  const inImage = copied()
    .filter(({ stage, source }) => stage === lastStage && source !== "package.json")
    .flatMap(({ source }) => filesUnder(source));

  it("starts every stage from the same Node, the one that is tested, pinned", () => {
    const from = dockerfile.filter((line) => line.startsWith("FROM ")).map((line) => line.split(" ")[1]);
    const { node } = JSON.parse(text("package.json")).devDependencies;
    expect(new Set(from)).toEqual(new Set([`node:${node}-trixie-slim`]));
    expect(dockerfile).toContain("USER node");
  });

  it("copies only what is there and what .dockerignore lets through", () => {
    const allowed = text(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    for (const { source } of copied()) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(allowed, source).toContain(source);
    }
  });

  it("brings every file that one of its files imports", () => {
    const held = new Set(inImage);
    const lacking = inImage.flatMap((path) =>
      imports(path)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => join(path, "..", specifier))
        .filter((target) => !held.has(target))
        .map((target) => `${path} → ${target}`),
    );
    expect(lacking).toEqual([]);
  });

  it("has every package that they import among the dependencies, and no dependency besides", () => {
    const used = new Set(
      inImage
        .flatMap(imports)
        .filter((specifier) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
        .map((specifier) =>
          specifier
            .split("/")
            .slice(0, specifier.startsWith("@") ? 2 : 1)
            .join("/"),
        ),
    );
    expect(used).toEqual(new Set(Object.keys(JSON.parse(text("package.json")).dependencies)));
  });
});
