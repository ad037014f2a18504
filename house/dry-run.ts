// The job that says what other thresholds, or another rule, would have raised.
import { dryRunInputSchema } from "../domain/http-findings.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { dryRun } from "../ingest/dry-run.ts";
import type { Db } from "../storage/db.ts";
import { loadHandTests, loadLimitOverrides, loadOwnRules } from "../storage/finding-settings.ts";
import { loadBreakerFacts } from "../storage/registry-read.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import type { JobHandler } from "./jobs.ts";

/** Handler of jobs of kind `dryRun`; params are those of POST /api/v1/findings/dry-runs. */
export const dryRunJob =
  (needs: {
    db: Db;
    telemetry: Pick<TelemetryStore, "reports">;
    rule: JudgingRule;
    timeZone: string;
    clock: () => number;
  }): JobHandler =>
  async (job, tools) => {
    const { query } = needs.db;
    return dryRun(dryRunInputSchema.parse(job.params), {
      telemetry: needs.telemetry,
      facts: await loadBreakerFacts(needs.db, needs.timeZone),
      settings: {
        overrides: await loadLimitOverrides(query),
        rules: await loadOwnRules(query),
        testedMs: await loadHandTests(query),
      },
      rule: needs.rule,
      nowMs: needs.clock(),
      progress: tools.progress,
      signal: tools.signal,
    });
  };
