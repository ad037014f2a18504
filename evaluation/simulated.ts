// A simulated fleet through the house's validation and fold, area by area, and scored against what the simulator knows.
import type { BreakerFacts } from "../domain/breaker.ts";
import { defaultJudgingRule, type JudgingRule } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import type { GatewayWord } from "../ingest/decode.ts";
import { decodeBody } from "../ingest/decoders/hubao.ts";
import { type FleetMessage, streamArea } from "../simulators/model/area-stream.ts";
import { type AreaLayout, gatewayIdOf, registryRowsOf } from "../simulators/model/layout.ts";
import type { AreaPlan, FleetPlan } from "../simulators/model/plan.ts";
import { afterLastMs, judgeAreaLive, unobserved } from "./judge.ts";
import { factsOfRows } from "./registry-table.ts";
import type { Finding, ObservedLabel, Scope } from "./score.ts";

/** The simulated townships' time zone. */
const timeZone = "Asia/Shanghai";
const dayMs = 86_400_000;

export type JudgedAreas = {
  findings: Finding[];
  labels: ObservedLabel[];
  reports: number;
  rejections: number;
};

/** Validates a message's entries as the pipeline does; what is refused is counted. */
const decode = (message: FleetMessage, gatewayId: string, onRejected: () => void): Report[] => {
  const reports: Report[] = [];
  for (const { breakerId, kind, body } of message.entries) {
    const decoded = decodeBody(kind, breakerId, body, message.atMs);
    if (decoded.ok)
      reports.push(message.fromGateway ? { ...decoded.report, via: gatewayId } : decoded.report);
    else onRejected();
  }
  return reports;
};

/** What the message says of its area's gateway: that it was heard, or what it, or its last will, says of its link. */
const wordOf = (
  { fromGateway, entries: [first] }: FleetMessage,
  { areaId }: AreaLayout,
): GatewayWord | null => {
  const gatewayId = gatewayIdOf(areaId);
  if (fromGateway) return { gatewayId, areaId, online: null };
  if (first?.breakerId !== gatewayId) return null;
  return { gatewayId, areaId, online: first.body["online"] === true };
};

/** The facts of a fleet's breakers by area. */
export const factsOfFleet = (plan: FleetPlan): Map<string, BreakerFacts[]> => {
  const rows = registryRowsOf(
    plan.areas.map((area) => area.layout),
    plan.scenario,
    plan.seed,
  );
  return Map.groupBy(factsOfRows(rows, timeZone), (one) => one.areaId);
};

/** What the scores of a simulated fleet are taken over. */
export const scopeOf = (plan: FleetPlan, rule: JudgingRule = defaultJudgingRule): Scope => ({
  breakers: plan.areas.reduce((n, area) => n + area.layout.breakerIds.length, 0),
  days: (plan.endMs - plan.startMs) / dayMs,
  toleranceMs: rule.heartbeatIntervalMs,
  areaOfMain: new Map(plan.areas.map(({ layout }) => [layout.breakerIds[0] ?? "", layout.areaId])),
});

const judgeOne = (
  plan: FleetPlan,
  area: AreaPlan,
  breakers: readonly BreakerFacts[],
  into: JudgedAreas,
): void => {
  const labels = area.labels.map(unobserved);
  const judge = judgeAreaLive({
    areaId: area.layout.areaId,
    breakers,
    labels,
    rule: defaultJudgingRule,
    startMs: plan.startMs,
  });
  const gatewayId = gatewayIdOf(area.layout.areaId);
  for (const block of streamArea(plan, area))
    for (const message of block) {
      const reports = decode(message, gatewayId, () => {
        into.rejections += 1;
      });
      into.reports += reports.length;
      judge.take(message.atMs, reports, wordOf(message, area.layout));
    }
  judge.advance(plan.endMs + afterLastMs);
  into.findings.push(...judge.findings());
  into.labels.push(...labels);
};

/** Runs every `of`-th area of the plan, beginning with the `part`-th. Tells of each area when it is done. */
export const judgeAreas = (
  plan: FleetPlan,
  part: number,
  of: number,
  onArea: (breakers: number) => void = () => {},
): JudgedAreas => {
  const facts = factsOfFleet(plan);
  const judged: JudgedAreas = { findings: [], labels: [], reports: 0, rejections: 0 };
  for (let i = part; i < plan.areas.length; i += of) {
    const area = plan.areas[i];
    if (area === undefined) continue;
    judgeOne(plan, area, facts.get(area.layout.areaId) ?? [], judged);
    onArea(area.layout.breakerIds.length);
  }
  return judged;
};
