// Making reports on a real PostgreSQL: once a period, a new revision only for new numbers, on schedule after the settling time.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PerformanceRow } from "../../domain/http-rates.ts";
import { periodOfDate } from "../../domain/periods.ts";
import { makeReport, type ReportNeeds } from "../../reports/make.ts";
import { duePeriods, startReportSchedule } from "../../reports/schedule.ts";
import { listJobs } from "../../storage/jobs.ts";
import { deleteReport, listReports, queueDueReports, readReportFile } from "../../storage/reports.ts";
import { freshDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";
import { row } from "./rows.ts";

const zone = "Asia/Shanghai";
const nowMs = Date.parse("2026-11-02T10:00:00+08:00");
let database: Awaited<ReturnType<typeof freshDatabase>>;
let lostHours = 10;
let warnings: string[] = [];

beforeEach(async () => {
  lostHours = 10;
  warnings = [];
  database = await freshDatabase();
  await database.db.query("INSERT INTO township (id, name) VALUES ('T1', '清河镇')");
  await database.db.query("INSERT INTO village (id, township_id, name) VALUES ('V1', 'T1', '上河村')");
  await database.db.query(
    "INSERT INTO transformer_area (id, village_id, name) VALUES ('A1', 'V1', '一号台区')",
  );
  await database.db.query(
    "INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on) VALUES ('M1', 'A1', 'main', 300, '2026-01-01')",
  );
});
afterEach(() => database.drop());

const needs = (): ReportNeeds => ({
  db: database.db,
  timeZone: zone,
  clock: () => nowMs,
  chromium: null,
  warn: (message) => warnings.push(message),
  sources: {
    performance: async ({ by, townshipId }): Promise<PerformanceRow[]> => {
      if (townshipId !== "T1") return [];
      return [by === "township" ? row("T1", "清河镇", 120, lostHours) : row("V1", "上河村", 120, lostHours)];
    },
    worstBreakers: async () => [],
  },
});
const tools = () => ({ progress: () => {}, signal: new AbortController().signal });
const make = (params: Record<string, unknown>) => makeReport(needs(), { params, actor: "tester" }, tools());
const listed = () => listReports(database.db.query, {}, { after: undefined, limit: 10 });

describe("making a report", () => {
  it("stores every form in both languages, and the same numbers make no new revision", async () => {
    const first = await make({ townshipId: "T1", kind: "month", date: "2026-10-15" });
    const again = await make({ townshipId: "T1", kind: "month", date: "2026-10-01" });
    expect(first).toMatchObject({ kind: "made", revision: 1, isNew: true });
    expect(again).toMatchObject({ kind: "made", revision: 1, isNew: false });
    const [report] = await listed();
    expect(report).toMatchObject({
      townshipName: "清河镇",
      firstDate: "2026-10-01",
      from: "2026-09-30T16:00:00.000Z",
      revised: false,
    });
    expect(
      report?.files
        .map(({ language, format }) => `${language} ${format}`)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(["en csv", "en html", "en xlsx", "zh-CN csv", "zh-CN html", "zh-CN xlsx"]);
    const html = await readReportFile(database.db.query, report?.id ?? "", "zh-CN", "html");
    expect(html?.toString("utf8")).toContain("上河村");
  });

  it("ends with all of its steps done", async () => {
    const told: (number | null)[][] = [];
    const progress = (done: number, total: number | null) => told.push([done, total]);
    const params = { townshipId: "T1", kind: "day", date: "2026-11-01" };
    await makeReport(needs(), { params, actor: "tester" }, { ...tools(), progress });
    expect(told.at(-1)).toEqual([11, 11]);
    expect(told.every(([, total]) => total === 11)).toBe(true);
  });

  it("keeps both when late data has changed the numbers, and says which was revised", async () => {
    await make({ townshipId: "T1", kind: "day", date: "2026-11-01" });
    lostHours = 4;
    expect(await make({ townshipId: "T1", kind: "day", date: "2026-11-01" })).toMatchObject({ revision: 2 });
    const [second, first] = await listed();
    expect(first).toMatchObject({ revision: 1, revised: true, before: null });
    expect(second).toMatchObject({ revision: 2, revised: false });
    expect(second?.before).toEqual(first?.figures);
    expect(second?.figures.householdOperationalRate).toBeGreaterThan(
      first?.figures.householdOperationalRate ?? 1,
    );
    expect(await deleteReport(database.db, second?.id ?? "", "tester")).toBe(true);
    expect(await deleteReport(database.db, second?.id ?? "", "tester")).toBe(false);
    expect(await listed()).toHaveLength(1);
  });

  it("refuses a township that is not there and a period that has not begun", async () => {
    expect(await make({ townshipId: "T9", kind: "day", date: "2026-11-01" })).toMatchObject({
      kind: "refused",
    });
    expect(await make({ townshipId: "T1", kind: "month", date: "2027-01-01" })).toMatchObject({
      kind: "refused",
    });
  });

  it("is made without its PDF when the Chromium there is fails", async () => {
    const outcome = await makeReport(
      { ...needs(), chromium: "/bin/false" },
      { params: { townshipId: "T1", kind: "day", date: "2026-11-01" }, actor: "tester" },
      tools(),
    );
    expect(outcome).toMatchObject({ kind: "made" });
    expect((await listed())[0]?.files.map(({ format }) => format)).toEqual([
      ...["csv", "html", "xlsx"],
      ...["csv", "html", "xlsx"],
    ]);
    expect(warnings).toHaveLength(2);
    // A PDF that was made before, of the same numbers, is not lost to that.
    const id = (await listed())[0]?.id ?? "";
    await database.db.query("INSERT INTO report_file VALUES ($1, 'en', 'pdf', 'printed')", [id]);
    expect(await make({ townshipId: "T1", kind: "day", date: "2026-11-01" })).toMatchObject({ isNew: false });
    expect((await readReportFile(database.db.query, id, "en", "pdf"))?.toString()).toBe("printed");
  });

  it("stops when it is called off", async () => {
    const calledOff = new AbortController();
    calledOff.abort(new Error("called off"));
    await expect(
      makeReport(
        needs(),
        { params: { townshipId: "T1", kind: "day", date: "2026-11-01" }, actor: "tester" },
        { progress: () => {}, signal: calledOff.signal },
      ),
    ).rejects.toThrow("called off");
    expect(await listed()).toHaveLength(0);
  });
});

describe("the reports' schedule", () => {
  it("waits until late data has had its time", () => {
    const days = (text: string) =>
      duePeriods(0, Date.parse(text), zone)
        .filter(({ kind }) => kind === "day")
        .at(-1)?.firstDate;
    expect(days("2026-11-02T01:59:59+08:00")).toBe("2026-10-31");
    expect(days("2026-11-02T02:00:00+08:00")).toBe("2026-11-01");
  });

  it("asks for each period once, though two houses look, and makes good what it missed", async () => {
    await database.db.query("INSERT INTO report_schedule (since_ms) VALUES (0)");
    const schedules = [1, 2].map(() =>
      startReportSchedule({
        db: database.db,
        timeZone: zone,
        clock: () => nowMs,
        warn: (_message, error) => {
          throw error;
        },
      }),
    );
    const queued = () => listJobs(database.db.query, { kind: "report" }, { after: undefined, limit: 100 });
    await until(
      "the reports of seven days, four weeks and two months",
      async () => (await queued()).length >= 13,
    );
    for (const schedule of schedules) await schedule.stop();
    expect(await queued()).toHaveLength(13);
    expect(new Set((await queued()).map(({ params }) => JSON.stringify(params))).size).toBe(13);
  });

  it("begins with the house: periods that had ended before are left to those who ask", () => {
    const firstStartMs = Date.parse("2026-10-30T12:00:00+08:00");
    expect(duePeriods(firstStartMs, firstStartMs, zone)).toEqual([]);
    const later = duePeriods(firstStartMs, nowMs, zone).map(({ kind, firstDate }) => `${kind} ${firstDate}`);
    expect(later).toEqual([
      "day 2026-10-30",
      "day 2026-10-31",
      "day 2026-11-01",
      "week 2026-10-26",
      "month 2026-10-01",
    ]);
  });

  it("asks again an hour after a report has failed, and not before", async () => {
    const period = periodOfDate("day", "2026-11-01", zone);
    const fail = (ago: string) =>
      database.db.query("UPDATE job SET state = 'failed', finished_at = now() - $1::interval", [ago]);
    expect(await queueDueReports(database.db, period, "schedule")).toBe(1);
    await fail("59 minutes");
    expect(await queueDueReports(database.db, period, "schedule")).toBe(0);
    await fail("61 minutes");
    expect(await queueDueReports(database.db, period, "schedule")).toBe(1);
    expect(await queueDueReports(database.db, period, "schedule")).toBe(0);
  });

  it("asks for nothing from before anything was installed", async () => {
    expect(await queueDueReports(database.db, periodOfDate("month", "2025-11-01", zone), "schedule")).toBe(0);
    expect(await queueDueReports(database.db, periodOfDate("month", "2026-01-01", zone), "schedule")).toBe(1);
    expect(await queueDueReports(database.db, periodOfDate("month", "2026-01-01", zone), "schedule")).toBe(0);
  });
});
