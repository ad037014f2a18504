// Dashboards as a TypeScript program that compiles only when they fit the types that Grafana publishes (@grafana/schema).
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { panelsOf } from "./grafana.ts";

const root = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

/** Panel type → the schema's module of its options. */
const modules: Record<string, string> = {
  barchart: "barchart/panelcfg/x/BarChartPanelCfg_types.gen",
  bargauge: "bargauge/panelcfg/x/BarGaugePanelCfg_types.gen",
  histogram: "histogram/panelcfg/x/HistogramPanelCfg_types.gen",
  piechart: "piechart/panelcfg/x/PieChartPanelCfg_types.gen",
  stat: "stat/panelcfg/x/StatPanelCfg_types.gen",
  "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
  table: "table/panelcfg/x/TablePanelCfg_types.gen",
  timeseries: "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
};
/** Those whose fields have settings of their own; a stat's fields have none. */
const withFieldConfig = new Set([
  "barchart",
  "histogram",
  "piechart",
  "state-timeline",
  "table",
  "timeseries",
]);

// JSON holds the values of string enums, not their names; what a panel leaves out, Grafana's defaults fill in.
const head = `
type Plain<T> = 0 extends 1 & T ? unknown
  : unknown extends T ? unknown
  : T extends string ? \`\${T}\`
  : T extends number | boolean | null | undefined ? T
  : T extends readonly (infer U)[] ? Plain<U>[]
  : { [K in keyof T]: Plain<T[K]> };
type Given<T> = Partial<Plain<T>>;
`;

const programOf = (dashboards: readonly Dashboard[]): string => {
  const names = Object.keys(modules);
  const lines = [
    'import type * as schema from "@grafana/schema";',
    ...names.map(
      (name, n) => `import type * as m${n} from "@grafana/schema/dist/esm/raw/composable/${modules[name]}";`,
    ),
    head,
  ];
  for (const [d, dashboard] of dashboards.entries()) {
    const { panels: _, ...frame } = dashboard;
    lines.push(`export const d${d}: Given<schema.Dashboard> = ${JSON.stringify(frame)};`);
    for (const panel of panelsOf(dashboard)) {
      const id = `d${d}p${panel.id}`;
      const m = names.indexOf(panel.type ?? "");
      if (m < 0) throw new Error(`no schema for the panel type ${panel.type}`);
      lines.push(`export const ${id}: Given<schema.Panel> = ${JSON.stringify(panel)};`);
      lines.push(`export const ${id}o: Given<m${m}.Options> = ${JSON.stringify(panel.options ?? {})};`);
      const custom: unknown = panel.fieldConfig?.defaults.custom;
      if (withFieldConfig.has(panel.type ?? ""))
        lines.push(`export const ${id}f: Given<m${m}.FieldConfig> = ${JSON.stringify(custom ?? {})};`);
    }
  }
  return `${lines.join("\n")}\n`;
};

/** What the compiler objects to, a line each; none when all dashboards fit. */
export const typeProblems = async (dashboards: readonly Dashboard[]): Promise<string[]> => {
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  // Inside node_modules' reach, so that the schema is found as for any file of ours.
  const directory = await mkdtemp(join(cache, "grafana-types-"));
  try {
    await writeFile(join(directory, "check.ts"), programOf(dashboards));
    await writeFile(
      join(directory, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          target: "esnext",
          module: "esnext",
          moduleResolution: "bundler",
          types: [],
        },
        files: ["check.ts"],
      }),
    );
    const compiler = join(
      dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
      "bin",
      "tsc",
    );
    const { stdout } = await run(process.execPath, [compiler, "-p", directory]).catch(
      (error: { stdout?: string; message: string }) => ({ stdout: error.stdout || error.message }),
    );
    return stdout.split("\n").filter((line) => line.trim() !== "");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
