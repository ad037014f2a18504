// Answers are read once, stay true while events come, and are read again after a failure or a gap.
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCache } from "../../console/data/cache.ts";
import type { Outcome } from "../../console/data/client.ts";
import { resources } from "../../console/data/resources.ts";
import { sampleBreaker, sampleReading } from "./samples.ts";

/** A `get` whose answers the test gives when it likes. */
const controlled = () => {
  const asked: { path: string; answer(outcome: Outcome<unknown>): void }[] = [];
  const get = <T>(path: string) =>
    new Promise<Outcome<T>>((resolve) => {
      asked.push({ path, answer: (outcome) => resolve(outcome as Outcome<T>) });
    });
  return { asked, get };
};
const ok = <T>(data: T): Outcome<T> => ({ kind: "ok", data });
const list = (...items: unknown[]) => ({ items, nextCursor: null });
const settle = () => Promise.resolve().then(() => {});
const resource = resources.breakers({});
const t0 = "2026-05-01T00:00:00.000Z";
const t1 = "2026-05-01T00:01:00.000Z";

afterEach(() => {
  vi.useRealTimers();
});

describe("the cache", () => {
  it("reads a resource once for all who show it, and tells them all", async () => {
    const { asked, get } = controlled();
    const cache = createCache(get);
    const told = { first: 0, second: 0 };
    cache.subscribe(resource, () => told.first++);
    cache.subscribe(resource, () => told.second++);
    expect(asked).toHaveLength(1);
    asked[0]?.answer(ok(list(sampleBreaker("b-1"))));
    await settle();
    expect(cache.read(resource)).toMatchObject({ loading: false, data: { items: [{ id: "b-1" }] } });
    expect(told).toEqual({ first: 1, second: 1 });
  });

  it("keeps an event that came while the answer was on its way", async () => {
    const { asked, get } = controlled();
    const cache = createCache(get);
    cache.subscribe(resource, () => {});
    cache.apply({ name: "readings", data: [sampleReading("b-1", t1, 21)] });
    asked[0]?.answer(ok(list(sampleBreaker("b-1"))));
    await settle();
    expect(cache.read(resource).data?.items[0]?.last?.residualCurrentMa).toBe(21);
  });

  it("tells no one of an event that changes nothing for them", async () => {
    const { asked, get } = controlled();
    const cache = createCache(get);
    let told = 0;
    cache.subscribe(resource, () => told++);
    asked[0]?.answer(ok(list(sampleBreaker("b-1"))));
    await settle();
    cache.apply({ name: "readings", data: [sampleReading("another", t0, 1)] });
    expect(told).toBe(1);
  });

  it("keeps the last data when the service is away, and tries again by itself", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { asked, get } = controlled();
    const cache = createCache(get);
    cache.subscribe(resource, () => {});
    asked[0]?.answer(ok(list(sampleBreaker("b-1"))));
    await settle();
    cache.refreshReadBefore(Date.now() + 1);
    asked[1]?.answer({ kind: "failed", failure: { kind: "unreachable" } });
    await settle();
    expect(cache.read(resource)).toMatchObject({
      failure: { kind: "unreachable" },
      data: { items: [{ id: "b-1" }] },
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(3);
    asked[2]?.answer(ok(list()));
    await settle();
    expect(cache.read(resource)).toMatchObject({ failure: null, data: { items: [] } });
  });

  it("does not ask again and again for what is not there", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { asked, get } = controlled();
    const cache = createCache(get);
    cache.subscribe(resource, () => {});
    asked[0]?.answer({ kind: "failed", failure: { kind: "notFound" } });
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
  });

  it("reads what is shown again after a gap, and the rest when it is shown again", async () => {
    const { asked, get } = controlled();
    const cache = createCache(get);
    cache.subscribe(resource, () => {});
    const leave = cache.subscribe(resources.townships(), () => {});
    for (const question of asked) question.answer(ok(list()));
    await settle();
    leave();
    cache.refreshReadBefore(Date.now() + 1);
    expect(asked.map((a) => a.path)).toEqual(["breakers", "townships?limit=1000", "breakers"]);
    cache.subscribe(resources.townships(), () => {});
    expect(asked).toHaveLength(4);
  });

  it("reads once more when it was asked to while it was reading", async () => {
    const { asked, get } = controlled();
    const cache = createCache(get);
    cache.subscribe(resource, () => {});
    cache.refreshReadBefore(Date.now() + 1);
    expect(asked).toHaveLength(1);
    asked[0]?.answer(ok(list()));
    await settle();
    expect(asked).toHaveLength(2);
  });
});
