// The measurements: `npm run bench -- [intake] [pipeline] [fold] [state] [import] [rates] [restore] [telegraf]`; without a name all but
// rates and restore (minutes and gigabytes) and telegraf, which needs
// InfluxDB, Mosquitto and Telegraf. `usage` has the options.
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { defaultFold, measureFold } from "./fold.ts";
import { defaultImport, measureImport } from "./import.ts";
import { defaultIntake, measureIntake } from "./intake.ts";
import type { Spread } from "./measure.ts";
import { defaultPipeline, measurePipeline } from "./pipeline.ts";
import { defaultRates, measureRates } from "./rates.ts";
import { defaultRestore, measureRestore } from "./restore.ts";
import { defaultState, measureState } from "./state.ts";
import { defaultTelegraf, measureTelegraf } from "./telegraf.ts";

/** What we ask of ourselves. */
const targets = {
  intakeRatio: 0.8,
  pipelineStoredPerS: 15_000,
  telegrafStoredRatio: 2,
  telegrafCpuRatio: 0.5,
  allVillagesMs: 1_000,
  oneVillageMs: 100,
  importS: 60,
  restoreS: 10,
  stateBytes: 1_000,
} as const;
const names = ["intake", "pipeline", "fold", "state", "import", "rates", "restore", "telegraf"] as const;
type Name = (typeof names)[number];

const usage =
  "Usage: npm run bench -- [intake] [pipeline] [fold] [state] [import] [rates] [restore] [telegraf] [--rounds N] [--connections N] [--json FILE]\n";
/** Messages under way in all: over more connections each has fewer. */
const underWay = defaultIntake.connections * defaultIntake.window;
type Given = { rounds?: number; connections?: number; window?: number };

const say = (text: string) => process.stdout.write(`${text}\n`);
const whole = (value: number) => Math.round(value).toLocaleString("en");
const tenths = (value: number | null) => (value === null ? "?" : value.toFixed(1));
const mebibytes = (bytes: number | null) => (bytes === null ? "?" : `${Math.round(bytes / 2 ** 20)} MiB`);
const spread = ({ median, min, max }: Spread, format = whole) =>
  `${format(median)} (${format(min)} to ${format(max)})`;
const hundredths = (value: number) => value.toFixed(2);
const met = (value: number, target: number) => (value >= target ? "met" : "MISSED");

const row = (cells: readonly string[]) => say(cells.map((cell) => cell.padStart(13)).join(" "));

const intake = async (given: Given) => {
  say(
    "\nIntake: acknowledged messages/s. 'durable' is our broker, on disk before the acknowledgement; 'bare' is aedes.",
  );
  row([
    "broker",
    "messages/s",
    "p50 ms",
    "p99 ms",
    "calm p50 ms",
    "calm p99 ms",
    "broker µs",
    "load µs",
    "peak RSS",
  ]);
  const options = { ...defaultIntake, ...given };
  const result = await measureIntake(options, (round) =>
    row([
      round.broker,
      whole(round.messagesPerS),
      tenths(round.p50Ms),
      tenths(round.p99Ms),
      tenths(round.calmP50Ms),
      tenths(round.calmP99Ms),
      tenths(round.brokerCpuUsPerMessage),
      tenths(round.loadCpuUsPerMessage),
      mebibytes(round.brokerPeakRssBytes),
    ]),
  );
  say(`bare    ${spread(result.bareMessagesPerS)} messages/s`);
  say(`durable ${spread(result.durableMessagesPerS)} messages/s`);
  const verdict = met(result.ratio.median, targets.intakeRatio);
  say(`durable ÷ bare ${spread(result.ratio, hundredths)}; target ${targets.intakeRatio}: ${verdict}`);
  return result;
};

