// Puts quarantined messages that an operator wants tried again back into the journal. A crash in between tries one twice,
// which changes nothing.
import type { Journal } from "../journal/port.ts";
import type { Db } from "../storage/db.ts";
import { messagesToReplay, removeReplayed } from "../storage/replay.ts";

const messagesAtOnce = 100;
const retryMs = 5_000;

export type Replayer = { wake(): void; stop(): Promise<void> };

/** Works off what is asked for now, and again whenever it is woken. */
export const startReplayer = (needs: {
  db: Db;
  journal: Pick<Journal, "appendAll">;
  warn(message: string): void;
}): Replayer => {
  const { db, journal } = needs;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();

  const workOff = async () => {
    while (!stopped) {
      const messages = await messagesToReplay(db.query, messagesAtOnce);
      const durable = await journal.appendAll(
        messages.map(({ receivedAtMs, clientId, topic, payload }) => ({
          arrivalMs: receivedAtMs,
          clientId,
          topic,
          payload,
          refusal: null,
        })),
      );
      await removeReplayed(
        db.query,
        messages.slice(0, durable).map(({ id }) => id),
      );
      if (durable < messages.length) throw new Error("the journal is full");
      if (messages.length < messagesAtOnce) return;
    }
  };
  const wake = () => {
    clearTimeout(timer);
    turn = turn.then(workOff).catch((error: Error) => {
      if (stopped) return;
      needs.warn(`quarantined messages could not be tried again yet: ${error.message}`);
      timer = setTimeout(wake, retryMs);
    });
  };
  wake();
  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await turn;
    },
  };
};
