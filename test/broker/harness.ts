// A real broker over a real journal with a few credentials, for the broker's tests.
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import type { Grant } from "../../broker/access.ts";
import { type Broker, type BrokerConfig, startBroker } from "../../broker/broker.ts";
import type { BrokerNeeds, Logger } from "../../broker/needs.ts";
import { devicePrefix } from "../../domain/wire.ts";
import { openJournal } from "../../journal/journal.ts";
import type { Journal, JournalRecord } from "../../journal/port.ts";
import { scratchDirectory } from "../journal/directory.ts";
import { connectPacket, type RawClient, rawClient } from "./raw-client.ts";

export const silentLog: Logger = { info() {}, warn() {}, error() {} };
export const passwordOf = (id: string): string => `token-of-${id}`;
export const topicOf = (id: string, leaf: string): string => `${devicePrefix("T", "A", id)}${leaf}`;

export const grantOf = (id: string): Grant =>
  id.startsWith("service:")
    ? { kind: "service" }
    : {
        kind: "device",
        clientId: id,
        publishPrefix: devicePrefix("T", "A", id),
        commandPrefix: `${devicePrefix("T", "A", id)}command/`,
      };

/** Knows every user whose password is `token-of-<username>`. */
export const authenticate: BrokerNeeds["authenticate"] = async (_clientId, username, password) =>
  password.toString() === passwordOf(username) ? grantOf(username) : null;

export type Harness = {
  broker: Broker;
  journal: Journal;
  /** Everything in the journal. */
  records(): JournalRecord[];
  counted(event: string, reason?: string): number;
  raw(): RawClient;
  /** A raw client that is connected as `id`. */
  rawAs(id: string, more?: object): Promise<RawClient>;
  /** A real mqtt.js client that is connected as `id`. */
  client(id: string, options?: IClientOptions): Promise<MqttClient>;
  stop(): Promise<void>;
};

/** Starts a broker on a free port. */
export const startHarness = async (
  config: Partial<BrokerConfig> = {},
  needs: Partial<BrokerNeeds> = {},
): Promise<Harness> => {
  const scratch = scratchDirectory();
  const journal = openJournal({ dir: scratch.dir, maxBytes: 1e9, consumers: ["all"] });
  const counts = new Map<string, number>();
  const bump = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  const broker = await startBroker(
    { host: "127.0.0.1", port: 0, ...config },
    {
      journal,
      authenticate,
      clock: () => Date.now(),
      log: silentLog,
      count: (event, reason) => {
        bump(event);
        if (reason !== undefined) bump(`${event} ${reason}`);
      },
      ...needs,
    },
  );
  const raws: RawClient[] = [];
  const clients: MqttClient[] = [];
  const raw = () => {
    const made = rawClient(broker.port);
    raws.push(made);
    return made;
  };
  const records = () => {
    const all: JournalRecord[] = [];
    for (;;) {
      const slice = journal.read(all.at(-1)?.offset ?? 0, 10_000);
      if (slice.length === 0) return all;
      all.push(...slice);
    }
  };
  return {
    broker,
    journal,
    records,
    counted: (event, reason) => counts.get(reason === undefined ? event : `${event} ${reason}`) ?? 0,
    raw,
    async rawAs(id, more = {}) {
      const made = raw();
      made.send(connectPacket(id, { username: id, password: passwordOf(id) }, more));
      const connack = await made.next("connack");
      if (connack.returnCode !== 0) throw new Error(`refused with ${connack.returnCode}`);
      return made;
    },
    async client(id, options = {}) {
      const made = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
        clientId: id,
        username: id,
        password: passwordOf(id),
        reconnectPeriod: 0,
        ...options,
      });
      made.on("error", () => {});
      clients.push(made);
      return made;
    },
    async stop() {
      for (const made of raws) made.end();
      await Promise.all(clients.map((made) => made.endAsync(true)));
      await broker.stop();
      await journal.close();
      scratch.remove();
    },
  };
};
