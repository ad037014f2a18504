// What the page reads from the API: every resource with its path and the type of its answer.
import type {
  Alarm,
  AreaSummary,
  Breaker,
  BreakerDetail,
  BreakerEvent,
  QuarantineEntry,
  RateRow,
  ReadingPoint,
  TimelineEntry,
  TownshipSummary,
  VillageSummary,
} from "../../domain/http.ts";
import type { Draft, DraftChange, DraftError } from "../../domain/http-drafts.ts";
import type { LimitChange, Limits, StoredOwnRule } from "../../domain/http-findings.ts";
import type { GatewayLink, GatewayView } from "../../domain/http-gateways.ts";
import type { Job } from "../../domain/http-jobs.ts";
import type { Notice, NoticeDetail } from "../../domain/http-notices.ts";
import type { OfficerEntry } from "../../domain/http-officers.ts";
import type { PlannedOutageEntry } from "../../domain/http-outages.ts";
import type { PublishedRate, PublishedRateDetail } from "../../domain/http-published.ts";
import type { PerformanceRow, WorstBreaker } from "../../domain/http-rates.ts";
import type { Household, HouseholdDetail, PlacementEntry } from "../../domain/http-registry.ts";
import type { ReportSummary } from "../../domain/http-reports.ts";
import type { AreaSupplyDay, AreaSupplyRow, SupplyTrend } from "../../domain/http-supply.ts";
import type { TestRecord } from "../../domain/http-tests.ts";
import type { VisitList } from "../../domain/http-visits.ts";

export type List<T> = { items: T[]; nextCursor: string | null };

/** Kind of resource → what the API answers. */
export type Answers = {
  townships: List<TownshipSummary>;
  villages: List<VillageSummary>;
  village: VillageSummary;
  areas: List<AreaSummary>;
  breakers: List<Breaker>;
  breaker: BreakerDetail;
  readings: List<ReadingPoint>;
  timeline: List<TimelineEntry>;
  events: List<BreakerEvent>;
  alarms: List<Alarm>;
  rates: List<RateRow>;
  performance: List<PerformanceRow>;
  worstBreakers: { items: WorstBreaker[] };
  publishedRates: List<PublishedRate>;
  publishedRate: PublishedRateDetail;
  quarantine: List<QuarantineEntry>;
  notices: List<Notice>;
  notice: NoticeDetail;
  visits: VisitList;
  households: List<Household>;
  household: HouseholdDetail;
  placements: { items: PlacementEntry[] };
  outages: List<PlannedOutageEntry>;
  officers: List<OfficerEntry>;
  tests: List<TestRecord>;
  stations: { items: { name: string }[] };
  lowVoltage: List<AreaSupplyRow>;
  lowVoltageTrend: SupplyTrend;
  lowVoltageDays: { items: AreaSupplyDay[] };
  reports: List<ReportSummary>;
  findingLimits: Limits;
  findingLimitChanges: List<LimitChange>;
  findingRules: { items: StoredOwnRule[] };
  job: Job;
  gateways: List<GatewayView>;
  gatewayLinks: List<GatewayLink>;
  drafts: List<Draft>;
  draftChanges: List<DraftChange>;
  draftErrors: List<DraftError>;
};
export type Kind = keyof Answers;

export type Query = Record<string, string | undefined>;

/** One thing to read. `id` is the subject's where the resource is about one; `path` identifies it in the cache. */
export type Resource<K extends Kind> = { kind: K; id: string | null; query: Query; path: string };

/** A query string with its leading `?`, empty parameters left out, in a stable order. */
export const queryString = (query: Query): string => {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
};

const resource = <K extends Kind>(
  kind: K,
  path: string,
  query: Query = {},
  id: string | null = null,
): Resource<K> => ({
  kind,
  id,
  query,
  path: `${path}${queryString(query)}`,
});
const of = (id: string) => `breakers/${encodeURIComponent(id)}`;

/** The largest page that the API gives. */
const all = "1000";

export const resources = {
  townships: () => resource("townships", "townships", { limit: all }),
  villages: (township?: string) => resource("villages", "villages", { township, limit: all }),
  village: (id: string) => resource("village", `villages/${encodeURIComponent(id)}`, {}, id),
  areas: (village?: string) => resource("areas", "transformer-areas", { village, limit: all }),
  breakers: (query: Query) => resource("breakers", "breakers", query),
  breaker: (id: string) => resource("breaker", of(id), {}, id),
  /** `from` is an ISO time, `every` a window such as `5m`. */
  readings: (id: string, from: string, every: string) =>
    resource("readings", `${of(id)}/readings`, { from, every, limit: all }, id),
  timeline: (id: string, from: string) =>
    resource("timeline", `${of(id)}/timeline`, { from, limit: all }, id),
  events: (id: string, from: string) => resource("events", `${of(id)}/events`, { from }, id),
  alarms: (query: Query) => resource("alarms", "alarms", query),
  /** `of` narrows them to one township or one village. */
  rates: (by: "village" | "area" | "township", from: string, of: { township?: string; village?: string }) =>
    resource("rates", "rates", { by, from, ...of, limit: all }),
  performance: (query: Query) => resource("performance", "performance", query),
  worstBreakers: (query: Query) => resource("worstBreakers", "performance/worst-breakers", query),
  publishedRates: (query: Query) => resource("publishedRates", "published-rates", query),
  publishedRate: (id: string) =>
    resource("publishedRate", `published-rates/${encodeURIComponent(id)}`, {}, id),
  quarantine: (query: Query) => resource("quarantine", "quarantine", query),
  notices: (query: Query) => resource("notices", "notices", query),
  notice: (id: string) => resource("notice", `notices/${encodeURIComponent(id)}`, {}, id),
  visits: (query: Query) => resource("visits", "visits", query),
  households: (query: Query) => resource("households", "households", query),
  household: (id: string) => resource("household", `households/${encodeURIComponent(id)}`, {}, id),
  placements: (breakerId: string) => resource("placements", `${of(breakerId)}/placements`, {}, breakerId),
  outages: (query: Query) => resource("outages", "planned-outages", query),
  officers: () => resource("officers", "officers", { limit: all }),
  tests: (query: Query) => resource("tests", "tests", query),
  stations: () => resource("stations", "tests/stations"),
  lowVoltage: (query: Query) => resource("lowVoltage", "low-voltage", query),
  lowVoltageTrend: (query: Query) => resource("lowVoltageTrend", "low-voltage/trend", query),
  lowVoltageDays: (areaId: string, query: Query) =>
    resource("lowVoltageDays", `low-voltage/${encodeURIComponent(areaId)}`, query, areaId),
  reports: (query: Query) => resource("reports", "reports", query),
  findingLimits: () => resource("findingLimits", "findings/limits"),
  findingLimitChanges: () => resource("findingLimitChanges", "findings/limits/changes", { limit: "20" }),
  findingRules: () => resource("findingRules", "findings/rules"),
  job: (id: string) => resource("job", `jobs/${encodeURIComponent(id)}`, {}, id),
  gateways: (query: Query) => resource("gateways", "gateways", query),
  gatewayLinks: (id: string) =>
    resource("gatewayLinks", `gateways/${encodeURIComponent(id)}/links`, { limit: "50" }, id),
  drafts: () => resource("drafts", "registry/drafts"),
  draftChanges: (id: string, query: Query) =>
    resource("draftChanges", `registry/drafts/${encodeURIComponent(id)}/changes`, query, id),
  draftErrors: (id: string, query: Query) =>
    resource("draftErrors", `registry/drafts/${encodeURIComponent(id)}/errors`, query, id),
};
