// What a process has cost, as the kernel counts it, and what repeated rounds say together.
import { readdirSync, readFileSync } from "node:fs";

/** CPU milliseconds (user and system), of Linux only: elsewhere null. */
export type Cost = { cpuMs: number; peakRssBytes: number };

/** The kernel counts CPU time in ticks of 10 ms (USER_HZ, the same on every Linux that Node runs on). */
const tickMs = 10;
const kibibyte = 1024;

/** The fields of a stat file after the command's name, which may hold spaces. */
const statOf = (path: string): string[] => {
  const text = readFileSync(path, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};
const field = (stat: readonly string[], index: number): number => Number(stat[index] ?? 0);

const readable = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null;
  }
};

/** What one process has cost so far; null where the system does not tell. */
export const costOf = (pid: number): Cost | null =>
  readable(() => {
    const stat = statOf(`/proc/${pid}/stat`);
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return {
      cpuMs: (field(stat, 11) + field(stat, 12)) * tickMs,
      peakRssBytes: Number(peak ?? 0) * kibibyte,
    };
  });

/** CPU milliseconds of a process and everything it has started, those that have ended included; null where unknown. */
export const cpuOfTree = (pid: number): number | null =>
  readable(() => {
    const stats = new Map<number, string[]>();
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const stat = readable(() => statOf(`/proc/${name}/stat`));
      if (stat) stats.set(Number(name), stat);
    }
    const sum = (one: number): number => {
      const stat = stats.get(one);
      if (stat === undefined) return 0;
      const own = field(stat, 11) + field(stat, 12) + field(stat, 13) + field(stat, 14);
      const children = [...stats].filter(([, other]) => field(other, 1) === one);
      return own + children.reduce((total, [child]) => total + sum(child), 0);
    };
    return sum(pid) * tickMs;
  });

/** CPU milliseconds by thread of a process, the main thread first and then by cost; empty where unknown. */
export const cpuOfThreads = (pid: number): Map<number, number> =>
  new Map(
    readable(() =>
      readdirSync(`/proc/${pid}/task`).flatMap((tid): [number, number][] => {
        const stat = readable(() => statOf(`/proc/${pid}/task/${tid}/stat`));
        return stat ? [[Number(tid), (field(stat, 11) + field(stat, 12)) * tickMs]] : [];
      }),
    ) ?? [],
  );

export type Spread = { median: number; min: number; max: number };

/** Median and extremes of at least one value. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
};
