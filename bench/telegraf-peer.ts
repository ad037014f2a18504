// The usual way from MQTT to InfluxDB, to be compared with: Mosquitto and Telegraf, each set for throughput.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startMosquitto } from "../test/broker/mosquitto.ts";

export type InfluxBucket = { url: string; token: string; org: string; bucket: string };

/** Where tools/install-telegraf.sh puts it; null where it is not. */
export const findTelegraf = async (): Promise<string | null> => {
  const path = join(process.env["HUBAO_CACHE_DIR"] ?? join(homedir(), ".cache", "hubao"), "telegraf");
  return access(path, constants.X_OK).then(
    () => path,
    () => null,
  );
};

const startTimeoutMs = 30_000;

/**
 * Readings become points with as many tags and fields as ours have. They are stamped on arrival, in nanoseconds: the
 * device's milliseconds would make two readings of a breaker in one millisecond overwrite each other. The input may have
 * more than a batch undelivered, else the output would wait for its timer.
 */
const settings = (mqttPort: number, influx: InfluxBucket): string => `
[agent]
  interval = "1s"
  flush_interval = "1s"
  flush_jitter = "0s"
  metric_batch_size = 5000
  metric_buffer_limit = 1000000
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:${mqttPort}"]
  topics = ["hubao/v1/+/+/+/reading"]
  qos = 1
  client_id = "telegraf"
  persistent_session = true
  max_undelivered_messages = 50000
  topic_tag = ""
  name_override = "reading"
  data_format = "json"
  json_string_fields = ["contact", "protection"]
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "hubao/v1/+/+/+/reading"
    tags = "_/_/township/area/breaker/_"
  [inputs.mqtt_consumer.tags]
    village = "V"
    level = "household"
[[outputs.influxdb_v2]]
  urls = ["${influx.url}"]
  token = "${influx.token}"
  organization = "${influx.org}"
  bucket = "${influx.bucket}"
  content_encoding = "gzip"
`;

export type TelegrafPeer = {
  mqttPort: number;
  mosquittoPid: number;
  telegrafPid: number;
  stop(): Promise<void>;
};

/** Telegraf says so when it listens. */
const listening = async (child: ChildProcess): Promise<void> => {
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new Error(`Telegraf did not connect:\n${output}`)), startTimeoutMs);
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (/Connected \[/.test(output)) resolve();
  });
  child.once("exit", (code) => reject(new Error(`Telegraf ended with ${code}:\n${output}`)));
  await promise.finally(() => clearTimeout(late));
};

/** Starts both and waits until Telegraf listens to Mosquitto. */
export const startTelegrafPeer = async (binary: string, influx: InfluxBucket): Promise<TelegrafPeer> => {
  const mosquitto = await startMosquitto(["max_inflight_messages 0", "set_tcp_nodelay true"]);
  const dir = await mkdtemp(join(tmpdir(), "hubao-telegraf-"));
  const removeAll = async () => {
    await mosquitto.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const file = join(dir, "telegraf.conf");
  await writeFile(file, settings(mosquitto.port, influx));
  const child = spawn(binary, ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  try {
    await listening(child);
  } catch (error) {
    child.kill("SIGKILL");
    await removeAll();
    throw error;
  }
  return {
    mqttPort: mosquitto.port,
    mosquittoPid: mosquitto.pid,
    telegrafPid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await ended;
      }
      await removeAll();
    },
  };
};
