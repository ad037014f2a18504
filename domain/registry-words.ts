// What the registry table's columns and values are called in the tables of the field, Chinese and English.
import type { BreakerLevel } from "./breaker.ts";
import type { RegistryColumn } from "./registry.ts";

/** Languages of a table's header. English headings are the columns' own names. */
export const headingLanguages = ["en", "zh"] as const;
export type HeadingLanguage = (typeof headingLanguages)[number];

/** Column → its Chinese heading, as the export writes it. */
export const chineseHeadings: Record<RegistryColumn, string> = {
  townshipId: "镇街编号",
  townshipName: "镇街",
  villageId: "村编号",
  villageName: "村(社区)",
  areaId: "台区编号",
  areaName: "台区",
  householdId: "户号",
  address: "地址",
  inhabited: "是否有人居住",
  breakerId: "保护器编号",
  level: "级别",
  ratedResidualCurrentMa: "额定剩余动作电流(mA)",
  installedOn: "安装日期",
  removedOn: "拆除日期",
  supplyStation: "供电所",
  householder: "户主",
  accountNumber: "用电户号",
  walkingOrder: "走访顺序",
  officerId: "协管员编号",
  officerName: "协管员",
  officerPhone: "协管员电话",
};

/** Other headings that people use; compared without case, spaces, hyphens, underscores and what stands in brackets. */
const otherHeadings: Record<RegistryColumn, readonly string[]> = {
  townshipId: ["镇编号", "街道编号", "乡镇编号", "镇街编码", "乡镇编码", "township no"],
  townshipName: ["镇", "街道", "乡镇", "镇街名称", "乡镇名称", "township"],
  villageId: ["村社区编号", "社区编号", "村编码", "村社区编码", "行政村编号", "village no"],
  villageName: ["村社区", "社区", "村名", "村名称", "行政村", "village"],
  areaId: ["台区编码", "台区号", "变压器编号", "transformer area id", "transformer area no"],
  areaName: ["台区名称", "transformer area", "transformer area name", "area"],
  householdId: ["户编号", "住户编号", "household no", "household"],
  address: ["用电地址", "住址", "门牌", "household address"],
  inhabited: ["有人居住", "是否居住", "居住情况", "is inhabited", "occupied"],
  breakerId: ["漏保编号", "保护器编码", "设备编号", "表号", "breaker no", "breaker", "device id"],
  level: ["保护级别", "保护器级别", "breaker level"],
  ratedResidualCurrentMa: [
    "额定剩余动作电流",
    "额定漏电动作电流",
    "动作电流",
    "IΔn",
    "rated residual current",
    "rated residual operating current",
  ],
  installedOn: ["安装时间", "投运日期", "installed", "installation date", "date installed"],
  removedOn: ["拆除时间", "退出日期", "removed", "removal date", "date removed"],
  supplyStation: ["所属供电所", "station"],
  householder: ["户主姓名", "用户名称", "head of household"],
  accountNumber: ["用户编号", "电费户号", "account no", "account"],
  walkingOrder: ["走访次序", "抄表顺序", "巡视顺序", "walking order no"],
  officerId: ["安全用电协管员编号", "safety officer id"],
  officerName: ["协管员姓名", "安全用电协管员", "safety officer", "safety officer name"],
  officerPhone: ["协管员联系电话", "联系电话", "safety officer phone", "phone"],
};

const comparable = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\([^)]*\)|\[[^\]]*\]/g, "")
    .replace(/[\s_\-.:*'"’]/g, "");

const columnOfHeading = new Map<string, RegistryColumn>(
  (Object.keys(chineseHeadings) as RegistryColumn[]).flatMap((column) =>
    [column, chineseHeadings[column], ...otherHeadings[column]].map((text): [string, RegistryColumn] => [
      comparable(text),
      column,
    ]),
  ),
);

/** The column that a heading names, in either language; null where it is none. */
export const columnOf = (heading: string): RegistryColumn | null =>
  columnOfHeading.get(comparable(heading)) ?? null;

/** The heading of a column. */
export const headingOf = (column: RegistryColumn, language: HeadingLanguage): string =>
  language === "zh" ? chineseHeadings[column] : column;

export const chineseLevels: Record<BreakerLevel, string> = {
  main: "总保",
  intermediate: "中保",
  household: "户保",
};

const levelWords: Record<string, BreakerLevel> = {
  总保: "main",
  总保护器: "main",
  中保: "intermediate",
  中级保护: "intermediate",
  户保: "household",
  家保: "household",
  main: "main",
  intermediate: "intermediate",
  household: "household",
};

const truthWords: Record<string, string> = {
  是: "true",
  有: "true",
  有人: "true",
  有人居住: "true",
  常住: "true",
  y: "true",
  否: "false",
  无: "false",
  无人: "false",
  无人居住: "false",
  空置: "false",
  n: "false",
};

const dateForm =
  /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+0{1,2}:00(?::00(?:\.0+)?)?)?$/;

const plainDate = (text: string): string => {
  const parts = dateForm.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (parts === null) return text;
  return `${parts[1]}-${(parts[2] ?? "").padStart(2, "0")}-${(parts[3] ?? "").padStart(2, "0")}`;
};

/** A cell's text in the form that the row's schema reads: words, dates and numbers as people write them; else as it is. */
export const plainCell = (column: RegistryColumn, text: string): string => {
  const plain = text.normalize("NFKC").trim();
  switch (column) {
    case "inhabited":
      return truthWords[plain.toLowerCase()] ?? plain;
    case "level":
      return levelWords[plain.toLowerCase()] ?? plain;
    case "ratedResidualCurrentMa":
      return plain.replace(/\s*ma$/i, "");
    case "walkingOrder":
      return plain;
    case "installedOn":
    case "removedOn":
      return plainDate(plain);
    default:
      return text;
  }
};
