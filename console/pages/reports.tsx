// Reports: those that were made, with their files and revisions, and a way to make one now.
import { App, Button, DatePicker, Popconfirm, Segmented, Select, Table, Tag } from "antd";
import type { ComponentProps } from "react";
import { useState } from "react";
import { actReasonIn } from "../../domain/act-reasons.ts";
import type { Job } from "../../domain/http-jobs.ts";
import type { ReportSummary } from "../../domain/http-reports.ts";
import { type PeriodKind, periodKinds } from "../../domain/periods.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { FilterSelect, Paging, useFilters } from "../parts/filters.tsx";
import { JobProgress, useJob } from "../parts/job.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { SaveFile } from "../parts/save-file.tsx";

const pageSize = "25";
const fileOrder = ["html", "xlsx", "csv", "pdf"] as const;

const MakeReport = ({ onMade }: { onMade(): void }) => {
  const { client } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const townships = useResource(resources.townships());
  const [township, setTownship] = useState<string | null>(null);
  const [kind, setKind] = useState<PeriodKind>("month");
  const [date, setDate] = useState<string | null>(null);
  const [started, setStarted] = useState<Job | null>(null);
  const job = useJob(started, (ended) => {
    if (ended.state === "done") onMade();
  });
  const chosen = township ?? townships.data?.items[0]?.id ?? null;
  const make = async () => {
    if (chosen === null || date === null) return;
    const answer = await client.post<Job>("reports", { township: chosen, kind, date });
    if (answer.kind === "ok") setStarted(answer.data);
    else if (answer.failure.kind === "refused")
      void message.error(actReasonIn(language === "en" ? "en" : "zh", answer.failure.detail));
    else void message.error(words.outcome.unreachable);
  };
  const picker: Record<PeriodKind, ComponentProps<typeof DatePicker>["picker"]> = {
    day: "date",
    week: "week",
    month: "month",
  };
  return (
    <section className="panel make-report">
      <div className="filters">
        <Select
          className="filter"
          aria-label={words.reports.township}
          value={chosen}
          options={townships.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          onChange={setTownship}
        />
        <Segmented
          value={kind}
          options={periodKinds.map((value) => ({ value, label: words.reports.kind[value] }))}
          onChange={(next) => setKind(next)}
        />
        <DatePicker
          aria-label={words.reports.date}
          placeholder={words.reports.date}
          picker={picker[kind] ?? "date"}
          onChange={(value) => setDate(value === null ? null : value.format("YYYY-MM-DD"))}
        />
        <Button type="primary" disabled={date === null || chosen === null} onClick={() => void make()}>
          {words.reports.make}
        </Button>
      </div>
      {job !== null && (
        <JobProgress job={job}>
          {(result) => {
            const made = result as { revision: number; isNew: boolean };
            return (
              <p role="status">
                {made.isNew ? words.reports.made(String(made.revision)) : words.reports.same}
              </p>
            );
          }}
        </JobProgress>
      )}
    </section>
  );
};

const Files = ({ report, onRemoved }: { report: ReportSummary; onRemoved(): void }) => {
  const { client } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const formats = fileOrder.filter((format) =>
    report.files.some((file) => file.language === language && file.format === format),
  );
  const remove = async () => {
    const removed = await client.remove(`reports/${report.id}`);
    if (removed.kind === "failed" && removed.failure.kind !== "notFound")
      void message.error(words.outcome.unreachable);
    onRemoved();
  };
  return (
    <div className="report-files">
      {formats.map((format) => (
        <SaveFile
          key={format}
          path={`reports/${report.id}/files/${format}?language=${language}`}
          open={format === "html"}
        >
          {format === "html" ? words.reports.preview : format.toUpperCase()}
        </SaveFile>
      ))}
      <Popconfirm title={words.reports.removeSure} onConfirm={() => void remove()}>
        <Button size="small" type="text" danger>
          {words.reports.remove}
        </Button>
      </Popconfirm>
    </div>
  );
};

export const Reports = () => {
  const { cache, format } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const { filters, set } = useFilters();
  const answer = useResource(
    resources.reports({ kind: filters["kind"], cursor: filters["cursor"], limit: pageSize }),
  );
  useTitle(words.reports.title, words.name);
  const renew = () => cache.refreshReadBefore(Date.now());
  return (
    <>
      <div className="page-head">
        <h1>{words.reports.title}</h1>
        <FilterSelect
          any={words.reports.anyKind}
          value={filters["kind"]}
          options={periodKinds.map((value) => ({ value, label: words.reports.kind[value] }))}
          onChange={(kind) => set({ kind })}
        />
      </div>
      <p className="quiet">{words.reports.explain}</p>
      <MakeReport onMade={renew} />
      <Outcome answer={answer}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{words.reports.none}</Empty>
          ) : (
            <div className="panel">
              <Table<ReportSummary>
                size="small"
                rowKey="id"
                pagination={false}
                scroll={{ x: "max-content" }}
                dataSource={items}
                columns={[
                  {
                    title: words.reports.period,
                    render: (_, report) => (
                      <>
                        <b>{words.reports.kind[report.kind]}</b>{" "}
                        {report.kind === "month" ? report.firstDate.slice(0, 7) : report.firstDate}{" "}
                        {report.revision > 1 && <Tag>{words.reports.revision(String(report.revision))}</Tag>}
                        {report.revised && <Tag color="orange">{words.reports.revised}</Tag>}
                      </>
                    ),
                  },
                  { title: words.reports.township, dataIndex: "townshipName" },
                  {
                    title: words.reports.installation,
                    align: "right",
                    render: (_, { figures }) => format.percent(figures.householdInstallationRate),
                  },
                  {
                    title: words.reports.operational,
                    align: "right",
                    render: (_, { figures, before }) => (
                      <>
                        {format.percent(figures.householdOperationalRate)}
                        {before !== null && (
                          <small className="quiet">
                            {" "}
                            {words.reports.was(format.percent(before.householdOperationalRate))}
                          </small>
                        )}
                      </>
                    ),
                  },
                  {
                    title: words.reports.inhabited,
                    align: "right",
                    render: (_, { figures }) => format.percent(figures.inhabitedOperationalRate),
                  },
                  {
                    title: words.reports.computedAt,
                    render: (_, { computedAt, madeBy }) => (
                      <>
                        {format.time(computedAt, nowMs)}{" "}
                        <small className="quiet">
                          {madeBy === "schedule" ? words.reports.bySchedule : madeBy}
                        </small>
                      </>
                    ),
                  },
                  {
                    title: words.reports.files,
                    render: (_, report) => <Files report={report} onRemoved={renew} />,
                  },
                ]}
              />
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
    </>
  );
};