const pipeline = async (given: Given) => {
  say("\nPipeline: readings/s stored in PostgreSQL and judged; µs are CPU per reading.");
  row([
    "stored/s",
    "judged/s",
    "acked/s",
    "p50 ms",
    "p99 ms",
    "house µs",
    "main µs",
    "pipeline µs",
    "PostgreSQL µs",
  ]);
  const options = { ...defaultPipeline, ...given };
  const result = await measurePipeline(options, (round) =>
    row([
      whole(round.storedPerS),
      whole(round.judgedPerS),
      whole(round.acknowledgedPerS),
      tenths(round.p50Ms),
      tenths(round.p99Ms),
      tenths(round.houseCpuUsPerMessage),
      tenths(round.mainThreadCpuUsPerMessage),
      tenths(round.pipelineThreadCpuUsPerMessage),
      tenths(round.postgresCpuUsPerMessage),
    ]),
  );
  say(
    `stored ${spread(result.storedPerS)} readings/s, every one exactly once; peak ${mebibytes(
      result.rounds.at(-1)?.housePeakRssBytes ?? null,
    )}`,
  );
  say(
    `target ${whole(targets.pipelineStoredPerS)}: ${met(result.storedPerS.median, targets.pipelineStoredPerS)}`,
  );
  return result;
};

const fold = (given: Given) => {
  say("\nFold: readings/s that detection judges, per second of CPU.");
  const result = measureFold({ ...defaultFold, rounds: given.rounds ?? defaultFold.rounds });
  say(`an area at once ${spread(result.batchedPerS)}`);
  say(`one by one      ${spread(result.singlyPerS)}`);
  say(
    `in every 1,000 readings ${tenths(result.changesPerThousand)} changes of state and ${tenths(result.alarmsPerThousand)} alarm transitions`,
  );
  return result;
};

const state = () => {
  const result = measureState(defaultState);
  const million = 1_000_000 / result.breakers;
  say(`\nState: what detection remembers of a breaker, measured over ${whole(result.breakers)}.`);
  say(`stored ${whole(result.foldBytes)} bytes, and ${whole(result.baselineBytes)} of what it usually leaks`);
  say(`in memory ${whole(result.packedBytes)} bytes packed, ${whole(result.unpackedBytes)} unpacked`);
  say(
    `a million restored in ${tenths(result.restoreS * million)} s of CPU; one unpacked in ${tenths(result.unpackUs)} µs, packed in ${tenths(result.packUs)} µs`,
  );
  return result;
};

const telegraf = async (given: Given) => {
  say("\nTelegraf: readings/s stored in the same InfluxDB; µs are CPU per reading.");
  row(["pipeline", "stored/s", "acked/s", "CPU µs", "PostgreSQL µs", "InfluxDB µs"]);
  const result = await measureTelegraf({ ...defaultTelegraf, ...given }, (round) =>
    row([
      round.pipeline,
      whole(round.storedPerS),
      whole(round.acknowledgedPerS),
      tenths(round.cpuUsPerMessage),
      tenths(round.postgresCpuUsPerMessage),
      tenths(round.influxCpuUsPerMessage),
    ]),
  );
  const { storedRatio, cpuRatio, cpuWithPostgresRatio } = result;
  const cheap = met(targets.telegrafCpuRatio, cpuWithPostgresRatio.median);
  say("ours ÷ Mosquitto and Telegraf:");
  say(
    `stored/s ${spread(storedRatio, hundredths)}; target ${targets.telegrafStoredRatio}: ${met(storedRatio.median, targets.telegrafStoredRatio)}`,
  );
  say(
    `CPU with PostgreSQL ${spread(cpuWithPostgresRatio, hundredths)}; target ${targets.telegrafCpuRatio}: ${cheap}`,
  );
  say(`CPU without it      ${spread(cpuRatio, hundredths)}`);
  return result;
};

const importing = async (given: Given) => {
  say("\nImport: a registry file of 200,000 breakers into an empty registry, beside COPY into a bare table.");
  row([
    "format",
    "file",
    "read s",
    "commit s",
    "COPY s",
    "÷ COPY",
    "CPU s",
    "PostgreSQL s",
    "pause ms",
    "peak RSS",
  ]);
  const seconds = (ms: number) => tenths(ms / 1_000);
  const options = { ...defaultImport, rounds: given.rounds ?? defaultImport.rounds };
  const result = await measureImport(options, (round) =>
    row([
      round.format,
      mebibytes(round.fileBytes),
      seconds(round.readMs),
      seconds(round.commitMs),
      hundredths(round.copyMs / 1_000),
      tenths((round.readMs + round.commitMs) / round.copyMs),
      seconds(round.cpuMs),
      tenths(round.postgresCpuMs === null ? null : round.postgresCpuMs / 1_000),
      whole(round.longestPauseMs),
      mebibytes(round.peakRssBytes),
    ]),
  );
  for (const [format, totalMs] of Object.entries(result.totalMs)) {
    const verdict = totalMs.median <= targets.importS * 1_000 ? "met" : "MISSED";
    say(`${format.padEnd(8)}${spread(totalMs, seconds)} s; target ${targets.importS}: ${verdict}`);
  }
  return result;
};

