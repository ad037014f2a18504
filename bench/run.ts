// The measurements: `npm run bench -- [intake] [pipeline] [fold] [--rounds N] [--json FILE]`; all of them without names.
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { defaultIntake, measureIntake } from "./intake.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);
const r = await measureIntake(defaultIntake, (round) => say(JSON.stringify(round)));
say(JSON.stringify({ ...r, rounds: undefined }));
