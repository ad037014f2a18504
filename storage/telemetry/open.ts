// Chooses the telemetry store: InfluxDB where one is configured, else PostgreSQL.
import type { Db } from "../db.ts";
import { openInfluxTelemetry } from "./influx.ts";
import type { TelemetryStore } from "./port.ts";
import { openPostgresTelemetry } from "./postgres.ts";

export type InfluxConfig = { url: string; token: string; org: string; bucket: string };

export const openTelemetry = (
  config: { influx: InfluxConfig | null; retentionDays: number },
  db: Db,
  warn: (message: string) => void,
): TelemetryStore =>
  config.influx === null
    ? openPostgresTelemetry({ db, retentionDays: config.retentionDays })
    : openInfluxTelemetry({ ...config.influx, retentionDays: config.retentionDays, log: { warn } });
