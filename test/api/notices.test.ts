// Rectification notices over HTTP: numbers without gaps, evidence that stays, states that hold, papers that cannot be broken.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Notice, NoticeCount, NoticeDetail } from "../../domain/http-notices.ts";
import { keepNotices } from "../../notices/keeper.ts";
import type { TelemetryRecord } from "../../storage/telemetry/port.ts";
import { header, smallTable, startTestApi, type TestApi } from "./house.ts";

const timeZone = "Asia/Shanghai";
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  const imported = await api.importCsv(smallTable);
  expect(imported.status, await imported.text()).toBe(200);
});
afterEach(() => api.stop());

const send = async <T = NoticeDetail>(method: string, path: string, body?: object) => {
  const response = await api.request(`/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
};
const byHand = (body: object = {}) =>
  send("POST", "/notices", { breakerId: "B1", texts: { zh: { hazard: "导线裸露" } }, ...body });
const made = async (body: object = {}): Promise<NoticeDetail> => {
  const answer = await byHand(body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  api.setNow(api.now() + 1);
  return answer.body;
};
const done = async (notice: { id: string }, act: string, body?: object): Promise<NoticeDetail> => {
  const answer = await send("POST", `/notices/${notice.id}/${act}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};
const raise = async (id: string, kind: string, breakerId: string | null, areaId = "A1") => {
  await api.db.query(
    `INSERT INTO alarm (id, kind, priority, breaker_id, area_id, village_id, raised_at_ms, evidence)
     VALUES ($1, $2, 'high', $3, $4, (SELECT village_id FROM transformer_area WHERE id = $4), $5, $6)`,
    [id, kind, breakerId, areaId, api.now() - minuteMs, { residualCurrentMa: 34.1, contact: "closed" }],
  );
};
/** Operating and heard every five minutes from `fromMs` to `toMs`. */
const telemetry = async (breakerId: string, fromMs: number, toMs: number, residualCurrentMa = 5) => {
  const records: TelemetryRecord[] = [];
  for (let tsMs = fromMs; tsMs < toMs; tsMs += 5 * minuteMs)
    records.push({
      report: {
        kind: "reading",
        breakerId,
        tsMs,
        seq: tsMs / minuteMs,
        arrivalMs: tsMs,
        clockReplaced: false,
        body: { residualCurrentMa, contact: "closed", protection: "enabled" },
      },
      townshipId: "T",
      villageId: "V1",
      areaId: "A1",
      level: "household",
    });
  const outcome = await api.telemetry.write(records, toMs);
  expect(outcome).toMatchObject({ kind: "stored", rejected: [] });
};
const interval = (breakerId: string, fromMs: number, toMs: number | null, state: string, reason?: string) =>
  api.db.query(
    "INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason) VALUES ($1, $2, $3, $4, $5)",
    [breakerId, fromMs, toMs, state, reason ?? null],
  );
const keep = (nowMs: number) =>
  keepNotices(
    {
      db: api.db,
      telemetry: api.telemetry,
      timeZone,
      heartbeatIntervalMs: 5 * minuteMs,
      vouchMs: 15 * minuteMs,
    },
    nowMs,
  );
const detail = async (id: string) => (await api.get<NoticeDetail>(`/notices/${id}`)).body;

describe("making a notice", () => {
  it("copies the alarm's evidence, fills in the standard texts, and makes one notice per alarm", async () => {
    await raise("B1:failureToTrip:1", "failureToTrip", "B1");
    await telemetry("B1", api.now() - 3 * hourMs, api.now(), 12);
    await api.db.query("INSERT INTO safety_officer (id, name, phone) VALUES ('o1', 'Officer', '123')");
    await api.db.query("INSERT INTO village_officer VALUES ('V1', 'o1', '2026-01-01', NULL)");
    const { status, body } = await send("POST", "/notices", {
      alarmId: "B1:failureToTrip:1",
      inspector: "巡检员",
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      number: "2026-0001",
      state: "draft",
      address: "Lane 1",
      villageName: "Upper",
      finding: "failureToTrip",
      deadline: "2026-05-23",
      inspector: "巡检员",
      officer: { id: "o1", name: "Officer", phone: "123" },
      evidence: {
        ratedResidualCurrentMa: 30,
        alarm: { kind: "failureToTrip", values: { residualCurrentMa: 34.1, contact: "closed" } },
      },
    });
    expect(body.texts.zh.hazard).toContain("拒动");
    expect(body.texts.en.requirement).toContain("Cut the supply");
    expect(body.evidence.chart.points.length).toBeGreaterThan(10);
    expect(body.events.map((e) => [e.event, e.actor])).toEqual([["created", "tester"]]);

    const again = await send<{ detail: string }>("POST", "/notices", { alarmId: "B1:failureToTrip:1" });
    expect(again.status).toBe(409);
    expect(again.body.detail).toContain(body.id);
    // What was evidence stays so when the alarm and the registry have gone on.
    await api.db.query("UPDATE household SET address = 'elsewhere' WHERE id = 'H1'");
    await api.db.query("DELETE FROM alarm");
    expect(await detail(body.id)).toMatchObject({
      address: "Lane 1",
      evidence: { alarm: { kind: "failureToTrip" } },
    });
    expect(api.published.at(-1)).toMatchObject({
      topic: "hubao/live/v1/notices",
      payload: [{ id: body.id }],
    });
    const audit = await api.db.query("SELECT actor, act, subject FROM audit WHERE act LIKE 'notice.%'");
    expect(audit).toEqual([{ actor: "tester", act: "notice.create", subject: body.id }]);
  });

  it("numbers a hundred that are made at once without gap or double, each township and year by itself", async () => {
    await api.importCsv(`${header}\nT2,Other,V9,Far,A9,Far 1,H9,Lane 9,true,B9,household,30,2026-01-01,`);
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        // Some of them cannot be made: they take no number.
        i % 5 === 4 ? byHand({ texts: {} }) : byHand({ breakerId: i % 5 === 3 ? "B9" : i % 2 ? "B1" : "B5" }),
      ),
    );
    const numbers = (township: string) =>
      all
        .filter((a) => a.status === 201 && a.body.townshipId === township)
        .map((a) => a.body.number)
        .sort();
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => `2026-${String(i + 1).padStart(4, "0")}`);
    expect(numbers("T")).toEqual(upTo(60));
    expect(numbers("T2")).toEqual(upTo(20));
    // The year is the township's: in Shanghai it begins eight hours before UTC's.
    api.setNow(Date.parse("2026-12-31T16:00:00Z"));
    expect((await made()).number).toBe("2027-0001");
  });

  it("makes one notice of an alarm however many ask for it at once, and loses no number to the others", async () => {
    await raise("a-1", "highLeakage", "B1");
    const all = await Promise.all(
      Array.from({ length: 20 }, () => send("POST", "/notices", { alarmId: "a-1" })),
    );
    expect(all.filter((a) => a.status === 201)).toHaveLength(1);
    expect(all.filter((a) => a.status === 409)).toHaveLength(19);
    expect((await made()).number).toBe("2026-0002");
  });

  it("can be by hand about a house without a breaker, and about an area's alarm with its main breaker", async () => {
    const house = await made({ breakerId: undefined, householdId: "H4" });
    expect(house).toMatchObject({ address: "Lane 4", breakerId: null, householdId: "H4" });
    expect(house.texts.en.hazard).toBe("导线裸露");
    await raise("a-2", "areaOutage", null, "A2");
    const area = await send("POST", "/notices", { alarmId: "a-2" });
    expect(area.body).toMatchObject({ areaId: "A2", breakerId: "M2", householdId: null });
  });

  it("refuses what cannot be", async () => {
    expect((await byHand({ householdId: "H1" })).status).toBe(400);
    expect((await byHand({ texts: {} })).status).toBe(400);
    expect((await byHand({ deadline: "2026-05-19" })).status).toBe(400);
    expect((await byHand({ breakerId: "nobody" })).status).toBe(404);
    expect((await send("POST", "/notices", { alarmId: "nothing" })).status).toBe(404);
    expect((await send("POST", "/notices", { breakerId: "B1", householdId: "H1" })).status).toBe(400);
  });
});

