// Batches that overtake each other are finished in order, and a failed one takes those after it along.
import { expect, it, onTestFinished } from "vitest";
import { type Handled, startConsumer } from "../../ingest/consumer.ts";
import type { DecodedMessage } from "../../ingest/decode.ts";
import { until } from "../support/until.ts";

const message = (offset: number): DecodedMessage => ({
  offset,
  arrivalMs: 0,
  reports: [],
  rejections: [],
  gateway: null,
  raw: null,
});
const read = (last: number) => (after: number) => (after < last ? [message(after + 1)] : []);

it("begins one batch ahead, and finishes them in order though the second is done first", async () => {
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  const consumer = startConsumer({
    name: "ahead",
    offset: 0,
    ahead: 1,
    read: read(4),
    async handle(_messages, last): Promise<Handled> {
      told.push(`begin ${last}`);
      if (last === 1) await first.promise;
      return {
        kind: "done",
        async finish() {
          told.push(`finish ${last}`);
        },
      };
    },
    onProblem: (problem) => expect(problem).toBeNull(),
  });
  onTestFinished(() => consumer.stop());
  await until("two batches to be under way", async () => told.length === 2);
  expect(told).toEqual(["begin 1", "begin 2"]);
  expect(consumer.offset()).toBe(0);
  first.resolve();
  await until("all to be finished", async () => consumer.offset() === 4);
  expect(told.filter((one) => one.startsWith("finish"))).toEqual([1, 2, 3, 4].map((n) => `finish ${n}`));
});

it("begins a failed batch and those after it again, and finishes none of them before", async () => {
  const begun: number[] = [];
  const finished: number[] = [];
  const problems: (string | null)[] = [];
  let fails = { handle: 1, finish: 1 };
  const consumer = startConsumer({
    name: "ahead",
    offset: 0,
    ahead: 1,
    read: read(3),
    async handle(_messages, last): Promise<Handled> {
      begun.push(last);
      if (last === 1 && fails.handle > 0) {
        fails = { ...fails, handle: 0 };
        return { kind: "retry", reason: "away" };
      }
      return {
        kind: "done",
        async finish() {
          if (last === 2 && fails.finish > 0) {
            fails = { ...fails, finish: 0 };
            throw new Error("full");
          }
          finished.push(last);
        },
      };
    },
    onProblem: (problem) => problems.push(problem),
  });
  onTestFinished(() => consumer.stop());
  await until("all to be finished", async () => consumer.offset() === 3);
  expect(begun).toEqual([1, 2, 1, 2, 3, 2, 3]);
  expect(finished).toEqual([1, 2, 3]);
  expect(problems).toEqual(["away", null, "full", null]);
});
