// The operators' page in a real browser before a real house: sign-in, numbers, live alarms, credentials, a restart.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alarm } from "../../domain/http.ts";
import { openPage, signIn, walkDown, walkOnPhone } from "../console/walk.ts";
import { findChromium, launchChromium } from "../support/browser.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const chromiumPath = findChromium();
const consoleRoot = join(import.meta.dirname, "..", "..", "console");

const reading = (residualCurrentMa: number, more: object = {}) => ({
  ts: Date.now(),
  seq: Date.now() % 1_000_000,
  residualCurrentMa,
  contact: "closed",
  protection: "enabled",
  loadCurrentA: 3.1,
  voltageV: 229.8,
  ...more,
});

describe.skipIf(chromiumPath === null)("the page", () => {
  let database: FreshDatabase;
  let house: TestHouse;
  let browser: Browser;
  const devices: MqttClient[] = [];
  const site = () => ({ url: house.url, token: house.token, browser });

  const connect = async (id: string, password: string): Promise<MqttClient> => {
    const client = await connectAsync(house.mqttUrl, { clientId: id, username: id, password });
    devices.push(client);
    return client;
  };
  const say = (client: MqttClient, id: string, body: object) =>
    client.publishAsync(`hubao/v1/T/A/${id}/reading`, JSON.stringify(body), { qos: 1 });

  let b1: MqttClient;
  beforeAll(async () => {
    if (!existsSync(join(consoleRoot, "dist", "index.html")))
      await build({ root: consoleRoot, logLevel: "warn" });
    database = await freshDatabase();
    house = await startTestHouse({ DATABASE_URL: database.url });
    await importRegistry(house, [
      { breakerId: "b-1" },
      { breakerId: "b-2" },
      { breakerId: "b-3" },
      { breakerId: "m-1", level: "main" },
    ]);
    const passwords = await credentials(house, ["b-1", "m-1"]);
    b1 = await connect("b-1", passwords.get("b-1") ?? "");
    await say(b1, "b-1", reading(5.2));
    const main = await connect("m-1", passwords.get("m-1") ?? "");
    await say(main, "m-1", reading(48));
    browser = await launchChromium(chromiumPath ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    for (const client of devices) await client.endAsync(true);
    await house?.stop();
    await database?.drop();
  });

  it("asks for a token, says where to find it, and lets in only with the right one", async () => {
    const { page, close } = await openPage(site(), { locale: "zh-CN" });
    await page.goto(`${house.url}/alarms`);
    await page.getByText("npm start").waitFor();
    await page.getByLabel("访问令牌").fill("not-the-token");
    await page.keyboard.press("Enter");
    await page.getByText("令牌无效").waitFor();
    await page.getByLabel("访问令牌").fill(house.token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "报警" }).waitFor();
    await page.getByRole("button", { name: "退出" }).click();
    await page.getByText("npm start").waitFor();
    await page.reload();
    await page.getByText("npm start").waitFor();
    await close();
  });

  it("leads from the township's rates down to one breaker, in both languages", async () => {
    await walkDown(site());
  });

  it("fits a phone in every view", async () => {
    await walkOnPhone(site(), [
      "/",
      "/villages/V",
      "/breakers",
      "/breakers/b-1",
      "/breakers/m-1?range=week",
      "/alarms",
      "/alarms?show=all",
      "/quarantine",
      "/import",
    ]);
  });

  it("shows a new reading and a failure to trip without a reload, and acknowledges it", async () => {
    const { page, troubles, close } = await signIn(site());
    await say(b1, "b-1", reading(34.1));
    await say(b1, "b-1", reading(34.2));
    const notice = page.locator(".ant-notification-notice", { hasText: "Failure to trip" });
    await notice.waitFor({ timeout: 5_000 });
    await page.locator(".kpi-alarms .kpi-number", { hasText: "1" }).waitFor({ timeout: 5_000 });
    await notice.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(`${house.url}/breakers/b-1`);
    await page.locator(".now-reading .kpi-number", { hasText: "34.2 mA" }).waitFor();
    await page.locator(".chart canvas").first().waitFor();
    await page.getByText("34.2 mA of 30 mA, closed, protection on").waitFor();
    await page.getByRole("alert").filter({ hasText: "Cut the supply upstream" }).waitFor();

    await page.getByRole("button", { name: /^Acknowledge Failure to trip/ }).click();
    await page.locator(".alarm-state", { hasText: "Acknowledged" }).waitFor();
    // The page shows it at once; the server's truth follows.
    await until("the acknowledgement to be kept", async () => {
      const { items } = await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip");
      return items[0]?.state === "acknowledged" && items[0].acknowledgedBy === "admin";
    });

    await say(b1, "b-1", reading(4.9));
    await page.locator(".now-reading .kpi-number", { hasText: "4.9 mA" }).waitFor({ timeout: 5_000 });
    await page.getByText("No open alarms.").waitFor();
    expect(troubles).toEqual([]);
    await close();
  });

  it("issues a credential that a breaker connects with, shows it once, and shows the breaker operating", async () => {
    const { page, close } = await signIn(site());
    await page.goto(`${house.url}/breakers/b-2`);
    await page.getByRole("button", { name: "Issue credential" }).click();
    const password = await page.getByLabel("Password", { exact: true }).inputValue();
    expect(await page.getByLabel("Send a first reading", { exact: true }).inputValue()).toContain(
      `-P ${password} -q 1`,
    );
    await page.getByRole("button", { name: "I have kept it" }).click();
    await expect.poll(() => page.getByText(password).count()).toBe(0);
    const client = await connect("b-2", password);
    await say(client, "b-2", reading(3.3));
    await page.locator(".now-state", { hasText: "Operating" }).waitFor({ timeout: 5_000 });
    await page.getByRole("button", { name: "Issue a new one" }).click();
    await page.getByText("The old credential ends at once").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await close();
  });

  it("filters breakers by what the address says", async () => {
    const { page, close } = await signIn(site());
    await page.goto(`${house.url}/breakers?level=household&q=B-3`);
    await page.locator("table.breakers tbody tr", { hasText: "b-3" }).waitFor();
    expect(await page.locator("table.breakers tbody tr").count()).toBe(1);
    await page.getByRole("searchbox", { name: "Id or address" }).fill("nothing like it");
    await page.getByText("No breaker fits").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(() => page.locator("table.breakers tbody tr").count()).toBe(4);
    expect(page.url()).toBe(`${house.url}/breakers`);
    await close();
  });

  it("shows what was quarantined, with its reason", async () => {
    await b1.publishAsync("hubao/v1/T/A/b-1/reading", '{"ts":17', { qos: 1 });
    const { page, close } = await signIn(site());
    await page.getByRole("button", { name: "System" }).click();
    await page.getByRole("menuitem", { name: "Quarantine" }).click();
    await page.getByText("Not JSON").waitFor();
    await page.getByText('{"ts":17').waitFor();
    await close();
  });

  it("is walked by keyboard: past the navigation and into a village", async () => {
    const { page, close } = await signIn(site());
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    const village = page.getByRole("link", { name: "Village", exact: true });
    for (let tabs = 0; tabs < 20; tabs++) {
      await page.keyboard.press("Tab");
      if (await village.evaluate((link) => link === document.activeElement)) break;
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/villages\/V/);
    await close();
  });

  it("says that it has lost the house, and is live and right again when the house is back", async () => {
    const { page, close } = await signIn(site());
    await house.kill();
    await page.locator(".live-reconnecting").waitFor();
    await house.restart();
    await page.locator(".live-live").waitFor({ timeout: 30_000 });
    await page.locator(".kpis").waitFor();
    await expect.poll(() => page.locator(".ant-alert").count(), { timeout: 15_000 }).toBe(0);
    await close();
  });
});
