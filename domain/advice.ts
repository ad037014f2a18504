// What a finding means, which rule it breaks and what to do about it, in both languages: for notices and visit lists.
// The same advice stands in docs/findings.md.
import type { AlarmKind } from "./alarm.ts";

/** `hazard` says what is wrong, `rule` what it breaks, `requirement` what the household or station must do, `visit` what the officer does on the spot. */
export type FindingTexts = { hazard: string; rule: string; requirement: string; visit: string };
export type FindingAdvice = { zh: FindingTexts; en: FindingTexts };

const both = (zh: FindingTexts, en: FindingTexts): FindingAdvice => ({ zh, en });
const t = (hazard: string, rule: string, requirement: string, visit: string): FindingTexts => ({
  hazard,
  rule,
  requirement,
  visit,
});

const inService = {
  zh: "剩余电流动作保护器必须投入运行，不得退出、短接或擅自拆除",
  en: "A residual-current protective breaker must be in service; it must not be switched off, bridged or removed",
};
const mustTrip = {
  zh: "剩余电流达到额定剩余动作电流 IΔn 时，保护器必须动作（GB/T 6829）",
  en: "At its rated residual current IΔn the breaker must trip (GB/T 6829)",
};
const leakageRule = {
  zh: "线路和电器的绝缘应保证正常剩余电流低于 0.5 IΔn（GB/T 6829 规定的不动作电流）",
  en: "Insulation of wiring and appliances must keep the standing residual current below 0.5 IΔn, the non-operating current of GB/T 6829",
};
const tested = {
  zh: "保护器应定期试跳，试跳不合格的应立即更换",
  en: "Breakers are trip-tested regularly; one that fails is replaced at once",
};
const reports = {
  zh: "保护器的运行状态应能被监测",
  en: "The breaker's state of operation must be observable",
};
const quality = {
  zh: "供电电压和负荷应在允许范围内（GB/T 12325）",
  en: "Supply voltage and load must stay within their limits (GB/T 12325)",
};
const data = {
  zh: "保护器上报的数据应真实可信",
  en: "What a breaker reports must be true",
};

