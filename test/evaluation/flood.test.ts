import { describe, expect, it } from "vitest";
import { judgeAreas } from "../../evaluation/simulated.ts";
import { planFleet } from "../../simulators/model/plan.ts";
import { scenarioOf } from "./support.ts";

const large = (faults: Record<string, number>, gatewayShare: number) =>
  scenarioOf("train", {
    breakers: 301,
    householdsPerArea: [300, 300],
    days: 1,
    gatewayShare,
    faults,
    nearMisses: {},
  });

describe("an area of 300 breakers", () => {
  it.each([
    ["loses its supply", "areaOutage", 0, ["areaOutage"]],
    ["loses its supply behind a gateway", "areaOutage", 1, ["areaOutage", "gatewayOffline"]],
    ["loses its gateway's link", "communicationLoss", 1, ["gatewayOffline", "communicationLoss"]],
  ] as const)(
    "raises one alarm for it and one for its gateway, not 300, when it %s and when it comes back",
    (_, finding, gatewayShare, expected) => {
      const plan = planFleet(large({ [finding]: 1 }, gatewayShare), 41);
      const { findings, labels } = judgeAreas(plan, 0, 1);
      expect(labels.map((label) => label.finding)).toContain(finding);
      expect(findings.map((one) => `${one.kind} ${one.subjectId}`)).toEqual(
        expected.map((kind) => `${kind} A0001`),
      );
      expect(findings.filter((one) => one.clearedMs === null)).toEqual([]);
    },
  );
});
