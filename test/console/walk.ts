// A walk through the whole page of any house that holds data: every view, both languages, a desk's window and a phone's.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

export type Visit = {
  page: Page;
  /** What went wrong behind the page: errors of its scripts, answers that failed, requests that left its origin. */
  troubles: string[];
  close(): Promise<void>;
};
type Site = { url: string; token: string; browser: Browser };

const desk = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

/** Opens an empty page that watches for trouble. */
export const openPage = async (
  { url, browser }: Omit<Site, "token">,
  options: BrowserContextOptions = {},
): Promise<Visit> => {
  // A browser far from the township: what the page shows must not depend on the browser's own zone.
  const context = await browser.newContext({
    locale: "en-GB",
    timezoneId: "America/New_York",
    viewport: desk,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  page.on("request", (request) => {
    const leaves = !request.url().startsWith(`${url}/`) && !request.url().startsWith("data:");
    if (leaves) troubles.push(`left its origin: ${request.url()}`);
  });
  return { page, troubles, close: () => context.close() };
};

/** Opens the page by its sign-in link and waits until it shows its numbers, live. */
export const signIn = async (site: Site, options: BrowserContextOptions = {}): Promise<Visit> => {
  const visit = await openPage(site, options);
  await visit.page.goto(`${site.url}/#token=${site.token}`);
  await visit.page.locator(".kpis").waitFor();
  await visit.page.locator(".live-live").waitFor();
  return visit;
};

const heading = (page: Page) => page.getByRole("heading", { level: 1 });

/** From the township down to one breaker, as a manager or a dispatcher goes, with the language changed on the way. */
export const walkDown = async (site: Site): Promise<void> => {
  const { page, troubles, close } = await signIn(site);
  expect(page.url()).toBe(`${site.url}/`);
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  expect(await page.locator(".kpi").allTextContents()).toEqual(
    expect.arrayContaining([expect.stringMatching(/Operational rate[\d.]+%Target 95%/)]),
  );

  for (const period of ["Today", "This week", "This month", "Now"]) {
    await page.locator(".period .ant-segmented-item", { hasText: period }).click();
    await page.locator(".kpi-number", { hasText: "%" }).first().waitFor();
  }
  await page.locator(".period .ant-segmented-item", { hasText: "Today" }).click();
  await page.getByText("By time since").waitFor();
  expect(page.url()).toContain("period=today");

  const village = page.locator("table.summary tbody th a").first();
  const villageName = await village.textContent();
  await village.click();
  await page.getByRole("heading", { level: 2, name: "Transformer areas" }).waitFor();
  expect(await heading(page).textContent()).toContain(villageName);
  await expect.poll(() => page.title()).toBe(`${villageName} · Hubao`);

  await page.locator("table.summary tbody th a").first().click();
  await page.locator("table.breakers tbody tr").first().waitFor();
  expect(page.url()).toMatch(/\/breakers\?area=.+&village=.+/);
  await page.getByRole("button", { name: "切换到中文" }).click();
  await expect.poll(() => heading(page).textContent()).toBe("保护器");
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
  await page.reload();
  await expect.poll(() => heading(page).textContent()).toBe("保护器");

  const household = page.locator("table.breakers tbody tr", { hasText: "户保" }).first();
  await household.getByRole("link").click();
  await page.getByRole("heading", { level: 2, name: "历史" }).waitFor();
  await page.locator(".history .ant-segmented-item", { hasText: "7 天" }).click();
  expect(page.url()).toContain("range=week");
  await page.locator(".strip li").first().waitFor();

  await page.goto(`${site.url}/breakers/no-such-breaker`);
  await page.getByText("没有找到").waitFor();
  // The browser itself reports the one 404 that was asked for.
  expect(troubles.filter((text) => !/status of 404/.test(text))).toEqual([]);
  await close();
};

/** How much wider than the window the page is, in px. */
const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Every view on a phone, and the head in windows of any width: nothing to scroll sideways for, and the navigation at hand. */
export const walkOnPhone = async (site: Site, paths: readonly string[]): Promise<void> => {
  for (const locale of ["zh-CN", "en-GB"]) {
    const { page, troubles, close } = await signIn(site, { viewport: phone, locale });
    for (const path of paths) {
      await page.goto(site.url + path);
      await heading(page).waitFor();
      await page.locator(".live-live").waitFor();
      expect(await overflowPx(page), `${path} in ${locale}`).toBe(0);
      expect(await page.getByRole("navigation").isVisible()).toBe(true);
    }
    await page.goto(site.url);
    await page.locator(".live-live").waitFor();
    for (const width of [821, 961, 1181, 1300, 1381]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await overflowPx(page), `${width} px in ${locale}`).toBe(0);
    }
    expect(troubles).toEqual([]);
    await close();
  }
};
