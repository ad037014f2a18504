// The README's commands, as they stand there: pasted into a shell beside a running house.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";

const run = promisify(execFile);
const hasPublisher = await run("mosquitto_pub", ["--help"]).then(
  () => true,
  (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
);
if (!hasPublisher)
  console.warn(
    "README journey skipped: mosquitto_pub is not installed (tools/install-test-engines.sh brings it)",
  );

describe.skipIf(!hasPublisher)("the README", () => {
  let database: FreshDatabase;
  let house: TestHouse;
  let directory: string;

  beforeAll(async () => {
    database = await freshDatabase();
    house = await startTestHouse({ DATABASE_URL: database.url });
    directory = await mkdtemp(join(tmpdir(), "hubao-readme-"));
    await mkdir(join(directory, "data"));
    await writeFile(join(directory, "data", "admin-token"), `${house.token}\n`);
  });
  afterAll(async () => {
    await house?.stop();
    await database?.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it("says commands that make a breaker operate, raise its failure to trip, and answer the three questions", async () => {
    const readme = await readFile(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
    const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
    const speak = blocks.find((text) => text.includes("mosquitto_pub"));
    const ask = blocks.find((text) => text.includes("/rates?by=village"));
    if (speak === undefined || ask === undefined) throw new Error("the README has lost its commands");
    // Only the ports differ from what a user pastes.
    const script = [
      "set -e",
      `mosquitto_pub() { command mosquitto_pub -p ${new URL(house.mqttUrl).port} "$@"; }`,
      speak.replace("http://127.0.0.1:8080", house.url),
      "echo",
      ask,
    ].join("\n");
    const { stdout } = await run("bash", ["-c", script], { cwd: directory });
    expect(stdout).toContain('"operating":{"state":"operating"');
    expect(stdout).toContain('"residualCurrentMa":5.2');
    expect(stdout).toContain('"kind":"failureToTrip"');
    expect(stdout).toContain('"operationalRate":1');
    expect(stdout).toContain('"operatingMs":');
    expect(stdout).not.toContain('"status":4');
  }, 60_000);
});
