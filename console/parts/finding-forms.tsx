// The forms of the findings' settings: one threshold of one place, tried or set; and one rule of one's own.
import { useState } from "react";
import type { StoredOwnRule } from "../../domain/http-findings.ts";
import type { Job } from "../../domain/http-jobs.ts";
import { useHouse } from "../data/house.tsx";
import type { Answers } from "../data/resources.ts";
import { alarmPriorities, breakerLevels, ownRuleFields } from "../data/vocabulary.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog, type Field, type Values } from "./act-dialog.tsx";
import { useAreaOptions, useVillageOptions } from "./place-fields.ts";

const useLevelOptions = () => {
  const { words } = useLanguage();
  return breakerLevels.map((level) => ({ value: level, label: words.level[level] }));
};

type LimitFormProps = {
  defaults: Answers["findingLimits"]["defaults"];
  /** Where given, the change is tried and not made: told of the job that tries it. */
  onTried?: (jobId: string) => void;
  onClose(): void;
};

export const LimitForm = ({ defaults, onTried, onClose }: LimitFormProps) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const texts = words.findings;
  const areas = useAreaOptions();
  const levels = useLevelOptions();
  const [values, setValues] = useState<Values>({ scope: "area" });
  const scopes = (["township", "area", "breaker"] as const).map((scope) => ({
    value: scope,
    label: texts.scopes[scope],
  }));
  const chosen = defaults.find(({ name }) => name === values["name"]);
  const fields: Field[] = [
    {
      key: "name",
      label: texts.limit,
      kind: "select",
      options: defaults.map(({ name }) => ({ value: name, label: texts.limitNames[name] })),
      required: true,
    },
    { key: "scope", label: texts.scope, kind: "select", options: scopes, required: true },
    values["scope"] === "area"
      ? { key: "scopeId", label: texts.scopeId, kind: "select", options: areas, required: true }
      : { key: "scopeId", label: texts.scopeId, kind: "text", required: true },
    { key: "level", label: texts.levelOrAll, kind: "select", options: levels },
    { key: "value", label: texts.value, kind: "number", required: true },
  ];
  const send = async (v: Values) => {
    const change = {
      scope: v["scope"],
      scopeId: v["scopeId"],
      name: v["name"],
      level: v["level"] || null,
      value: Number(v["value"]),
    };
    if (onTried === undefined) return client.put("findings/limits", change);
    const outcome = await client.post<Job>("findings/dry-runs", { changes: [change] });
    if (outcome.kind === "ok") onTried(outcome.data.id);
    return outcome;
  };
  return (
    <ActDialog
      title={onTried === undefined ? texts.setLimit : texts.try}
      explain={
        chosen === undefined
          ? texts.limitExplain
          : texts.bounds(
              String(chosen.household),
              String(chosen.intermediate),
              String(chosen.main),
              String(chosen.min),
              String(chosen.max),
            )
      }
      fields={fields}
      initial={{ scope: "area" }}
      send={send}
      onClose={onClose}
      onValues={setValues}
    />
  );
};

export const RuleForm = ({ rule, onClose }: { rule: StoredOwnRule | null; onClose(): void }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const texts = words.findings;
  const areas = useAreaOptions();
  const villages = useVillageOptions();
  const levels = useLevelOptions();
  const fields: Field[] = [
    { key: "textZh", label: texts.textZh, kind: "text", required: true },
    { key: "textEn", label: texts.textEn, kind: "text", required: true },
    {
      key: "field",
      label: texts.field,
      kind: "select",
      options: ownRuleFields.map((field) => ({ value: field, label: texts.fields[field] })),
      required: true,
    },
    {
      key: "comparison",
      label: texts.comparison,
      kind: "select",
      options: (["above", "below"] as const).map((one) => ({ value: one, label: texts.comparisons[one] })),
      required: true,
    },
    { key: "threshold", label: texts.threshold, kind: "number", required: true },
    { key: "deadband", label: texts.deadband, kind: "number", required: true },
    { key: "holdS", label: texts.holdS, kind: "number", required: true },
    { key: "level", label: texts.levelOrAll, kind: "select", options: levels },
    { key: "villageId", label: texts.village, kind: "select", options: villages },
    { key: "areaId", label: texts.area, kind: "select", options: areas },
    {
      key: "priority",
      label: texts.priority,
      kind: "select",
      options: alarmPriorities.map((one) => ({ value: one, label: words.priority[one] })),
      required: true,
    },
    { key: "enabled", label: texts.enabled, kind: "check" },
  ];
  const send = (v: Values) => {
    const body = {
      textZh: v["textZh"],
      textEn: v["textEn"],
      field: v["field"],
      comparison: v["comparison"],
      threshold: Number(v["threshold"]),
      deadband: Number(v["deadband"]),
      holdMs: Math.round(Number(v["holdS"]) * 1000),
      level: v["level"] || null,
      townshipId: rule?.townshipId ?? null,
      villageId: v["villageId"] || null,
      areaId: v["areaId"] || null,
      priority: v["priority"],
      enabled: v["enabled"] === "true",
    };
    return rule === null
      ? client.post("findings/rules", body)
      : client.put(`findings/rules/${rule.id}`, body);
  };
  const initial: Values =
    rule === null
      ? { comparison: "above", priority: "low", holdS: "60", enabled: "true" }
      : {
          textZh: rule.textZh,
          textEn: rule.textEn,
          field: rule.field,
          comparison: rule.comparison,
          threshold: String(rule.threshold),
          deadband: String(rule.deadband),
          holdS: String(rule.holdMs / 1000),
          level: rule.level ?? "",
          villageId: rule.villageId ?? "",
          areaId: rule.areaId ?? "",
          priority: rule.priority,
          enabled: rule.enabled ? "true" : "",
        };
  return (
    <ActDialog
      title={rule === null ? texts.addRule : texts.editRule}
      explain={texts.ruleExplain}
      fields={fields}
      initial={initial}
      send={send}
      onClose={onClose}
    />
  );
};
