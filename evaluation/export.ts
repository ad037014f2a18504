// A simulated fleet as files, in the shape in which anybody's recorded fleet is evaluated.

import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { devicePrefix, reportTopic } from "../domain/wire.ts";
import { registryCsv } from "../simulators/csv.ts";
import { type FleetMessage, streamArea } from "../simulators/model/area-stream.ts";
import { type AreaLayout, gatewayIdOf, registryRowsOf } from "../simulators/model/layout.ts";
import { type FleetPlan, labelsOf } from "../simulators/model/plan.ts";
import { labelsCsv } from "./labels.ts";

/** The message as a line of `messages.ndjson`. */
export const lineOf = (message: FleetMessage, { townshipId, areaId }: AreaLayout): string => {
  const [first] = message.entries;
  if (!message.fromGateway && first !== undefined)
    return JSON.stringify({
      at: message.atMs,
      topic: reportTopic({ townshipId, areaId, breakerId: first.breakerId }, first.kind),
      payload: first.body,
    });
  return JSON.stringify({
    at: message.atMs,
    topic: `${devicePrefix(townshipId, areaId, gatewayIdOf(areaId))}batch`,
    payload: { ts: message.atMs, entries: message.entries },
  });
};

/** Writes `messages.ndjson` (in order of arrival), `registry.csv` and `labels.csv` into a directory. */
export const exportFleet = async (plan: FleetPlan, directory: string): Promise<{ messages: number }> => {
  mkdirSync(directory, { recursive: true });
  const layouts = plan.areas.map((area) => area.layout);
  writeFileSync(
    join(directory, "registry.csv"),
    registryCsv(registryRowsOf(layouts, plan.scenario, plan.seed)),
  );
  writeFileSync(join(directory, "labels.csv"), labelsCsv(labelsOf(plan)));
  const out = createWriteStream(join(directory, "messages.ndjson"));
  const streams = plan.areas.map((area) => ({ layout: area.layout, blocks: streamArea(plan, area) }));
  let messages = 0;
  for (let open = streams.length; open > 0; ) {
    const block: { atMs: number; line: string }[] = [];
    open = 0;
    for (const { layout, blocks } of streams) {
      const next = blocks.next();
      if (next.done) continue;
      open += 1;
      for (const message of next.value) block.push({ atMs: message.atMs, line: lineOf(message, layout) });
    }
    // All areas have the same slots, and a block holds what arrives before its slot ends.
    block.sort((a, b) => a.atMs - b.atMs);
    messages += block.length;
    if (!out.write(block.map((one) => `${one.line}\n`).join(""))) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return { messages };
};