describe("the way of a notice", () => {
  it("goes from draft to rectified by its acts only, each in the history and in the audit log", async () => {
    const notice = await made();
    for (const act of ["rectify", "reinspect", "refuse"])
      expect(
        (
          await send(
            "POST",
            `/notices/${notice.id}/${act}`,
            act === "rectify" ? {} : act === "refuse" ? { reason: "x" } : { result: "passed" },
          )
        ).status,
      ).toBe(409);
    const edited = await send("PATCH", `/notices/${notice.id}`, {
      deadline: "2026-05-25",
      texts: { en: { hazard: "bare wire" } },
    });
    expect(edited.body).toMatchObject({
      deadline: "2026-05-25",
      texts: { zh: { hazard: "导线裸露" }, en: { hazard: "bare wire" } },
    });
    await done(notice, "issue", { at: "2026-05-20T08:00:00+08:00" });
    expect((await send("PATCH", `/notices/${notice.id}`, { inspector: "x" })).status).toBe(409);
    expect((await send("POST", `/notices/${notice.id}/withdraw`)).status).toBe(409);
    const early = await send<{ detail: string }>("POST", `/notices/${notice.id}/rectify`, {
      at: "2026-05-20T07:00:00+08:00",
    });
    expect([early.status, early.body.detail]).toEqual([
      400,
      expect.stringContaining("before the notice was issued"),
    ]);
    expect(
      (await send("POST", `/notices/${notice.id}/rectify`, { at: "2026-05-21T07:00:00+08:00" })).status,
    ).toBe(400);
    const rectified = await done(notice, "rectify", { note: "已更换" });
    expect(rectified).toMatchObject({ state: "rectified", issuedAt: "2026-05-20T00:00:00.000Z" });
    const inspected = await done(notice, "reinspect", { result: "passed", note: "现场合格" });
    expect(inspected).toMatchObject({
      state: "rectified",
      reinspection: { result: "passed", on: "2026-05-20", by: "tester" },
    });
    expect(inspected.events.map((e) => e.event)).toEqual([
      "created",
      "edited",
      "issued",
      "rectified",
      "reinspected",
    ]);
    const audit = await api.db.query<{ act: string }>(
      "SELECT act FROM audit WHERE subject = $1 ORDER BY id",
      [notice.id],
    );
    expect(audit.map((a) => a.act)).toEqual([
      "notice.create",
      "notice.edit",
      "notice.issue",
      "notice.rectify",
      "notice.reinspect",
    ]);
    const outbox = await api.db.query<{ event: string }>("SELECT event FROM notice_outbox ORDER BY id");
    expect(outbox.map((o) => o.event)).toEqual(inspected.events.map((e) => e.event));
  });

  it("keeps to its deadline: a draft's within a year, and not passed when it is handed over", async () => {
    const notice = await made({ deadline: "2026-05-21" });
    const patched = await send("PATCH", `/notices/${notice.id}`, { deadline: "2028-05-21" });
    expect(patched.status).toBe(400);
    api.setNow(api.now() + 3 * dayMs);
    const late = await send<{ detail: string }>("POST", `/notices/${notice.id}/issue`);
    expect([late.status, late.body.detail]).toEqual([400, expect.stringContaining("set another")]);
    // Handed over in time, and entered later.
    expect(await done(notice, "issue", { at: "2026-05-21T09:00:00+08:00" })).toMatchObject({
      state: "overdue",
    });
  });

  it("cannot be issued or rectified before its alarm: telemetry of the time before would verify it", async () => {
    await interval("B1", api.now() - 5 * dayMs, api.now() - minuteMs, "operating");
    await telemetry("B1", api.now() - 4 * dayMs, api.now() - minuteMs);
    await raise("a-1", "highLeakage", "B1");
    const { id } = (await send("POST", "/notices", { alarmId: "a-1" })).body;
    const before = { at: new Date(api.now() - 2 * dayMs).toISOString() };
    const early = await send<{ detail: string }>("POST", `/notices/${id}/issue`, before);
    expect([early.status, early.body.detail]).toEqual([400, expect.stringContaining("before the alarm")]);
    await done({ id }, "issue");
    expect((await send("POST", `/notices/${id}/rectify`, before)).status).toBe(400);
    expect(await keep(api.now() + minuteMs)).not.toMatchObject([{ state: "verified" }]);
  });

  it("follows in the other language while that is a copy, and takes away what is emptied", async () => {
    const notice = await made({ texts: { zh: { hazard: "导线裸露", rule: "安规" } }, inspector: "x" });
    const edit = async (body: object) => (await send("PATCH", `/notices/${notice.id}`, body)).body;
    const first = await edit({ texts: { zh: { hazard: "插座受潮", rule: "" } }, inspector: null });
    expect(first).toMatchObject({
      inspector: null,
      texts: { zh: { hazard: "插座受潮", rule: "" }, en: { hazard: "插座受潮", rule: "" } },
    });
    await edit({ texts: { en: { hazard: "damp socket" } } });
    expect((await edit({ texts: { zh: { hazard: "插座烧坏" } } })).texts.en.hazard).toBe("damp socket");
    expect((await send("PATCH", `/notices/${notice.id}`, { texts: { zh: { hazard: " " } } })).status).toBe(
      400,
    );
    expect((await byHand({ texts: { zh: { hazard: " " } } })).status).toBe(400);
  });

  it("keeps the number of a draft that is withdrawn, and lets its alarm have another", async () => {
    await raise("a-1", "highLeakage", "B1");
    const first = await send("POST", "/notices", { alarmId: "a-1" });
    expect(await done(first.body, "withdraw", { reason: "错误" })).toMatchObject({ state: "withdrawn" });
    expect((await send("POST", "/notices", { alarmId: "a-1" })).body.number).toBe("2026-0002");
  });

  it("escalates a refused one to the village, and lets it be rectified after all", async () => {
    const notice = await made();
    await done(notice, "issue");
    const refused = await done(notice, "refuse", { reason: "拒签" });
    expect(refused.state).toBe("refused");
    expect(refused.escalatedAt).not.toBe(null);
    expect(refused.events.map((e) => e.event)).toEqual(["created", "issued", "refused", "escalated"]);
    expect((await done(notice, "rectify")).state).toBe("rectified");
  });

  it("is reminded of, becomes overdue and is escalated by the township's calendar, once each", async () => {
    const notice = await made({ deadline: "2026-05-30" });
    await done(notice, "issue");
    const at = (text: string) => Date.parse(text);
    expect(await keep(at("2026-05-26T23:59:59+08:00"))).toEqual([]);
    expect(await keep(at("2026-05-27T00:00:00+08:00"))).toMatchObject([{ state: "issued" }]);
    expect(await keep(at("2026-05-30T23:59:59+08:00"))).toEqual([]);
    // Several processes look at once.
    const looks = await Promise.all([1, 2, 3].map(() => keep(at("2026-05-31T00:00:00+08:00"))));
    expect(looks.flat()).toMatchObject([{ state: "overdue" }]);
    expect(await keep(at("2026-06-03T00:00:00+08:00"))).toMatchObject([{ state: "overdue" }]);
    expect(await keep(at("2026-07-03T00:00:00+08:00"))).toEqual([]);
    const { events } = await detail(notice.id);
    expect(events.map((e) => e.event)).toEqual(["created", "issued", "reminded", "overdue", "escalated"]);
    expect(events.at(-1)).toMatchObject({ actor: "hubao", detail: { to: "village" } });
  });
});

