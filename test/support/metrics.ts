// Reads a house's metrics and health as its operators do.
import type { TestHouse } from "./house.ts";
import { until } from "./until.ts";

export type Metrics = {
  /** The sample with this name and exactly these labels; 0 where it was never counted. */
  value(name: string, labels?: Record<string, string>): number;
  /** All samples of a name: labels as they stand → value. */
  all(name: string): Map<string, number>;
  sum(name: string): number;
};

const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

export const metricsOf = async (house: TestHouse): Promise<Metrics> => {
  const samples = new Map<string, Map<string, number>>();
  for (const line of (await (await fetch(`${house.url}/metrics`)).text()).split("\n")) {
    const [, name, labels = "", value] = sample.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const known = samples.get(name) ?? new Map<string, number>();
    samples.set(name, known.set(labels, Number(value)));
  }
  const all = (name: string) => samples.get(name) ?? new Map<string, number>();
  return {
    all,
    value: (name, labels = {}) =>
      all(name).get(
        Object.entries(labels)
          .map(([label, value]) => `${label}="${value}"`)
          .join(","),
      ) ?? 0,
    sum: (name) => [...all(name).values()].reduce((a, b) => a + b, 0),
  };
};

export type Readiness = {
  status: number;
  ready: boolean;
  parts: Record<string, { ok: boolean; detail: string }>;
};

export const readinessOf = async (house: TestHouse): Promise<Readiness> => {
  const response = await fetch(`${house.url}/readyz`);
  return { status: response.status, ...((await response.json()) as Omit<Readiness, "status">) };
};

/** Waits until every consumer has passed everything that the journal holds. */
export const drained = (house: TestHouse, timeoutMs = 120_000): Promise<true> =>
  until(
    "the consumers to catch up",
    async () => {
      const lag = (await metricsOf(house)).all("hubao_consumer_lag_records");
      const behind = [...lag].filter(([, records]) => records > 0);
      if (lag.size === 0 || behind.length > 0) throw new Error(JSON.stringify(behind));
      return true;
    },
    timeoutMs,
  );
