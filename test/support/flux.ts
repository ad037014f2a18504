// Flux queries in tests, and InfluxDB's other ways of being asked.
import { InfluxDB } from "@influxdata/influxdb-client";
import type { InfluxServer } from "./influx.ts";

/** The rows of a query's answer. */
export const fluxRows = (
  server: Pick<InfluxServer, "url" | "token" | "org">,
  query: string,
): Promise<Record<string, unknown>[]> =>
  new InfluxDB({ url: server.url, token: server.token, timeout: 60_000 })
    .getQueryApi(server.org)
    .collectRows<Record<string, unknown>>(query);
