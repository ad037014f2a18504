// The page's test ledger and low-voltage areas in a real browser before a real house.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestRecord } from "../../domain/http-tests.ts";
import { signIn, walkOnPhone } from "../console/walk.ts";
import { findChromium, launchChromium } from "../support/browser.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { importRegistry } from "../support/registry.ts";

const chromiumPath = findChromium();
const consoleRoot = join(import.meta.dirname, "..", "..", "console");
const evil = "=1+1<script>document.title='broken'</script>";

describe.skipIf(chromiumPath === null)("the test ledger and low-voltage areas on the page", () => {
  let database: FreshDatabase;
  let house: TestHouse;
  let browser: Browser;
  const site = () => ({ url: house.url, token: house.token, browser });

  beforeAll(async () => {
    if (!existsSync(join(consoleRoot, "dist", "index.html")))
      await build({ root: consoleRoot, logLevel: "warn" });
    database = await freshDatabase();
    house = await startTestHouse({ DATABASE_URL: database.url });
    await importRegistry(house, [{ breakerId: "b-1" }, { breakerId: "b-2" }]);
    await database.db.query(`
      UPDATE transformer_area SET supply_station = 'North';
      INSERT INTO test_record (id, breaker_id, at_ms, kind, passed, break_time_ms, source)
        VALUES ('b-1/1/1', 'b-1', (extract(epoch FROM now()) * 1000)::bigint - 3600000, 'self', false, 41, 'report');
      INSERT INTO supply_day (area_id, day, low_voltage_v, measured, low, low_ms, breaker_low_ms, measured_ms, min_v,
        min_at_ms, worst, main_ah, household_ah, load_ms)
        SELECT 'A', current_date - n, 198, 2, CASE WHEN n % 3 = 0 THEN 1 ELSE 0 END,
               CASE WHEN n % 3 = 0 THEN 5400000 ELSE 0 END, CASE WHEN n % 3 = 0 THEN 5400000 ELSE 0 END, 172800000,
               186.5 + n, (extract(epoch FROM now()) * 1000)::bigint - n * 86400000::bigint,
               CASE WHEN n % 3 = 0 THEN '[{"breakerId":"b-1","lowMs":5400000,"minV":186.5}]' ELSE '[]' END::jsonb,
               100, 92.4, 86400000
          FROM generate_series(1, 27) n ON CONFLICT DO NOTHING`);
    browser = await launchChromium(chromiumPath ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await database?.drop();
  });

  it("take a test written by hand, print it, change it and take it away", async () => {
    const { page, troubles, close } = await signIn(site());
    await page.goto(`${house.url}/tests`);
    await page.getByRole("heading", { level: 1, name: "Test ledger" }).waitFor();
    await page.getByText("Self-test failed").waitFor();
    await page.getByRole("button", { name: "Add a test" }).click();
    const form = page.getByRole("dialog");
    await form.getByRole("combobox", { name: /^Breaker/ }).fill("b-2");
    await page.locator(".ant-select-item-option", { hasText: "b-2" }).click();
    await form.getByText("Failed to trip").click();
    await form.getByLabel("Operating current").fill("28.5");
    await form.getByLabel("Break time").fill("95");
    await form.getByLabel("Tester").fill(evil);
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText("28.5 mA").waitFor();
    const { items } = await house.get<{ items: TestRecord[] }>("/tests?kind=hand");
    expect(items).toMatchObject([
      { breakerId: "b-2", passed: false, operatingCurrentMa: 28.5, breakTimeMs: 95, tester: evil },
    ]);

    const printed = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Print" }).click();
    const paper = await printed;
    await paper.getByRole("heading", { name: "Residual-current breaker test record" }).waitFor();
    expect(await paper.locator("tbody tr").count()).toBe(12);
    await paper.getByText(evil).waitFor();
    expect(await paper.title()).not.toBe("broken");
    await paper.close();

    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "XLSX" }).click();
    expect((await saved).suggestedFilename()).toMatch(/^tests-.*\.xlsx$/);

    // What is changed leaves alone what is not: the seconds of its time, which the form does not show.
    await database.db.query(
      "UPDATE test_record SET at_ms = at_ms - at_ms % 60000 - 29500 WHERE kind = 'hand'",
    );
    const [timed] = (await house.get<{ items: TestRecord[] }>("/tests?kind=hand")).items;
    await page.reload();
    await page.getByRole("button", { name: "Change" }).click();
    await form.getByText("Normal").click();
    await form.getByRole("button", { name: "Save" }).click();
    await page.locator(".test-passed").waitFor();
    const [changed] = (await house.get<{ items: TestRecord[] }>("/tests?kind=hand")).items;
    expect(changed).toMatchObject({ at: timed?.at, passed: true });
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("28.5 mA").waitFor({ state: "detached" });
    expect(troubles).toEqual([]);
    await close();
  });

  it("show which areas were low, when, and which houses", async () => {
    const { page, troubles, close } = await signIn(site());
    await page.goto(`${house.url}/low-voltage`);
    await page.getByRole("heading", { level: 1, name: "Low-voltage areas" }).waitFor();
    await page.locator(".chart canvas").waitFor();
    await page.getByText(/9 of 2\d days/).waitFor();
    await page.getByRole("button", { name: "By day" }).click();
    await page.getByRole("link", { name: "b-1 house" }).first().waitFor();
    await page.getByText("7.5%").first().waitFor();
    expect(troubles).toEqual([]);
    await close();
  });

  it("say what to do about a ledger that is too long for a file", async () => {
    await database.db.query(`
      INSERT INTO test_record (id, breaker_id, at_ms, kind, passed, tester, source)
        SELECT 'many-' || n, 'b-1', (extract(epoch FROM now()) * 1000)::bigint - n, 'hand', true, 'x', 'hand'
          FROM generate_series(1, 20001) n`);
    const { page, close } = await signIn(site(), { locale: "zh-CN" });
    await page.goto(`${house.url}/tests`);
    await page.getByText("最近 31 天").waitFor();
    await page.getByRole("button", { name: "CSV" }).click();
    await page.getByRole("alert").filter({ hasText: "测试超过 20000 条：请缩短期间" }).waitFor();
    await database.db.query("DELETE FROM test_record WHERE id LIKE 'many-%'");
    await close();
  });

  it("fit a phone", async () => {
    await walkOnPhone(site(), ["/tests", "/low-voltage?all=true"]);
  });
});
