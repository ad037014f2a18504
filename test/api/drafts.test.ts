// A registry file in two steps: read and compared, then taken over whole by a job, or not at all.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Problem } from "../../domain/http.ts";
import type { Draft, DraftChange, DraftError } from "../../domain/http-drafts.ts";
import type { Job } from "../../domain/http-jobs.ts";
import { type JobHandler, type JobRunner, startJobRunner } from "../../house/jobs.ts";
import { registryJobs } from "../../house/registry-jobs.ts";
import { encodeGb18030 } from "../../registry/gb18030.ts";
import { until } from "../support/until.ts";
import { header, smallTable, startTestApi, type TestApi } from "./house.ts";

let house: TestApi;
let jobs: JobRunner;
let handlers: Record<string, JobHandler>;
beforeAll(async () => {
  house = await startTestApi();
  handlers = registryJobs({
    databaseUrl: house.databaseUrl,
    timeZone: "Asia/Shanghai",
    clock: house.now,
  });
  jobs = startJobs();
});
beforeEach(() => house.db.query("TRUNCATE township, safety_officer, registry_draft CASCADE"));
afterAll(async () => {
  await jobs.stop();
  await house.stop();
});

const startJobs = () => startJobRunner({ db: house.db, handlers, warn: () => {} });

const send = (body: string | Uint8Array<ArrayBuffer>, type = "text/csv", name = "台账.csv") => {
  jobs.wake();
  return house.request(`/api/v1/registry/drafts?name=${encodeURIComponent(name)}`, {
    method: "POST",
    body,
    headers: { "content-type": type },
  });
};
const draftOf = async (id: string) => (await house.get<Draft>(`/registry/drafts/${id}`)).body;
const settled = (id: string) =>
  until("the draft's job to end", async () => {
    jobs.wake();
    const draft = await draftOf(id);
    return draft.state !== "reading" && draft.state !== "committing" && draft;
  });
const upload = async (body: string | Uint8Array<ArrayBuffer>, type?: string) => {
  const response = await send(body, type);
  expect(response.status).toBe(202);
  return settled(((await response.json()) as Draft).id);
};
const commit = async (id: string) => {
  const response = await house.request(`/api/v1/registry/drafts/${id}/commit`, { method: "POST" });
  expect(response.status).toBe(202);
  jobs.wake();
  return settled(id);
};
const list = async <T>(path: string) =>
  (await house.get<{ items: T[]; nextCursor: string | null }>(path)).body;
const exported = async (query = "") => {
  const response = await house.request(`/api/v1/registry/export${query}`);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
};
const breakers = async () => (await house.get<{ items: unknown[] }>("/breakers")).body.items.length;

test("compares a file with what is stored, changes nothing until it is committed, and then all of it", async () => {
  const draft = await upload(smallTable);
  expect(draft).toMatchObject({
    state: "ready",
    fileName: "台账.csv",
    form: { format: "csv", encoding: "utf-8", delimiter: "," },
    rows: 9,
    errors: 0,
    counts: {
      subjects: {
        township: { new: 1, changed: 0, moved: 0, removed: 0, unchanged: 0 },
        village: { new: 2 },
        transformerArea: { new: 3 },
        household: { new: 5 },
        breaker: { new: 8 },
      },
      untouchedBreakers: 0,
    },
  });
  expect(await breakers()).toBe(0);
  const done = await commit(draft.id);
  expect(done).toMatchObject({ state: "committed", result: { rows: 9, breakers: 8, changed: 9 } });
  expect(await breakers()).toBe(7);
  const job = await until("the job to end", async () => {
    const { body } = await house.get<Job>(`/jobs/${done.jobId}`);
    return body.state !== "running" && body;
  });
  expect(job).toMatchObject({ kind: "registryImport", state: "done", result: { changed: 9 } });
  const again = await house.request(`/api/v1/registry/drafts/${draft.id}/commit`, { method: "POST" });
  expect(again.status).toBe(409);
  const acts = await house.db.query<{ act: string }>(
    "SELECT act FROM audit WHERE subject IN ($1, 'registry') ORDER BY id",
    [draft.id],
  );
  expect(acts.map((row) => row.act)).toEqual(["registry.draft", "registry.draft.commit", "registry.import"]);
});

