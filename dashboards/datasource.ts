// The one data source of all dashboards: InfluxDB 2 by Flux, provisioned under a stable uid.
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/dashboard";

export const datasourceUid = "hubao-influx";
export const datasource: DataSourceRef = { type: "influxdb", uid: datasourceUid };
