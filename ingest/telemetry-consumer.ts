// The consumer that stores every report in the telemetry store.
import type { Journal } from "../journal/port.ts";
import type { Query } from "../storage/db.ts";
import { storeQuarantine } from "../storage/quarantine.ts";
import type { TelemetryRecord, TelemetryStore } from "../storage/telemetry/port.ts";
import { type Consumer, type ConsumerOptions, startConsumer } from "./consumer.ts";
import type { DecodedMessage } from "./decode.ts";
import { quarantineRow, quarantineRows } from "./quarantining.ts";

export type TelemetryNeeds = {
  journal: Pick<Journal, "id" | "offsetOf" | "advance">;
  log: Pick<ConsumerOptions, "read">;
  store: TelemetryStore;
  query: Query;
  clock: () => number;
  onStored(records: number): void;
  onProblem(problem: string | null): void;
};

type Place = { message: DecodedMessage; index: number };

export const startTelemetryConsumer = (needs: TelemetryNeeds): Consumer =>
  startConsumer({
    name: "telemetry",
    offset: needs.journal.offsetOf("telemetry"),
    read: needs.log.read,
    onProblem: needs.onProblem,
    async handle(messages, lastOffset) {
      const records: TelemetryRecord[] = [];
      const places: Place[] = [];
      for (const message of messages)
        for (const { report, facts, index } of message.reports) {
          const { townshipId, villageId, areaId, level } = facts;
          records.push({ report, townshipId, villageId, areaId, level });
          places.push({ message, index });
        }
      const outcome =
        records.length > 0
          ? await needs.store.write(records, needs.clock())
          : ({ kind: "stored", rejected: [] } as const);
      if (outcome.kind === "unavailable") return { kind: "retry", reason: outcome.reason };
      const rows = quarantineRows(needs.journal.id, messages);
      for (const { index, reason } of outcome.rejected) {
        const place = places[index];
        if (place)
          rows.push(
            quarantineRow(needs.journal.id, place.message, place.index, {
              reason: "storeRejected",
              detail: reason,
            }),
          );
      }
      await storeQuarantine(needs.query, rows);
      await needs.journal.advance("telemetry", lastOffset);
      needs.onStored(records.length - outcome.rejected.length);
      return { kind: "done" };
    },
  });
