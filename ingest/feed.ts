// Publishes the live feed to the broker. Best effort by design: a page that missed something reads it again.
import { connect } from "mqtt";

export type Feed = { publish(topic: string, payload: unknown): void; stop(): Promise<void> };

/** Connects as a service and keeps reconnecting; messages sent while away are dropped. */
export const openFeed = (config: { url: string; username: string; password: string }): Feed => {
  const client = connect(config.url, {
    username: config.username,
    password: config.password,
    clientId: `${config.username}:${crypto.randomUUID()}`,
    clean: true,
    keepalive: 30,
    reconnectPeriod: 1_000,
    reconnectOnConnackError: true,
    queueQoSZero: false,
    manualConnect: true,
  });
  client.on("error", () => {});
  client.connect();
  return {
    publish(topic, payload) {
      if (client.connected) client.publish(topic, JSON.stringify(payload), { qos: 0 });
    },
    async stop() {
      // MQTT.js with manualConnect, ended before it was connected, would come back after this period.
      client.options.reconnectPeriod = 0;
      await client.endAsync(true);
    },
  };
};
