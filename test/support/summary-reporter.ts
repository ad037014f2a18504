// Ends a run with one plain line of counts, and names every test that was skipped or passed only at its second try: both
// are facts to report.
import type { Reporter, TestModule } from "vitest/node";

export const summaryReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const skipped: string[] = [];
    const unsteady: string[] = [];
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state] += 1;
        if (test.diagnostic()?.flaky) unsteady.push(`${module.relativeModuleId}: ${test.fullName}`);
        if (state === "skipped") skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
    const broken = modules.filter(
      (module) => module.state() === "failed" && module.errors().length > 0,
    ).length;
    if (skipped.length > 0) console.log(`\nSkipped, for the reasons printed above:\n${skipped.join("\n")}`);
    if (unsteady.length > 0)
      console.log(`\nPassed only at the second try, which wants looking into:\n${unsteady.join("\n")}`);
    console.log(`\n${counts.passed} passed, ${counts.failed + broken} failed, ${counts.skipped} skipped`);
  },
};