const rates = async (given: Given) => {
  const { villages, areasPerVillage, breakersPerArea, days, changesPerDay } = defaultRates;
  say(
    `\nRates: ${whole(villages * areasPerVillage * breakersPerArea)} breakers in ${villages} villages, ${days} days, ${changesPerDay} changes a day each; ms per answer.`,
  );
  const result = await measureRates({ ...defaultRates, rounds: given.rounds ?? defaultRates.rounds }, say);
  for (const [name, answer] of Object.entries(result.answers))
    say(`${name.padEnd(40)} ${spread(answer, tenths)}`);
  say(`a live commit of 1,000 changes, days marked  ${spread(result.commit.marked, tenths)}`);
  say(`                                not marked  ${spread(result.commit.unmarked, tenths)}`);
  const verdict = (name: string, targetMs: number) =>
    say(`${name}: target ${targetMs} ms ${met(targetMs, result.answers[name]?.median ?? Infinity)}`);
  verdict("rates, all villages", targets.allVillagesMs);
  verdict("rates, one village", targets.oneVillageMs);
  return result;
};

const restore = async (given: Given) => {
  say("\nRestore: a restart, all breakers' memory back from PostgreSQL; seconds.");
  const result = await measureRestore(
    { ...defaultRestore, rounds: given.rounds ?? defaultRestore.rounds },
    say,
  );
  const { registryS, readyS, areasMs, restoreS, restoreCpuS, lookS } = result;
  const verdict = (isMet: boolean) => (isMet ? "met" : "MISSED");
  say(`${whole(result.breakers)} breakers: the registry is read in ${spread(registryS, tenths)}`);
  say(`the first report is judged after ${spread(readyS, tenths)} more`);
  say(`200 areas are read back in ${spread(areasMs)} ms`);
  say(
    `all, one after the other, in ${spread(restoreS, tenths)}, CPU of the house ${spread(restoreCpuS, tenths)}; target ${targets.restoreS}: ${verdict(restoreS.median < targets.restoreS)}`,
  );
  say(`all looked at once in ${spread(lookS, tenths)} more`);
  say(
    `in memory ${whole(result.restoredBytes)} bytes a breaker, ${whole(result.livingBytes)} when all have reported; target ${whole(targets.stateBytes)}: ${verdict(result.livingBytes <= targets.stateBytes)}`,
  );
  return result;
};

const machine = () => ({
  measuredAt: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  loadAverage1m: loadavg()[0],
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, rounds: { type: "string" }, connections: { type: "string" } },
});
const unknown = positionals.filter((name) => !(names as readonly string[]).includes(name));
const given: Given = {};
if (values.rounds !== undefined) given.rounds = Number(values.rounds);
if (values.connections !== undefined) {
  given.connections = Number(values.connections);
  given.window = Math.ceil(underWay / given.connections);
}
const isWrong = Object.values(given).some((value) => !(Number.isInteger(value) && value > 0));
if (unknown.length > 0 || isWrong) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const wants = (name: Name) =>
    positionals.length === 0 ? !["telegraf", "rates", "restore"].includes(name) : positionals.includes(name);
  const before = machine();
  say(`${before.measuredAt}: ${before.cores} cores of ${before.cpu}, Node ${before.node}`);
  say(`load average ${tenths(before.loadAverage1m ?? 0)} before the start: what else runs shares the cores`);
  const results = {
    machine: before,
    ...(wants("fold") ? { fold: fold(given) } : {}),
    ...(wants("state") ? { state: state() } : {}),
    ...(wants("intake") ? { intake: await intake(given) } : {}),
    ...(wants("pipeline") ? { pipeline: await pipeline(given) } : {}),
    ...(wants("import") ? { import: await importing(given) } : {}),
    ...(wants("rates") ? { rates: await rates(given) } : {}),
    ...(wants("restore") ? { restore: await restore(given) } : {}),
    ...(wants("telegraf") ? { telegraf: await telegraf(given) } : {}),
  };
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}
