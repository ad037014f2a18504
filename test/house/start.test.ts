// Starting and stopping as a user sees it: help, wrong settings, busy ports, unusable directories, signals, yesterday's data.
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Breaker } from "../../domain/http.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice, readingBody } from "../support/device.ts";
import { exited, runMain, startTestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const temporary = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "hubao-start-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

const database = async (): Promise<FreshDatabase> => {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.drop());
  return fresh;
};

/** A port that something else holds. */
const busyPort = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return String(typeof address === "object" && address !== null ? address.port : 0);
};

/** Runs main.ts until it ends by itself. */
const runToItsEnd = async (env: Record<string, string>, args: string[] = []) => {
  const { child, output } = runMain(env, args);
  const code = await exited(child);
  return { code, output: output(), lines: output().trim().split("\n") };
};

const freePorts = { HUBAO_HTTP_PORT: "0", HUBAO_MQTT_PORT: "0", HUBAO_MQTT_HOST: "127.0.0.1" };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("the command line", () => {
  it("--help lists every setting with its default and meaning, and the roles", async () => {
    const { code, output } = await runToItsEnd({}, ["--help"]);
    expect(code).toBe(0);
    const source = await readFile(join(import.meta.dirname, "..", "..", "config.ts"), "utf8");
    const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) expect(output).toMatch(new RegExp(`^ {2}${name} \\(.+\\)\\n {6}\\S`, "m"));
    for (const word of ["demo", "broker", "ingest", "api"])
      expect(output).toMatch(new RegExp(`^ {2}${word} `, "m"));
  });

  it("an unknown command shows the usage and exits with 2", async () => {
    const { code, output } = await runToItsEnd({}, ["dance"]);
    expect(code).toBe(2);
    expect(output).toContain("Usage:");
  });

  it("prints every wrong setting at once, misspelt ones too, and exits with 2", async () => {
    const { code, lines } = await runToItsEnd({
      HUBAO_HTTP_PORT: "eighty",
      HUBAO_TIME_ZONE: "Mars/Olympus",
      HUBAO_MQTT_PROT: "1883",
      INFLUX_URL: "http://127.0.0.1:8086",
    });
    expect(code).toBe(2);
    expect(lines.map((line) => /^[A-Z_]+/.exec(line)?.[0]).toSorted()).toEqual([
      "HUBAO_HTTP_PORT",
      "HUBAO_MQTT_PROT",
      "HUBAO_TIME_ZONE",
      "INFLUX_BUCKET",
      "INFLUX_ORG",
      "INFLUX_TOKEN",
    ]);
  });
});

describe("what keeps a house from starting", () => {
  const oneSentence = (run: { code: number | null; lines: string[] }) => {
    expect(run.code).toBe(1);
    expect(run.lines.length).toBe(1);
    return run.lines[0] ?? "";
  };

  it("a busy port: one sentence that names the variable", async () => {
    const dir = await temporary();
    const taken = await busyPort();
    const http = await runToItsEnd({ ...freePorts, HUBAO_DATA_DIR: dir, HUBAO_HTTP_PORT: taken });
    expect(oneSentence(http)).toMatch(new RegExp(`port ${taken} .* in use: .*HUBAO_HTTP_PORT`));
    const mqtt = await runToItsEnd({ ...freePorts, HUBAO_DATA_DIR: dir, HUBAO_MQTT_PORT: taken });
    expect(oneSentence(mqtt)).toMatch(new RegExp(`port ${taken} .* in use: .*HUBAO_MQTT_PORT`));
  });

  it("a file where the data directory should be", async () => {
    const path = join(await temporary(), "data");
    await writeFile(path, "not a directory");
    const run = await runToItsEnd({ ...freePorts, HUBAO_DATA_DIR: path });
    expect(oneSentence(run)).toMatch(/data directory .* cannot be used .*HUBAO_DATA_DIR|writable/);
  });

  it("a database that is not there", async () => {
    const run = await runToItsEnd({
      ...freePorts,
      HUBAO_DATA_DIR: await temporary(),
      DATABASE_URL: `postgres://nobody@127.0.0.1:${await quietPort()}/hubao`,
    });
    expect(oneSentence(run)).toContain("DATABASE_URL");
  });

  it("roles apart without a common database", async () => {
    const run = await runToItsEnd({ ...freePorts, HUBAO_DATA_DIR: await temporary() }, ["api"]);
    expect(oneSentence(run)).toContain("DATABASE_URL");
  });

  it("a second house on the same data directory; the first goes on", async () => {
    const { url } = await database();
    const house = await startTestHouse({ DATABASE_URL: url });
    onTestFinished(() => house.stop());
    const run = await runToItsEnd({ ...freePorts, HUBAO_DATA_DIR: house.dataDir, DATABASE_URL: url });
    expect(oneSentence(run)).toMatch(/another hubao \(process \d+\) uses the data directory/);
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
    expect(await house.interrupt()).toBe(0);
    await house.restart();
  });
});

