// How the tests run: real servers in every suite, two suites at a time, one summary at the end.
import { defineConfig } from "vitest/config";
import { summaryReporter } from "./test/support/summary-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    reporters: ["default", summaryReporter],
    // On a machine that also does other work a second try tells a slow moment from a fault; the summary names it.
    retry: process.env["CI"] ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Suites start real servers; on two cores more than two at once only disturb each other.
    maxWorkers: 2,
  },
});
