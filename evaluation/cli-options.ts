// The command line of the evaluation: its options, their meaning, and what is wrong with them in one sentence.
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const help = `Usage: npm run evaluate -- [options]

Measures what detection finds, misses and raises falsely, as a table and with --json as JSON. Three ways:

On simulated fleets, whose faults are known:
  --scenario FILE    a scenario in YAML (default simulators/scenarios/test.yaml)
  --breakers N       another number of breakers
  --days N           another number of days
  --seeds LIST       other seeds, for instance 1,2,3
  --workers N        areas are shared among so many threads (default: one a processor)
  --export DIR       write the first seed's fleet as messages.ndjson, registry.csv, labels.csv instead

On a recorded fleet:
  --messages FILE    one message a line: {"at":arrivalMs,"topic":"hubao/v1/…","payload":{…}}
  --registry FILE    the registry table as CSV
  --labels FILE      CSV: subjectId,finding,startMs,endMs
  --time-zone ZONE   in which installedOn is a day (default Asia/Shanghai)

  --heartbeat MS     how often a breaker reports (default 300000, or more where the recording shows it)

  --json FILE        the scores as JSON
  --misjudged FILE   what was missed and what was false, as CSV

The leakage-spike detector on a CSV with values, and times if there are any:
  --csv FILE         the series
  --out FILE         the same with a column anomaly_score, 0 to 1

  --help             this text
`;

export type ReportOptions = { jsonPath: string | null; misjudgedPath: string | null };
export type SimulatedOptions = {
  scenarioPath: string | null;
  breakers: number | null;
  days: number | null;
  seeds: number[] | null;
  workers: number;
  exportPath: string | null;
};
export type RecordedOptions = {
  messagesPath: string;
  registryPath: string;
  labelsPath: string;
  timeZone: string;
  heartbeatMs: number | null;
};

export type EvaluateOutcome =
  | { kind: "simulated"; options: SimulatedOptions & ReportOptions }
  | { kind: "recorded"; options: RecordedOptions & ReportOptions }
  | { kind: "series"; csvPath: string; outPath: string }
  | { kind: "help" }
  | { kind: "wrong"; reason: string };

const definitions = {
  scenario: { type: "string" },
  breakers: { type: "string" },
  days: { type: "string" },
  seeds: { type: "string" },
  workers: { type: "string" },
  export: { type: "string" },
  messages: { type: "string" },
  registry: { type: "string" },
  labels: { type: "string" },
  "time-zone": { type: "string", default: "Asia/Shanghai" },
  heartbeat: { type: "string" },
  json: { type: "string" },
  misjudged: { type: "string" },
  csv: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const wrong = (reason: string): EvaluateOutcome => ({ kind: "wrong", reason });

/** A whole number from 1 to `most`; null when the text is none. */
const countOf = (text: string | undefined, most: number): number | null =>
  text !== undefined && /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= most
    ? Number(text)
    : null;

const isTimeZone = (zone: string): boolean => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
};

/** Reads the command line (without node and script). */
export const readEvaluateOptions = (args: readonly string[]): EvaluateOutcome => {
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (error) {
    return wrong((error as Error).message);
  }
  const text = (name: keyof typeof definitions): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  if (values["help"]) return { kind: "help" };
  const [csvPath, outPath] = [text("csv"), text("out")];
  if (csvPath !== undefined || outPath !== undefined) {
    if (csvPath === undefined || outPath === undefined) return wrong("--csv and --out belong together");
    // The series is read while its scores are written.
    if (resolve(csvPath) === resolve(outPath)) return wrong("--csv and --out must be two files");
    return { kind: "series", csvPath, outPath };
  }
  const report = { jsonPath: text("json") ?? null, misjudgedPath: text("misjudged") ?? null };
  const [messagesPath, registryPath, labelsPath] = [text("messages"), text("registry"), text("labels")];
  if (messagesPath !== undefined || registryPath !== undefined || labelsPath !== undefined) {
    if (messagesPath === undefined || registryPath === undefined || labelsPath === undefined)
      return wrong("--messages, --registry and --labels belong together");
    const timeZone = text("time-zone") ?? "Asia/Shanghai";
    if (!isTimeZone(timeZone)) return wrong(`there is no time zone ${timeZone}`);
    const heartbeatMs = countOf(text("heartbeat"), 86_400_000);
    if (text("heartbeat") !== undefined && heartbeatMs === null)
      return wrong("--heartbeat must be a number of milliseconds, at most a day");
    return {
      kind: "recorded",
      options: { messagesPath, registryPath, labelsPath, timeZone, heartbeatMs, ...report },
    };
  }
  return simulated(text, report);
};

const simulated = (
  text: (name: keyof typeof definitions) => string | undefined,
  report: ReportOptions,
): EvaluateOutcome => {
  const numbers = { breakers: 1_000_000, days: 400, workers: 64 } as const;
  const counts: Record<string, number | null> = {};
  for (const [name, most] of Object.entries(numbers)) {
    const given = text(name as keyof typeof numbers);
    counts[name] = countOf(given, most);
    if (given !== undefined && counts[name] === null)
      return wrong(`--${name} must be a number from 1 to ${most}`);
  }
  const seeds = text("seeds")?.split(",").map(Number) ?? null;
  if (seeds?.some((seed) => !Number.isInteger(seed) || seed < 0 || seed > 4_294_967_295))
    return wrong("--seeds must be whole numbers with commas between them");
  return {
    kind: "simulated",
    options: {
      scenarioPath: text("scenario") ?? null,
      breakers: counts["breakers"] ?? null,
      days: counts["days"] ?? null,
      seeds,
      workers: counts["workers"] ?? availableParallelism(),
      exportPath: text("export") ?? null,
      ...report,
    },
  };
};
