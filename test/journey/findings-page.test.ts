// The page's thresholds, rules of one's own and gateways in a real browser before a real house.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limits, StoredOwnRule } from "../../domain/http-findings.ts";
import { signIn } from "../console/walk.ts";
import { findChromium, launchChromium } from "../support/browser.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { importRegistry } from "../support/registry.ts";

const chromiumPath = findChromium();
const consoleRoot = join(import.meta.dirname, "..", "..", "console");

describe.skipIf(chromiumPath === null)("the findings' settings on the page", () => {
  let database: FreshDatabase;
  let house: TestHouse;
  let browser: Browser;
  const site = () => ({ url: house.url, token: house.token, browser });

  beforeAll(async () => {
    if (!existsSync(join(consoleRoot, "dist", "index.html")))
      await build({ root: consoleRoot, logLevel: "warn" });
    database = await freshDatabase();
    house = await startTestHouse({ DATABASE_URL: database.url });
    await importRegistry(house, [{ breakerId: "b-1" }]);
    browser = await launchChromium(chromiumPath ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await database?.drop();
  });

  it("sets a threshold of one area and tries another, and adds a rule", async () => {
    const { page, troubles, close } = await signIn(site());
    const choose = async (label: string, option: string) => {
      await page.getByLabel(label, { exact: true }).click();
      await page.keyboard.type(option);
      await page.keyboard.press("Enter");
    };
    await page.goto(`${house.url}/findings`);
    await page.getByText("None: the defaults hold everywhere.").waitFor();
    await page.getByRole("button", { name: "Set a threshold" }).click();
    await choose("Threshold", "Low voltage (V)");
    await page.getByText("Defaults: household 198").waitFor();
    await choose("Id", "Area A");
    await page.getByLabel("Value", { exact: true }).fill("205");
    await page.getByRole("dialog").getByRole("button", { name: "Set a threshold" }).click();
    await page.getByRole("rowheader", { name: "Low voltage (V)" }).waitFor();
    await page.getByText("default → 205").waitFor();

    await page.getByRole("button", { name: "Try a change" }).click();
    await choose("Threshold", "High leakage: share of IΔn");
    await choose("Id", "Area A");
    await page.getByLabel("Value", { exact: true }).fill("0.7");
    await page.getByRole("dialog").getByRole("button", { name: "Try a change" }).click();
    await page.getByRole("rowheader", { name: "Never reported" }).waitFor();

    await page.getByRole("button", { name: "Add a rule" }).click();
    await page.getByLabel("Text in Chinese").fill("端子过热");
    await page.getByLabel("Text in English").fill("Terminal too hot");
    await choose("Measure", "Temperature");
    await page.getByLabel("Limit", { exact: true }).fill("70");
    await page.getByLabel("Deadband").fill("5");
    await page.getByRole("dialog").getByRole("button", { name: "Add a rule" }).click();
    await page.getByRole("rowheader", { name: "Terminal too hot" }).waitFor();
    if (process.env["HUBAO_SCREENSHOT"])
      await page.screenshot({ path: process.env["HUBAO_SCREENSHOT"], fullPage: true });
    expect((await house.get<Limits>("/findings/limits")).overrides).toMatchObject([
      { scope: "area", scopeId: "A", name: "lowVoltageV", value: 205 },
    ]);
    expect((await house.get<{ items: StoredOwnRule[] }>("/findings/rules")).items).toMatchObject([
      { field: "temperatureC", threshold: 70, priority: "low", enabled: true },
    ]);

    await page.goto(`${house.url}/gateways`);
    await page.getByText("No gateway has been heard yet.").waitFor();
    expect(troubles).toEqual([]);
    await close();
  });
});
