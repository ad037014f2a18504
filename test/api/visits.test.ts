// The visit list over HTTP: who needs a visit today, in walking order, with why and what to do; and what came of it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VisitList } from "../../domain/http-visits.ts";
import { header, startTestApi, type TestApi } from "./house.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  const house = (n: number, area: string, inhabited = true) =>
    `T,Town,V1,Upper,${area},Area ${area},H${n},Lane ${n},${inhabited},B${n},household,30,2026-01-01,`;
  const rows = [
    header,
    "T,Town,V1,Upper,A1,Area A1,,,,M1,main,300,2026-01-01,",
    ...[1, 2, 10].map((n) => house(n, "A1")),
    house(3, "A1", false),
    house(4, "A2"),
    "T,Town,V2,Lower,A9,Area A9,H9,Lane 9,true,B9,household,30,2026-01-01,",
  ];
  expect((await api.importCsv(rows.join("\n"))).status).toBe(200);
  await api.db.query("INSERT INTO safety_officer (id, name, phone) VALUES ('o1', '协管员甲', '123')");
  await api.db.query(
    "INSERT INTO village_officer VALUES ('V1', 'o1', '2026-01-01', NULL), ('V2', 'o1', '2026-06-01', NULL)",
  );
});
afterEach(() => api.stop());

const raise = (breakerId: string | null, kind: string, priority = "medium", areaId = "A1") =>
  api.db.query(
    `INSERT INTO alarm (id, kind, priority, breaker_id, area_id, village_id, raised_at_ms, evidence)
     VALUES ($1 || $2, $2, $3, $4, COALESCE((SELECT area_id FROM breaker WHERE id = $4), $5),
             (SELECT village_id FROM transformer_area WHERE id = COALESCE((SELECT area_id FROM breaker WHERE id = $4), $5)), $6, $7)`,
    [
      breakerId ?? areaId,
      kind,
      priority,
      breakerId,
      areaId,
      api.now() - 90 * minuteMs,
      { residualCurrentMa: 21 },
    ],
  );
const interval = (breakerId: string, state: string, reason: string | null) =>
  api.db.query(
    "INSERT INTO operating_interval (breaker_id, from_ms, state, reason) VALUES ($1, $2, $3, $4)",
    [breakerId, api.now() - 60 * minuteMs, state, reason],
  );
