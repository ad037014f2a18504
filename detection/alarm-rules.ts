// Every rule that raises and clears alarms of a breaker by a condition, in order: a rule may ask whether an earlier one is
// pending. What raises an alarm by an event is in observe.ts, what concerns a whole area in area-*.ts.
import type { AlarmRule } from "./alarm-view.ts";
import { leakageRules } from "./leakage-rules.ts";
import { readingRules } from "./reading-rules.ts";
import { stateRules } from "./state-rules.ts";

export const alarmRules: readonly AlarmRule[] = [...readingRules, ...leakageRules, ...stateRules].map(
  (rule) => ({
    ...rule,
    key: rule.kind,
  }),
);
