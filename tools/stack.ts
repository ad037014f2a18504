// The production stack without Docker: `npm run stack [-- demo]` starts InfluxDB 2 from a local binary (found, or built
// once), prepares it, and starts hubao on it. Ctrl-C stops hubao first and InfluxDB after it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readConfig } from "../config.ts";
import { requirePort } from "../house/ports.ts";
import { keepSecret } from "../house/secrets.ts";
import { UserError } from "../house/user-error.ts";
import { InfluxAdminError } from "../storage/telemetry/influx-admin.ts";
import { prepareInflux } from "../storage/telemetry/influx-setup.ts";
import { findInfluxd, type Influxd, launchInfluxd, setUpInfluxd } from "./influxd.ts";

const usage = `Usage: npm run stack [-- [demo] [--influx-port N]]

Starts InfluxDB 2 (port 8086, or N) and hubao on it; with demo, a demo township with a simulated fleet. Everything is
kept in HUBAO_DATA_DIR/stack (./data/stack). hubao's own settings are heeded: node main.ts --help.
`;
const org = "hubao";
const bucket = "telemetry";
const restartMs = 5_000;
const exitCodes = { wrongUse: 2, failed: 1 } as const;
const root = join(import.meta.dirname, "..");
const say = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);

/** The installer's last line is the path; what it tells meanwhile goes to the terminal. */
const buildInfluxd = async (): Promise<string> => {
  complain("InfluxDB 2 is neither on the PATH nor in the cache: building it, about 10 minutes, once");
  const child = spawn(join(root, "tools", "install-influxd.sh"), { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new UserError("InfluxDB could not be built; the lines above say why");
  return out.trim().split("\n").at(-1) ?? "";
};

/** A stack that was killed leaves its InfluxDB behind: it is told by the process id that it kept and by its directory. */
const stopLeftover = async (pidPath: string, directory: string): Promise<void> => {
  const pid = Number(await readFile(pidPath, "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0) return;
  const command = () => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if ((await command()).includes(join(directory, "engine"))) {
    complain(`an InfluxDB of an earlier start still runs (process ${pid}): stopping it`);
    process.kill(pid, "SIGTERM");
    while ((await command()) !== "") await sleep(100);
  }
  await rm(pidPath, { force: true });
};

const run = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "influx-port": { type: "string", default: "8086" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    say(usage);
    return 0;
  }
  const port = Number(values["influx-port"]);
  if (!(positionals.length === 0 || (positionals.length === 1 && positionals[0] === "demo")) || !(port > 0)) {
    complain(usage);
    return exitCodes.wrongUse;
  }
  const {
    INFLUX_URL: _url,
    INFLUX_TOKEN: _token,
    INFLUX_ORG: _org,
    INFLUX_BUCKET: _bucket,
    ...env
  } = process.env;
  const read = readConfig(env);
  if (read.kind === "invalid") {
    for (const problem of read.problems) complain(problem);
    return exitCodes.wrongUse;
  }
  const { retentionDays, timeZone } = read.config;
  const dataDir = resolve(read.config.dataDir, "stack");
  const directory = join(dataDir, "influxdb");
  const pidPath = join(dataDir, "influxd.pid");
  await mkdir(directory, { recursive: true, mode: 0o700 });

  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());
  const stopped = once(stopping.signal, "abort");

  await stopLeftover(pidPath, directory);
  await requirePort("127.0.0.1", port, "InfluxDB", "--influx-port");
  const binary = (await findInfluxd()) ?? (await buildInfluxd());
  const log = await open(join(dataDir, "influxd.log"), "a");
  const launch = async (): Promise<Influxd> => {
    const influxd = await launchInfluxd({ binary, directory, port, logTo: log.fd, apart: true });
    await writeFile(pidPath, `${influxd.pid}\n`);
    return influxd;
  };

  let influxd = await launch();
  const { url } = influxd;
  let hubao: ChildProcess | null = null;
  let keeping: Promise<void> | null = null;
  try {
    const { secret: token } = await keepSecret(dataDir, "influx-token");
    await setUpInfluxd(url, { token, org, bucket });
    const { grafanaToken } = await prepareInflux(
      { url, token, org, bucket, retentionDays, timeZone, grafanaToken: true },
      ({ what, outcome }) => {
        if (outcome !== "right") complain(`${outcome.padEnd(8)}${what}`);
      },
    );
    await writeFile(join(dataDir, "grafana-token"), `${grafanaToken}\n`, { mode: 0o600 });
    say(`
  InfluxDB:  ${url}   (its log: ${join(dataDir, "influxd.log")})
  Grafana:   give it INFLUX_URL=${url} INFLUX_ORG=${org} INFLUX_BUCKET=${bucket}
             and INFLUX_TOKEN from ${join(dataDir, "grafana-token")} (may only read),
             and the files of ${join(root, "dashboards")}; docs/dashboards.md says how.`);
    if (!stopping.signal.aborted) {
      hubao = spawn(process.execPath, [join(root, "main.ts"), ...positionals], {
        cwd: root,
        stdio: "inherit",
        // Of a group of its own: it is told once to stop, by us and not by the terminal too.
        detached: true,
        env: {
          ...env,
          HUBAO_DATA_DIR: dataDir,
          INFLUX_URL: url,
          INFLUX_TOKEN: token,
          INFLUX_ORG: org,
          INFLUX_BUCKET: bucket,
        },
      });
    }
    const ended = hubao === null ? stopped : once(hubao, "exit");
    keeping = keepRunning(
      () => influxd,
      async () => {
        influxd = await launch();
      },
      stopping.signal,
    );
    await Promise.race([ended, stopped]);
    if (hubao !== null && hubao.exitCode === null && hubao.signalCode === null) {
      hubao.kill("SIGINT");
      await once(hubao, "exit");
    }
    return hubao?.exitCode ?? 0;
  } finally {
    stopping.abort();
    await keeping;
    await influxd.end("SIGTERM");
    await rm(pidPath, { force: true });
    await log.close();
  }
};

/** Starts InfluxDB again when it ends by itself; hubao waits for it meanwhile, and its journal keeps what comes. */
const keepRunning = async (
  current: () => Influxd,
  launch: () => Promise<void>,
  stopping: AbortSignal,
): Promise<void> => {
  const stopped = once(stopping, "abort");
  while (!stopping.aborted) {
    await Promise.race([current().ended, stopped]);
    if (stopping.aborted) return;
    complain("InfluxDB has ended; it is started again");
    await sleep(restartMs, undefined, { signal: stopping }).catch(() => {});
    if (!stopping.aborted) await launch().catch((error: Error) => complain(error.message));
  }
};

try {
  process.exitCode = await run();
} catch (error) {
  if (error instanceof UserError || error instanceof InfluxAdminError) complain(error.message);
  else if (error instanceof TypeError && "code" in error) complain(`${error.message}\n\n${usage}`);
  else throw error;
  process.exitCode = exitCodes.failed;
}
