// The one logger: JSON lines, or readable ones where a person looks at a terminal and the formatter is installed.
import { createRequire } from "node:module";
import { type Logger, pino } from "pino";

/** A logger that writes synchronously, so that the last lines before an end are not lost. */
export const createLogger = (level: string): Logger => {
  if (process.stdout.isTTY) {
    try {
      const pretty = createRequire(import.meta.url)("pino-pretty") as (
        options: object,
      ) => NodeJS.WritableStream;
      return pino(
        { level, base: null },
        pretty({ sync: true, colorize: true, translateTime: "SYS:HH:MM:ss", ignore: "pid,hostname" }),
      );
    } catch {
      // Not installed with production dependencies only: JSON serves as well.
    }
  }
  return pino({ level, base: null }, pino.destination({ dest: 1, sync: true }));
};
