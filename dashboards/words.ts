// The vocabulary in both languages, as Grafana's value mappings with the house's colours.
import type {
  SpecialValueMap,
  ValueMap,
  ValueMappingResult,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { MappingType, SpecialValueMatch } from "@grafana/grafana-foundation-sdk/dashboard";
import type { AlarmKind, AlarmPriority } from "../domain/alarm.ts";
import type { BreakerLevel } from "../domain/breaker.ts";
import type { OperatingReason, OperatingState } from "../domain/operating.ts";
import type { Contact, Protection } from "../domain/wire.ts";
import { type AlarmEvent, stateCodes } from "../storage/telemetry/names.ts";
import type { Say } from "./language.ts";

/** The colours of the console, so that a state looks the same everywhere. */
export const colours = {
  operating: "#2f8a5b",
  notOperating: "#c2382e",
  unknown: "#a58a4b",
  excused: "#7389a0",
  warning: "#b07a1e",
  high: "#c2382e",
  medium: "#b07a1e",
  low: "#5f7488",
  neutral: "text",
} as const;

type Words<K extends string> = Record<K, readonly [zh: string, en: string, colour?: string]>;

export const stateWords: Words<OperatingState> = {
  operating: ["投运", "Operating", colours.operating],
  notOperating: ["未投运", "Not operating", colours.notOperating],
  unknown: ["未知", "Unknown", colours.unknown],
  excused: ["免计", "Excused", colours.excused],
};

export const reasonWords: Words<OperatingReason> = {
  neverReported: ["从未上报", "never reported"],
  protectionExited: ["保护退运", "protection off"],
  tripFunctionFault: ["脱扣功能故障", "trip function faulty"],
  bypassed: ["被旁路", "bypassed"],
  open: ["分闸未送电", "left open"],
  silent: ["失联", "silent"],
  vacantHouse: ["无人居住", "vacant house"],
  plannedOutage: ["计划停电", "planned outage"],
  areaOutage: ["台区停电", "area outage"],
};

export const levelWords: Words<BreakerLevel> = {
  household: ["户保", "Household"],
  intermediate: ["中保", "Intermediate"],
  main: ["总保", "Main"],
};

export const kindWords: Words<AlarmKind> = {
  failureToTrip: ["拒动", "Failure to trip"],
  bypassed: ["被旁路", "Bypassed"],
  tripFunctionFault: ["脱扣功能故障", "Trip function faulty"],
  protectionExited: ["保护退运", "Protection off"],
  highLeakage: ["漏电偏高", "High leakage"],
  leakageSpike: ["漏电突增", "Leakage jump"],
  leakageDrift: ["漏电缓增", "Leakage drift"],
  intermittentLeakage: ["间歇漏电", "Intermittent leakage"],
  stuckSensor: ["剩余电流采样失灵", "Sensor stuck"],
  gradingFailure: ["越级跳闸", "Grading failure"],
  mainTrip: ["总保跳闸", "Main breaker tripped"],
  repeatedTrips: ["频繁跳闸", "Repeated trips"],
  nuisanceTrip: ["误动", "Nuisance trip"],
  forbiddenReclose: ["违规重合闸", "Forbidden reclose"],
  settingsChanged: ["定值被改", "Settings changed"],
  testOverdue: ["试跳逾期", "Trip test overdue"],
  areaOutage: ["台区停电", "Area outage"],
  communicationLoss: ["台区通信中断", "Communication lost"],
  gatewayOffline: ["集中器离线", "Gateway offline"],
  lineLeakage: ["线路漏电", "Line leakage"],
  backgroundTooHigh: ["台区背景漏电过大", "Background leakage too high"],
  open: ["分闸未送电", "Left open"],
  silent: ["失联", "Silent"],
  neverReported: ["从未上报", "Never reported"],
  lowVoltage: ["电压偏低", "Low voltage"],
  overVoltage: ["电压偏高", "Overvoltage"],
  phaseImbalance: ["三相不平衡", "Phase imbalance"],
  overload: ["过负荷", "Overload"],
  clockWrong: ["时钟错误", "Clock wrong"],
  duplicatedSequence: ["序号重复", "Sequence repeated"],
  impossibleValue: ["数值异常", "Impossible value"],
  identityDoubtful: ["身份可疑", "Identity doubtful"],
  customRule: ["自定义规则", "Own rule"],
};

export const priorityWords: Words<AlarmPriority> = {
  high: ["高", "High", colours.high],
  medium: ["中", "Medium", colours.medium],
  low: ["低", "Low", colours.low],
};

export const eventWords: Words<AlarmEvent> = {
  raised: ["发生", "raised", colours.notOperating],
  cleared: ["恢复", "cleared", colours.operating],
  acknowledged: ["已确认", "acknowledged", colours.excused],
};

export const contactWords: Words<Contact> = {
  closed: ["合闸", "closed", colours.operating],
  open: ["分闸", "open", colours.notOperating],
  reclosing: ["重合闸中", "reclosing", colours.warning],
  lockedOut: ["闭锁", "locked out", colours.notOperating],
};

export const protectionWords: Words<Protection> = {
  enabled: ["保护投入", "enabled", colours.operating],
  alarmOnly: ["仅告警", "alarm only", colours.warning],
  disabled: ["保护退出", "protection off", colours.notOperating],
  faulty: ["保护故障", "protection faulty", colours.notOperating],
};

/** A value mapping from codes to words; `indexOf` gives the text by which Grafana finds a code. */
export const mapping = <K extends string>(
  say: Say,
  words: Words<K>,
  keyOf: (code: K) => string = (code) => code,
): ValueMap => {
  const options: Record<string, ValueMappingResult> = {};
  for (const [index, code] of (Object.keys(words) as K[]).entries()) {
    const [zh, en, color] = words[code];
    options[keyOf(code)] = { index, text: say(zh, en), ...(color === undefined ? {} : { color }) };
  }
  return { type: MappingType.ValueToText, options };
};

/** For `stateCode`. */
export const stateCodeMapping = (say: Say): ValueMap =>
  mapping(say, stateWords, (state) => String(stateCodes[state]));

/** The one word of a code, for titles and legends. */
export const word = <K extends string>(say: Say, words: Words<K>, code: K): string => {
  const [zh, en] = words[code];
  return say(zh, en);
};

/** Words for 0 and 1, the good one first. */
export const zeroOne = (zero: string, one: string): ValueMap => ({
  type: MappingType.ValueToText,
  options: {
    "0": { index: 0, text: zero, color: colours.operating },
    "1": { index: 1, text: one, color: colours.notOperating },
  },
});

/** What stands where a text is empty. */
export const emptyText = (text: string): SpecialValueMap => ({
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.Empty, result: { index: 0, text } },
});
