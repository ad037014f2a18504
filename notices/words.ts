// The words of printed notices and visit lists, in Chinese and English.
import type { AlarmPriority } from "../domain/alarm.ts";
import type { NoticeState } from "../domain/notice.ts";
import type { OperatingReason, OperatingState } from "../domain/operating.ts";
import type { tripCauses } from "../domain/wire.ts";

const zh = {
  lang: "zh-CN" as const,
  title: "安全隐患整改通知书",
  number: (year: string, serial: string) => `编号：〔${year}〕第 ${serial} 号`,
  copies: ["第一联　用户留存", "第二联　供电所留存", "第三联　村（居）委会留存"],
  date: "日期",
  notIssued: "草稿，尚未签发",
  withdrawn: "作废",
  householder: "户主",
  account: "户号",
  address: "用电地址",
  village: "村（社区）",
  area: "台区",
  station: "供电所",
  breaker: "保护器",
  hazard: "安全隐患",
  evidence: "证据",
  rule: "违反规定",
  requirement: "整改要求",
  deadline: "整改期限",
  by: (date: string) => `${date} 前（含当日）整改完毕`,
  inspector: "检查人",
  officer: "安全用电协管员",
  received: "用户签收（签字、日期）",
  refused: "拒签时由村（居）委会签注",
  stationSign: "供电所（签章、日期）",
  reinspection: "复查结果",
  reinspectionDate: "复查日期",
  reinspected: { passed: "合格", failed: "不合格" },
  chart: "剩余电流（每 15 分钟最大值，mA），前 24 小时",
  noChart: "前 24 小时无读数。",
  rated: (ma: string) => `额定剩余动作电流 IΔn ${ma} mA`,
  alarmAt: (time: string) => `报警时间 ${time}`,
  lastReading: (time: string, ma: string) => `${time} 读数：剩余电流 ${ma} mA`,
  stateSince: (state: string, time: string) => `状态：${state}，自 ${time}`,
  separator: "；",
  colon: "：",
  evidenceKeys: {
    residualCurrentMa: "剩余电流",
    loadCurrentA: "负荷电流",
    voltageV: "电压",
    contact: "触头",
    protection: "保护",
    installedAt: "安装于",
    darkBreakers: "失联台数",
    reportingBreakers: "总台数",
    excessMa: "超出各户之和",
    householdsSumMa: "各户之和",
    silentHouseholds: "失联户数",
    usualMa: "平常剩余电流",
    settingMa: "保护器定值",
    limitA: "限值",
    imbalanceShare: "不平衡度",
    phaseAA: "A 相",
    phaseBA: "B 相",
    phaseCA: "C 相",
    phase: "相别",
    cause: "跳闸原因",
    trippedAt: "跳闸时间",
    trips: "跳闸次数",
    rises: "突增次数",
    behindMs: "时钟滞后",
    aheadMs: "时钟超前",
    reportedTime: "上报时间",
    dueAt: "应试跳时间",
    testedAt: "上次试跳",
    responsibleBreakerId: "应动作的保护器",
    seq: "序号",
    beforeSeq: "此前序号",
    readings: "相同读数个数",
    loopReadings: "每隔几个读数又回到旧序号",
    repetitions: "重复次数",
    gatewayId: "集中器",
    lastHeardAt: "最后通信",
    value: "数值",
    threshold: "限值",
  } as Record<string, string>,
  suspect: (place: string) => `嫌疑 ${place}`,
  minutes: (n: number) => `${n} 分钟`,
  vendorCause: (code: string) => `厂家代码 ${code}`,
  values: {
    closed: "合闸",
    open: "分闸",
    reclosing: "重合闸中",
    lockedOut: "闭锁",
    enabled: "投入",
    alarmOnly: "仅告警",
    disabled: "退出",
    faulty: "故障",
    implausible: "不可信",
  } as Record<string, string>,
  causes: {
    normal: "正常",
    leakage: "漏电",
    neutralLoss: "缺零",
    overload: "过载",
    shortCircuit: "短路",
    phaseLoss: "缺相",
    undervoltage: "欠压",
    overvoltage: "过压",
    earthFault: "接地",
    outage: "停电",
    timedTest: "定时试跳",
    remote: "远程",
    keyTest: "按键试跳",
    lockout: "闭锁",
    ctFault: "互感器故障",
    closeFailed: "合闸失败",
    manual: "手动",
    settingsChanged: "设置更改",
  } satisfies Record<(typeof tripCauses)[number], string> as Record<string, string>,
  states: { operating: "投运", notOperating: "未投运", unknown: "未知", excused: "免计" } satisfies Record<
    OperatingState,
    string
  >,
  reasons: {
    neverReported: "从未上报",
    protectionExited: "保护退运",
    tripFunctionFault: "脱扣功能故障",
    bypassed: "被旁路",
    open: "分闸未送电",
    silent: "失联",
    vacantHouse: "无人居住",
    plannedOutage: "计划停电",
    areaOutage: "台区停电",
  } satisfies Record<OperatingReason, string>,
  visits: {
    title: "走访清单",
    of: (officer: string) => `协管员：${officer}`,
    order: "序号",
    house: "住户",
    why: "原因",
    todo: "怎么做",
    result: "结果",
    done: "已办",
    notAtHome: "不在家",
    main: "总保",
    since: (time: string) => `自 ${time}`,
    notice: (number: string, state: string, deadline: string) =>
      `整改通知书 ${number}（${state}，期限 ${deadline}）`,
    wholeArea: "整个台区",
    none: "今天没有需要走访的住户。",
    count: (n: number) => `共 ${n} 户`,
    truncated: "清单过长，只印出一部分，请按村分别打印。",
  },
  noticeStates: {
    draft: "草稿",
    issued: "已下发",
    overdue: "逾期",
    refused: "拒收",
    rectified: "已整改，待核实",
    verified: "已核实",
    withdrawn: "作废",
  } satisfies Record<NoticeState, string>,
  priority: { low: "低", medium: "中", high: "高" } satisfies Record<AlarmPriority, string>,
};
export type PrintWords = Omit<typeof zh, "lang"> & { lang: "zh-CN" | "en" };

