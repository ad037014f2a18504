// The settings: defaults, conventional names, and every problem at once.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readConfig, settingsHelp } from "../../config.ts";

const valid = (env: Record<string, string | undefined>) => {
  const read = readConfig(env);
  if (read.kind === "invalid") throw new Error(read.problems.join("\n"));
  return read.config;
};
const problems = (env: Record<string, string | undefined>): string[] => {
  const read = readConfig(env);
  return read.kind === "invalid" ? read.problems : [];
};

describe("settings", () => {
  it("have defaults that start a house with nothing set", () => {
    expect(valid({})).toEqual({
      http: { host: "127.0.0.1", port: 8080 },
      mqtt: { host: "0.0.0.0", port: 1883 },
      dataDir: "./data",
      adminToken: null,
      chromium: null,
      lowVoltageV: 198,
      serviceToken: null,
      timeZone: "Asia/Shanghai",
      logLevel: "info",
      journalMaxBytes: 2 * 1024 ** 3,
      heartbeatIntervalMs: 300_000,
      retentionDays: 90,
      externalBroker: null,
      databaseUrl: null,
      influx: null,
    });
  });

  it("that are empty count as unset, and what belongs to others is left alone", () => {
    expect(valid({ HUBAO_HTTP_PORT: "", DATABASE_URL: "", PATH: "/bin", HUBAO_CACHE_DIR: "x" })).toEqual(
      valid({}),
    );
  });

  it("are read from their conventional names", () => {
    const config = valid({
      DATABASE_URL: "postgres://u:p@db.example:5432/hubao",
      INFLUX_URL: "http://influx.example:8086",
      INFLUX_TOKEN: "t",
      INFLUX_ORG: "o",
      INFLUX_BUCKET: "b",
      HUBAO_BROKER_URL: "mqtts://broker.example",
      HUBAO_BROKER_USERNAME: "hubao",
      HUBAO_HTTP_PORT: "9090",
      HUBAO_JOURNAL_MAX_BYTES: "1048576",
    });
    expect(config.databaseUrl).toBe("postgres://u:p@db.example:5432/hubao");
    expect(config.influx).toEqual({ url: "http://influx.example:8086", token: "t", org: "o", bucket: "b" });
    expect(config.externalBroker).toEqual({
      url: "mqtts://broker.example",
      username: "hubao",
      password: null,
    });
    expect(config.http.port).toBe(9090);
    expect(config.journalMaxBytes).toBe(1_048_576);
  });

  it("that are wrong are named all at once, a sentence each", () => {
    const found = problems({
      HUBAO_HTTP_PORT: "eighty",
      HUBAO_MQTT_PORT: "70000",
      HUBAO_ADMIN_TOKEN: "short",
      HUBAO_TIME_ZONE: "Mars/Olympus",
      HUBAO_LOG_LEVEL: "loud",
      HUBAO_JOURNAL_MAX_BYTES: "5",
      DATABASE_URL: "mysql://nowhere",
      INFLUX_URL: "http://influx.example:8086",
    });
    const names = new Set(found.map((line) => line.split(":")[0]));
    expect(names).toEqual(
      new Set([
        "HUBAO_HTTP_PORT",
        "HUBAO_MQTT_PORT",
        "HUBAO_ADMIN_TOKEN",
        "HUBAO_TIME_ZONE",
        "HUBAO_LOG_LEVEL",
        "HUBAO_JOURNAL_MAX_BYTES",
        "DATABASE_URL",
        "INFLUX_TOKEN",
        "INFLUX_ORG",
        "INFLUX_BUCKET",
      ]),
    );
  });

  it("that are misspelt are a problem, not silence", () => {
    expect(problems({ HUBAO_HTTP_PROT: "80" })).toEqual([
      "HUBAO_HTTP_PROT is not a setting; see 'node main.ts --help'",
    ]);
    expect(problems({ HUBAO_HTTP_PROT: "80", HUBAO_MQTT_PORT: "-1" }).length).toBe(2);
  });

  it("are read from files where NAME_FILE names one, without the line's end", () => {
    const dir = mkdtempSync(join(tmpdir(), "hubao-config-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text);
      return join(dir, name);
    };
    const config = valid({
      INFLUX_URL: "http://influx.example:8086",
      INFLUX_TOKEN_FILE: file("token", "secret\n"),
      INFLUX_ORG: "o",
      INFLUX_BUCKET: "b",
      DATABASE_URL_FILE: file("database", "postgres://u:p@db.example/hubao\n"),
      OTHER_FILE: "of someone else",
    });
    expect(config.influx?.token).toBe("secret");
    expect(config.databaseUrl).toBe("postgres://u:p@db.example/hubao");

    expect(
      problems({
        INFLUX_URL: "http://influx.example:8086",
        INFLUX_ORG: "o",
        INFLUX_BUCKET: "b",
        INFLUX_TOKEN_FILE: join(dir, "missing"),
        DATABASE_URL_FILE: file("empty", "\n"),
        HUBAO_ADMIN_TOKEN: "a-token-that-is-long-enough",
        HUBAO_ADMIN_TOKEN_FILE: file("admin", "another-that-is-long-enough"),
        HUBAO_NOTHING_FILE: "x",
      }),
    ).toEqual([
      `INFLUX_TOKEN_FILE: ${join(dir, "missing")} cannot be read (ENOENT)`,
      `DATABASE_URL_FILE: ${join(dir, "empty")} is empty`,
      "HUBAO_ADMIN_TOKEN_FILE: must not be set where HUBAO_ADMIN_TOKEN is",
      "HUBAO_NOTHING_FILE is not a setting; see 'node main.ts --help'",
    ]);
  });

  it("stand in the help with their defaults and meaning", () => {
    const help = settingsHelp();
    expect(help).toContain("HUBAO_MQTT_PORT (1883)\n      port of the embedded MQTT broker");
    expect(help).toContain("DATABASE_URL (unset)");
    expect(help).not.toMatch(/\(undefined\)|^\s*$/m);
  });
});
