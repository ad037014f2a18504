// The frame around a dashboard's panels: uid, titles, variables, links, time, and the grid.
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type GridPos,
  type Panel,
  RowBuilder,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type Language, type Say, sayIn } from "./language.ts";
import { type DashboardName, siblingLinks, tagOf, uidOf } from "./links.ts";

type Placeable = Builder<Panel> & { gridPos(position: GridPos): unknown; id(id: number): unknown };

/** A band of panels of one height, from left to right; widths add up to at most 24. */
export type Band = { height: number; panels: readonly (readonly [width: number, panel: Placeable])[] };
/** Bands under a heading. */
export type Section = { title: string; bands: readonly Band[] };

export type BoardSpec = {
  name: DashboardName;
  title: string;
  description: string;
  variables: readonly Builder<VariableModel>[];
  sections: readonly Section[];
  /** The range it opens with, back from now. */
  from?: string;
  refresh?: string;
};

/** Lays the panels out and numbers them in order. */
export const board = (language: Language, spec: BoardSpec): Dashboard => {
  const builder = new DashboardBuilder(spec.title)
    .uid(uidOf(spec.name, language))
    .description(spec.description)
    .tags(["hubao", tagOf(language)])
    .readonly()
    .timezone("browser")
    .weekStart("monday")
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from ?? "now-24h", to: "now" })
    .refresh(spec.refresh ?? "1m")
    .link(siblingLinks(language));
  for (const variable of spec.variables) builder.withVariable(variable);
  let id = 0;
  let y = 0;
  for (const section of spec.sections) {
    id += 1;
    builder.withRow(new RowBuilder(section.title).id(id).gridPos({ x: 0, y, w: 24, h: 1 }));
    y += 1;
    for (const band of section.bands) {
      let x = 0;
      for (const [width, panel] of band.panels) {
        id += 1;
        panel.id(id);
        panel.gridPos({ x, y, w: width, h: band.height });
        builder.withPanel(panel);
        x += width;
      }
      y += band.height;
    }
  }
  return withoutLeftovers(builder.build());
};

/** Takes out what the SDK fills in by itself though Grafana 12 has no use for it: `footer` of tables, `auto` of variables. */
const withoutLeftovers = (dashboard: Dashboard): Dashboard => {
  for (const panel of dashboard.panels ?? []) if (panel.type === "table") delete panel.options.footer;
  for (const variable of dashboard.templating.list ?? []) {
    delete variable.auto;
    delete variable.auto_min;
    delete variable.auto_count;
  }
  return dashboard;
};

/** A dashboard in either language. */
export type Board = (language: Language) => Dashboard;
export const inLanguages =
  (make: (say: Say, language: Language) => BoardSpec): Board =>
  (language) =>
    board(language, make(sayIn(language), language));
