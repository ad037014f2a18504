// Why an act on the registry, a notice, a visit, a test or a report was refused, in Chinese: the English reasons are the API's, this is for the page.

const patterns: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^a household breaker needs/, () => "户保必须填写所保护的住户"],
  [/^a main breaker protects/, () => "总保保护整个台区，不能填写住户"],
  [/^an outage must end after/, () => "停电的结束时间必须晚于开始时间"],
  [/^the first entry holds for all time/, () => "第一条记录对以前的所有时间有效，不能撤销；请录入正确的情况"],
  [
    /^this is where the breaker was installed/,
    () => "这是最初的安装位置，不能撤销；可用“移装”把安装当天的位置改对",
  ],
  [/^this planned outage was cancelled/, () => "这次计划停电已经取消，请新增一次"],
  [/^(\S+) is the id of a gateway/, (id) => `${id} 是网关的编号，保护器须有自己的编号`],
  [/^(\S+) has not come yet$/, (day) => `${day} 还没有到`],
  [
    /^transformer area (\S+) has breaker (\S+) in that time/,
    (area, id) => `台区 ${area} 那时已有总保 ${id}：请更换或拆除它，或勾选“两台都保留”`,
  ],
  [
    /^household (\S+) has breaker (\S+) in that time/,
    (household, id) => `住户 ${household} 那时已有保护器 ${id}：请更换或拆除它，或勾选“两台都保留”`,
  ],
  [/^breaker (\S+) was installed only on (\S+)$/, (id, day) => `保护器 ${id} 到 ${day} 才安装`],
  [
    /^breaker (\S+) was moved on (\S+), so it/,
    (id, day) => `保护器 ${id} 在 ${day} 移装过，安装日期必须更早`,
  ],
  [
    /^breaker (\S+) was moved on (\S+), after (\S+)$/,
    (id, day, on) => `保护器 ${id} 在 ${day} 移装过，晚于 ${on}`,
  ],
  [
    /^breaker (\S+) was removed on (\S+), before (\S+)$/,
    (id, day, on) => `保护器 ${id} 已在 ${day} 拆除，早于 ${on}`,
  ],
  [
    /^breaker (\S+) was removed on (\S+): take/,
    (id, day) => `保护器 ${id} 已在 ${day} 拆除：请撤销拆除；重新安装的设备请用新编号`,
  ],
  [/^breaker (\S+) was removed on (\S+)( already)?$/, (id, day) => `保护器 ${id} 已在 ${day} 拆除`],
  [/^breaker (\S+) is installed already, since (\S+)$/, (id, day) => `保护器 ${id} 已安装（自 ${day}）`],
  [/^there is a breaker (\S+) already, since (\S+)$/, (id, day) => `已有保护器 ${id}（自 ${day}）`],
  [/^there is a household (\S+) already, in (\S+)$/, (id, area) => `台区 ${area} 已有住户 ${id}`],
  [/^there is another planned outage/, () => "已有同一编号的另一次计划停电"],
  [
    /^household (\S+) lies in transformer area (\S+), not in (\S+)$/,
    (id, area, wrong) => `住户 ${id} 属于台区 ${area}，不属于 ${wrong}`,
  ],
  [
    /^officer (\S+) has or had village (\S+):/,
    (id, village) => `协管员 ${id} 负责或负责过村 ${village}，请先离任或删除该分配`,
  ],
  [
    /^officer (\S+) has village (\S+) from (\S+) on already$/,
    (id, village, day) => `协管员 ${id} 自 ${day} 起已负责村 ${village}`,
  ],
  [/^at: must not be in the future$/, () => "时间不能晚于现在"],
  [/^at: must not be more than 31 days ago$/, () => "时间不能早于 31 天前"],
  [/^at: must not be before the alarm was raised$/, () => "时间不能早于报警时间"],
  [/^at: must not be before the notice was issued or refused$/, () => "时间不能早于签发或拒收的时间"],
  [/^deadline: must not be in the past$/, () => "整改期限不能早于今天"],
  [/^deadline: must be within a year$/, () => "整改期限不能超过一年"],
  [/^deadline: has passed \((\S+)\)/, (day) => `整改期限（${day}）已过，请先修改期限再签发`],
  [/^texts: must say what the hazard is/, () => "请填写安全隐患"],
  [/^on: must not be in the future$/, () => "复查日期不能晚于今天"],
  [/^on: must not be before the notice was issued$/, () => "复查日期不能早于签发日期"],
  [/^a notice that is \S+ cannot take/, () => "通知书的状态已经改变，不能这样操作，请刷新页面"],
  [/^at: lies in the future$/, () => "测试时间不能晚于现在"],
  [/^at: is before the breaker was installed \((\S+)\)$/, (day) => `测试时间早于保护器的安装日期（${day}）`],
  [/^at: is after the breaker was removed \((\S+)\)$/, (day) => `测试时间晚于保护器的拆除日期（${day}）`],
  [/^breakerId: there is no breaker '(\S+)'$/, (id) => `没有保护器 ${id}`],
  [/^onAt: must not be before offAt$/, () => "恢复时间不能早于断开时间"],
  [/^this test was reported by its breaker/, () => "保护器上报的测试不能修改或删除"],
  [/^these are more than (\S+) tests/, (most) => `测试超过 ${most} 条：请缩短期间，或只选一个供电所`],
  [/^date: must not be in the future$/, () => "日期不能晚于今天"],
  [/^the period has not begun yet$/, () => "统计期间还没有开始"],
  [/^the end, (\S+), must lie after (\S+)$/, (end, begin) => `截止日期 ${end} 必须晚于 ${begin}`],
];

/** A reason in the language; one that has no Chinese stays English. */
export const actReasonIn = (language: "en" | "zh", reason: string): string => {
  if (language === "en") return reason;
  for (const [form, words] of patterns) {
    const found = form.exec(reason);
    if (found !== null) return words(...found.slice(1).map((part) => part ?? ""));
  }
  return reason;
};