test("tells new, changed, moved, removed and unchanged apart, field by field", async () => {
  await house.importCsv(smallTable);
  const draft = await upload(
    [
      header,
      "T,Town,V1,Upper,A1,Upper 1,H1,Lane 1a,false,B1,household,30,2026-01-01,",
      "T,Town,V1,Upper,A2,Upper 2,H2,Lane 2,true,B2,household,30,2026-01-01,",
      "T,Town,V1,Upper,A2,Upper 2,H3,Lane 3,false,B3,household,30,2026-01-01,2026-05-01",
      "T,Town,V1,Upper,A2,Upper 2,H4,Lane 4,true,B4,household,30,2026-05-01,",
      "T,Town,V2,Lowest,A3,Lower 1,,,,M3,main,300,2026-01-01,",
    ].join("\n"),
  );
  expect(draft.counts).toEqual({
    subjects: {
      township: { new: 0, changed: 0, moved: 0, removed: 0, unchanged: 1 },
      village: { new: 0, changed: 1, moved: 0, removed: 0, unchanged: 1 },
      transformerArea: { new: 0, changed: 0, moved: 0, removed: 0, unchanged: 3 },
      household: { new: 0, changed: 1, moved: 1, removed: 0, unchanged: 2 },
      breaker: { new: 1, changed: 0, moved: 1, removed: 1, unchanged: 2 },
      safetyOfficer: { new: 0, changed: 0, moved: 0, removed: 0, unchanged: 0 },
    },
    untouchedBreakers: 4,
  });
  const changes = await list<DraftChange>(`/registry/drafts/${draft.id}/changes`);
  expect(changes.items.map((c) => [c.line, c.kind, c.subjectId, c.field, c.before, c.after])).toEqual([
    [2, "changed", "H1", "address", "Lane 1", "Lane 1a"],
    [2, "changed", "H1", "inhabited", "true", "false"],
    [3, "moved", "H2", "areaId", "A1", "A2"],
    [3, "moved", "B2", "areaId", "A1", "A2"],
    [4, "removed", "B3", "removedOn", null, "2026-05-01"],
    [5, "new", "B4", null, null, "A2"],
    [6, "changed", "V2", "villageName", "Lower", "Lowest"],
  ]);
  const page = await list<DraftChange>(`/registry/drafts/${draft.id}/changes?kind=moved&limit=1`);
  const next = await list<DraftChange>(
    `/registry/drafts/${draft.id}/changes?kind=moved&limit=1&cursor=${page.nextCursor}`,
  );
  expect([page, next].map((p) => p.items.map((c) => c.subjectId))).toEqual([["H2"], ["B2"]]);
});

test("lists every bad row with line, column and reason, in pages and as a file, and cannot be committed", async () => {
  const rows = Array.from(
    { length: 1_500 },
    (_, i) => `T,Town,V1,Upper,A1,Upper 1,H${i},=Lane,perhaps,B${i},household,30,2026-01-01,`,
  );
  const draft = await upload([header, ...rows, rows[0]?.replace("perhaps", "true")].join("\n"));
  expect(draft).toMatchObject({ state: "bad", errors: 1_500, counts: null });
  const first = await list<DraftError>(`/registry/drafts/${draft.id}/errors?limit=1000`);
  const rest = await list<DraftError>(
    `/registry/drafts/${draft.id}/errors?limit=1000&cursor=${first.nextCursor}`,
  );
  expect([...first.items, ...rest.items].map((e) => e.line)).toEqual(rows.map((_, i) => i + 2));
  expect(rest.nextCursor).toBeNull();
  expect(first.items[0]).toEqual({
    line: 2,
    field: "inhabited",
    heading: "inhabited",
    reason: "must be true or false",
  });
  const file = await (
    await house.request(`/api/v1/registry/drafts/${draft.id}/errors.csv?language=zh`)
  ).text();
  expect(file.split("\r\n").slice(0, 2)).toEqual(["行,列,原因", "2,inhabited,应为“是”或“否”"]);
  expect(file.trimEnd().split("\r\n")).toHaveLength(1_501);
  const refused = await house.request(`/api/v1/registry/drafts/${draft.id}/commit`, { method: "POST" });
  expect(refused.status).toBe(409);
  expect(((await refused.json()) as Problem).detail).toContain("this one is bad");
});

