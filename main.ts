// The entry: reads the command line and the environment, starts the house, and stops it when asked to.
import { readConfig, settingsHelp } from "./config.ts";
import { type House, type Role, roles, startHouse } from "./house/house.ts";
import { createLogger } from "./house/logger.ts";
import { UserError } from "./house/user-error.ts";
import { type Demo, startDemo } from "./simulators/demo.ts";

const usage = `hubao: who is protected, and who is not

Usage: node main.ts [demo | broker | ingest | api] [--help]

  (nothing)   all roles in one process
  demo        all roles, with a demo township and a simulated fleet
  broker      the MQTT broker (or the subscriber of an external one) and the journal
  ingest      the pipeline that stores and judges
  api         the HTTP API and the page

Settings are environment variables (their defaults in parentheses):
${settingsHelp()}
`;

const demoSeed = 20;
const exitCodes = { wrongUse: 2, failed: 1 } as const;

const say = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);

const announce = (house: House, dataDir: string, demo: boolean): void => {
  if (house.url === null) return;
  say("");
  if (house.adminTokenIsNew || demo) {
    say(`  The page, signed in:  ${house.url}/#token=${house.adminToken}`);
    say(`  The API:              ${house.url}/api/v1   (docs: ${house.url}/docs)`);
    if (house.adminTokenIsNew) say(`  Its token is shown this once; it is kept in ${dataDir}/admin-token.`);
  } else say(`  The page: ${house.url}   (its token: HUBAO_ADMIN_TOKEN, or ${dataDir}/admin-token)`);
  say(`  Devices:              ${house.mqttUrl}`);
  say("  Ctrl-C stops everything.");
  say("");
};

const run = async (wanted: readonly Role[], demo: boolean): Promise<void> => {
  const read = readConfig(process.env);
  if (read.kind === "invalid") {
    for (const problem of read.problems) complain(problem);
    process.exitCode = exitCodes.wrongUse;
    return;
  }
  const { config } = read;
  const log = createLogger(config.logLevel);
  const asked = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      asked.resolve();
    });

  let house: House;
  try {
    house = await startHouse(config, wanted, log);
  } catch (error) {
    if (error instanceof UserError) complain(error.message);
    else log.fatal({ err: error }, "the house could not be started");
    process.exitCode = exitCodes.failed;
    return;
  }
  announce(house, config.dataDir, demo);
  let township: Demo | null = null;
  if (demo && house.url !== null && house.adminToken !== null) {
    township = startDemo(
      {
        apiUrl: house.url,
        token: house.adminToken,
        mqttUrl: house.mqttUrl,
        dataDir: config.dataDir,
        seed: demoSeed,
      },
      log,
    );
    township.ready.catch((error: Error) => log.error(`the demo cannot run: ${error.message}`));
  }
  await asked.promise;
  log.info("stopping");
  await township?.stop();
  // What is still open then would keep the process alive for ever.
  if (!(await house.stop())) process.exit(exitCodes.failed);
};

const [command, ...rest] = process.argv.slice(2);
const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);

if (command === "--help" || command === "-h" || command === "help") say(usage);
else if (rest.length > 0 || (command !== undefined && command !== "demo" && !isRole(command))) {
  complain(usage);
  process.exitCode = exitCodes.wrongUse;
} else await run(command === undefined || command === "demo" ? roles : [command as Role], command === "demo");
