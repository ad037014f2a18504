// What Grafana reads at its start: the data source and where the dashboards lie.
import { datasource } from "./datasource.ts";
import type { Language } from "./language.ts";
import { tagOf } from "./links.ts";

/** Where Grafana finds `dashboards/json` of this tree; docker-compose mounts it there. */
export const dashboardsPath = "/etc/grafana/hubao-dashboards";

/** `INFLUX_URL`, `INFLUX_ORG`, `INFLUX_BUCKET` and `INFLUX_TOKEN` come from Grafana's environment. */
export const datasources = {
  apiVersion: 1,
  datasources: [
    {
      uid: datasource.uid ?? "",
      name: "Hubao InfluxDB",
      type: "influxdb",
      access: "proxy",
      url: "$INFLUX_URL",
      isDefault: true,
      editable: false,
      jsonData: {
        version: "Flux",
        organization: "$INFLUX_ORG",
        defaultBucket: "$INFLUX_BUCKET",
        // A timeline of breakers is a series for each.
        maxSeries: 2_000,
        timeInterval: "10s",
      },
      secureJsonData: { token: "$INFLUX_TOKEN" },
    },
  ],
};

const folders: Record<Language, string> = { zh: "护保", en: "Hubao" };

export const dashboardProviders = {
  apiVersion: 1,
  providers: (["zh", "en"] as const).map((language) => ({
    name: tagOf(language),
    orgId: 1,
    folder: folders[language],
    folderUid: tagOf(language),
    type: "file",
    disableDeletion: true,
    allowUiUpdates: false,
    updateIntervalSeconds: 60,
    options: { path: `${dashboardsPath}/${language}` },
  })),
};
