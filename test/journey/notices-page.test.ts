// The page's notices and visits in a real browser before a real house: from an alarm to a paper, and from a list to a mark.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wallOf } from "../../console/format/wall.ts";
import type { Alarm } from "../../domain/http.ts";
import type { Notice } from "../../domain/http-notices.ts";
import { signIn, walkOnPhone } from "../console/walk.ts";
import { findChromium, launchChromium } from "../support/browser.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { openDevice, readingBody } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const chromiumPath = findChromium();
const consoleRoot = join(import.meta.dirname, "..", "..", "console");

describe.skipIf(chromiumPath === null)("notices and visits on the page", () => {
  let database: FreshDatabase;
  let house: TestHouse;
  let browser: Browser;
  let stopDevice = async () => {};
  const site = () => ({ url: house.url, token: house.token, browser });

  beforeAll(async () => {
    if (!existsSync(join(consoleRoot, "dist", "index.html")))
      await build({ root: consoleRoot, logLevel: "warn" });
    database = await freshDatabase();
    house = await startTestHouse({ DATABASE_URL: database.url });
    await importRegistry(house, [{ breakerId: "b-1" }, { breakerId: "b-2" }]);
    const passwords = await credentials(house, ["b-1"]);
    const device = await openDevice(house, "b-1", passwords.get("b-1"));
    stopDevice = () => device.endAsync(true);
    for (const residualCurrentMa of [34.1, 34.2])
      await device.publishAsync(
        "hubao/v1/T/A/b-1/reading",
        JSON.stringify(readingBody({ residualCurrentMa })),
        { qos: 1 },
      );
    await until("the failure to trip", async () => {
      const { items } = await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip");
      return items.length > 0;
    });
    browser = await launchChromium(chromiumPath ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await stopDevice();
    await house?.stop();
    await database?.drop();
  });

  it("lead from an alarm to its notice, which is issued, printed and marked rectified", async () => {
    const { page, troubles, close } = await signIn(site());
    await page.goto(`${house.url}/alarms`);
    await page.getByRole("button", { name: /^Notice Failure to trip/ }).click();
    await page.waitForURL(/\/notices\/[0-9a-f-]{36}/);
    await page.getByRole("heading", { level: 1, name: /Notices \d{4}-0001/ }).waitFor();
    await page.getByText("danger of electric shock").waitFor();
    await page.locator(".strip-24h svg").waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Inspector").fill("An inspector");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("An inspector").first().waitFor();
    // What is emptied is gone.
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Rule broken").fill("");
    await page.getByLabel("Inspector").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("An inspector").waitFor({ state: "detached" });
    const emptied = await house.get<{ items: Notice[] }>("/notices");
    expect(emptied.items).toMatchObject([{ inspector: null, texts: { en: { rule: "" } } }]);
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Inspector").fill("An inspector");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("An inspector").first().waitFor();

    const printed = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Print (three copies)" }).click();
    const paper = await printed;
    await paper.getByRole("heading", { name: "Rectification notice" }).first().waitFor();
    expect(await paper.getByRole("heading", { name: "Rectification notice" }).count()).toBe(3);
    expect(await paper.locator("svg").count()).toBe(3);
    await paper.close();

    await page.getByRole("button", { name: "Issue", exact: true }).click();
    // The time is the township's, wherever the browser is; nobody has issued anything in the future.
    const nowInTownship = wallOf(Date.now() - 1_000, "Asia/Shanghai");
    await page.getByRole("dialog").getByLabel(/^When/).fill(nowInTownship);
    await page.getByRole("dialog").getByRole("button", { name: "Issue", exact: true }).click();
    await page.locator(".notice-state", { hasText: "Issued" }).waitFor();
    await page.getByRole("button", { name: "Rectified", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Note").fill("socket replaced");
    await page.getByRole("dialog").getByRole("button", { name: "Rectified", exact: true }).click();
    await page.getByText("Waiting for telemetry").waitFor();
    await page.locator(".notice-history", { hasText: "socket replaced" }).waitFor();
    const { items } = await house.get<{ items: Notice[] }>("/notices");
    expect(items).toMatchObject([{ state: "rectified", inspector: "An inspector" }]);

    // The alarm leads back to the same notice.
    await page.goto(`${house.url}/alarms`);
    await page.getByRole("button", { name: /^Notice Failure to trip/ }).click();
    await page.waitForURL(`${house.url}/notices/${items[0]?.id}`);
    expect(troubles).toEqual([]);
    await close();
  });

  it("are made by hand, found again by number, and withdrawn", async () => {
    const { page, close } = await signIn(site());
    await page.goto(`${house.url}/notices`);
    await page.getByRole("button", { name: "New notice" }).click();
    await page.getByRole("combobox", { name: /^Breaker/ }).click();
    await page.getByRole("combobox", { name: /^Breaker/ }).fill("b-2");
    await page.locator(".ant-select-item-option", { hasText: "b-2" }).click();
    await page.getByLabel("Hazard").fill("bare wire in the yard");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: /0002/ }).waitFor();
    await page.getByRole("button", { name: "Withdraw" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
    await page.locator(".notice-state", { hasText: "Withdrawn" }).waitFor();
    await page.goto(`${house.url}/notices?q=0002`);
    await page.locator(".notice-table tbody tr", { hasText: "bare wire" }).waitFor();
    expect(await page.locator(".notice-table tbody tr").count()).toBe(1);
    await close();
  });

  it("list the houses of a village with why and what to do, and keep what came of the visit", async () => {
    const { page, troubles, close } = await signIn(site(), {
      viewport: { width: 390, height: 844 },
      locale: "zh-CN",
    });
    await page.goto(`${house.url}/visits`);
    await page.getByText("请选择协管员或村").waitFor();
    await page.goto(`${house.url}/visits?village=V`);
    const first = page.locator("li.visit").first();
    await first.getByText("拒动").waitFor();
    await first.getByText("断开上级电源").waitFor();
    await first.getByRole("textbox").fill("插座受潮");
    await first.getByRole("button", { name: /^已办/ }).click();
    await first.locator(".visit-marked", { hasText: "插座受潮" }).waitFor();
    await page.reload();
    await page.locator(".visit-marked", { hasText: "插座受潮" }).waitFor();
    expect(troubles).toEqual([]);
    await close();
  });

  it("fit a phone in both languages", async () => {
    const { items } = await house.get<{ items: Notice[] }>("/notices");
    await walkOnPhone(site(), ["/notices", `/notices/${items.at(-1)?.id}`, "/visits", "/visits?village=V"]);
  });
});
