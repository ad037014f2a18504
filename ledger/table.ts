// The test ledger's columns and words (剩余电流动作保护器测试记录), the same for the printed page, CSV and XLSX.
import type { TestRecord } from "../domain/http-tests.ts";

export const ledgerLanguages = ["zh", "en"] as const;
export type LedgerLanguage = (typeof ledgerLanguages)[number];

export const ledgerWords = {
  zh: {
    lang: "zh-CN",
    title: "剩余电流动作保护器测试记录",
    station: "供电所",
    noStation: "未填供电所",
    period: "期间",
    until: "至",
    page: (page: number, pages: number) => `第 ${page} 页 共 ${pages} 页`,
    number: "序号",
    columns: {
      at: "日期",
      village: "村",
      area: "台区",
      address: "安装地点",
      breaker: "保护器编号",
      rated: "额定动作电流 (mA)",
      kind: "试验方式",
      current: "动作电流 (mA)",
      breakTime: "动作时间 (ms)",
      operation: "运行情况",
      offAt: "断开时间",
      onAt: "恢复时间",
      tester: "测试人",
      station: "供电所",
      note: "备注",
    },
    kinds: { trip: "定时试跳", self: "自检", hand: "人工测试" },
    normal: "正常",
    failureToTrip: "拒动作",
    selfTestFailed: "自检不合格",
    byBreaker: "保护器上报",
    checked: "审核",
    printed: "打印时间",
    none: "这段时间没有测试记录。",
  },
  en: {
    lang: "en",
    title: "Residual-current breaker test record",
    station: "Supply station",
    noStation: "no supply station",
    period: "Period",
    until: "to",
    page: (page: number, pages: number) => `Page ${page} of ${pages}`,
    number: "No.",
    columns: {
      at: "Date",
      village: "Village",
      area: "Transformer area",
      address: "Place",
      breaker: "Breaker",
      rated: "Rated current IΔn (mA)",
      kind: "Test",
      current: "Operating current (mA)",
      breakTime: "Break time (ms)",
      operation: "Result",
      offAt: "Went off",
      onAt: "On again",
      tester: "Tester",
      station: "Supply station",
      note: "Note",
    },
    kinds: { trip: "Trip test", self: "Self-test", hand: "By hand" },
    normal: "normal",
    failureToTrip: "failed to trip",
    selfTestFailed: "self-test failed",
    byBreaker: "reported by the breaker",
    checked: "Checked",
    printed: "Printed",
    none: "No tests in this period.",
  },
} as const;

type Words = (typeof ledgerWords)[LedgerLanguage];

/** `YYYY-MM-DD HH:MM` in the time zone. */
export const localMinute = (iso: string, timeZone: string): string => {
  const at = Temporal.Instant.from(iso).toZonedDateTimeISO(timeZone).toPlainDateTime();
  return `${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: "minute" })}`;
};

/** 运行情况: normal, or in what way the breaker failed. */
const operation = (test: TestRecord, words: Words): string => {
  if (test.passed) return words.normal;
  return test.kind === "self" ? words.selfTestFailed : words.failureToTrip;
};

export type LedgerColumn = {
  key: keyof Words["columns"];
  /** Left out on paper, where the page's head or another column says it. */
  onPaper: boolean;
  /** Width in characters in a workbook. */
  width: number;
  value(test: TestRecord): string | number | null;
};

/** The ledger's columns in order; times in `timeZone`. */
export const ledgerColumns = (language: LedgerLanguage, timeZone: string): LedgerColumn[] => {
  const words = ledgerWords[language];
  const time = (iso: string | null) => (iso === null ? null : localMinute(iso, timeZone));
  const column = (
    key: LedgerColumn["key"],
    width: number,
    value: LedgerColumn["value"],
    onPaper = true,
  ): LedgerColumn => ({ key, onPaper, width, value });
  return [
    column("at", 17, (test) => time(test.at)),
    column("village", 14, (test) => test.villageName, false),
    column("area", 18, (test) => test.areaName),
    column("address", 24, (test) => test.address),
    column("breaker", 18, (test) => test.breakerId),
    column("rated", 12, (test) => test.ratedResidualCurrentMa, false),
    column("kind", 11, (test) => words.kinds[test.kind]),
    column("current", 12, (test) => test.operatingCurrentMa),
    column("breakTime", 12, (test) => test.breakTimeMs),
    column("operation", 14, (test) => operation(test, words)),
    column("offAt", 17, (test) => time(test.offAt)),
    column("onAt", 17, (test) => time(test.onAt)),
    column("tester", 12, (test) => test.tester ?? (test.source === "report" ? words.byBreaker : null)),
    column("station", 18, (test) => test.supplyStation),
    column("note", 24, (test) => test.note, false),
  ];
};
