// The command line of the simulator: its options, their meaning, and what is wrong with them in one sentence.
import { parseArgs } from "node:util";
import { type FaultKind, faultKinds } from "./faults.ts";

export const help = `Usage: npm run simulate -- [options]

Simulates a fleet of residual-current protective breakers over MQTT. It takes the breakers from the registry of a running
Hubao (an empty registry gets the demo township, or with --breakers a made-up fleet) and issues each a credential.

  --api URL          the HTTP API (default http://127.0.0.1:8080)
  --token TOKEN      its admin token (default: HUBAO_ADMIN_TOKEN)
  --mqtt URL         the broker (default mqtt://127.0.0.1:1883)
  --seed N           decides everything random (default 1)
  --breakers N       simulate only the first N breakers of the registry
  --gateways         one gateway an area sends batches, instead of one connection a breaker
  --interval TIME    each breaker reports this often: 500ms, 30s, 5m (default 30s)
  --since TIME       begin this far in the past, for instance 24h (default: now)
  --speed N          simulated seconds a second until the past is caught up (default 1, or 600 with --since)
  --faults LIST      kinds with counts, for instance spike=2,silence; or all, or none (default none)
                     kinds: ${faultKinds.join(", ")}
  --duration TIME    stop after this (default: run until Ctrl-C)
  --labels FILE      write the faults as CSV: subjectId,finding,startMs,endMs
  --credentials FILE keep the devices' tokens here and use them again (default: issue new ones)
  --help             this text
`;

export type CliOptions = {
  apiUrl: string;
  token: string;
  mqttUrl: string;
  seed: number;
  breakers: number | null;
  via: "breakers" | "gateways";
  intervalMs: number;
  sinceMs: number;
  speed: number;
  faults: Partial<Record<FaultKind, number>>;
  durationMs: number | null;
  labelsPath: string | null;
  credentialsPath: string | null;
};

export type CliOutcome =
  | { kind: "run"; options: CliOptions }
  | { kind: "help" }
  | { kind: "wrong"; reason: string };

const unitsMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time such as 500ms, 30s, 5m, 24h in milliseconds; null when it is none. */
export const parseTimeMs = (text: string): number | null => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unitMs = unitsMs[match?.[2] ?? ""];
  return match === null || unitMs === undefined ? null : Number(match[1]) * unitMs;
};

/** `spike=2,silence` as counts; null when it names something unknown. */
export const parseFaults = (text: string): Partial<Record<FaultKind, number>> | null => {
  if (text === "none" || text === "") return {};
  if (text === "all") return Object.fromEntries(faultKinds.map((kind) => [kind, 1]));
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const part of text.split(",")) {
    const [name, count = "1"] = part.trim().split("=");
    const kind = faultKinds.find((k) => k === name);
    if (kind === undefined || !/^\d{1,6}$/.test(count)) return null;
    counts[kind] = (counts[kind] ?? 0) + Number(count);
  }
  return counts;
};

const definitions = {
  api: { type: "string", default: "http://127.0.0.1:8080" },
  token: { type: "string" },
  mqtt: { type: "string", default: "mqtt://127.0.0.1:1883" },
  seed: { type: "string", default: "1" },
  breakers: { type: "string" },
  gateways: { type: "boolean", default: false },
  interval: { type: "string", default: "30s" },
  since: { type: "string", default: "0s" },
  speed: { type: "string" },
  faults: { type: "string", default: "none" },
  duration: { type: "string" },
  labels: { type: "string" },
  credentials: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const readArgs = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return (error as Error).message.split("\n")[0] ?? "wrong arguments";
  }
};

const isUrl = (text: string, protocols: readonly string[]): boolean =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);
const wrong = (reason: string): CliOutcome => ({ kind: "wrong", reason });

/** Reads the command line; `env` gives the default token. */
export const parseCli = (args: readonly string[], env: NodeJS.ProcessEnv): CliOutcome => {
  const values = readArgs(args);
  if (typeof values === "string") return wrong(`${values.replace(/\.$/, "")}; see --help.`);
  if (values.help) return { kind: "help" };
  const token = values.token ?? env["HUBAO_ADMIN_TOKEN"];
  if (token === undefined || token === "")
    return wrong("Give the API's admin token with --token or HUBAO_ADMIN_TOKEN.");
  if (!isUrl(values.api, ["http:", "https:"])) return wrong(`--api must be an http URL, not ${values.api}.`);
  if (!isUrl(values.mqtt, ["mqtt:", "mqtts:", "ws:", "wss:"]))
    return wrong(`--mqtt must be an mqtt URL such as mqtt://127.0.0.1:1883, not ${values.mqtt}.`);
  if (!/^\d{1,9}$/.test(values.seed)) return wrong("--seed must be a whole number, at most 999999999.");
  if (values.breakers !== undefined && !/^[1-9]\d{0,5}$/.test(values.breakers))
    return wrong("--breakers must be a number from 1 to 999999.");
  const intervalMs = parseTimeMs(values.interval);
  if (intervalMs === null || intervalMs < 1)
    return wrong("--interval must be a time such as 30s, at least 1ms.");
  const sinceMs = parseTimeMs(values.since);
  if (sinceMs === null) return wrong("--since must be a time such as 24h.");
  const speed = Number(values.speed ?? (sinceMs > 0 ? 600 : 1));
  if (!(speed >= 1 && speed <= 1e6)) return wrong("--speed must be a number from 1 to 1000000.");
  if (speed > 1 && sinceMs === 0)
    return wrong("--speed needs --since: reports never carry a time in the future.");
  const faults = parseFaults(values.faults);
  if (faults === null)
    return wrong(`--faults takes ${faultKinds.join(", ")}, each with =COUNT if more than one.`);
  const durationMs = values.duration === undefined ? null : parseTimeMs(values.duration);
  if (values.duration !== undefined && durationMs === null)
    return wrong("--duration must be a time such as 10m.");
  return {
    kind: "run",
    options: {
      apiUrl: values.api,
      token,
      mqttUrl: values.mqtt,
      seed: Number(values.seed),
      breakers: values.breakers === undefined ? null : Number(values.breakers),
      via: values.gateways ? "gateways" : "breakers",
      intervalMs: Math.round(intervalMs),
      sinceMs,
      speed,
      faults,
      durationMs,
      labelsPath: values.labels ?? null,
      credentialsPath: values.credentials ?? null,
    },
  };
};