test("finds what contradicts the registry before anything is committed", async () => {
  await house.importCsv(smallTable);
  const draft = await upload(`${header}\nT,Town,V1,Upper,A2,Upper 2,H1,Lane 1,true,,,,,`);
  expect(draft.state).toBe("bad");
  const { items } = await list<DraftError>(`/registry/drafts/${draft.id}/errors`);
  expect(items).toMatchObject([{ line: 2, reason: expect.stringContaining("household H1 moves") }]);
});

test("refuses a draft that the registry has overtaken, shows the new comparison, and takes it over then", async () => {
  await house.importCsv(smallTable);
  const change = "T,Town,V1,Upper,A1,Upper 1,H1,Lane 1,true,B1,household,10,2026-01-01,";
  const draft = await upload(`${header}\n${change}`);
  expect(draft.counts?.subjects["breaker"]).toMatchObject({ changed: 1 });
  await house.importCsv(`${header}\n${change.replace(",10,", ",15,").replace("Lane 1", "Road 1")}`);
  const stale = await commit(draft.id);
  expect(stale).toMatchObject({
    state: "ready",
    problem: expect.stringContaining("the registry has changed since"),
    counts: { subjects: { breaker: { changed: 1 }, household: { changed: 1 } } },
  });
  const { items } = await list<DraftChange>(`/registry/drafts/${draft.id}/changes`);
  expect(items.map((c) => [c.field, c.before, c.after])).toEqual([
    ["address", "Road 1", "Lane 1"],
    ["ratedResidualCurrentMa", "15", "10"],
  ]);
  expect((await commit(draft.id)).state).toBe("committed");
  const [row] = await house.db.query("SELECT rated_residual_current_ma AS r FROM breaker WHERE id = 'B1'");
  expect(row).toEqual({ r: 10 });
});

test("another change elsewhere does not stand in a draft's way", async () => {
  await house.importCsv(smallTable);
  const draft = await upload(
    `${header}\nT,Town,V1,Upper,A1,Upper 1,H1,Lane 1,true,B1,household,10,2026-01-01,`,
  );
  await house.importCsv(`${header}\nT,Town,V1,Upper,A1,Upper 1,H2,Lane 2x,true,B2,household,30,2026-01-01,`);
  expect((await commit(draft.id)).state).toBe("committed");
});

test("imports Chinese GB18030 with the optional columns, and leaves them alone where a table has none", async () => {
  const chinese = [
    "镇街编号,镇街,村编号,村(社区),台区编号,台区,户号,地址,是否有人居住,保护器编号,级别,额定剩余动作电流(mA),安装日期,拆除日期,供电所,户主,用电户号,走访顺序,协管员编号,协管员,协管员电话",
    "T,某镇,V1,上村,A1,一台区,H1,幸福路1号,是,B1,户保,30,2026/1/1,,城东供电所,户主甲,0012345,3,O-1,协管员-01,010-1",
  ].join("\r\n");
  const draft = await upload(new Uint8Array(encodeGb18030(chinese)));
  expect(draft).toMatchObject({ state: "ready", form: { encoding: "gb18030" } });
  await commit(draft.id);
  const table = new TextDecoder().decode(await exported());
  expect(table).toContain(
    "T,某镇,V1,上村,A1,一台区,H1,幸福路1号,true,B1,household,30,2026-01-01,,城东供电所,户主甲,0012345,3,O-1,协管员-01,010-1",
  );
  const [officer] = await house.db.query("SELECT from_on, to_on FROM village_officer");
  expect(officer).toEqual({ from_on: "2026-05-20", to_on: null });
  await house.importCsv(`${header}\nT,某镇,V1,上村,A1,一台区,H1,幸福路1号,true,B1,household,30,2026-01-01,`);
  expect(new TextDecoder().decode(await exported())).toBe(table);
});