describe("a notice from a rule of one's own", () => {
  it("says what the rule says", async () => {
    await raise("a-1", "customRule", "B1");
    await api.db.query("UPDATE alarm SET evidence = $1", [
      { textZh: "水泵房过热", textEn: "pump house too hot" },
    ]);
    const { texts } = (await send("POST", "/notices", { alarmId: "a-1" })).body;
    expect([texts.zh.hazard, texts.en.hazard]).toEqual(["水泵房过热", "pump house too hot"]);
  });
});

describe("verification", () => {
  const rectified = async () => {
    await raise("a-1", "highLeakage", "B1");
    const notice = (await send("POST", "/notices", { alarmId: "a-1" })).body;
    await api.db.query("UPDATE alarm SET cleared_at_ms = $1", [api.now()]);
    await done(notice, "issue");
    return done(notice, "rectify");
  };

  it("follows when telemetry shows 24 hours of operating below the threshold", async () => {
    const notice = await rectified();
    const r = api.now();
    await interval("B1", r - dayMs, null, "operating");
    await telemetry("B1", r, r + 25 * hourMs, 4.5);
    expect(await keep(r + 24 * hourMs - 1)).toEqual([]);
    expect(await keep(r + 24 * hourMs + 5 * minuteMs)).toMatchObject([{ state: "verified" }]);
    expect(await keep(r + 25 * hourMs)).toEqual([]);
    expect(await detail(notice.id)).toMatchObject({
      state: "verified",
      verification: {
        maxResidualCurrentMa: 4.5,
        thresholdMa: 18,
        to: new Date(r + 24 * hourMs).toISOString(),
      },
    });
  });

  it("goes by the threshold that is set for the breaker", async () => {
    const notice = await rectified();
    const r = api.now();
    await interval("B1", r - dayMs, null, "operating");
    await telemetry("B1", r, r + 25 * hourMs, 15);
    await api.db.query("INSERT INTO finding_limit VALUES ('area', 'A1', '', 'highLeakageShare', 0.4)");
    expect(await keep(r + 24 * hourMs)).toMatchObject([
      { state: "issued", contradiction: { kind: "leakage", thresholdMa: 12 } },
    ]);
    expect((await detail(notice.id)).events.at(-1)).toMatchObject({
      event: "contradicted",
      detail: { residualCurrentMa: 15 },
    });
  });

  it("goes by the breaker that was put in the place of the notice's", async () => {
    const notice = await rectified();
    const r = api.now();
    await interval("B1", r - dayMs, r, "operating");
    const replaced = await send("POST", "/breakers/B1/replace", { id: "B1-new", on: "2026-05-20" });
    expect(replaced.status, JSON.stringify(replaced.body)).toBe(200);
    expect(await keep(r + 25 * hourMs)).toEqual([]);
    await interval("B1-new", r, null, "operating");
    await telemetry("B1-new", r, r + 25 * hourMs, 4.5);
    expect(await keep(r + 25 * hourMs)).toMatchObject([{ state: "verified" }]);
    expect(await detail(notice.id)).toMatchObject({ breakerId: "B1", verification: { thresholdMa: 18 } });
  });

  it("never follows from a passed re-inspection, nor from a state that nobody has heard of since", async () => {
    const notice = await rectified();
    await done(notice, "reinspect", { result: "passed" });
    await interval("B1", api.now() - dayMs, null, "operating");
    expect(await keep(api.now() + 5 * dayMs)).toEqual([]);
    expect((await detail(notice.id)).state).toBe("rectified");
  });

  it("sends the notice back to issued, with the reason, when telemetry contradicts, and waits for late data first", async () => {
    const notice = await rectified();
    const r = api.now();
    await interval("B1", r - dayMs, r + 5 * hourMs, "operating");
    await interval("B1", r + 5 * hourMs, null, "notOperating", "protectionExited");
    await telemetry("B1", r, r + 25 * hourMs);
    await api.db.query("INSERT INTO revision_request VALUES ('B1', $1)", [r]);
    expect(await keep(r + 24 * hourMs)).toEqual([]);
    await api.db.query("DELETE FROM revision_request");
    expect(await keep(r + 24 * hourMs)).toMatchObject([
      { state: "issued", contradiction: { kind: "notOperating", reason: "protectionExited" } },
    ]);
    const back = await detail(notice.id);
    expect(back.rectifiedAt).toBe(null);
    expect(back.events.at(-1)).toMatchObject({ event: "contradicted", actor: "hubao" });
    api.setNow(r + 26 * hourMs);
    expect(await done(notice, "rectify")).toMatchObject({ state: "rectified", contradiction: null });
  });
});

