// Why a row of the registry table was not taken, in Chinese: the English reasons are the API's, this is for pages and files.
import { columnOf, headingOf } from "./registry-words.ts";

const field = (name: string): string => {
  const column = columnOf(name);
  return column === null ? name : headingOf(column, "zh");
};

const subjects: Record<string, string> = {
  township: "镇街",
  village: "村(社区)",
  "transformer area": "台区",
  household: "户",
  "safety officer": "协管员",
  breaker: "保护器",
};
const subject = (text: string): string => {
  const parts = /^(.+) (\S+)$/.exec(text);
  return parts === null ? text : `${subjects[parts[1] ?? ""] ?? parts[1]} ${parts[2]}`;
};
const value = (text: string): string => (text === "empty" ? "空" : text.replace(/^'([\s\S]*)'$/, "“$1”"));
const columns = (list: string): string => list.split(", ").map(field).join("、");

/** English reason → Chinese. In order: the first that fits. */
const patterns: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^must not be empty$/, () => "不能为空"],
  [/^must be true or false$/, () => "应为“是”或“否”"],
  [/^must be a date, YYYY-MM-DD$/, () => "应为日期，如 2026-05-01"],
  [/^must be a whole number$/, () => "应为整数"],
  [/^1–64 letters/, () => "应为 1 至 64 个字母、数字、“_”或“-”"],
  [/^a row needs a householdId/, () => "每行需有户号或保护器编号，或两者都有"],
  [/^must be empty where (\w+) is empty$/, (name) => `${field(name)}为空时应为空`],
  [/^must be empty for a main breaker$/, () => "总保应为空"],
  [/^is required for a household breaker$/, () => "户保必填"],
  [/^is required for a breaker$/, () => "有保护器时必填"],
  [/^is required for a household$/, () => "有户号时必填"],
  [/^is required for a safety officer$/, () => "有协管员编号时必填"],
  [/^must not be before installedOn$/, () => "不能早于安装日期"],
  [/^must not hold NUL$/, () => "含有空字符（NUL）"],
  [/^Invalid option/, () => "应为“总保”“中保”或“户保”"],
  [/^Invalid input: expected number/, () => "应为数字"],
  [/^Too small: expected number to be >=? ?(\S+)$/, (least) => `过小（下限 ${least}）`],
  [/^Too big: expected number to be <=? ?(\S+)$/, (most) => `过大（上限 ${most}）`],
  [/^Too big: expected string to have <=? ?(\S+) characters$/, (most) => `过长，最多 ${most} 个字符`],
  [/^is a formula/, () => "是公式；请改为值（选择性粘贴→值）"],
  [/^is an error of the spreadsheet \((.+)\)$/, (code) => `是表格的错误值（${code}）`],
  [
    /^is a number of more than 15 digits/,
    () => "是超过 15 位的数字，表格已不能准确保存；请将该列设为文本后重新填写",
  ],
  [/^has a time of day/, () => "带有时刻，应只有日期"],
  [
    /^has (\d+) cells where the header has (\d+)$/,
    (has, wants) => `有 ${has} 个单元格，而表头有 ${wants} 个`,
  ],
  [/^has a value beyond the header's columns/, () => "在表头之外还有内容"],
  [
    /^the header lacks (.+?)(?: and has unknown (.+?))?(?: and repeats (.+))?$/,
    (lacks, unknown, repeats) =>
      `表头缺少 ${columns(lacks)}${unknown ? `；不认识 ${unknown}` : ""}${repeats ? `；重复 ${columns(repeats)}` : ""}`,
  ],
  [
    /^the header has unknown (.+?)(?: and repeats (.+))?$/,
    (unknown, repeats) => `表头有不认识的 ${unknown}${repeats ? `；重复 ${columns(repeats)}` : ""}`,
  ],
  [/^the header repeats (.+)$/, (repeats) => `表头重复 ${columns(repeats)}`],
  [/^is empty; the header must be/, () => "表是空的；第一行应为表头"],
  [
    /^(.+) has (\w+) ([\s\S]+) here, but ([\s\S]+) on line (\d+)$/,
    (of, name, here, there, line) =>
      `${subject(of)} 的${field(name)}此处为${value(here)}，第 ${line} 行为${value(there)}`,
  ],
  [/^breaker (\S+) already stands on line (\d+)$/, (id, line) => `保护器 ${id} 已在第 ${line} 行`],
  [/^(\S+) is the id of a gateway/, (id) => `${id} 是网关的编号；保护器须有自己的编号`],
  [
    /^household (\S+) moves, but its breaker (\S+) in transformer area (\S+) is not in this table$/,
    (household, breaker, area) =>
      `户 ${household} 换了台区，但其在台区 ${area} 的保护器 ${breaker} 不在本表中`,
  ],
  [/^is neither UTF-8 nor GB18030/, () => "既不是 UTF-8 也不是 GB18030 编码"],
  [/^holds more than (\S+) rows/, (most) => `超过 ${most} 行`],
  [/^more than (\S+) lines are wrong/, (most) => `错误超过 ${most} 处，其余未列出`],
];

/** A reason in the language; one that has no Chinese stays English. */
export const reasonIn = (language: "en" | "zh", reason: string): string => {
  if (language === "en") return reason;
  for (const [form, words] of patterns) {
    const found = form.exec(reason);
    if (found !== null) return words(...found.slice(1).map((part) => part ?? ""));
  }
  return reason;
};
