// Installs a breaker: at a household, or a main breaker for a transformer area.
import { useState } from "react";
import { useHouse, useNow } from "../data/house.tsx";
import { breakerLevels } from "../data/vocabulary.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog, type Field, type Values } from "./act-dialog.tsx";
import { localDay } from "./notice-state.tsx";
import { useAreaOptions } from "./place-fields.ts";

export const InstallForm = ({
  at,
  onClose,
}: {
  at: { areaId?: string; householdId?: string };
  onClose(): void;
}) => {
  const { client, timeZone } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const areas = useAreaOptions();
  const [level, setLevel] = useState("household");
  const { registry } = words;
  const fields: Field[] = [
    { key: "id", label: registry.breakers.newId, kind: "text", required: true },
    {
      key: "level",
      label: registry.breakers.level,
      kind: "select",
      required: true,
      options: breakerLevels.map((value) => ({ value, label: words.level[value] })),
    },
    { key: "areaId", label: registry.area, kind: "select", required: true, options: areas },
    ...(level === "main"
      ? []
      : [
          {
            key: "householdId",
            label: registry.householdId,
            kind: "text",
            required: level === "household",
          } as const,
        ]),
    { key: "rated", label: registry.breakers.rated, kind: "number", required: true },
    { key: "on", label: registry.breakers.installedOn, kind: "date", required: true },
    { key: "additional", label: registry.additional, kind: "check" },
  ];
  const send = (v: Values) =>
    client.post("breakers", {
      id: v["id"]?.trim(),
      level: v["level"],
      areaId: v["areaId"],
      householdId: v["level"] === "main" ? null : v["householdId"]?.trim() || null,
      ratedResidualCurrentMa: Number(v["rated"]),
      installedOn: v["on"],
      additional: v["additional"] === "true",
    });
  return (
    <ActDialog
      title={registry.breakers.install}
      explain={registry.onExplain}
      fields={fields}
      initial={{
        level: "household",
        rated: "30",
        on: localDay(nowMs, timeZone),
        areaId: at.areaId ?? "",
        householdId: at.householdId ?? "",
      }}
      send={send}
      onClose={onClose}
      onValues={(values) => setLevel(values["level"] ?? "household")}
    />
  );
};