/** A port that nothing listens on. */
const quietPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
};

describe("a house with its own PostgreSQL", () => {
  it("stops cleanly on Ctrl-C, leaves no process behind, and finds yesterday's data at the next start", async () => {
    const house = await startTestHouse();
    onTestFinished(() => house.stop());
    const pidFile = join(house.dataDir, "postgres", "cluster", "postmaster.pid");
    const postmaster = async () => Number((await readFile(pidFile, "utf8")).split("\n")[0]);
    const first = await postmaster();
    await importRegistry(house, [{ breakerId: "b-1" }]);
    const passwords = await credentials(house, ["b-1"]);
    const device = await connectDevice(house, "b-1", passwords.get("b-1"));
    await device.publishAsync("hubao/v1/T/A/b-1/reading", JSON.stringify(readingBody()), { qos: 1 });
    const state = async () => (await house.get<Breaker>("/breakers/b-1")).operating;
    const before = await until("the state", async () => {
      const now = await state();
      return now.state === "operating" && now;
    });

    expect(await house.interrupt()).toBe(0);
    await until("the postmaster's end", async () => !isAlive(first));
    await expect(fetch(`${house.url}/healthz`)).rejects.toThrow();
    expect(house.output()).not.toMatch(/"level":(40|50|60)/);

    await house.restart();
    expect(await postmaster()).not.toBe(first);
    expect(await state()).toEqual(before);
    const again = await connectDevice(house, "b-1", passwords.get("b-1"));
    expect(again.connected).toBe(true);
  }, 120_000);

  it("makes an administrator's token, shows it once, and keeps it for its owner alone", async () => {
    const dataDir = await temporary();
    const { url } = await database();
    const env = { ...freePorts, HUBAO_DATA_DIR: dataDir, DATABASE_URL: url };
    const start = async () => {
      const run = runMain(env);
      onTestFinished(async () => {
        run.child.kill("SIGKILL");
        await exited(run.child);
      });
      await until("the start", async () => run.output().includes("Ctrl-C stops everything"));
      return run;
    };
    const first = await start();
    const path = join(dataDir, "admin-token");
    const token = (await readFile(path, "utf8")).trim();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(token.length).toBeGreaterThanOrEqual(43);
    expect(first.output().split(token).length - 1).toBe(1);
    const page = /http:\/\/127\.0\.0\.1:\d+/.exec(first.output())?.[0] ?? "";
    const ask = (bearer: string) =>
      fetch(`${page}/api/v1/villages`, { headers: { authorization: `Bearer ${bearer}` } });
    expect((await ask(token)).status).toBe(200);
    expect((await ask(`${token}x`)).status).toBe(401);
    first.child.kill("SIGTERM");
    expect(await exited(first.child)).toBe(0);

    const second = await start();
    expect(second.output()).not.toContain(token);
    expect((await readFile(path, "utf8")).trim()).toBe(token);
    second.child.kill("SIGINT");
    expect(await exited(second.child)).toBe(0);
  }, 60_000);
});