const list = async (query: string): Promise<VisitList> => {
  const { status, body } = await api.get<VisitList>(`/visits?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};
const post = (path: string, body: object) =>
  api.request(`/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
/** Area → houses or breakers with their reasons. */
const shape = (visits: VisitList) =>
  visits.areas.map((area) => [
    area.areaId,
    area.visits.map((v) => [
      v.householdId ?? v.breakerId,
      v.reasons.map((r) => r.finding ?? r.notice?.state),
    ]),
  ]);

describe("the visit list", () => {
  it("says which houses, in walking order by area, why, since when, on what evidence and what to do", async () => {
    await raise("B10", "highLeakage");
    await raise("B10", "failureToTrip", "high");
    await raise("B2", "silent", "low");
    await raise("B4", "protectionExited");
    await raise("M1", "lineLeakage");
    await raise(null, "areaOutage");
    await raise("B9", "highLeakage");
    // The state alone is enough, and says nothing twice where an alarm speaks of it.
    await interval("B1", "notOperating", "open");
    await interval("B4", "notOperating", "protectionExited");
    const today = await list("officer=o1");
    expect(today).toMatchObject({
      date: "2026-05-20",
      officer: { name: "协管员甲" },
      visitCount: 5,
      doneCount: 0,
      truncated: false,
    });
    expect(today.villages).toEqual([{ id: "V1", name: "Upper" }]);
    expect(shape(today)).toEqual([
      [
        "A1",
        [
          ["M1", ["lineLeakage"]],
          ["H1", ["open"]],
          ["H2", ["silent"]],
          ["H10", ["failureToTrip", "highLeakage"]],
        ],
      ],
      ["A2", [["H4", ["protectionExited"]]]],
    ]);
    expect(today.areas[0]?.reasons.map((r) => r.finding)).toEqual(["areaOutage"]);
    expect(today.areas[0]?.visits[3]).toMatchObject({
      address: "Lane 10",
      priority: "high",
      reasons: [
        {
          since: new Date(api.now() - 90 * minuteMs).toISOString(),
          evidence: { residualCurrentMa: 21 },
          advice: {
            zh: expect.stringContaining("断开上级电源"),
            en: expect.stringContaining("cut the supply"),
          },
        },
        {},
      ],
    });
    await api.db.query(
      "UPDATE household SET walking_order = CASE id WHEN 'H10' THEN 1 ELSE 2 END WHERE id IN ('H10', 'H2')",
    );
    expect(shape(await list("village=V1"))[0]?.[1]).toMatchObject(
      [["M1"], ["H10"], ["H2"], ["H1"]].map((v) => [...v, expect.anything()]),
    );
    expect(shape(await list("village=V2"))).toEqual([["A9", [["H9", ["highLeakage"]]]]]);
    expect((await list("officer=o1&date=2026-06-01")).villages).toHaveLength(2);
  });

  it("leaves out who is excused, unless there is danger", async () => {
    await raise("B3", "highLeakage");
    await raise("B1", "highLeakage");
    await interval("B1", "excused", "plannedOutage");
    expect((await list("village=V1")).areas).toEqual([]);
    await raise("B3", "failureToTrip", "high");
    expect(shape(await list("village=V1"))).toEqual([["A1", [["H3", ["failureToTrip"]]]]]);
  });

  it("holds notices in hand: issued, overdue, refused; not drafts and what is rectified", async () => {
    const notice = async (householdId: string, ...acts: [string, object][]) => {
      const response = await post("/notices", {
        householdId,
        texts: { zh: { hazard: "x" } },
        deadline: "2026-05-21",
      });
      const { id } = (await response.json()) as { id: string };
      for (const [act, body] of acts) expect((await post(`/notices/${id}/${act}`, body)).status).toBe(200);
    };
    await notice("H1", ["issue", {}]);
    await notice("H2", ["issue", {}], ["refuse", { reason: "拒签" }]);
    await notice("H10", ["issue", {}], ["rectify", {}]);
    await notice("H4");
    // Whoever stands at the door must know what it is about: nothing else on the list says it.
    expect((await list("village=V1")).areas[0]?.visits[0]?.reasons[0]?.notice?.hazard).toEqual({
      zh: "x",
      en: "x",
    });
    expect(await (await api.request("/api/v1/visits/print?village=V1&lang=zh")).text()).toContain(
      "（已下发，期限 2026年5月21日）：x",
    );
    expect(shape(await list("village=V1"))).toEqual([
      [
        "A1",
        [
          ["H1", ["issued"]],
          ["H2", ["refused"]],
        ],
      ],
    ]);
    api.setNow(api.now() + 3 * dayMs);
    expect(shape(await list("village=V1"))).toEqual([
      [
        "A1",
        [
          ["H1", ["overdue"]],
          ["H2", ["refused"]],
        ],
      ],
    ]);
    // A past day is answered as things stood at its end.
    expect(shape(await list("village=V1&date=2026-05-20"))).toEqual([
      [
        "A1",
        [
          ["H1", ["issued"]],
          ["H2", ["refused"]],
        ],
      ],
    ]);
    expect((await list("village=V1&date=2026-05-19")).areas).toEqual([]);
  });

  it("calls a notice that telemetry has sent back issued, and a past day's by what it was then", async () => {
    const made = await post("/notices", { householdId: "H1", texts: { zh: { hazard: "x" } } });
    const { id } = (await made.json()) as { id: string };
    const act = async (name: string, body: object) =>
      expect((await post(`/notices/${id}/${name}`, body)).status).toBe(200);
    await act("issue", {});
    await act("refuse", { reason: "拒签" });
    api.setNow(api.now() + dayMs);
    await act("rectify", {});
    expect((await list("village=V1")).areas).toEqual([]);
    api.setNow(api.now() + 2 * dayMs);
    // As the keeper writes it (notices/keeper.ts).
    await api.db.query("UPDATE rectification_notice SET state = 'issued', rectified_at_ms = NULL");
    await api.db.query(
      "INSERT INTO notice_event (notice_id, at_ms, actor, event) VALUES ($1, $2, 'hubao', 'contradicted')",
      [id, api.now()],
    );
    expect(shape(await list("village=V1"))).toEqual([["A1", [["H1", ["issued"]]]]]);
    expect(shape(await list("village=V1&date=2026-05-20"))).toEqual([["A1", [["H1", ["refused"]]]]]);
    expect((await list("village=V1&date=2026-05-21")).areas).toEqual([]);
  });

  it("puts a notice about an area without a main breaker with the area, where no house can be marked", async () => {
    await raise(null, "areaOutage", "medium", "A2");
    const made = await post("/notices", { alarmId: "A2areaOutage" });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    expect((await post(`/notices/${id}/issue`, {})).status).toBe(200);
    const today = await list("village=V1");
    expect(shape(today)).toEqual([["A2", []]]);
    expect(today.visitCount).toBe(0);
    expect(today.areas[0]?.reasons.map((r) => r.finding ?? r.notice?.state)).toEqual([
      "areaOutage",
      "issued",
    ]);
  });

  it("keeps what came of each visit, the last word of the day, and who said so", async () => {
    await raise("B1", "highLeakage");
    await raise("M1", "lineLeakage");
    expect(
      (await post("/visits/marks", { householdId: "H1", mark: "notAtHome", note: "下午再来" })).status,
    ).toBe(201);
    expect(
      (await post("/visits/marks", { householdId: "H1", mark: "done", note: "插座受潮，已换" })).status,
    ).toBe(201);
    expect((await post("/visits/marks", { breakerId: "M1", mark: "notAtHome" })).status).toBe(201);
    let today = await list("village=V1");
    expect(today.doneCount).toBe(1);
    expect(today.areas[0]?.visits.map((v) => v.mark)).toMatchObject([
      { mark: "notAtHome", note: null },
      { mark: "done", note: "插座受潮，已换", actor: "tester" },
    ]);
    // It stays on the day's list when its reason has gone, and is not on tomorrow's.
    await api.db.query("UPDATE alarm SET cleared_at_ms = $1", [api.now()]);
    today = await list("village=V1");
    expect(shape(today)).toEqual([
      [
        "A1",
        [
          ["M1", []],
          ["H1", []],
        ],
      ],
    ]);
    // A breaker of a house stands for its house.
    expect((await post("/visits/marks", { breakerId: "B1", mark: "notAtHome" })).status).toBe(201);
    today = await list("village=V1");
    expect(shape(today)[0]?.[1]).toHaveLength(2);
    expect(today.areas[0]?.visits[1]).toMatchObject({ householdId: "H1", mark: { mark: "notAtHome" } });
    api.setNow(api.now() + dayMs);
    expect((await list("village=V1")).areas).toEqual([]);
    const audit = await api.db.query(
      "SELECT act, subject, detail FROM audit WHERE act = 'visit.mark' ORDER BY id",
    );
    expect(audit[1]).toEqual({
      act: "visit.mark",
      subject: "H1",
      detail: { date: "2026-05-20", mark: "done", note: "插座受潮，已换" },
    });
  });

  it("refuses what cannot be", async () => {
    for (const query of ["", "officer=o1&village=V1", "village=V1&date=2026-02-30"])
      expect((await api.get(`/visits?${query}`)).status).toBe(400);
    // PostgreSQL knows no year 0.
    expect((await api.get("/visits?village=V1&date=0000-01-01")).status).toBe(400);
    expect(
      (await post("/visits/marks", { householdId: "H1", mark: "done", date: "0000-01-01" })).status,
    ).toBe(400);
    expect((await api.get("/visits?village=nowhere")).status).toBe(404);
    expect((await api.get("/visits?officer=nobody")).status).toBe(404);
    expect((await post("/visits/marks", { householdId: "nobody", mark: "done" })).status).toBe(404);
    expect((await post("/visits/marks", { mark: "done" })).status).toBe(400);
    expect(
      (await post("/visits/marks", { householdId: "H1", mark: "done", date: "2026-05-21" })).status,
    ).toBe(400);
  });

  it("is printed in both languages, and cannot be broken by names and notes", async () => {
    await api.db.query("UPDATE household SET address = '<img src=x>', householder = '<b>'");
    await raise("B1", "highLeakage");
    await raise(null, "areaOutage");
    await post("/visits/marks", { householdId: "H2", mark: "done", note: "<script>" });
    const print = async (lang: string) =>
      (await api.request(`/api/v1/visits/print?village=V1&lang=${lang}`)).text();
    const zh = await print("zh");
    for (const text of ["走访清单", "2026年5月20日", "剩余电流 21 mA", "逐个断开", "不在家", "&lt;img"])
      expect(zh).toContain(text);
    expect(zh).not.toMatch(/<img|<script/);
    expect(await print("en")).not.toMatch(/\p{Script=Han}/u);
  });
});

it("a day of 25 hours ends at its midnight", async () => {
  const berlin = await startTestApi({ config: { timeZone: "Europe/Berlin" } });
  try {
    const imported = await berlin.importCsv(
      `${header}\nT,Town,V1,Upper,A1,Area A1,H1,Lane 1,true,B1,household,30,2026-01-01,`,
    );
    expect(imported.status).toBe(200);
    // Half an hour before the midnight that ends the day on which the clocks were put back.
    const raisedMs = Date.parse("2026-10-25T23:30:00+01:00");
    await berlin.db.query(
      `INSERT INTO alarm (id, kind, priority, breaker_id, area_id, village_id, raised_at_ms, evidence)
       VALUES ('a', 'highLeakage', 'medium', 'B1', 'A1', 'V1', $1, '{}')`,
      [raisedMs],
    );
    berlin.setNow(raisedMs + 15 * minuteMs);
    for (const later of [0, dayMs]) {
      berlin.setNow(berlin.now() + later);
      const { body } = await berlin.get<VisitList>("/visits?village=V1&date=2026-10-25");
      expect(body.visitCount).toBe(1);
    }
  } finally {
    await berlin.stop();
  }
});
