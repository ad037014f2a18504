// A scenario: how large a fleet is, how long it runs, in what weather, and what goes wrong in it. YAML in, checked data out.
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { faultNames, nearMissNames } from "./fault-names.ts";

const perThousand = z.number().min(0).max(1_000);

/** What a scenario file may say; every number has its unit in its name, the rest stands beside it. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100),
  /** Seeds of one run each. */
  seeds: z.array(z.int().min(0).max(4_294_967_295)).min(1).max(100),
  /** First local day (UTC+8). */
  startOn: z.iso.date(),
  days: z.int().min(1).max(400),
  breakers: z.int().min(3).max(1_000_000),
  /** Houses behind one transformer, from and to. */
  householdsPerArea: z.tuple([z.int().min(3).max(400), z.int().min(3).max(400)]),
  intervalMs: z.int().min(10_000).max(3_600_000),
  /** Share of the areas in which a gateway speaks for all; in the others every breaker has its own link. */
  gatewayShare: z.number().min(0).max(1),
  /** How often it rains and storms, as shares of the time. */
  weather: z.strictObject({ rainShare: z.number().min(0).max(1), windShare: z.number().min(0).max(1) }),
  /** Faults by name, per 1,000 breakers over the whole run; each is labelled. */
  faults: z.partialRecord(z.enum(faultNames), perThousand),
  /** What looks like a fault and is none, per 1,000 breakers; nothing must be found. */
  nearMisses: z.partialRecord(z.enum(nearMissNames), perThousand),
});
export type Scenario = z.infer<typeof scenarioSchema>;

export type ScenarioOutcome =
  | { kind: "scenario"; scenario: Scenario }
  | { kind: "wrong"; problems: string[] };

/** Reads a scenario from YAML text; answers everything that is wrong with it. */
export const readScenario = (text: string): ScenarioOutcome => {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) return { kind: "wrong", problems: [error.message] };
    throw error;
  }
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return { kind: "scenario", scenario: parsed.data };
  return {
    kind: "wrong",
    problems: parsed.error.issues.map((issue) => `${issue.path.join(".") || "scenario"}: ${issue.message}`),
  };
};
