import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  Alarm,
  AreaSummary,
  Breaker,
  BreakerDetail,
  BreakerEvent,
  Problem,
  QuarantineEntry,
  RateRow,
  ReadingPoint,
  TimelineEntry,
  TownshipSummary,
  VillageSummary,
} from "../../domain/http.ts";
import { toIso } from "../../domain/time.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

type List<T> = { items: T[]; nextCursor: string | null };
const minuteMs = 60_000;

let house: TestApi;
beforeAll(async () => {
  house = await startTestApi();
  expect((await house.importCsv(smallTable)).status).toBe(200);
  const now = house.now();
  const state = (id: string, value: string, reason: string | null, sinceMs: number, last: object | null) =>
    house.db.query(
      `INSERT INTO breaker_state (breaker_id, state, reason, since_ms, last_reading, last_heard_ms, memory, facts)
       VALUES ($1, $2, $3, $4, $5, $6, '{}', '{}')`,
      [id, value, reason, sinceMs, last === null ? null : JSON.stringify(last), now],
    );
  const last = {
    at: toIso(now),
    residualCurrentMa: 12.5,
    contact: "closed",
    protection: "enabled",
    loadCurrentA: null,
    voltageV: 229.5,
    temperatureC: null,
    signalDbm: -70,
  };
  await state("B1", "operating", null, now - 60 * minuteMs, last);
  await state("B2", "notOperating", "protectionExited", now - 30 * minuteMs, last);
  await state("B3", "excused", "vacantHouse", now - 600 * minuteMs, null);
  await state("M1", "operating", null, now - 60 * minuteMs, last);
  await house.db.query(
    `INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason) VALUES
       ('B1', $1, $2, 'unknown', 'silent'), ('B1', $2, NULL, 'operating', NULL),
       ('B2', $1, $3, 'operating', NULL), ('B2', $3, NULL, 'notOperating', 'protectionExited')`,
    [Date.parse("2026-01-01T00:00:00+08:00"), now - 60 * minuteMs, now - 30 * minuteMs],
  );
  const alarm = (
    id: string,
    kind: string,
    breakerId: string | null,
    area: string,
    village: string,
    at: number,
    cleared: number | null,
  ) =>
    house.db.query(
      `INSERT INTO alarm (id, kind, priority, breaker_id, area_id, village_id, raised_at_ms, cleared_at_ms, evidence)
       VALUES ($1, $2, 'medium', $3, $4, $5, $6, $7, '{"residualCurrentMa": 34.1, "closed": true}')`,
      [id, kind, breakerId, area, village, at, cleared],
    );
  await alarm("al/1", "protectionExited", "B2", "A1", "V1", now - 30 * minuteMs, null);
  await alarm("al/2", "highLeakage", "B5", "A3", "V2", now - 20 * minuteMs, now - 10 * minuteMs);
  await alarm("al/3", "areaOutage", null, "A3", "V2", now - 20 * minuteMs, null);
  await house.telemetry.write(
    [1, 2, 3, 4].map((seq) => ({
      report: {
        kind: "reading" as const,
        breakerId: "B1",
        // Two in the same millisecond, so that a page may end between them.
        tsMs: now - (seq < 3 ? 10 : seq === 3 ? 5 : 1) * minuteMs,
        seq,
        arrivalMs: now,
        clockReplaced: false,
        body: { residualCurrentMa: seq, contact: "closed" as const, protection: "enabled" as const },
      },
      townshipId: "T",
      villageId: "V1",
      areaId: "A1",
      level: "household" as const,
    })),
    now,
  );
  await house.telemetry.write(
    [1, 2, 3].map((seq) => ({
      report: {
        kind: "trip" as const,
        breakerId: "B1",
        tsMs: now - 7 * minuteMs,
        seq,
        arrivalMs: now,
        clockReplaced: false,
        body: { cause: "leakage" as const, residualCurrentMa: 30 + seq, reclosed: false },
      },
      townshipId: "T",
      villageId: "V1",
      areaId: "A1",
      level: "household" as const,
    })),
    now,
  );
  await house.db.query(
    `INSERT INTO quarantine (id, received_at_ms, client_id, topic, reason, detail, payload) VALUES
       ('j:1:0', 1000, 'B1', 't', 'badJson', 'at 1', '\\x7b'), ('j:2:0', 1000, 'B1', 't', 'badBody', 'x', '\\xff'),
       ('j:3:0', 2000, 'B2', 't', 'badJson', 'x', convert_to(repeat('电', 9000), 'UTF8'))`,
  );
});
afterAll(() => house.stop());

