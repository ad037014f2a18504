// The consumer that stores every report in the telemetry store.
import type { Journal } from "../journal/port.ts";
import type { Query } from "../storage/db.ts";
import { type QuarantineRow, storeQuarantine } from "../storage/quarantine.ts";
import type { TelemetryRecord, TelemetryStore } from "../storage/telemetry/port.ts";
import { type Consumer, type ConsumerOptions, startConsumer } from "./consumer.ts";
import type { DecodedMessage } from "./decode.ts";
import { quarantineRow, quarantineRows } from "./quarantining.ts";

export type TelemetryNeeds = {
  journal: Pick<Journal, "id" | "offsetOf" | "advance" | "read">;
  log: Pick<ConsumerOptions, "read">;
  store: TelemetryStore;
  query: Query;
  clock: () => number;
  onStored(records: number): void;
  onProblem(problem: string | null): void;
};

/** Rows for reports that the store will never take, by their place in the batch; the journal still holds their messages. */
const rejectedByStore = (
  journal: TelemetryNeeds["journal"],
  messages: readonly DecodedMessage[],
  rejected: readonly { index: number; reason: string }[],
): QuarantineRow[] => {
  if (rejected.length === 0) return [];
  const places = messages.flatMap(({ offset, reports }) => reports.map(({ index }) => ({ offset, index })));
  return rejected.map(({ index: nth, reason }) => {
    const place = places[nth];
    const record = place && journal.read(place.offset - 1, 1)[0];
    if (place === undefined || record?.offset !== place.offset)
      throw new Error(`the journal no longer holds the message of rejected report ${nth}`);
    return quarantineRow(journal.id, record, place.index, { reason: "storeRejected", detail: reason });
  });
};

/**
 * Batches in the store's hands at once. Two keep it busy while the next is read and made ready; writing is idempotent, so
 * the order in which they arrive does not matter.
 */
const batchesAhead = 1;

export const startTelemetryConsumer = (needs: TelemetryNeeds): Consumer =>
  startConsumer({
    name: "telemetry",
    offset: needs.journal.offsetOf("telemetry"),
    read: needs.log.read,
    onProblem: needs.onProblem,
    ahead: batchesAhead,
    async handle(messages, lastOffset) {
      const records: TelemetryRecord[] = [];
      for (const message of messages)
        for (const { report, facts } of message.reports) {
          const { townshipId, villageId, areaId, level } = facts;
          records.push({ report, townshipId, villageId, areaId, level });
        }
      const outcome =
        records.length > 0
          ? await needs.store.write(records, needs.clock())
          : ({ kind: "stored", rejected: [] } as const);
      if (outcome.kind === "unavailable") return { kind: "retry", reason: outcome.reason };
      const { rejected } = outcome;
      return {
        kind: "done",
        async finish() {
          const { journal } = needs;
          await storeQuarantine(needs.query, [
            ...quarantineRows(journal.id, messages),
            ...rejectedByStore(journal, messages, rejected),
          ]);
          await journal.advance("telemetry", lastOffset);
          needs.onStored(records.length - rejected.length);
        },
      };
    },
  });
