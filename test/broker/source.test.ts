// The contract of the journal's sources, over the embedded broker and over a subscription at Mosquitto.
import { describe } from "vitest";
import { startBroker } from "../../broker/broker.ts";
import { startSubscriber } from "../../broker/subscriber.ts";
import { authenticate, silentLog } from "./harness.ts";
import { freePort, mosquittoMissing, startMosquitto } from "./mosquitto.ts";
import { until } from "./raw-client.ts";
import { describeSource } from "./source.contract.ts";

describe("the embedded broker as a source", () => {
  describeSource(async ({ journal, clock }) => {
    const port = await freePort();
    const start = () =>
      startBroker({ host: "127.0.0.1", port }, { journal, clock, authenticate, log: silentLog, count() {} });
    let broker = await start();
    return {
      port,
      async restart() {
        await broker.stop();
        broker = await start();
      },
      stop: () => broker.stop(),
    };
  });
});

if (mosquittoMissing !== null) console.warn(`SKIPPED: the external broker as a source: ${mosquittoMissing}`);

describe.skipIf(mosquittoMissing !== null)("an external broker as a source", () => {
  describeSource(async ({ journal, clock }) => {
    const mosquitto = await startMosquitto();
    const start = async () => {
      const subscriber = startSubscriber(
        { url: `mqtt://127.0.0.1:${mosquitto.port}`, clientId: "hubao-ingest", minBackoffMs: 20 },
        { journal, clock, log: silentLog },
      );
      await until("the subscription", () => subscriber.problem() === null);
      return subscriber;
    };
    let subscriber = await start();
    return {
      port: mosquitto.port,
      async restart() {
        await subscriber.stop();
        subscriber = await start();
      },
      async stop() {
        await subscriber.stop();
        await mosquitto.stop();
      },
    };
  });
});
