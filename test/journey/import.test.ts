// The import wizard in a real browser before a real house: errors first, then a preview, then the import; and back out.
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeGb18030 } from "../../registry/gb18030.ts";
import { phone, signIn } from "../console/walk.ts";
import { findChromium, launchChromium } from "../support/browser.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { importRegistry } from "../support/registry.ts";

const chromiumPath = findChromium();
const consoleRoot = join(import.meta.dirname, "..", "..", "console");
/** Where pictures of the wizard are left for whoever wants to look at them. */
const pictures = process.env["HUBAO_PICTURES"];

const head =
  "镇街编号,镇街,村编号,村(社区),台区编号,台区,户号,地址,是否有人居住,保护器编号,级别,额定剩余动作电流(mA),安装日期,拆除日期,户主";
const house = (n: number, change: { inhabited?: string; rated?: string } = {}) =>
  `T,Township,V,Village,A,Area A,h-b-${n},幸福路${n}号,${change.inhabited ?? "是"},b-${n},户保,${change.rated ?? 30},2026/1/1,,户主${n}`;
const file = (lines: string[], name: string) => ({
  name,
  mimeType: "text/csv",
  buffer: encodeGb18030([head, ...lines].join("\r\n")),
});

describe.skipIf(chromiumPath === null)("the import wizard", () => {
  let database: FreshDatabase;
  let hubao: TestHouse;
  let browser: Browser;
  const site = () => ({ url: hubao.url, token: hubao.token, browser });
  const picture = async (page: Page, name: string) => {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  };

  beforeAll(async () => {
    if (!existsSync(join(consoleRoot, "dist", "index.html")))
      await build({ root: consoleRoot, logLevel: "warn" });
    database = await freshDatabase();
    hubao = await startTestHouse({ DATABASE_URL: database.url });
    await importRegistry(hubao, [
      { breakerId: "b-1" },
      { breakerId: "b-2" },
      { breakerId: "m-1", level: "main" },
    ]);
    browser = await launchChromium(chromiumPath ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await hubao?.stop();
    await database?.drop();
  });

  it("lists what is wrong with a file, in Chinese, and lets nobody import it", async () => {
    const { page, troubles, close } = await signIn(site(), { locale: "zh-CN" });
    await page.goto(`${hubao.url}/import`);
    await page.getByRole("heading", { level: 1, name: "档案导入与导出" }).waitFor();
    await picture(page, "1-choose-zh");
    await page
      .locator("input[type=file]")
      .setInputFiles(file([house(1, { inhabited: "也许" }), house(2, { rated: "很大" })], "台账.csv"));
    await page.getByText("2 处错误，没有导入任何内容").waitFor();
    const rows = page.locator(".draft-errors tbody tr");
    await expect
      .poll(() => rows.allTextContents())
      .toEqual(["2是否有人居住应为“是”或“否”", "3额定剩余动作电流(mA)应为数字"]);
    expect(await page.locator(".draft-file").textContent()).toContain("CSV, GB18030 · 2 行");
    expect(await page.getByRole("button", { name: /^导入/ }).count()).toBe(0);
    await picture(page, "2-errors-zh");
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "下载错误清单" }).click();
    expect((await saved).suggestedFilename()).toBe("import-errors.csv");
    expect(troubles).toEqual([]);
    await close();
  });

  it("shows what a file would change, imports it, and finds nothing to do in it afterwards", async () => {
    const { page, troubles, close } = await signIn(site());
    await page.goto(`${hubao.url}/import`);
    const lines = [house(1, { rated: "10" }), house(2), house(3)];
    await page.locator("input[type=file]").setInputFiles(file(lines, "registry.csv"));
    await page.getByText("All 3 rows are right").waitFor();
    const counts = page.locator(".draft-counts tbody tr", { hasText: "Breakers" });
    await expect.poll(() => counts.locator("td").allTextContents()).toEqual(["1", "1", "0", "0", "1"]);
    await picture(page, "3-counts-en");
    await page.getByRole("tab", { name: "Changes" }).click();
    const change = page.locator(".draft-changes tbody tr", { hasText: "rated residual current" });
    await expect
      .poll(() => change.locator("td").allTextContents())
      .toEqual(["2", "rated residual current (mA)", "30", "10"]);
    await picture(page, "4-changes-en");
    await page.getByRole("button", { name: "Import 3 rows" }).click();
    await page.getByText("3 rows imported, 3 changed something.").waitFor();
    await picture(page, "5-done-en");
    await page.getByRole("link", { name: "Show breakers" }).click();
    await page.locator("table.breakers tbody tr", { hasText: "b-3" }).waitFor();

    await page.goto(`${hubao.url}/import`);
    await page.locator("input[type=file]").setInputFiles(file(lines, "again.csv"));
    await page.getByText("there is nothing to import").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("Drop a file here").waitFor();
    expect(troubles).toEqual([]);
    await close();
  });

  it("exports a workbook that it takes back without a change, on a phone", async () => {
    const { page, troubles, close } = await signIn(site(), { locale: "zh-CN", viewport: phone });
    await page.goto(`${hubao.url}/import`);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Excel（XLSX）" }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe("registry.xlsx");
    const path = await download.path();
    expect((await readFile(path)).subarray(0, 2).toString()).toBe("PK");
    await page.locator("input[type=file]").setInputFiles({
      name: "registry.xlsx",
      mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      buffer: await readFile(path),
    });
    await page.getByText("文件与现有档案完全一致，无需导入").waitFor();
    await page.getByText("工作表“台账”").waitFor();
    await picture(page, "6-same-zh-phone");
    const overflowPx = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflowPx).toBe(0);
    expect(troubles).toEqual([]);
    await close();
  });
});
