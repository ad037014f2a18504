// Ways from one dashboard to another, keeping the time range and the choice of places.
import { DashboardLinkBuilder, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Language, Say } from "./language.ts";

export const dashboardNames = ["overview", "live", "leakage", "alarms", "breaker", "ingest"] as const;
export type DashboardName = (typeof dashboardNames)[number];

/** Stable for ever: bookmarks, links and alert rules stand on it. */
export const uidOf = (name: DashboardName, language: Language): string => `hubao-${name}-${language}`;
/** The tag that holds the dashboards of one language together. */
export const tagOf = (language: Language): string => `hubao-${language}`;

/** The bar of links on top of every dashboard. */
export const siblingLinks = (language: Language): DashboardLinkBuilder =>
  new DashboardLinkBuilder("Hubao")
    .type(DashboardLinkType.Dashboards)
    .tags([tagOf(language)])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true);

type Target = {
  title: string;
  /** Variable → column of the clicked row, or label of the clicked series with `label`. */
  set: Record<string, { column: string } | { label: string }>;
};

/** What Grafana keeps as a link of a field. */
export type DataLink = { title: string; url: string };

/** A link from a row or a series to another dashboard; choices that the row does not set are kept. */
export const linkTo = (name: DashboardName, language: Language, { title, set }: Target): DataLink => {
  const kept = ["township", "village", "area"].filter((variable) => !(variable in set));
  const parameters = [
    ...kept.map((variable) => `\${${variable}:queryparam}`),
    ...Object.entries(set).map(([variable, from]) => {
      const value = "column" in from ? `__data.fields.${from.column}` : `__field.labels.${from.label}`;
      return `var-${variable}=\${${value}}`;
    }),
    `\${__url_time_range}`,
  ];
  return { title, url: `/d/${uidOf(name, language)}?${parameters.join("&")}` };
};

/** Opens a row's breaker. */
export const toBreaker = (
  language: Language,
  say: Say,
  from: { column: string } | { label: string },
): DataLink =>
  linkTo("breaker", language, { title: say("打开保护器", "Open the breaker"), set: { breaker: from } });
