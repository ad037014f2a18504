// The queries of a dashboard's file as Grafana's backend takes them, and what its answer says.

type Target = { refId: string; query: string };
type Panel = { type: string; title?: string; interval?: string; targets?: Target[]; panels?: Panel[] };
type Variable = { name: string; type: string; query?: string | Target };

/** What is read of a dashboard's JSON. */
export type DashboardFile = {
  uid: string;
  title: string;
  panels?: Panel[];
  templating?: { list?: Variable[] };
};

export type QueryAnswer = {
  message?: string;
  results?: Record<
    string,
    { status?: number; error?: string; frames?: { data?: { values?: unknown[][] } }[] }
  >;
};

const datasource = { type: "influxdb", uid: "hubao-influx" } as const;
const limits = { intervalMs: 10_000, maxDataPoints: 1_000 } as const;

/** Every variable chooses everything; the page would put it in, the backend does not. Links need no answer. */
const withoutVariables = (query: string): string => query.replace(/\$\{\w+(?::\w+)?\}/g, ".*");

/** The queries of every panel, rows opened, and those of the variables. */
export const queriesOf = (file: DashboardFile): { panel: string; queries: Target[] }[] => {
  const panels = (file.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const variables = (file.templating?.list ?? []).filter(({ type }) => type === "query");
  return [
    ...panels.map(({ title, targets }) => ({ panel: title ?? "", queries: targets ?? [] })),
    ...variables.map(({ name, query }) => ({
      panel: `variable ${name}`,
      queries: typeof query === "object" ? [query] : [],
    })),
  ]
    .filter(({ queries }) => queries.length > 0)
    .map(({ panel, queries }) => ({
      panel,
      queries: queries.map(({ refId, query }) => ({ refId, query: withoutVariables(query) })),
    }));
};

/** The body of `POST /api/ds/query`; Grafana puts in `v.timeRangeStart` and its kin. */
export const queryRequest = (queries: readonly Target[], window: { fromMs: number; toMs: number }) => ({
  from: String(window.fromMs),
  to: String(window.toMs),
  queries: queries.map((target) => ({ ...target, datasource, ...limits })),
});

/** Why queries did not answer, a sentence each; none when all did, with rows or without. */
export const failuresOf = (answer: QueryAnswer, queries: readonly Target[]): string[] =>
  queries.flatMap(({ refId }) => {
    const result = answer.results?.[refId];
    if (result === undefined) return [`${refId}: ${answer.message ?? "no answer"}`];
    if (result.error !== undefined) return [`${refId}: ${result.error}`];
    return (result.status ?? 200) < 400 ? [] : [`${refId}: status ${result.status}`];
  });

/** Whether any query answered with a row. */
export const hasRows = (answer: QueryAnswer): boolean =>
  Object.values(answer.results ?? {}).some(({ frames = [] }) =>
    frames.some(({ data }) => (data?.values ?? []).some((column) => column.length > 0)),
  );
