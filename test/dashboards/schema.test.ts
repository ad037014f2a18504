// Dashboards, alert rules and provisioning fit what Grafana expects, and each other.
import { describe, expect, it } from "vitest";
import { alertRules } from "../../dashboards/alert-rules.ts";
import { datasourceUid } from "../../dashboards/datasource.ts";
import { generatedDashboards } from "../../dashboards/files.ts";
import { panelsOf, queryOf } from "./grafana.ts";
import { typeProblems } from "./grafana-types.ts";

const made = generatedDashboards();
const dashboards = made.map(({ dashboard }) => dashboard);
const uids = dashboards.map(({ uid }) => uid ?? "");

/** All text under an object, with the way to it. */
const textsIn = (value: unknown, path = ""): { path: string; text: string }[] => {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, `${path}/${key}`));
};

describe("Grafana's published types", () => {
  it("fit every dashboard, panel, option and field setting", async () => {
    expect(await typeProblems(dashboards)).toEqual([]);
  }, 120_000);

  it.each([
    ["an option's wrong value", { colorMode: "no-such-mode" }, "no-such-mode"],
    ["an option that is not there", { noSuchOption: true }, "noSuchOption"],
  ])(
    "refuse %s",
    async (_, wrong, named) => {
      const [dashboard] = structuredClone(dashboards);
      const panel = dashboard && panelsOf(dashboard)[0];
      if (dashboard === undefined || panel === undefined) throw new Error("no panel");
      Object.assign(panel.options, wrong);
      expect((await typeProblems([dashboard])).join("\n")).toContain(named);
    },
    120_000,
  );
});

