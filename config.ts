// Every setting: one schema over the environment, which names each variable, its default and its meaning.
import { readFileSync } from "node:fs";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const knownTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const shape = {
  HUBAO_HTTP_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("address that the API and the page listen on; 0.0.0.0 for all"),
  HUBAO_HTTP_PORT: port.default(8080).describe("port of the API and the page; 0 takes a free one"),
  HUBAO_MQTT_HOST: z.string().default("0.0.0.0").describe("address that the embedded MQTT broker listens on"),
  HUBAO_MQTT_PORT: port.default(1883).describe("port of the embedded MQTT broker; 0 takes a free one"),
  HUBAO_DATA_DIR: z
    .string()
    .min(1)
    .default("./data")
    .describe("directory of the journal, the embedded PostgreSQL and the generated secrets"),
  HUBAO_ADMIN_TOKEN: z
    .string()
    .min(16, "must have at least 16 characters")
    .optional()
    .describe(
      "token of the API's administrator; generated, kept in the data directory and shown once when unset",
    ),
  HUBAO_SERVICE_TOKEN: z
    .string()
    .min(16, "must have at least 16 characters")
    .optional()
    .describe("password with which our own roles connect to the broker; generated and kept when unset"),
  HUBAO_TIME_ZONE: z
    .string()
    .refine(knownTimeZone, "is no IANA time zone, such as Asia/Shanghai")
    .default("Asia/Shanghai")
    .describe("the township's time zone: where days begin"),
  HUBAO_LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace"])
    .default("info")
    .describe("least level that is logged"),
  HUBAO_JOURNAL_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1_048_576)
    .default(2 * 1024 ** 3)
    .describe("bound of the journal; when it is reached the broker stops acknowledging until there is room"),
  HUBAO_HEARTBEAT_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(300_000)
    .describe("a breaker's heartbeat interval; three missed make it silent"),
  HUBAO_LOW_VOLTAGE_V: z.coerce
    .number()
    .min(100)
    .max(400)
    .default(198)
    .describe("voltage below which a house counts for low-voltage areas; 220 V − 10 % (GB/T 12325)"),
  HUBAO_TELEMETRY_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe("how long readings are kept"),
  HUBAO_BROKER_URL: z
    .url({ protocol: /^(mqtts?|tcp|tls)$/ })
    .optional()
    .describe("an external MQTT broker to read from instead of running the embedded one"),
  HUBAO_BROKER_USERNAME: z.string().optional().describe("user name at the external broker"),
  HUBAO_BROKER_PASSWORD: z.string().optional().describe("password at the external broker"),
  HUBAO_CHROMIUM: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Chromium that prints reports as PDF; looked for on the path when unset, and without one there is no PDF",
    ),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe("PostgreSQL to use; an embedded one is started when unset"),
  INFLUX_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("InfluxDB 2 that stores the telemetry; PostgreSQL does when unset"),
  INFLUX_TOKEN: z.string().min(1).optional().describe("token for reading and writing the bucket"),
  INFLUX_ORG: z.string().min(1).optional().describe("organisation in InfluxDB"),
  INFLUX_BUCKET: z.string().min(1).optional().describe("bucket in InfluxDB"),
} satisfies z.ZodRawShape;

const schema = z.object(shape);

type Env = z.infer<typeof schema>;

export type Config = {
  http: { host: string; port: number };
  mqtt: { host: string; port: number };
  dataDir: string;
  adminToken: string | null;
  serviceToken: string | null;
  timeZone: string;
  logLevel: Env["HUBAO_LOG_LEVEL"];
  journalMaxBytes: number;
  heartbeatIntervalMs: number;
  retentionDays: number;
  lowVoltageV: number;
  chromium: string | null;
  externalBroker: { url: string; username: string | null; password: string | null } | null;
  databaseUrl: string | null;
  influx: { url: string; token: string; org: string; bucket: string } | null;
};