test.each([
  ["?format=xlsx&headings=zh", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  ["?format=xlsx", "application/octet-stream"],
  ["?headings=zh&encoding=gb18030", "text/csv"],
  ["?headings=zh&encoding=utf-8-bom", "text/csv"],
])("what is exported with %s changes nothing when it is sent in again", async (query, type) => {
  await house.importCsv(smallTable);
  const draft = await upload(await exported(query), type);
  expect(draft).toMatchObject({ state: "ready", rows: 9 });
  for (const counts of Object.values(draft.counts?.subjects ?? {}))
    expect(counts).toMatchObject({ new: 0, changed: 0, moved: 0, removed: 0 });
  const inOne = await house.request("/api/v1/registry/import", {
    method: "POST",
    body: await exported(query),
    headers: { "content-type": type },
  });
  expect(await inOne.json()).toMatchObject({ rows: 9, changed: 0 });
});

test("is called off in the middle without a trace", async () => {
  await jobs.stop();
  const table = (rated: number) =>
    [
      header,
      ...Array.from(
        { length: 30_000 },
        (_, i) => `T,Town,V1,Upper,A1,Upper 1,H${i},Lane,true,B${i},household,${rated},2026-01-01,`,
      ),
    ].join("\n");
  await house.importCsv(table(30));
  jobs = startJobs();
  const draft = await upload(table(10));
  const response = await house.request(`/api/v1/registry/drafts/${draft.id}/commit`, { method: "POST" });
  const { jobId } = (await response.json()) as Draft;
  jobs.wake();
  await until("the job to write", async () => {
    const { state, note } = (await house.get<Job>(`/jobs/${jobId}`)).body;
    return state !== "running" || note === "writing" || note === "comparing";
  });
  await house.request(`/api/v1/jobs/${jobId}/cancel`, { method: "POST" });
  const after = await settled(draft.id);
  const job = await until("the job to end", async () => {
    const { body } = await house.get<Job>(`/jobs/${jobId}`);
    return body.state !== "running" && body;
  });
  const [rated] = await house.db.query<{ n: number }>(
    "SELECT count(*) AS n FROM breaker WHERE rated_residual_current_ma = 10",
  );
  // It may have been done just before; then it is whole.
  if (job.state === "done") expect([after.state, rated?.n]).toEqual(["committed", 30_000]);
  else expect([job.state, after.state, rated?.n]).toEqual(["cancelled", "ready", 0]);
});

test("discards a draft, knows none of another id, and keeps no more than its bound", async () => {
  const draft = await upload(smallTable);
  const remove = () => house.request(`/api/v1/registry/drafts/${draft.id}`, { method: "DELETE" });
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(404);
  expect((await house.get(`/registry/drafts/${draft.id}/errors`)).status).toBe(404);
  await house.db.query(
    "INSERT INTO registry_draft (file_name, file_bytes, actor, expires_at) SELECT 'x', 1, 'x', now() + interval '1 hour' FROM generate_series(1, 20)",
  );
  expect((await send(smallTable)).status).toBe(409);
  await house.db.query("UPDATE registry_draft SET expires_at = now() - interval '1 second'");
  expect((await send(smallTable)).status).toBe(202);
});