const all = async <T>(path: string, limit: number): Promise<T[]> => {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 50; pages += 1) {
    const sign = path.includes("?") ? "&" : "?";
    const { status, body }: { status: number; body: List<T> } = await house.get<List<T>>(
      `${path}${sign}limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    cursor = body.nextCursor;
    if (cursor === null) return items;
  }
  throw new Error("the list does not end");
};

describe("places", () => {
  test("counts each level of a village and its rates", async () => {
    const { body: v1 } = await house.get<VillageSummary>("/villages/V1");
    expect(v1).toMatchObject({
      name: "Upper",
      townshipId: "T",
      townshipName: "Town",
      households: 4,
      inhabitedHouseholds: 3,
      inhabitedOperating: 1,
      inhabitedCoverage: 1 / 3,
      inhabitedCoverageTarget: 1,
      openAlarms: 1,
    });
    expect(v1.levels.household).toEqual({
      shouldInstall: 3,
      requiredInstalled: 2,
      installed: 3,
      operating: 1,
      notOperating: 1,
      unknown: 0,
      excused: 1,
      installationRate: 2 / 3,
      operationalRate: 1 / 3,
      operationalRateUpperBound: 1 / 3,
      target: 0.95,
    });
    expect(v1.levels.main).toMatchObject({
      shouldInstall: 2,
      requiredInstalled: 2,
      installed: 2,
      operating: 1,
      unknown: 1,
      installationRate: 1,
      operationalRate: 0.5,
      operationalRateUpperBound: 1,
      target: 1,
    });
    expect(v1.levels.intermediate).toMatchObject({
      installed: 0,
      operationalRate: null,
      installationRate: null,
    });
  });

  test("leaves a removed breaker out of the counts", async () => {
    const { body } = await house.get<VillageSummary>("/villages/V2");
    expect(body.levels.household).toMatchObject({ installed: 1, unknown: 1, shouldInstall: 1 });
  });

  test("sums up to the township", async () => {
    const { body } = await house.get<List<TownshipSummary>>("/townships");
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({ id: "T", households: 5, inhabitedHouseholds: 4, openAlarms: 2 });
    expect(body.items[0]?.levels.main.shouldInstall).toBe(3);
  });

  test("lists villages and transformer areas in pages, by township and by village", async () => {
    expect((await all<VillageSummary>("/villages", 1)).map((v) => v.id)).toEqual(["V1", "V2"]);
    expect((await all<VillageSummary>("/villages?township=T", 10)).map((v) => v.id)).toEqual(["V1", "V2"]);
    expect(await all<VillageSummary>("/villages?township=none", 10)).toEqual([]);
    expect((await all<AreaSummary>("/transformer-areas", 2)).map((a) => a.id)).toEqual(["A1", "A2", "A3"]);
    expect((await all<AreaSummary>("/transformer-areas?village=V1", 1)).map((a) => a.id)).toEqual([
      "A1",
      "A2",
    ]);
    expect(await all<AreaSummary>("/transformer-areas?township=none", 10)).toEqual([]);
    const { body } = await house.get<AreaSummary>("/transformer-areas/A3");
    expect(body).toMatchObject({ id: "A3", villageName: "Lower", openAlarms: 1, households: 1 });
  });
});

describe("breakers", () => {
  const ids = async (query: string) => (await all<Breaker>(`/breakers${query}`, 2)).map((b) => b.id);

  test("lists installed breakers by every filter", async () => {
    expect(await ids("")).toEqual(["B1", "B2", "B3", "B5", "M1", "M2", "M3"]);
    expect(await ids("?installed=any&area=A3")).toEqual(["B5", "B6", "M3"]);
    expect(await ids("?village=V1&level=household")).toEqual(["B1", "B2", "B3"]);
    expect(await ids("?township=T&state=unknown")).toEqual(["B5", "M2", "M3"]);
    expect(await ids("?reason=silent")).toEqual(["B5", "M2", "M3"]);
    expect(await ids("?state=notOperating&reason=protectionExited")).toEqual(["B2"]);
    expect(await ids("?q=lAnE%205")).toEqual(["B5"]);
    expect(await ids("?q=m")).toEqual(["M1", "M2", "M3"]);
    expect(await ids("?q=%25")).toEqual([]);
    expect(await ids("?village=none")).toEqual([]);
  });

  test("shows one breaker with its state, last reading and open alarms", async () => {
    const { body } = await house.get<BreakerDetail>("/breakers/B2");
    expect(body).toMatchObject({
      id: "B2",
      level: "household",
      installedOn: "2026-01-01",
      removedOn: null,
      address: "Lane 2",
      inhabited: true,
      villageName: "Upper",
      operating: {
        state: "notOperating",
        reason: "protectionExited",
        since: toIso(house.now() - 30 * minuteMs),
      },
      last: { residualCurrentMa: 12.5, voltageV: 229.5, loadCurrentA: null },
      openAlarmCount: 1,
      credentialIssuedAt: null,
    });
    expect(body.openAlarms.map((a) => a.id)).toEqual(["al/1"]);
  });

  test("shows a breaker that has never been judged as unknown since its installation", async () => {
    const { body } = await house.get<BreakerDetail>("/breakers/M3");
    expect(body).toMatchObject({
      operating: { state: "unknown", reason: "silent", since: "2025-12-31T16:00:00.000Z" },
      last: null,
      householdId: null,
      inhabited: null,
      openAlarms: [],
    });
  });

  test("partitions the time of the timeline, in pages too", async () => {
    const now = house.now();
    const expected = [
      {
        from: toIso(now - 24 * 60 * minuteMs),
        to: toIso(now - 60 * minuteMs),
        state: "unknown",
        reason: "silent",
      },
      { from: toIso(now - 60 * minuteMs), to: toIso(now), state: "operating", reason: null },
    ];
    expect(await all<TimelineEntry>("/breakers/B1/timeline", 100)).toEqual(expected);
    expect(await all<TimelineEntry>("/breakers/B1/timeline", 1)).toEqual(expected);
    expect(await all<TimelineEntry>("/breakers/M3/timeline?from=2025-01-01T00:00:00Z", 10)).toEqual([
      { from: "2025-12-31T16:00:00.000Z", to: toIso(now), state: "unknown", reason: "silent" },
    ]);
    expect(
      await all<TimelineEntry>("/breakers/M3/timeline?from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z", 10),
    ).toEqual([]);
  });

  test("pages through readings without loss where two share a millisecond", async () => {
    for (const limit of [1, 2, 3, 100])
      expect(
        (await all<ReadingPoint>("/breakers/B1/readings", limit)).map((r) => r.residualCurrentMa),
      ).toEqual([1, 2, 3, 4]);
    expect(await all<ReadingPoint>("/breakers/M3/readings", 10)).toEqual([]);
  });

  test("answers windows of readings with mean and extremes", async () => {
    const items = await all<ReadingPoint>("/breakers/B1/readings?every=1h", 10);
    expect(
      items.map((r) => [r.count, r.residualCurrentMa, r.residualCurrentMaMin, r.residualCurrentMaMax]),
    ).toEqual([[4, 2.5, 1, 4]]);
    expect(items[0]?.contact).toBeNull();
  });

  test("lists events, newest first, in pages", async () => {
    for (const limit of [1, 2, 100]) {
      const events = await all<BreakerEvent>("/breakers/B1/events", limit);
      expect(events).toHaveLength(3);
      expect(new Set(events.map((e) => e.body["residualCurrentMa"]))).toEqual(new Set([31, 32, 33]));
      expect(events[0]?.kind).toBe("trip");
    }
  });

  test("issues a credential once and revokes the one before", async () => {
    const issue = async () => {
      const response = await house.request("/api/v1/breakers/B1/credential", { method: "POST" });
      expect(response.status).toBe(200);
      return (await response.json()) as { clientId: string; username: string; password: string };
    };
    const one = await issue();
    const two = await issue();
    expect(one).toMatchObject({ clientId: "B1", username: "B1" });
    expect(one.password).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(two.password).not.toBe(one.password);
    const { body } = await house.get<BreakerDetail>("/breakers/B1");
    expect(body.credentialIssuedAt).not.toBeNull();
  });

  test("issues a gateway's credential, never under a breaker's id or another area's", async () => {
    const issue = (area: string, gateway: string) =>
      house.request(`/api/v1/transformer-areas/${area}/gateways/${gateway}/credential`, { method: "POST" });
    expect((await issue("A1", "G1")).status).toBe(200);
    expect((await issue("A1", "G1")).status).toBe(200);
    expect((await issue("A2", "G1")).status).toBe(409);
    expect((await issue("A1", "B1")).status).toBe(409);
    expect((await issue("none", "G2")).status).toBe(404);
    const clash = await house.importCsv(
      `${smallTable}\nT,Town,V1,Upper,A1,Upper 1,H1,Lane 1,true,G1,household,30,2026-01-01,`,
    );
    expect(clash.status).toBe(422);
    expect(((await clash.json()) as Problem).errors).toMatchObject([{ line: 11, field: "breakerId" }]);
  });
});

describe("rates", () => {
  test("answers today so far, per village and level, household first", async () => {
    const rows = await all<RateRow>("/rates?by=village", 100);
    const now = house.now();
    const todayMs = now - Date.parse("2026-05-19T16:00:00Z");
    expect(rows.map((r) => [r.id, r.level, r.breakers])).toEqual([
      ["V1", "household", 3],
      ["V1", "main", 2],
      ["V2", "household", 1],
      ["V2", "main", 1],
    ]);
    expect(rows[0]).toMatchObject({
      name: "Upper",
      from: "2026-05-19T16:00:00.000Z",
      to: toIso(now),
      installedMs: 3 * todayMs,
      operatingMs: 60 * minuteMs + todayMs - 30 * minuteMs,
      notOperatingMs: 30 * minuteMs,
      unknownMs: todayMs - 60 * minuteMs + todayMs,
      excusedMs: 0,
      target: 0.95,
    });
    expect(rows[0]?.notOperatingMsByReason).toMatchObject({ protectionExited: 30 * minuteMs, open: 0 });
    for (const limit of [1, 2, 3]) expect(await all<RateRow>("/rates?by=village", limit)).toEqual(rows);
  });

  test("answers groups without such a breaker when a level is asked for, and null rates", async () => {
    const rows = await all<RateRow>("/rates?by=area&level=intermediate&village=V1", 1);
    expect(rows.map((r) => [r.id, r.breakers, r.installedMs, r.operationalRate])).toEqual([
      ["A1", 0, 0, null],
      ["A2", 0, 0, null],
    ]);
  });

  test("sums to the township, and never counts the future or what lies before the installation", async () => {
    const [household] = await all<RateRow>(
      "/rates?by=township&level=household&from=2025-12-31T15:00:00Z&to=2027-01-01T00:00:00Z",
      10,
    );
    expect(household?.to).toBe(toIso(house.now()));
    // B6 was removed at the very midnight at which the others were installed.
    expect(household?.breakers).toBe(5);
    expect(household?.installedMs).toBe(4 * (house.now() - Date.parse("2025-12-31T16:00:00Z")) + 3_600_000);
  });

  test("is empty where the period lies in the future", async () => {
    const rows = await all<RateRow>(
      "/rates?by=village&from=2030-01-01T00:00:00Z&to=2030-02-01T00:00:00Z",
      10,
    );
    expect(rows).toEqual([]);
  });
});

describe("alarms", () => {
  test("lists alarms newest first, by every filter, in pages", async () => {
    const ids = async (query: string) => (await all<Alarm>(`/alarms${query}`, 1)).map((a) => a.id);
    expect(await ids("")).toEqual(["al/3", "al/2", "al/1"]);
    expect(await ids("?state=open")).toEqual(["al/3", "al/1"]);
    expect(await ids("?state=returnedUnacknowledged")).toEqual(["al/2"]);
    expect(await ids("?state=normal")).toEqual([]);
    expect(await ids("?village=V2&kind=areaOutage")).toEqual(["al/3"]);
    expect(await ids("?breaker=B2")).toEqual(["al/1"]);
    const before = encodeURIComponent(toIso(house.now() - 20 * minuteMs));
    expect(await ids(`?to=${before}`)).toEqual(["al/1"]);
    expect(await ids(`?from=${before}`)).toEqual(["al/3", "al/2"]);
  });

  test("shows where an alarm is and what it saw", async () => {
    const { body } = await house.get<List<Alarm>>("/alarms?breaker=B2");
    expect(body.items[0]).toMatchObject({
      kind: "protectionExited",
      priority: "medium",
      areaName: "Upper 1",
      villageName: "Upper",
      address: "Lane 2",
      state: "unacknowledged",
      acknowledgedBy: null,
      occurrences: 1,
      evidence: { residualCurrentMa: 34.1, closed: true },
    });
  });

  test("acknowledges an alarm once, tells the live feed and writes the audit log", async () => {
    const acknowledge = (body?: object) =>
      house.request(`/api/v1/alarms/${encodeURIComponent("al/2")}/acknowledge`, {
        method: "POST",
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
    expect((await acknowledge({ seenOccurrences: 0 })).status).toBe(400);
    await house.db.query("UPDATE alarm SET occurrences = 2 WHERE id = 'al/2'");
    expect((await acknowledge({ seenOccurrences: 1 })).status).toBe(409);
    const first = await acknowledge({ comment: "seen", seenOccurrences: 2 });
    expect(first.status).toBe(200);
    const alarm = (await first.json()) as Alarm;
    expect(alarm).toMatchObject({
      state: "normal",
      acknowledgedBy: "tester",
      acknowledgedAt: toIso(house.now()),
    });
    expect(house.published).toEqual([{ topic: "hubao/live/v1/alarms", payload: [alarm] }]);
    house.setNow(house.now() + 1);
    const again = await acknowledge();
    house.setNow(house.now() - 1);
    expect(await again.json()).toEqual(alarm);
    expect(house.published).toHaveLength(1);
    expect(
      await house.db.query("SELECT actor, subject, detail FROM audit WHERE act = 'alarm.acknowledge'"),
    ).toEqual([{ actor: "tester", subject: "al/2", detail: { comment: "seen" } }]);
  });

  test("accepts an acknowledgement whose JSON body is empty", async () => {
    const response = await house.request("/api/v1/alarms/al%2F3/acknowledge", {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ state: "acknowledged" });
  });
});

test("shows quarantined messages, newest first, as text where they are text", async () => {
  const entries = await all<QuarantineEntry>("/quarantine", 1);
  expect(entries.map((e) => [e.id, e.reason, e.payloadBytes])).toEqual([
    ["j:3:0", "badJson", 27_000],
    ["j:2:0", "badBody", 1],
    ["j:1:0", "badJson", 1],
  ]);
  expect(entries[0]?.payloadText).toBe("电".repeat(4_096));
  expect(Buffer.from(entries[0]?.payloadBase64 ?? "", "base64")).toHaveLength(4_096);
  expect(entries[1]).toMatchObject({ payloadText: null, payloadBase64: "/w==" });
  expect(entries[2]).toMatchObject({ payloadText: "{", receivedAt: "1970-01-01T00:00:01.000Z" });
  expect((await all<QuarantineEntry>("/quarantine?reason=badBody", 10)).map((e) => e.id)).toEqual(["j:2:0"]);
});

test("says who the token belongs to", async () => {
  expect((await house.get("/session")).body).toEqual({ actor: "tester", timeZone: "Asia/Shanghai" });
});

describe("what does not exist or is not understood", () => {
  test.each([
    "/villages/none",
    "/transformer-areas/none",
    "/breakers/none",
    "/breakers/none/readings",
    "/breakers/none/events",
    "/breakers/none/timeline",
    "/none",
  ])("answers GET %s with a 404 problem", async (path) => {
    const { status, type, body } = await house.get<Problem>(path);
    expect([status, body.status, body.title]).toEqual([404, 404, "Not Found"]);
    expect(type).toContain("application/problem+json");
    expect(body.detail).toContain("none");
  });

  test.each([["/breakers/none/credential"], ["/alarms/none/acknowledge"]])(
    "answers POST %s with a 404 problem",
    async (path) => {
      expect((await house.request(`/api/v1${path}`, { method: "POST" })).status).toBe(404);
    },
  );

  test.each([
    ["/villages?limit=0", "limit"],
    ["/villages?limit=1001", "limit"],
    ["/villages?limit=ten", "limit"],
    ["/villages?cursor=nonsense", "cursor"],
    ["/townships?cursor=e30", "cursor"],
    ["/breakers?cursor=bnVsbA", "cursor"],
    ["/breakers?state=broken", "state"],
    ["/breakers?state=operating&state=unknown", "state"],
    ["/breakers?vilage=V1", ""],
    ["/breakers?q=%00", "q"],
    ["/breakers/a%20b", "id"],
    ["/breakers/B1/timeline?from=2026-05-20T00:00:00", "from"],
    ["/breakers/B1/timeline?from=2026-05-20T00:00:00Z&to=2026-05-20T00:00:00Z", "from"],
    ["/breakers/B1/timeline?from=1900-05-20T00:00:00Z", "from"],
    ["/breakers/B1/readings?every=5x", "every"],
    ["/breakers/B1/readings?every=9999999d", "every"],
    ["/breakers/B1/readings?from=2026-13-01T00:00:00Z", "from"],
    ["/rates", "by"],
    ["/rates?by=house", "by"],
    ["/rates?by=village&level=none", "level"],
    ["/rates?by=village&to=2026-05-20", "to"],
    ["/alarms?state=shut", "state"],
    ["/alarms?kind=none", "kind"],
    ["/quarantine?cursor=W10", "cursor"],
  ])("answers GET %s with a 400 problem that names %s", async (path, field) => {
    const { status, type, body } = await house.get<Problem>(path);
    expect(status).toBe(400);
    expect(type).toContain("application/problem+json");
    expect(body.errors?.[0]?.field).toBe(field);
  });

  test("answers malformed JSON and an oversized body with problems", async () => {
    const send = (body: string) =>
      house.request("/api/v1/alarms/x/acknowledge", {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
    for (const [body, status] of [
      ["{", 400],
      [JSON.stringify({ comment: "x".repeat(100_000) }), 413],
      ['{"__proto__": 1}', 400],
    ] as const) {
      const response = await send(body);
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
    }
  });
});
