// What the evaluation's tests share: small scenarios, and a directory that goes away.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readScenario, type Scenario } from "../../simulators/model/scenario.ts";

/** A scenario of the tree by its name, made smaller. */
export const scenarioOf = (name: "train" | "test", changes: Partial<Scenario> = {}): Scenario => {
  const path = join(import.meta.dirname, "..", "..", "simulators", "scenarios", `${name}.yaml`);
  const outcome = readScenario(readFileSync(path, "utf8"));
  if (outcome.kind === "wrong") throw new Error(outcome.problems.join("; "));
  return { ...outcome.scenario, ...changes };
};

export const temporaryDirectory = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), "hubao-evaluation-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};
