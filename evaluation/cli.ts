// `npm run evaluate`: how good detection is, on simulated fleets, on anybody's recorded fleet, or on a plain series.
import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultJudgingRule, judgingRuleOf } from "../domain/limits.ts";
import { planFleet } from "../simulators/model/plan.ts";
import { readScenario, type Scenario } from "../simulators/model/scenario.ts";
import {
  help,
  type RecordedOptions,
  type ReportOptions,
  readEvaluateOptions,
  type SimulatedOptions,
} from "./cli-options.ts";
import { exportFleet } from "./export.ts";
import { evaluateFleets } from "./fleets.ts";
import { doubtsOf, readLabels } from "./labels.ts";
import { surveyMessages, usualIntervalMs } from "./message-file.ts";
import { misjudgedCsv } from "./misjudged.ts";
import { judgeRecorded } from "./recorded.ts";
import { readRegistry } from "./registry-table.ts";
import { type KindTally, type Misjudged, type Scope, score } from "./score.ts";
import { scoreSeries } from "./series.ts";
import { percent, summarise, summaryTable } from "./summary.ts";
import { UnusableTable } from "./table.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);
const tell = (line: string) => process.stderr.write(`${line}\n`);
const progressEveryMs = 5_000;

/** Tells of long work now and then, on stderr. */
const newProgress = (textOf: (amount: number) => string) => {
  const startMs = performance.now();
  let toldMs = startMs;
  return (amount: number) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < progressEveryMs) return;
    toldMs = nowMs;
    tell(`${textOf(amount)}, ${Math.round((nowMs - startMs) / 1_000)} s`);
  };
};

type Row = { seed: number | null; misjudged: Misjudged };

const report = (
  tallies: ReadonlyMap<string, KindTally>,
  scope: Pick<Scope, "breakers" | "days">,
  rows: readonly Row[],
  options: ReportOptions,
): void => {
  say(summaryTable(tallies, scope));
  if (options.jsonPath !== null)
    writeFileSync(options.jsonPath, `${JSON.stringify(summarise(tallies, scope), null, 2)}\n`);
  if (options.misjudgedPath !== null) writeFileSync(options.misjudgedPath, misjudgedCsv(rows));
};

const scenarioOf = (options: SimulatedOptions): Scenario | null => {
  const path =
    options.scenarioPath ?? join(import.meta.dirname, "..", "simulators", "scenarios", "test.yaml");
  const outcome = readScenario(readFileSync(path, "utf8"));
  if (outcome.kind === "wrong") {
    for (const problem of outcome.problems) tell(`${path}: ${problem}`);
    return null;
  }
  const { scenario } = outcome;
  return {
    ...scenario,
    breakers: options.breakers ?? scenario.breakers,
    days: options.days ?? scenario.days,
    seeds: options.seeds ?? scenario.seeds,
  };
};