const toConfig = (env: Env): Config => ({
  http: { host: env.HUBAO_HTTP_HOST, port: env.HUBAO_HTTP_PORT },
  mqtt: { host: env.HUBAO_MQTT_HOST, port: env.HUBAO_MQTT_PORT },
  dataDir: env.HUBAO_DATA_DIR,
  adminToken: env.HUBAO_ADMIN_TOKEN ?? null,
  serviceToken: env.HUBAO_SERVICE_TOKEN ?? null,
  timeZone: env.HUBAO_TIME_ZONE,
  logLevel: env.HUBAO_LOG_LEVEL,
  journalMaxBytes: env.HUBAO_JOURNAL_MAX_BYTES,
  heartbeatIntervalMs: env.HUBAO_HEARTBEAT_INTERVAL_MS,
  retentionDays: env.HUBAO_TELEMETRY_RETENTION_DAYS,
  lowVoltageV: env.HUBAO_LOW_VOLTAGE_V,
  chromium: env.HUBAO_CHROMIUM ?? null,
  externalBroker:
    env.HUBAO_BROKER_URL === undefined
      ? null
      : {
          url: env.HUBAO_BROKER_URL,
          username: env.HUBAO_BROKER_USERNAME ?? null,
          password: env.HUBAO_BROKER_PASSWORD ?? null,
        },
  databaseUrl: env.DATABASE_URL ?? null,
  influx:
    env.INFLUX_URL === undefined
      ? null
      : {
          url: env.INFLUX_URL,
          token: env.INFLUX_TOKEN ?? "",
          org: env.INFLUX_ORG ?? "",
          bucket: env.INFLUX_BUCKET ?? "",
        },
});

/** Names of all settings. */
export const settingNames: readonly string[] = Object.keys(shape);

const fileSuffix = "_FILE";

/** The setting whose value stands in the file that this variable names; null for every other variable. */
const settingByFile = (name: string): string | null => {
  const setting = name.slice(0, -fileSuffix.length);
  return name.endsWith(fileSuffix) && setting in shape ? setting : null;
};

/** Puts the content of the files in the place of the variables that name them, and says what is wrong with those. */
const withFiles = (
  given: Readonly<Record<string, string>>,
): { given: Record<string, string>; problems: string[] } => {
  const problems: string[] = [];
  const entries = Object.entries(given).flatMap(([name, value]): [string, string][] => {
    const setting = settingByFile(name);
    if (setting === null) return [[name, value]];
    if (setting in given) {
      problems.push(`${name}: must not be set where ${setting} is`);
      return [];
    }
    try {
      const content = readFileSync(value, "utf8").trim();
      if (content === "") problems.push(`${name}: ${value} is empty`);
      return [[setting, content]];
    } catch (error) {
      problems.push(`${name}: ${value} cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`);
      // Named, so that nothing is called missing besides.
      return [[setting, ""]];
    }
  });
  return { given: Object.fromEntries(entries), problems };
};

/** What is missing beside INFLUX_URL. Asked apart from the schema, whose refinements wait until every field is right. */
const influxProblems = (given: Record<string, unknown>): string[] =>
  "INFLUX_URL" in given
    ? ["INFLUX_TOKEN", "INFLUX_ORG", "INFLUX_BUCKET"]
        .filter((name) => !(name in given))
        .map((name) => `${name}: must be set where INFLUX_URL is`)
    : [];

/**
 * Reads the environment; an empty variable counts as unset. `NAME_FILE` names a file that holds the value of `NAME`, for
 * secrets. Answers the configuration, or every problem at once, a sentence each. A variable that begins with HUBAO_ and is
 * none of ours is a problem too: it is a misspelling.
 */
export const readConfig = (
  env: Record<string, string | undefined>,
): { kind: "valid"; config: Config } | { kind: "invalid"; problems: string[] } => {
  const set = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  const { given, problems } = withFiles(Object.fromEntries(set));
  const unread = new Set(Object.keys(given).filter((name) => given[name] === ""));
  problems.push(
    ...Object.keys(given)
      .filter((name) => name.startsWith("HUBAO_") && !(name in shape) && name !== "HUBAO_CACHE_DIR")
      .map((name) => `${name} is not a setting; see 'node main.ts --help'`),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues
        .filter(({ path }) => !unread.has(path.join(".")))
        .map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    );
  problems.push(...influxProblems(given));
  return parsed.success && problems.length === 0
    ? { kind: "valid", config: toConfig(parsed.data) }
    : { kind: "invalid", problems };
};

const defaultOf = (field: z.ZodType): string => {
  const parsed = field.safeParse(undefined);
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : "unset";
};

/** The settings as a table for `--help`. */
export const settingsHelp = (): string =>
  Object.entries(shape)
    .map(([name, field]) => `  ${name} (${defaultOf(field)})\n      ${field.description ?? ""}`)
    .join("\n")
    .concat(
      "\n  NAME_FILE\n      a file that holds the value of the setting NAME, for secrets: INFLUX_TOKEN_FILE",
    );