/** Every finding that there is or is to be (issue 6); `adviceOf` keeps it complete for those that there are. */
const known = {
  failureToTrip: both(
    t(
      "剩余电流已达到或超过额定动作电流，保护器未跳闸（拒动），有触电危险",
      mustTrip.zh,
      "立即停电；排除漏电点；更换保护器，试跳合格后方可送电",
      "危险！先断开上级电源，再靠近设备；更换保护器",
    ),
    t(
      "The residual current is at or above the rated value and the breaker has not tripped: danger of electric shock",
      mustTrip.en,
      "Cut the supply at once; remove the leak; replace the breaker; switch on only after a passed trip test",
      "Danger: cut the supply upstream before going near; replace the breaker",
    ),
  ),
  bypassed: both(
    t(
      "保护器可能被短接（旁路），负荷不受保护",
      inService.zh,
      "拆除旁路接线，恢复保护器接线并试跳",
      "查找绕过保护器的接线；先断开上级电源",
    ),
    t(
      "The breaker appears to be bridged: load flows unprotected",
      inService.en,
      "Remove the bridge, restore the wiring through the breaker and trip-test it",
      "Look for a bridge around the breaker; cut the supply upstream first",
    ),
  ),
  highLeakage: both(
    t(
      "剩余电流长时间偏高，接近动作值，线路或电器绝缘不良",
      leakageRule.zh,
      "逐路逐件排查，修复或更换漏电的电器和导线",
      "逐个断开回路和电器，找出漏电点",
    ),
    t(
      "The residual current stands high, near the trip value: poor insulation of wiring or an appliance",
      leakageRule.en,
      "Check circuit by circuit; repair or replace what leaks",
      "Switch off circuits and appliances one by one to find what leaks",
    ),
  ),
  leakageSpike: both(
    t(
      "剩余电流突然高于该户平时水平",
      leakageRule.zh,
      "查明新增的漏电电器或线路并修复",
      "询问近日新用的电器和装修；逐个断开查找",
    ),
    t(
      "The residual current rose suddenly above what is usual for this house",
      leakageRule.en,
      "Find the appliance or wire that newly leaks and repair it",
      "Ask for new appliances or building work; switch off one by one",
    ),
  ),
  leakageDrift: both(
    t(
      "剩余电流数周来持续上升，绝缘老化",
      leakageRule.zh,
      "测量绝缘电阻，更换老化的导线和电器",
      "测量绝缘电阻，检查受潮和老化的线路",
    ),
    t(
      "The residual current has been rising for weeks: insulation is ageing",
      leakageRule.en,
      "Measure the insulation; replace aged wires and appliances",
      "Measure the insulation; look for damp and aged wiring",
    ),
  ),
  intermittentLeakage: both(
    t(
      "剩余电流时高时低，存在间歇性漏电",
      leakageRule.zh,
      "查明间歇漏电的电器或接触不良处并修复",
      "对照出现时间，询问当时使用的电器",
    ),
    t(
      "The residual current comes and goes: intermittent leakage",
      leakageRule.en,
      "Find and repair the appliance or joint that leaks at times",
      "Compare the times with what was in use then",
    ),
  ),
  stuckSensor: both(
    t(
      "剩余电流读数长期不变，检测回路可能失效",
      mustTrip.zh,
      "检验保护器，不合格的更换",
      "按试验按钮试跳；不动作即更换",
    ),
    t(
      "The residual current reads the same all the time: its sensing may have failed",
      mustTrip.en,
      "Have the breaker tested; replace it if it fails",
      "Press the test button; replace it if it does not trip",
    ),
  ),
  protectionExited: both(
    t(
      "漏电保护功能已退出（退运），漏电时不会跳闸",
      inService.zh,
      "恢复漏电保护功能，查明退出原因",
      "投入保护并试跳；问清何时、为何退出",
    ),
    t(
      "Leakage protection is switched off: the breaker will not trip on leakage",
      inService.en,
      "Switch the protection on again; find out why it was off",
      "Switch the protection on and trip-test it; ask since when and why it was off",
    ),
  ),
  tripFunctionFault: both(
    t("保护器脱扣功能故障，或试跳不合格", tested.zh, "更换保护器，试跳合格", "更换保护器并试跳"),
    t(
      "The breaker's trip function is faulty, or it failed a test",
      tested.en,
      "Replace the breaker; pass a trip test",
      "Replace the breaker and trip-test it",
    ),
  ),
  open: both(
    t(
      "保护器处于分闸状态，住户未受保护供电",
      inService.zh,
      "查明跳闸原因，排除后合闸送电",
      "问明原因；查清跳闸原因后再合闸",
    ),
    t(
      "The breaker is open: the house has no protected supply",
      inService.en,
      "Find why it tripped, remove the cause, then close it",
      "Ask the household; find the cause before it is closed again",
    ),
  ),
  silent: both(
    t(
      "保护器失联，无法判断是否投运",
      reports.zh,
      "恢复通信或供电，确认保护器投运",
      "检查通信模块和供电；现场确认保护器合闸投运",
    ),
    t(
      "The breaker is silent: whether it protects is unknown",
      reports.en,
      "Restore its link or supply; make sure that it is in service",
      "Check link and supply; see that the breaker is closed and in service",
    ),
  ),
  neverReported: both(
    t("保护器安装后从未上报", reports.zh, "完成安装和联网调试", "完成安装；检查凭据、通信和供电"),
    t(
      "The breaker has never reported since it was installed",
      reports.en,
      "Finish installation and commissioning",
      "Finish the installation; check credential, link and supply",
    ),
  ),
  testOverdue: both(
    t("保护器超过规定周期未试跳", tested.zh, "立即试跳并记录", "按试验按钮试跳，登记结果"),
    t(
      "The breaker has not been trip-tested within the interval",
      tested.en,
      "Trip-test it now and record the result",
      "Press the test button and record the result",
    ),
  ),
  nuisanceTrip: both(
    t(
      "保护器在无漏电时跳闸（误动）",
      "剩余电流低于 0.5 IΔn 时保护器不应动作（GB/T 6829）",
      "检验保护器，不合格的更换",
      "查看接线和干扰源；检验保护器",
    ),
    t(
      "The breaker tripped without leakage",
      "Below 0.5 IΔn a breaker must not trip (GB/T 6829)",
      "Have the breaker tested; replace it if it fails",
      "Look at wiring and sources of disturbance; test the breaker",
    ),
  ),
  repeatedTrips: both(
    t(
      "保护器反复跳闸或闭锁",
      leakageRule.zh,
      "查明并排除故障后再送电，不得强行合闸",
      "查明故障点，不得反复强送",
    ),
    t(
      "The breaker trips again and again, or is locked out",
      leakageRule.en,
      "Find and remove the fault before it is closed; do not force it",
      "Find the fault; do not keep closing it",
    ),
  ),
  forbiddenReclose: both(
    t(
      "保护器在不允许的情况下自动重合闸",
      "IΔn ≤ 30 mA 的保护器不得自动重合闸；过载、短路、手动分闸后不得自动重合闸（GB/T 32902）",
      "关闭自动重合闸或更换保护器",
      "关闭自动重合闸；提醒住户有突然来电的危险",
    ),
    t(
      "The breaker reclosed by itself where it must not",
      "Breakers of IΔn ≤ 30 mA must not reclose by themselves, none after overload, short circuit or manual opening (GB/T 32902)",
      "Switch automatic reclosing off, or replace the breaker",
      "Switch automatic reclosing off; warn the household that supply may return suddenly",
    ),
  ),
  settingsChanged: both(
    t(
      "保护定值被调高，保护变得不灵敏",
      "保护定值应与分级保护配合，不得擅自更改",
      "恢复规定的定值",
      "核对并恢复定值；问明谁改动",
    ),
    t(
      "Settings were raised: the protection has become less sensitive",
      "Settings must fit the graded protection and must not be changed without leave",
      "Restore the settings",
      "Compare and restore the settings; ask who changed them",
    ),
  ),
  areaOutage: both(
    t(
      "台区整体停电或失联",
      reports.zh,
      "检查变压器、总保和集中器，恢复供电和通信",
      "先查变压器、总保和集中器，不必逐户走访",
    ),
    t(
      "The whole transformer area is out or silent",
      reports.en,
      "Check transformer, main breaker and gateway; restore supply and link",
      "Check transformer, main breaker and gateway first; no need to go from house to house",
    ),
  ),
  communicationLoss: both(
    t("台区通信中断", reports.zh, "恢复集中器和通信", "检查集中器的供电和信号"),
    t(
      "The transformer area's communication is lost",
      reports.en,
      "Restore the gateway and its link",
      "Check the gateway's supply and signal",
    ),
  ),
  mainTrip: both(
    t("总保跳闸", mustTrip.zh, "排查嫌疑住户的漏电并修复", "按嫌疑顺序逐户排查漏电"),
    t(
      "The main breaker tripped",
      mustTrip.en,
      "Check the suspected houses and repair what leaks",
      "Check the houses in the order of suspicion",
    ),
  ),
  gradingFailure: both(
    t(
      "总保越级跳闸，户保未动作",
      "分级保护应由最靠近故障点的保护器先动作",
      "检验户保，核对各级定值和时间配合",
      "检验该户户保，试跳不合格即更换",
    ),
    t(
      "The main breaker tripped where the household's should have",
      "In graded protection the breaker nearest the fault must trip first",
      "Test the household breaker; check settings and times of all levels",
      "Test this household's breaker; replace it if it fails",
    ),
  ),
  lineLeakage: both(
    t(
      "总保剩余电流大于各户之和，线路本身漏电",
      leakageRule.zh,
      "巡线，处理树障、破损绝缘子和未装表的接线",
      "沿线检查树木、绝缘子、接户线和私接",
    ),
    t(
      "The main breaker's residual current is above the sum of its houses: the line itself leaks",
      leakageRule.en,
      "Walk the line: trees, broken insulators, unmetered taps",
      "Walk the line: trees, insulators, service lines, taps",
    ),
  ),
  backgroundTooHigh: both(
    t(
      "台区背景剩余电流过大，总保无法投运",
      leakageRule.zh,
      "分段排查，降低台区剩余电流，恢复总保运行",
      "分路断开，找出剩余电流最大的支路",
    ),
    t(
      "The area's standing residual current is too high for its main breaker to stay in service",
      leakageRule.en,
      "Check section by section, bring the leakage down, put the main breaker back in service",
      "Open branch by branch to find the one that leaks most",
    ),
  ),
  clockWrong: both(
    t("保护器时钟错误", data.zh, "校时", "校准时钟；检查电池"),
    t("The breaker's clock is wrong", data.en, "Set the clock", "Set the clock; check its battery"),
  ),
  duplicatedSequence: both(
    t("保护器重复上报或序号错乱", data.zh, "检查通信模块，必要时更换", "检查通信模块和集中器"),
    t(
      "The breaker repeats reports or confuses their numbers",
      data.en,
      "Check the communication module; replace it if need be",
      "Check communication module and gateway",
    ),
  ),
  impossibleValue: both(
    t("保护器上报不可能的数值", data.zh, "检验保护器，不合格的更换", "检验保护器"),
    t(
      "The breaker reports impossible values",
      data.en,
      "Have the breaker tested; replace it if it fails",
      "Test the breaker",
    ),
  ),
  identityDoubtful: both(
    t("保护器身份可疑，可能接错或冒用编号", data.zh, "核对编号和安装位置", "核对现场编号与台账"),
    t(
      "The breaker's identity is doubtful: exchanged, or its id is used by another",
      data.en,
      "Check its id and where it is installed",
      "Compare the id on the spot with the registry",
    ),
  ),
  lowVoltage: both(
    t("电压偏低", quality.zh, "查明原因：线路过长、过载或三相不平衡", "测量电压，检查接户线接头"),
    t(
      "The voltage is low",
      quality.en,
      "Find the cause: long line, overload or imbalance",
      "Measure the voltage; check the joints of the service line",
    ),
  ),
  overVoltage: both(
    t("电压偏高", quality.zh, "检查中性线和变压器分接头", "测量电压，检查中性线"),
    t(
      "The voltage is high",
      quality.en,
      "Check the neutral and the transformer's tap",
      "Measure the voltage; check the neutral",
    ),
  ),
  phaseImbalance: both(
    t("三相负荷不平衡超过 25%", quality.zh, "调整各相负荷", "记录各相电流，报供电所调整"),
    t(
      "Phase imbalance above 25 %",
      quality.en,
      "Even out the phases",
      "Record the phase currents for the supply station",
    ),
  ),
  overload: both(
    t("负荷超过额定值", quality.zh, "减少同时使用的大功率电器，或增容", "询问大功率电器；检查导线发热"),
    t(
      "The load is above its rating",
      quality.en,
      "Use fewer large appliances at once, or have the supply enlarged",
      "Ask for large appliances; check wires for heat",
    ),
  ),
  gatewayOffline: both(
    t("集中器离线", reports.zh, "恢复集中器的供电和通信", "检查集中器的供电、天线和信号"),
    t(
      "The gateway is offline",
      reports.en,
      "Restore the gateway's supply and link",
      "Check the gateway's supply, antenna and signal",
    ),
  ),
  customRule: both(
    t("自定义规则告警", "本单位自定的告警规则", "按规则说明处理", "按规则说明检查"),
    t(
      "A rule of one's own applies",
      "A rule that the operator has set",
      "Do what the rule's text says",
      "Check what the rule's text says",
    ),
  ),
} satisfies Record<string, FindingAdvice>;

const texts: Record<AlarmKind, FindingAdvice> = known;

/** The texts of a finding. */
export const adviceOf = (finding: AlarmKind): FindingAdvice => texts[finding];