const en: PrintWords = {
  lang: "en",
  title: "Rectification notice",
  number: (year, serial) => `No. ${year}-${serial}`,
  copies: ["Copy 1: household", "Copy 2: supply station", "Copy 3: village"],
  date: "Date",
  notIssued: "draft, not issued",
  withdrawn: "withdrawn",
  householder: "Householder",
  account: "Account",
  address: "Address",
  village: "Village",
  area: "Area",
  station: "Station",
  breaker: "Breaker",
  hazard: "Hazard",
  evidence: "Evidence",
  rule: "Rule broken",
  requirement: "Requirement",
  deadline: "Deadline",
  by: (date) => `to be rectified by the end of ${date}`,
  inspector: "Inspector",
  officer: "Safety officer",
  received: "Received (signature, date)",
  refused: "If refused: village's remark",
  stationSign: "Supply station (signature, date)",
  reinspection: "Re-inspection",
  reinspectionDate: "Date of re-inspection",
  reinspected: { passed: "passed", failed: "failed" },
  chart: "Residual current (maximum of 15 minutes, mA), 24 hours before",
  noChart: "No readings in the 24 hours before.",
  rated: (ma) => `rated residual current IΔn ${ma} mA`,
  alarmAt: (time) => `alarm raised ${time}`,
  lastReading: (time, ma) => `reading of ${time}: residual current ${ma} mA`,
  stateSince: (state, time) => `state: ${state}, since ${time}`,
  separator: "; ",
  colon: ": ",
  evidenceKeys: {
    residualCurrentMa: "residual current",
    loadCurrentA: "load current",
    voltageV: "voltage",
    contact: "contact",
    protection: "protection",
    installedAt: "installed",
    darkBreakers: "silent breakers",
    reportingBreakers: "of breakers",
    excessMa: "above the households' sum by",
    householdsSumMa: "households' sum",
    silentHouseholds: "silent households",
    usualMa: "usual residual current",
    settingMa: "set to",
    limitA: "limit",
    imbalanceShare: "imbalance",
    phaseAA: "phase A",
    phaseBA: "phase B",
    phaseCA: "phase C",
    phase: "phase",
    cause: "cause of the trip",
    trippedAt: "tripped",
    trips: "trips",
    rises: "rises",
    behindMs: "clock behind by",
    aheadMs: "clock ahead by",
    reportedTime: "reported time",
    dueAt: "test due",
    testedAt: "last tested",
    responsibleBreakerId: "should have tripped:",
    seq: "number",
    beforeSeq: "number before",
    readings: "equal readings",
    loopReadings: "readings until it goes back to old numbers",
    repetitions: "repetitions",
    gatewayId: "gateway",
    lastHeardAt: "last heard",
    value: "value",
    threshold: "limit",
  },
  suspect: (place) => `suspect ${place}`,
  minutes: (n) => `${n} min`,
  vendorCause: (code) => `vendor code ${code}`,
  values: {
    closed: "closed",
    open: "open",
    reclosing: "reclosing",
    lockedOut: "locked out",
    enabled: "on",
    alarmOnly: "alarm only",
    disabled: "off",
    faulty: "faulty",
    implausible: "implausible",
  },
  causes: {
    normal: "normal",
    leakage: "leakage",
    neutralLoss: "neutral loss",
    overload: "overload",
    shortCircuit: "short circuit",
    phaseLoss: "phase loss",
    undervoltage: "undervoltage",
    overvoltage: "overvoltage",
    earthFault: "earth fault",
    outage: "outage",
    timedTest: "timed test",
    remote: "remote",
    keyTest: "key test",
    lockout: "lockout",
    ctFault: "CT fault",
    closeFailed: "close failed",
    manual: "by hand",
    settingsChanged: "settings changed",
  },
  states: { operating: "operating", notOperating: "not operating", unknown: "unknown", excused: "excused" },
  reasons: {
    neverReported: "never reported",
    protectionExited: "protection switched off",
    tripFunctionFault: "trip function faulty",
    bypassed: "bypassed",
    open: "open",
    silent: "silent",
    vacantHouse: "vacant house",
    plannedOutage: "planned outage",
    areaOutage: "area outage",
  },
  visits: {
    title: "Visit list",
    of: (officer) => `Safety officer: ${officer}`,
    order: "No.",
    house: "House",
    why: "Why",
    todo: "What to do",
    result: "Result",
    done: "done",
    notAtHome: "not at home",
    main: "main breaker",
    since: (time) => `since ${time}`,
    notice: (number, state, deadline) => `notice ${number} (${state}, deadline ${deadline})`,
    wholeArea: "The whole area",
    none: "No houses to visit today.",
    count: (n) => `${n} to visit`,
    truncated: "The list is too long and is cut: print it village by village.",
  },
  noticeStates: {
    draft: "draft",
    issued: "issued",
    overdue: "overdue",
    refused: "refused",
    rectified: "rectified, to be verified",
    verified: "verified",
    withdrawn: "withdrawn",
  },
  priority: { low: "low", medium: "medium", high: "high" },
};

