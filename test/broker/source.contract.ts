// What every source of the journal promises, whether devices connect to us or to an external broker.
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openJournal } from "../../journal/journal.ts";
import type { Journal, JournalRecord } from "../../journal/port.ts";
import { scratchDirectory } from "../journal/directory.ts";
import { passwordOf, topicOf } from "./harness.ts";
import { until } from "./raw-client.ts";

export type RunningSource = {
  /** Where devices connect. */
  port: number;
  /** Stops what fills the journal and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

type StartSource = (needs: {
  journal: Pick<Journal, "appendAll">;
  clock(): number;
}) => Promise<RunningSource>;

const arrivalMs = 1_700_000_000_000;

/** Registers the suite for one kind of source. */
export const describeSource = (start: StartSource): void => {
  let scratch: ReturnType<typeof scratchDirectory>;
  let journal: Journal;
  let source: RunningSource;
  /** Asked for every message; may reject or answer for the journal. */
  let hinder: () => "full" | "fail" | null = () => null;
  const devices: MqttClient[] = [];

  const connectDevice = async (id: string): Promise<MqttClient> => {
    const device = await connectAsync(`mqtt://127.0.0.1:${source.port}`, {
      clientId: id,
      username: id,
      password: passwordOf(id),
      clean: false,
      reconnectPeriod: 50,
    });
    device.on("error", () => {});
    devices.push(device);
    return device;
  };
  const records = (): JournalRecord[] => {
    const all: JournalRecord[] = [];
    for (;;) {
      const slice = journal.read(all.at(-1)?.offset ?? 0, 10_000);
      if (slice.length === 0) return all;
      all.push(...slice);
    }
  };
  const payloads = () => new Set(records().map(({ payload }) => Buffer.from(payload).toString()));
  /** Publishes numbered readings of one device, 50 at a time, and notes what was acknowledged. */
  const publishMany = async (device: MqttClient, id: string, amount: number, acknowledged: Set<string>) => {
    for (let sent = 0; sent < amount; sent += 50) {
      const burst = Array.from({ length: 50 }, (_, i) => `${id}:${sent + i}`);
      await Promise.all(
        burst.map(async (payload) => {
          await device.publishAsync(topicOf(id, "reading"), payload, { qos: 1 });
          acknowledged.add(payload);
        }),
      );
    }
  };

  beforeEach(async () => {
    scratch = scratchDirectory();
    journal = openJournal({ dir: scratch.dir, maxBytes: 1e9, consumers: ["all"] });
    hinder = () => null;
    source = await start({
      clock: () => arrivalMs,
      journal: {
        appendAll: async (messages) => {
          const hindrances = messages.map(hinder);
          if (hindrances.includes("fail")) throw new Error("hindered");
          const firstFull = hindrances.indexOf("full");
          return journal.appendAll(firstFull < 0 ? messages : messages.slice(0, firstFull));
        },
      },
    });
  });
  afterEach(async () => {
    await Promise.all(devices.splice(0).map((device) => device.endAsync(true)));
    await source.stop();
    await journal.close();
    scratch.remove();
  });

  it("brings messages of every QoS to the journal as they are, with their arrival", async () => {
    const device = await connectDevice("b-1");
    const sent = [Buffer.from([0, 255, 1, 128]), Buffer.from('{"ts":1}'), Buffer.alloc(0)];
    for (const [qos, payload] of sent.entries()) {
      await device.publishAsync(topicOf("b-1", "reading"), payload, { qos: qos as 0 | 1 | 2 });
    }
    await until("three records", () => records().length === 3);
    expect(records().map(({ payload }) => Buffer.from(payload))).toEqual(sent);
    for (const record of records()) {
      expect(record).toMatchObject({ arrivalMs, topic: topicOf("b-1", "reading"), refusal: null });
    }
  });

  it("brings every acknowledged message of many devices to the journal, each device's in order", async () => {
    const acknowledged = new Set<string>();
    const ids = Array.from({ length: 10 }, (_, i) => `b-${i}`);
    await Promise.all(ids.map(async (id) => publishMany(await connectDevice(id), id, 500, acknowledged)));
    expect(acknowledged.size).toBe(5_000);
    await until("all records", () => records().length >= 5_000);
    expect(payloads()).toEqual(acknowledged);
    for (const id of ids) {
      const own = records()
        .filter(({ topic }) => topic === topicOf(id, "reading"))
        .map(({ payload }) => Number(Buffer.from(payload).toString().split(":")[1]));
      expect(own).toEqual(own.map((_, i) => i));
    }
  });

  it("loses nothing while the journal is full or fails now and then", async () => {
    let calls = 0;
    hinder = () => {
      calls++;
      if (calls % 700 === 0) return "fail";
      return calls % 400 < 20 ? "full" : null;
    };
    const acknowledged = new Set<string>();
    const device = await connectDevice("b-1");
    await publishMany(device, "b-1", 2_000, acknowledged);
    expect(acknowledged.size).toBe(2_000);
    hinder = () => null;
    await until("all records", () => acknowledged.isSubsetOf(payloads()), 20_000);
  });

  it("loses nothing acknowledged when it is stopped and started again under traffic", async () => {
    const acknowledged = new Set<string>();
    const device = await connectDevice("b-1");
    const traffic = publishMany(device, "b-1", 3_000, acknowledged);
    for (const share of [500, 1_500, 2_500]) {
      await until("some traffic", () => acknowledged.size >= share, 20_000);
      await source.restart();
    }
    await traffic;
    await until("all records", () => acknowledged.isSubsetOf(payloads()), 20_000);
  });
};
