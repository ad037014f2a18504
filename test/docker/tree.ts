// The Dockerfile as its instructions, and the files of the tree.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");
/** A file of the tree. */
export const text = (path: string): string => readFileSync(join(root, path), "utf8");

/** The Dockerfile's instructions, continued lines joined. */
export const dockerfile = text("Dockerfile")
  .replaceAll("\\\n", "")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
/** Sources of `COPY` from the tree, by the stage that copies them. */
export const copied = (): { stage: number; source: string }[] => {
  let stage = -1;
  return dockerfile.flatMap((line) => {
    if (line.startsWith("FROM ")) stage += 1;
    if (!line.startsWith("COPY ") || line.includes("--from=")) return [];
    return line
      .split(/\s+/)
      .slice(1, -1)
      .map((source) => ({ stage, source }));
  });
};
