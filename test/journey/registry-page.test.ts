// Households, planned outages, safety officers and a breaker's places, in a real browser before a real house.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HouseholdDetail, PlacementEntry } from "../../domain/http-registry.ts";
import { signIn, walkOnPhone } from "../console/walk.ts";
import { findChromium, launchChromium } from "../support/browser.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { importRegistry } from "../support/registry.ts";

const chromiumPath = findChromium();
const consoleRoot = join(import.meta.dirname, "..", "..", "console");
/** Where pictures of the pages go; none are taken without it. */
const pictures = process.env["TEST_PICTURES"];

describe.skipIf(chromiumPath === null)("the registry on the page", () => {
  let database: FreshDatabase;
  let house: TestHouse;
  let browser: Browser;
  const site = () => ({ url: house.url, token: house.token, browser });
  const picture = async (page: Page, name: string) => {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  };

  beforeAll(async () => {
    if (!existsSync(join(consoleRoot, "dist", "index.html")))
      await build({ root: consoleRoot, logLevel: "warn" });
    database = await freshDatabase();
    house = await startTestHouse({ DATABASE_URL: database.url, HUBAO_TIME_ZONE: "Asia/Shanghai" });
    await importRegistry(house, [
      { breakerId: "b-1" },
      { breakerId: "b-2" },
      { breakerId: "b-3", areaId: "B" },
      { breakerId: "m-1", level: "main" },
    ]);
    browser = await launchChromium(chromiumPath ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await database?.drop();
  });

  it("says when a house became vacant, and takes it back", async () => {
    const { page, troubles, close } = await signIn(site());
    await page.goto(`${house.url}/households`);
    await page.getByRole("link", { name: "b-1 house" }).click();
    await page.getByRole("button", { name: "Becomes vacant" }).click();
    await page.getByLabel("From which day on").fill("2026-03-01");
    await page.getByRole("dialog").getByRole("button", { name: "Becomes vacant" }).click();
    await page.getByRole("row", { name: /2026-03-01.*Vacant/ }).waitFor();
    expect((await house.get<HouseholdDetail>("/households/h-b-1")).inhabited).toBe(false);
    await picture(page, "household-en");
    await page
      .getByRole("row", { name: /2026-03-01/ })
      .getByRole("button")
      .click();
    await page.getByRole("tooltip").getByRole("button", { name: "Take back" }).click();
    await expect
      .poll(async () => (await house.get<HouseholdDetail>("/households/h-b-1")).inhabited)
      .toBe(true);
    expect(troubles).toEqual([]);
    await close();
  });

  it("replaces and moves a breaker, and says why it will not", async () => {
    const { page, troubles, close } = await signIn(site(), { locale: "zh-CN" });
    await page.goto(`${house.url}/breakers/b-2`);
    await page.getByRole("button", { name: /^移\s?装$/ }).click();
    await page.getByLabel("住户编号").fill("h-b-1");
    await page.getByLabel("自哪一天起").fill("2026-02-01");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^移\s?装$/ })
      .click();
    await page.getByText("住户 h-b-1 那时已有保护器 b-1").waitFor();
    await page.getByLabel("同一位置另有保护器").check();
    await picture(page, "move-zh");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^移\s?装$/ })
      .click();
    await page.getByRole("row", { name: /2026-02-01/ }).waitFor();
    await page.getByRole("button", { name: /^更\s?换$/ }).click();
    await page.getByLabel("新保护器编号").fill("b-2b");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^更\s?换$/ })
      .click();
    await page.getByRole("button", { name: "撤销拆除" }).waitFor();
    await picture(page, "breaker-zh");
    const { items } = await house.get<{ items: PlacementEntry[] }>("/breakers/b-2b/placements");
    expect(items).toMatchObject([{ householdId: "h-b-1", areaId: "A" }]);
    // The browser itself reports the one refusal that was asked for.
    expect(troubles.filter((text) => !/status of 409/.test(text))).toEqual([]);
    await close();
  });

  it("enters a planned outage in the township's time, wherever the browser is, and cancels it", async () => {
    const { page, troubles, close } = await signIn(site());
    await page.goto(`${house.url}/outages`);
    await page.getByText("No planned outages here.").waitFor();
    await page.getByRole("button", { name: "Enter an outage" }).click();
    await page.getByLabel("The whole village").click();
    await page.locator(".ant-select-item-option", { hasText: "Village" }).click();
    await page.getByLabel("From", { exact: true }).fill("2026-05-01T08:00");
    await page.getByLabel("To", { exact: true }).fill("2026-05-01T12:00");
    await page.getByLabel("Note").fill("transformer exchange");
    await page.getByRole("dialog").getByRole("button", { name: "Enter an outage" }).click();
    const row = page.getByRole("row", { name: /2026-05-01 08:00/ });
    await row.waitFor();
    await picture(page, "outages-en");
    const { items } = await house.get<{ items: { from: string; areas: object[] }[] }>("/planned-outages");
    expect(items).toMatchObject([{ from: "2026-05-01T00:00:00.000Z", areas: [{}, {}] }]);
    await row.getByRole("button", { name: "Cancel outage" }).click();
    await page.getByRole("tooltip").getByRole("button", { name: "Cancel outage" }).click();
    await page.getByText("No planned outages here.").waitFor();
    expect(troubles).toEqual([]);
    await close();
  });

  it("gives a village its safety officer", async () => {
    const { page, troubles, close } = await signIn(site(), { locale: "zh-CN" });
    await page.goto(`${house.url}/officers`);
    await page.getByText("1 个村现在没有协管员").waitFor();
    await page.getByRole("button", { name: "新增协管员" }).click();
    await page.getByLabel("编号").fill("O-01");
    await page.getByLabel("姓名").fill("协管员-01");
    await page.getByLabel("电话").fill("000-0001");
    await page.getByRole("dialog").getByRole("button", { name: "新增协管员" }).click();
    await page.getByRole("button", { name: "分配村" }).click();
    await page.getByLabel("村(社区)").click();
    await page.locator(".ant-select-item-option", { hasText: "Village" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "分配村" }).click();
    await page.getByText("每个村都有协管员。").waitFor();
    await picture(page, "officers-zh");
    await page.goto(`${house.url}/households`);
    await page.getByRole("link", { name: "b-3 house" }).waitFor();
    await picture(page, "households-zh");
    expect(troubles).toEqual([]);
    await close();
  });

  it("fits a phone", async () => {
    await walkOnPhone(site(), ["/households", "/households/h-b-1", "/outages", "/officers", "/breakers/b-2"]);
  });
});
