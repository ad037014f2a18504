// What the hooks do to packets in place, which cannot be seen from outside the broker.
import type { Client } from "aedes";
import { describe, expect, it } from "vitest";
import { createHooks } from "../../broker/hooks.ts";
import { defaultBrokerLimits } from "../../broker/limits.ts";
import { createSessions } from "../../broker/sessions.ts";
import { authenticate, grantOf, silentLog, topicOf } from "./harness.ts";
import { socketPair } from "./socket-pair.ts";

describe("the hooks", () => {
  it("rewrite a refused filter before aedes could store it for a lasting session and queue for it", async () => {
    const pair = await socketPair();
    const sessions = createSessions();
    const client = {} as Client;
    sessions.add(client, pair.accepted, { open() {} });
    const session = sessions.of(client);
    if (session) session.grant = grantOf("b-1");
    const intake = { append() {}, stop: async () => {} };
    const needs = {
      journal: { appendAll: () => Promise.reject(new Error("unused")) },
      authenticate,
      clock: () => 0,
      log: silentLog,
      count() {},
    };
    const hooks = createHooks(sessions, intake, defaultBrokerLimits, needs, () => false);
    const filters = [topicOf("b-1", "command/+"), "#", topicOf("b-2", "command/+")].map((topic) => ({
      topic,
      qos: 1 as const,
    }));
    let answered = 0;
    for (const filter of filters) hooks.authorizeSubscribe(client, filter, () => answered++);
    expect(filters.map(({ topic }) => topic)).toEqual([topicOf("b-1", "command/+"), "refused", "refused"]);
    expect(answered).toBe(0);
    await Promise.resolve();
    expect(answered).toBe(3);
    pair.close();
  });
});