describe("the work list", () => {
  it("is filtered by state, place, officer, period and text, and paged", async () => {
    await api.db.query(
      "UPDATE household SET householder = '王户主', account_number = '0012' WHERE id = 'H5'",
    );
    const [a, b, c] = [
      await made(),
      await made({ breakerId: "B5" }),
      await made({ breakerId: "B2", deadline: "2026-05-21" }),
    ];
    await done(b, "issue");
    await done(c, "issue");
    api.setNow(api.now() + 3 * dayMs);
    const numbers = async (query: string) =>
      (await api.get<{ items: Notice[] }>(`/notices?${query}`)).body.items.map((n) => n.number);
    expect(await numbers("")).toEqual([c.number, b.number, a.number]);
    expect(await numbers("state=draft")).toEqual([a.number]);
    expect(await numbers("state=issued")).toEqual([b.number]);
    expect(await numbers("state=overdue")).toEqual([c.number]);
    expect(await numbers("overdue=true")).toEqual([c.number]);
    expect(await numbers("state=open")).toEqual([c.number, b.number]);
    expect(await numbers("village=V2")).toEqual([b.number]);
    expect(await numbers(`q=${encodeURIComponent("王户")}`)).toEqual([b.number]);
    expect(await numbers("q=0012")).toEqual([b.number]);
    expect(await numbers("q=2026-0003")).toEqual([c.number]);
    expect(await numbers("from=2026-05-22T00:00:00Z")).toEqual([]);
    expect(await numbers("officer=nobody")).toEqual([]);
    const page = await api.get<{ items: Notice[]; nextCursor: string }>("/notices?limit=2");
    expect(page.body.items).toHaveLength(2);
    expect(await numbers(`limit=2&cursor=${page.body.nextCursor}`)).toEqual([a.number]);
    expect((await api.get("/notices?cursor=nonsense")).status).toBe(400);
    expect((await api.get("/notices/7a0e51dd-4c4a-4b0e-8d6e-000000000000")).status).toBe(404);
  });

  it("is counted per village and period: issued, closed, overdue", async () => {
    const c = await made({ deadline: "2026-05-21" });
    await done(c, "issue");
    const house = await made({ breakerId: undefined, householdId: "H4" });
    await done(house, "issue");
    api.setNow(api.now() + 3 * dayMs);
    await done(house, "rectify");
    await done(house, "reinspect", { result: "passed" });
    const lower = await made({ breakerId: "B5" });
    await done(lower, "issue");
    api.setNow(api.now() + 1);
    const counts = async (query: string) =>
      (await api.get<{ items: NoticeCount[] }>(`/notices/counts?${query}`)).body.items;
    const month = "from=2026-04-30T16:00:00Z&to=2026-05-31T16:00:00Z";
    expect(await counts(month)).toEqual([
      { id: "V1", issued: 2, closed: 1, overdue: 1 },
      { id: "V2", issued: 1, closed: 0, overdue: 0 },
    ]);
    expect(await counts(`${month}&by=township`)).toEqual([{ id: "T", issued: 3, closed: 1, overdue: 1 }]);
    expect(await counts("")).toEqual([
      { id: "V1", issued: 0, closed: 1, overdue: 1 },
      { id: "V2", issued: 1, closed: 0, overdue: 0 },
    ]);
  });
});