export const printWords = { zh, en } as const;

/** Times on paper: date and minute in the township's time zone. */
export const printTime = (words: PrintWords, timeZone: string) => {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  return {
    minute: (at: string | number) =>
      format.format(typeof at === "number" ? at : Date.parse(at)).replace(",", ""),
    /** A date such as 2026-05-20, in Chinese 2026年5月20日. */
    day: (date: string) => {
      const [year, month, day] = date.split("-").map(Number);
      return words.lang === "en" ? date : `${year}年${month}月${day}日`;
    },
  };
};

const unitOf = (key: string): [string, string] => {
  for (const [ending, unit] of [
    ["Ma", "mA"],
    ["Ms", "ms"],
    ["A", "A"],
    ["V", "V"],
  ] as const)
    if (key.endsWith(ending)) return [key.slice(0, -ending.length), ` ${unit}`];
  return [key, ""];
};

/** What is said elsewhere on the paper: by the chart, the time, or the words of a rule of one's own. */
const saidElsewhere: ReadonlySet<string> = new Set([
  "ratedResidualCurrentMa",
  "readingAt",
  "since",
  "ruleId",
  "field",
  "textZh",
  "textEn",
  "suspects",
  "lockedOut",
]);

/** A main's trip names its suspects in keys such as `suspect2BreakerId`; what is not said here the page shows. */
const suspectKey = /^suspect(\d)(BreakerId|HouseholdId|ResidualCurrentMa|RiseMa|Tripped)$/;

const causeWord = (words: PrintWords, cause: string): string =>
  cause.startsWith("vendor:")
    ? words.vendorCause(cause.slice("vendor:".length))
    : (words.causes[cause] ?? cause);

/** What is said of a suspect of a main's trip: its breaker and its leakage. */
const suspectWords = (words: PrintWords, place: string, what: string, value: unknown): string | null => {
  if (what === "BreakerId") return `${words.suspect(place)} ${value}`;
  if (what !== "ResidualCurrentMa") return null;
  return `${words.suspect(place)} ${words.evidenceKeys["residualCurrentMa"]} ${value} mA`;
};

/** One piece of an alarm's evidence in words, null where it is said elsewhere; a key without words of its own shows its name and unit. */
export const evidenceWords = (
  words: PrintWords,
  time: ReturnType<typeof printTime>,
  key: string,
  value: string | number | boolean | null,
): string | null => {
  if (value === null || saidElsewhere.has(key)) return null;
  const [, place, what] = suspectKey.exec(key) ?? [];
  if (place !== undefined && what !== undefined) return suspectWords(words, place, what, value);
  const [stem, unit] = unitOf(key);
  const name = words.evidenceKeys[key] ?? stem;
  if (key === "cause") return `${name} ${causeWord(words, String(value))}`;
  if (key === "imbalanceShare") return `${name} ${Math.round(Number(value) * 100)} %`;
  if (typeof value === "number" && unit === " ms")
    return `${name} ${words.minutes(Math.round(value / 60_000))}`;
  if (typeof value === "number") return `${name} ${Math.round(value * 10) / 10}${unit}`;
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return `${name} ${time.minute(value)}`;
  return `${name} ${words.values[String(value)] ?? String(value)}`;
};