describe("the dashboards", () => {
  it("are six in each language, with uids that never change", () => {
    expect(uids).toEqual(
      ["zh", "en"].flatMap((language) =>
        ["overview", "live", "leakage", "alarms", "breaker", "ingest"].map(
          (name) => `hubao-${name}-${language}`,
        ),
      ),
    );
  });

  it("ask the same and look the same in both languages", () => {
    const bare = (language: string) =>
      made
        .filter((one) => one.language === language)
        .map(({ dashboard }) => ({
          variables: dashboard.templating.list?.map(({ name, query, regex }) => ({
            name,
            query: typeof query === "string" ? query.replace(/[^,]* : /g, "") : query,
            regex,
          })),
          panels: panelsOf(dashboard).map(({ id, type, gridPos, targets }) => ({
            id,
            type,
            gridPos,
            queries: targets?.map(queryOf),
          })),
        }));
    expect(bare("zh")).toEqual(bare("en"));
  });

  it("have no Chinese in English, and Chinese titles in Chinese", () => {
    const chinese = /\p{Script=Han}/u;
    for (const { dashboard, language } of made) {
      const shown = textsIn(dashboard).filter(({ path }) =>
        /(title|description|displayName|text|label)$/.test(path),
      );
      if (language === "en") expect(shown.filter(({ text }) => chinese.test(text))).toEqual([]);
      else {
        expect(dashboard.title).toMatch(chinese);
        const untranslated = panelsOf(dashboard).filter(
          ({ title, description }) =>
            title !== "IΔn" && !(chinese.test(title ?? "") && chinese.test(description ?? "")),
        );
        expect(untranslated.map(({ title }) => title)).toEqual([]);
      }
    }
  });

  it.each(made)(
    "$name in $language: every panel has a title, a description, a unit, the data source and queries",
    ({ dashboard }) => {
      for (const panel of panelsOf(dashboard)) {
        expect(panel.title).toMatch(/\S/);
        expect(panel.description).toMatch(/\S/);
        expect(panel.fieldConfig?.defaults.unit).toMatch(/\S/);
        expect(panel.datasource).toEqual({ type: "influxdb", uid: datasourceUid });
        expect(panel.targets?.length).toBeGreaterThan(0);
        for (const target of panel.targets ?? [])
          expect(target).toMatchObject({
            datasource: { uid: datasourceUid },
            query: expect.stringContaining("range("),
          });
      }
    },
  );

  it.each(made)(
    "$name in $language: panels have their own ids, lie within the grid and do not overlap",
    ({ dashboard }) => {
      const all = dashboard.panels ?? [];
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      const taken = new Map<string, number>();
      for (const { id, gridPos } of all) {
        if (gridPos === undefined) throw new Error(`panel ${id} has no place`);
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect({ [`${x},${y}`]: taken.get(`${x},${y}`) }).toEqual({ [`${x},${y}`]: undefined });
            taken.set(`${x},${y}`, id ?? 0);
          }
      }
    },
  );

  it("bound every query in time", () => {
    for (const dashboard of dashboards)
      for (const { query } of panelsOf(dashboard).flatMap(({ targets }) => (targets ?? []).map(queryOf)))
        expect(query.match(/from\(/g)?.length).toBe(query.match(/range\(start: /g)?.length);
  });

  it("link only to dashboards of the same language, with variables that these have", () => {
    let seen = 0;
    for (const { dashboard, language } of made) {
      const links = textsIn(dashboard).filter(
        ({ path, text }) => path.endsWith("/url") && text.startsWith("/d/"),
      );
      for (const { text } of links) {
        seen += 1;
        const [, uid, parameters] = /^\/d\/([^?]+)\?(.*)$/.exec(text) ?? [];
        const target = dashboards.find((candidate) => candidate.uid === uid);
        expect(uid).toMatch(new RegExp(`-${language}$`));
        expect(target).toBeDefined();
        const known = target?.templating.list?.map(({ name }) => name);
        for (const [, set, kept] of (parameters ?? "").matchAll(/var-(\w+)=|\$\{(\w+):queryparam\}/g))
          expect(known).toContain(set ?? kept);
      }
    }
    expect(seen).toBeGreaterThan(20);
  });

  it("take the columns of their links from their own queries", () => {
    for (const dashboard of dashboards)
      for (const panel of panelsOf(dashboard)) {
        const queries = (panel.targets ?? []).map((target) => queryOf(target).query).join("\n");
        for (const { text } of textsIn(panel.fieldConfig))
          for (const [, column] of text.matchAll(/\$\{__(?:data\.fields|field\.labels)\.(\w+)\}/g))
            expect(queries).toContain(column);
      }
  });
});

describe("the alert rules", () => {
  const { groups } = alertRules(dashboards);
  const rules = groups.flatMap((group) => group.rules);

  it("have uids of their own, of Grafana's form", () => {
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    for (const { uid } of rules) expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  it("end in a condition over a query that is there", () => {
    for (const { condition, data } of rules) {
      const known = new Set(data.map(({ refId }) => refId));
      expect(known).toContain(condition);
      for (const { model } of data)
        if ("expression" in model) expect(known).toContain(model.expression);
        else
          expect(model).toMatchObject({
            datasource: { uid: datasourceUid },
            query: expect.stringContaining("_value"),
          });
    }
  });

  it("point to a panel that asks for the same measurement", () => {
    for (const { dashboardUid, panelId, data, uid } of rules) {
      const dashboard = dashboards.find((candidate) => candidate.uid === dashboardUid);
      const panel = dashboard && panelsOf(dashboard).find(({ id }) => id === panelId);
      const shown = (panel?.targets ?? []).map((target) => queryOf(target).query).join("\n");
      const [first] = data;
      const query = first !== undefined && "query" in first.model ? first.model.query : "";
      const measurement = /_measurement == "(?!breaker_info)(\w+)"/.exec(query)?.[1];
      expect({ uid, shown }).toEqual({
        uid,
        shown: expect.stringContaining(`_measurement == "${measurement}"`),
      });
    }
  });

  it("use no dollar sign, which Grafana's provisioning would take for an environment variable", () => {
    expect(textsIn(groups).filter(({ text }) => text.includes("$"))).toEqual([]);
  });
});