const runSimulated = async (options: SimulatedOptions & ReportOptions): Promise<number> => {
  const scenario = scenarioOf(options);
  if (scenario === null) return 2;
  if (options.exportPath !== null) {
    const { messages } = await exportFleet(planFleet(scenario, scenario.seeds[0] ?? 1), options.exportPath);
    say(`${messages} messages, registry and labels are in ${options.exportPath}`);
    return 0;
  }
  const startMs = performance.now();
  const rows: Row[] = [];
  const progress = newProgress((share) => `${(100 * share).toFixed(0)} %`);
  const outcome = await evaluateFleets(scenario, options.workers, progress, (seed, misjudged) =>
    rows.push({ seed, misjudged }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  say(
    `scenario ${scenario.name}: ${outcome.scope.breakers} breakers, ${scenario.days} days, ` +
      `${scenario.seeds.length} seeds (${scenario.seeds.join(", ")}); ${outcome.reports} reports in ${seconds.toFixed(0)} s`,
  );
  if (outcome.rejections > 0) say(`${outcome.rejections} reports were refused`);
  report(outcome.tallies, outcome.scope, rows, options);
  const { trips, first, firstThree } = outcome.attribution;
  if (trips > 0)
    say(
      `main trips from a house: ${trips}; the house named first ${percent(first / trips)}, among three ${percent(firstThree / trips)}`,
    );
  return 0;
};

/** Breakers that report less often than the default heartbeat must be given more time before they are silent. */
const heartbeatOf = (usualMs: number | null): number => {
  const { heartbeatIntervalMs } = defaultJudgingRule;
  if (usualMs === null || usualMs <= 1.2 * heartbeatIntervalMs) return heartbeatIntervalMs;
  // Clocks are set in whole seconds; the rest is the link's.
  return Math.round(usualMs / 1_000) * 1_000;
};

/** Reads a table; what makes it unusable is told with its path. */
const readUsable = <T>(path: string, read: (text: string) => T): T => {
  try {
    return read(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof UnusableTable) throw new UnusableTable(`${path}: ${error.message}`);
    throw error;
  }
};

const toldLines = 20;

const tellOf = (path: string, problems: readonly { line: number; reason: string }[]): void => {
  for (const { line, reason } of problems.slice(0, toldLines)) tell(`${path} line ${line}: ${reason}`);
  if (problems.length > toldLines) tell(`${path}: ${problems.length - toldLines} more lines cannot be used`);
};

/** Rejects at once where the results could not be written after the work. */
const checkWritable = ({ jsonPath, misjudgedPath }: ReportOptions): void => {
  for (const path of [jsonPath, misjudgedPath]) if (path !== null) accessSync(dirname(path), constants.W_OK);
};

const runRecorded = async (options: RecordedOptions & ReportOptions): Promise<number> => {
  const { facts, problems } = readUsable(options.registryPath, (text) =>
    readRegistry(text, options.timeZone),
  );
  tellOf(options.registryPath, problems);
  const labelTable = readUsable(options.labelsPath, readLabels);
  tellOf(options.labelsPath, labelTable.problems);
  const { labels } = labelTable;
  const file = await surveyMessages(options.messagesPath);
  if (file.lines === file.untimed)
    throw new UnusableTable(`${options.messagesPath}: no line is a message with its arrival, "at"`);
  for (const doubt of doubtsOf(labels, file.firstMs, file.lastMs)) say(doubt);
  const progress = newProgress((lines) => `${((100 * lines) / Math.max(file.lines, 1)).toFixed(0)} %`);
  const heartbeatMs = options.heartbeatMs ?? heartbeatOf(await usualIntervalMs(options.messagesPath));
  if (heartbeatMs !== defaultJudgingRule.heartbeatIntervalMs)
    say(`a report is expected of every breaker each ${heartbeatMs / 1_000} s`);
  const judged = await judgeRecorded({
    file,
    facts,
    labels,
    rule: judgingRuleOf(heartbeatMs),
    timeZone: options.timeZone,
    onProgress: progress,
  });
  say(
    `${judged.scope.breakers} breakers, ${judged.scope.days.toFixed(1)} days, ${judged.messages} messages, ` +
      `${judged.reports} reports, ${labels.length} labels`,
  );
  for (const remark of judged.remarks) say(remark);
  for (const [reason, count] of judged.rejections) {
    say(`not used, ${reason}: ${count}`);
    for (const { line, topic, detail } of judged.unused.get(reason) ?? [])
      tell(
        [`${options.messagesPath} line ${line}`, topic, detail || reason].filter((part) => part).join(": "),
      );
  }
  const rows: Row[] = [];
  const tallies = score(judged.findings, judged.labels, judged.scope, (misjudged) =>
    rows.push({ seed: null, misjudged }),
  );
  report(tallies, judged.scope, rows, options);
  return 0;
};

const runSeries = async (csvPath: string, outPath: string): Promise<number> => {
  const outcome = await scoreSeries(csvPath, outPath);
  if (outcome.kind === "wrong") {
    tell(`${csvPath}: ${outcome.reason}`);
    return 2;
  }
  const unusable = outcome.unusable > 0 ? `, ${outcome.unusable} without a usable time or value` : "";
  say(`time: ${outcome.time}; value: ${outcome.value}`);
  say(`${outcome.rows} rows scored${unusable}: ${outPath}`);
  return 0;
};

/** Runs the command line; answers the exit code. Rejects when a file cannot be read or written. */
export const evaluate = async (args: readonly string[]): Promise<number> => {
  const outcome = readEvaluateOptions(args);
  switch (outcome.kind) {
    case "help":
      say(help);
      return 0;
    case "wrong":
      tell(`${outcome.reason}. See --help.`);
      return 2;
    case "simulated":
      checkWritable(outcome.options);
      return runSimulated(outcome.options);
    case "recorded":
      checkWritable(outcome.options);
      return runRecorded(outcome.options);
    case "series":
      return runSeries(outcome.csvPath, outcome.outPath);
  }
};

if (import.meta.main)
  try {
    process.exitCode = await evaluate(process.argv.slice(2));
  } catch (error) {
    // A file that is not there or not to be written is the caller's to mend; its message says which.
    if (!(error instanceof Error && "code" in error)) throw error;
    tell(error.message);
    process.exitCode = 2;
  }
