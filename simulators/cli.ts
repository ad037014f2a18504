// The simulator's command: `npm run simulate -- --help`.
import { writeFile } from "node:fs/promises";
import type { RegistryRow } from "../domain/registry.ts";
import { type Api, createApi } from "./api.ts";
import { type CliOptions, help, parseCli } from "./cli-options.ts";
import type { Counters, Log } from "./connection.ts";
import { issueBreakerTokens, issueGatewayTokens, readKept, writeKept } from "./credentials.ts";
import { labelsCsv, planFaults } from "./faults.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { demoTownship, fleetRegistry } from "./township.ts";
import { createWorld, faultSubjects, type World } from "./world.ts";

const say = (line: string): void => {
  process.stderr.write(`${process.stderr.isTTY ? "\r\x1b[K" : ""}${line}\n`);
};
const terse = (detail: object): string =>
  Object.entries(detail)
    .map(
      ([key, value]) => `${key}=${/Ms$/.test(key) ? new Date(Number(value)).toISOString() : String(value)}`,
    )
    .join(" ");
const log: Log = {
  info: (detail, message) => say(`${message}: ${terse(detail)}`),
  warn: (detail, message) => say(`${message}: ${terse(detail)}`),
};

const householdsPerArea = 50;
const areasPerVillage = 10;

/** A made-up fleet of exactly `count` breakers. */
const madeUpFleet = (count: number, seed: number): RegistryRow[] => {
  const areas = Math.ceil(count / (householdsPerArea + 1));
  return fleetRegistry({
    townships: 1,
    villages: Math.ceil(areas / areasPerVillage),
    areas: Math.min(areas, areasPerVillage),
    householdsPerArea,
    seed,
    todayMs: Date.now(),
  }).slice(0, count);
};

const registryFor = async (api: Api, options: CliOptions): Promise<RegistryRow[]> => {
  const present = await api.registry();
  if (present.length > 0) return present;
  const rows =
    options.breakers === null
      ? demoTownship(options.seed, Date.now())
      : madeUpFleet(options.breakers, options.seed);
  await api.importRegistry(rows);
  say(`The registry was empty: imported ${rows.length} rows.`);
  return rows;
};

const only = (rows: readonly RegistryRow[], breakers: number | null): RegistryRow[] => {
  const installed = rows.filter((row) => row.breakerId !== null && row.removedOn === null);
  return breakers === null ? installed : installed.slice(0, breakers);
};

const tokensFor = async (api: Api, world: World, options: CliOptions): Promise<Map<string, string>> => {
  const kept = options.credentialsPath === null ? null : await readKept(options.credentialsPath);
  const tokens = new Map(Object.entries(kept?.tokens ?? {}));
  await (options.via === "gateways" ? issueGatewayTokens : issueBreakerTokens)(api, world, tokens);
  if (options.credentialsPath !== null)
    await writeKept(options.credentialsPath, {
      tokens: Object.fromEntries(tokens),
      reportedUntilMs: kept?.reportedUntilMs ?? null,
      sequences: kept?.sequences ?? {},
    });
  return tokens;
};

const progressLine = (stats: Counters, atMs: number): string =>
  `${new Date(atMs).toISOString().slice(0, 19)}Z  connected ${stats.connected}  published ${stats.published}  ` +
  `acknowledged ${stats.acknowledged}  given up ${stats.failed}  kept ${stats.kept}  refused ${stats.refused}`;

const showProgress = (fleet: Fleet): NodeJS.Timeout => {
  const terminal = process.stderr.isTTY;
  return setInterval(
    () => {
      const line = progressLine(fleet.stats(), fleet.nowMs());
      process.stderr.write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
    },
    terminal ? 500 : 10_000,
  );
};

const run = async (options: CliOptions, interrupted: AbortSignal): Promise<number> => {
  const api = createApi(options.apiUrl, options.token, interrupted);
  const rows = only(await registryFor(api, options), options.breakers);
  const bare = createWorld(rows, options.seed, []);
  if (bare.breakers.length === 0)
    throw new Error("The registry holds no installed breaker; import some first.");
  const startAtMs = Date.now() - options.sinceMs;
  // Faults begin within what will be simulated: the duration, the past that is caught up, or the next ten minutes.
  const spanMs = options.durationMs ?? Math.max(options.sinceMs, 600_000);
  const faults = planFaults({
    subjects: faultSubjects(bare),
    counts: options.faults,
    fromMs: startAtMs + spanMs * 0.05,
    toMs: startAtMs + Math.max(options.sinceMs, spanMs) * 0.6,
    seed: options.seed,
  });
  if (options.labelsPath !== null) await writeFile(options.labelsPath, labelsCsv(faults));
  const world = createWorld(rows, options.seed, faults);
  const tokens = await tokensFor(api, world, options);
  say(`Simulating ${world.breakers.length} breakers with ${faults.length} faults; Ctrl-C stops.`);
  const fleet = startFleet({
    mqttUrl: options.mqttUrl,
    world,
    credentials: tokens,
    via: options.via,
    intervalMs: options.intervalMs,
    speed: options.speed,
    startAtMs,
    log,
  });
  const progress = showProgress(fleet);
  const { promise: over, resolve } = Promise.withResolvers<void>();
  interrupted.addEventListener("abort", () => resolve(), { once: true });
  if (interrupted.aborted) resolve();
  const timer = options.durationMs === null ? undefined : setTimeout(resolve, options.durationMs);
  await over;
  clearTimeout(timer);
  clearInterval(progress);
  await fleet.stop();
  const stats = fleet.stats();
  say(progressLine(stats, fleet.nowMs()));
  return stats.failed === 0 && stats.acknowledged > 0 ? 0 : 1;
};

const main = async (): Promise<void> => {
  const outcome = parseCli(process.argv.slice(2), process.env);
  if (outcome.kind === "help") {
    process.stdout.write(help);
    return;
  }
  if (outcome.kind === "wrong") {
    say(outcome.reason);
    process.exitCode = 2;
    return;
  }
  const aborter = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => aborter.abort());
  try {
    process.exitCode = await run(outcome.options, aborter.signal);
  } catch (error) {
    if (!aborter.signal.aborted) say((error as Error).message);
    process.exitCode = aborter.signal.aborted ? 130 : 1;
  }
};

await main();