describe("the printed notice", () => {
  it("stands in three copies, in Chinese and in English, with a chart and lines for signatures", async () => {
    await raise("a-1", "failureToTrip", "B1");
    await telemetry("B1", api.now() - 3 * hourMs, api.now(), 12);
    const notice = (await send("POST", "/notices", { alarmId: "a-1" })).body;
    const print = async (lang: string) => {
      const response = await api.request(`/api/v1/notices/${notice.id}/print?lang=${lang}`);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      return response.text();
    };
    const zh = await print("zh");
    for (const text of [
      "安全隐患整改通知书",
      "〔2026〕第 0001 号",
      "第一联",
      "第二联",
      "第三联",
      "用户签收",
      "2026年5月23日",
      "@page",
    ])
      expect(zh).toContain(text);
    expect(zh.match(/<svg /g)).toHaveLength(3);
    expect(zh).not.toContain("<script");
    const en = await print("en");
    expect(en).toContain("Rectification notice");
    expect(en.replace(/〔|〕/g, "")).not.toMatch(/\p{Script=Han}/u);
    expect((await fetch(`${api.api.url}/api/v1/notices/${notice.id}/print`)).status).toBe(401);
  });

  it("says every finding's evidence in its own language", async () => {
    const iso = new Date(api.now()).toISOString();
    // What detection/ writes.
    const evidences: Record<string, Record<string, unknown>> = {
      lineLeakage: { excessMa: 120.4, householdsSumMa: 80, silentHouseholds: 2 },
      leakageSpike: { residualCurrentMa: 12, usualMa: 2.1, rises: 3 },
      settingsChanged: { settingMa: 50 },
      phaseImbalance: { imbalanceShare: 0.312, phaseAA: 10, phaseBA: 12, phaseCA: 14.5 },
      overload: { loadCurrentA: 61, limitA: 60 },
      clockWrong: { behindMs: 3_600_000, aheadMs: 120_000, reportedTime: "implausible" },
      testOverdue: { dueAt: iso, testedAt: iso },
      gatewayOffline: { gatewayId: "G1", lastHeardAt: iso },
      duplicatedSequence: { seq: 7, beforeSeq: 6, readings: 4 },
      impossibleValue: { field: "voltageV", value: 9000 },
      gradingFailure: {
        responsibleBreakerId: "B1",
        cause: "earthFault",
        phase: "A",
        trippedAt: iso,
        suspects: 1,
        suspect1BreakerId: "B1",
        suspect1HouseholdId: "H1",
        suspect1ResidualCurrentMa: 31,
        suspect1RiseMa: 29,
        suspect1Tripped: false,
      },
      repeatedTrips: { cause: "vendor:2a", trips: 3, lockedOut: true },
    };
    const said: Record<string, string> = {};
    for (const [kind, evidence] of Object.entries(evidences)) {
      await raise(kind, kind, "B1");
      await api.db.query("UPDATE alarm SET evidence = $1 WHERE id = $2", [evidence, kind]);
      const { body } = await send("POST", "/notices", { alarmId: kind });
      for (const lang of ["zh", "en"]) {
        const page = await (await api.request(`/api/v1/notices/${body.id}/print?lang=${lang}`)).text();
        said[`${kind} ${lang}`] = /<p>(.*?)<\/p>/.exec(page)?.[1] ?? "";
      }
    }
    for (const [key, text] of Object.entries(said)) {
      expect(text, key).not.toMatch(/[a-z]{2}[A-Z]/);
      if (key.endsWith("zh")) expect(text.replaceAll(/IΔn|vendor/g, ""), key).not.toMatch(/[a-z]{3}/);
    }
    const pieces: [string, string[]][] = [
      ["phaseImbalance zh", ["不平衡度 31 %", "A 相 10 A"]],
      ["gradingFailure en", ["suspect 1 B1;", "suspect 1 residual current 31 mA", "earth fault"]],
      ["repeatedTrips zh", ["跳闸原因 厂家代码 2a", "跳闸次数 3"]],
      ["clockWrong en", ["clock behind by 60 min", "clock ahead by 2 min"]],
    ];
    for (const [key, texts] of pieces) for (const text of texts) expect(said[key]).toContain(text);
  });

  it("cannot be broken by names, notes and evidence", async () => {
    const evil = `<img src=x onerror=alert(1)>"'&</style><script>1</script>`;
    await api.db.query("UPDATE household SET address = $1, householder = $1, account_number = $1", [evil]);
    await api.db.query("UPDATE village SET name = $1", [evil]);
    await api.db.query("UPDATE transformer_area SET name = $1, supply_station = $1", [evil]);
    await raise("a-1", "highLeakage", "B1");
    await api.db.query("UPDATE alarm SET evidence = $1", [{ [evil]: evil, contact: evil }]);
    const { body } = await send("POST", "/notices", {
      alarmId: "a-1",
      inspector: evil,
      texts: { zh: { hazard: evil, rule: evil, requirement: evil } },
    });
    await done(body, "issue");
    await done(body, "reinspect", { result: "failed", note: evil });
    const page = await (await api.request(`/api/v1/notices/${body.id}/print`)).text();
    expect(page).not.toMatch(/<img|<script/);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
  });
});
