// The gateways' links as detection follows them, and what of them is to be written with its commit.
import type { AlarmEffect, AlarmMemory } from "../detection/alarms.ts";
import {
  type GatewayMemory,
  hearGateway,
  type LinkChange,
  newGateway,
  settleGateway,
} from "../detection/gateway.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { Query } from "../storage/db.ts";
import { loadGateways, writeGateways } from "../storage/gateways.ts";
import type { GatewayWord } from "./decode.ts";

/** A gateway that is merely heard again is written no more often than this. */
const writeEveryMs = 60_000;

export type GatewayBook = {
  /** Takes what a message says of its gateway; `villageId` is where its area lies. */
  hear(word: GatewayWord, villageId: string, arrivalMs: number): void;
  /** Looks at all gateways; answers the alarms that follow. */
  settle(nowMs: number, rule: JudgingRule, listening: boolean): AlarmEffect[];
  /** What is to be written, as a function for a transaction; null where there is nothing. */
  peek(): ((query: Query) => Promise<void>) | null;
  clear(): void;
};

/** Loads the gateways as last committed. */
export const loadGatewayBook = async (query: Query): Promise<GatewayBook> => {
  const gateways = new Map<string, GatewayMemory>();
  for (const { alarm, ...row } of await loadGateways(query))
    gateways.set(row.gatewayId, { ...row, alarm: (alarm as AlarmMemory | null) ?? undefined });
  const written = new Map<string, number>();
  const dirty = new Set<GatewayMemory>();
  const changes: LinkChange[] = [];
  const note = (gateway: GatewayMemory, change: LinkChange | null) => {
    if (change === null) return;
    changes.push(change);
    dirty.add(gateway);
  };
  return {
    hear({ gatewayId, areaId, online }, villageId, arrivalMs) {
      const known = gateways.get(gatewayId);
      if (known === undefined) {
        const gateway = newGateway({ gatewayId, areaId, villageId }, online ?? true, arrivalMs);
        gateways.set(gatewayId, gateway);
        note(gateway, {
          gatewayId,
          fromMs: arrivalMs,
          online: gateway.online,
          cause: online === null ? "heard" : "said",
        });
        return;
      }
      Object.assign(known, { areaId, villageId });
      note(known, hearGateway(known, online, arrivalMs));
      if (arrivalMs - (written.get(gatewayId) ?? 0) < writeEveryMs) return;
      written.set(gatewayId, arrivalMs);
      dirty.add(known);
    },
    settle(nowMs, rule, listening) {
      const alarms: AlarmEffect[] = [];
      for (const gateway of gateways.values()) {
        const settled = settleGateway(gateway, nowMs, rule, listening);
        note(gateway, settled.change);
        if (settled.alarms.length > 0) dirty.add(gateway);
        alarms.push(...settled.alarms);
      }
      return alarms;
    },
    peek() {
      if (dirty.size === 0) return null;
      const rows = [...dirty].map(({ villageId: _, alarm, ...row }) => ({ ...row, alarm: alarm ?? null }));
      const links = [...changes];
      return (query) => writeGateways(query, rows, links);
    },
    clear() {
      dirty.clear();
      changes.length = 0;
    },
  };
};
