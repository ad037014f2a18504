// One device of a test at a house's broker.
import { connectAsync, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import type { TestHouse } from "./house.ts";

/** Connects with this password and never reconnects by itself; rejects when it is refused. The caller ends it. */
export const openDevice = async (house: TestHouse, id: string, password = ""): Promise<MqttClient> => {
  // With retries allowed (the default) a connection that is closed before CONNACK would be waited for, for ever.
  const client = await connectAsync(
    house.mqttUrl,
    { clientId: id, username: id, password, reconnectPeriod: 0, connectTimeout: 10_000 },
    false,
  );
  client.on("error", () => {});
  return client;
};

/** The same, ended with the test that it is called in. */
export const connectDevice = async (house: TestHouse, id: string, password = ""): Promise<MqttClient> => {
  const client = await openDevice(house, id, password);
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  return client;
};

let seq = 1_000_000_000;

/** A reading of now, with a number that no earlier one had. */
export const readingBody = (more: object = {}): { ts: number; seq: number } & Record<string, unknown> => {
  seq += 1;
  return {
    ts: Date.now(),
    seq,
    residualCurrentMa: 5.2,
    contact: "closed",
    protection: "enabled",
    loadCurrentA: 3.1,
    voltageV: 229.8,
    ...more,
  };
};
