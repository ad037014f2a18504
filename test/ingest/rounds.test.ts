import fc from "fast-check";
import { expect, it } from "vitest";
import type { DecodedMessage } from "../../ingest/decode.ts";
import { inRounds } from "../../ingest/rounds.ts";
import { facts } from "../detection/area.ts";

const message = (breakerId: string, seq: number, arrivalMs: number): DecodedMessage => ({
  offset: seq,
  arrivalMs,
  reports: [
    {
      index: 0,
      facts: facts(breakerId),
      report: {
        kind: "status",
        body: { online: true },
        breakerId,
        seq,
        tsMs: arrivalMs,
        arrivalMs,
        clockReplaced: false,
      },
    },
  ],
  rejections: [],
  gateway: null,
  raw: null,
});
const told = (messages: readonly DecodedMessage[]) =>
  inRounds(messages).map(({ breakerId, seq }) => `${breakerId}${seq}`);

it("lets breakers take turns within a second, and never across it", () => {
  const burst = [message("a", 1, 0), message("a", 2, 1), message("a", 3, 2), message("b", 4, 3)];
  expect(told([...burst, message("b", 5, 900), message("a", 6, 1_001), message("b", 7, 1_002)])).toEqual([
    "a1",
    "b4",
    "a2",
    "b5",
    "a3",
    "a6",
    "b7",
  ]);
});

it("gives every report once, those of a breaker in order, and none more than a second early", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat({ max: 700 }))), (steps) => {
      let nowMs = 0;
      const messages = steps.map(([breakerId, stepMs], seq) => {
        nowMs += stepMs;
        return message(breakerId, seq, nowMs);
      });
      const given = messages.flatMap(({ reports }) => reports.map(({ report }) => report));
      const heard = inRounds(messages);
      expect(new Set(heard)).toEqual(new Set(given));
      expect(heard.length).toBe(given.length);
      for (const id of ["a", "b", "c"])
        expect(heard.filter(({ breakerId }) => breakerId === id)).toEqual(
          given.filter(({ breakerId }) => breakerId === id),
        );
      let latestMs = 0;
      for (const { arrivalMs } of heard) {
        expect(latestMs - arrivalMs).toBeLessThanOrEqual(1_000);
        latestMs = Math.max(latestMs, arrivalMs);
      }
    }),
    { seed: 20261124 },
  );
});
