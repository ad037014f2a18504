// What was published, in every revision, with what each changed; and publishing a period now.
import { App, Button, Table } from "antd";
import { useState } from "react";
import type { PublishedRate, PublishedRateDetail } from "../../domain/http-published.ts";
import type { PeriodKind } from "../../domain/periods.ts";
import { useHouse, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Outcome } from "./outcome.tsx";

const shownChanges = 30;

const Changes = ({ id }: { id: string }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const answer = useResource(resources.publishedRate(id));
  const number = (field: string, value: number | null) =>
    value === null
      ? "–"
      : field.endsWith("Ms") || field.includes("Ms.")
        ? format.duration(value)
        : /[Rr]ate|Share|Coverage|gap|Target/.test(field.split(".").at(-1) ?? "")
          ? format.percent(value)
          : format.integer(value);
  return (
    <Outcome answer={answer}>
      {({ changes }) =>
        changes.length === 0 ? (
          <p className="quiet">{words.rates.noChanges}</p>
        ) : (
          <>
            <table className="summary changes">
              <thead>
                <tr>
                  <th scope="col">{words.rates.place}</th>
                  <th scope="col">{words.rates.field}</th>
                  <th scope="col">{words.rates.before}</th>
                  <th scope="col">{words.rates.after}</th>
                </tr>
              </thead>
              <tbody>
                {changes.slice(0, shownChanges).map((change) => (
                  <tr key={`${change.placeId}/${change.field}`}>
                    <th scope="row">{change.placeName}</th>
                    <td data-label={words.rates.field}>{change.field}</td>
                    <td data-label={words.rates.before}>{number(change.field, change.before)}</td>
                    <td data-label={words.rates.after}>{number(change.field, change.after)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {changes.length > shownChanges && (
              <p className="quiet">{words.rates.more(format.integer(changes.length - shownChanges))}</p>
            )}
          </>
        )
      }
    </Outcome>
  );
};

/** `kind` and `date` are the period that is on the page; null where it is none that can be published. */
export const PublishedRates = ({ kind, date }: { kind: PeriodKind | null; date: string | null }) => {
  const { client, cache, format } = useHouse();
  const { words } = useLanguage();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const townships = useResource(resources.townships());
  const answer = useResource(resources.publishedRates({ limit: "20" }));
  const publish = async () => {
    setBusy(true);
    for (const { id } of townships.data?.items ?? []) {
      const known = answer.data?.items.map((item) => item.id) ?? [];
      const outcome = await client.post<PublishedRateDetail>("published-rates", { township: id, kind, date });
      if (outcome.kind === "ok")
        void message.success(
          known.includes(outcome.data.id)
            ? words.rates.publishedSame
            : words.rates.publishedNow(format.integer(outcome.data.revision)),
        );
      else
        void message.error(
          outcome.failure.kind === "refused" ? outcome.failure.detail : words.outcome.unreachable,
        );
    }
    cache.refreshReadBefore(Date.now());
    setBusy(false);
  };
  return (
    <section className="panel">
      <h2>{words.rates.published}</h2>
      <p className="quiet">{words.rates.publishedExplain}</p>
      <Button loading={busy} disabled={kind === null || date === null} onClick={() => void publish()}>
        {words.rates.publish}
      </Button>
      {(kind === null || date === null) && <small className="quiet"> {words.rates.publishNeeds}</small>}
      <Outcome answer={answer}>
        {({ items }) => (
          <Table<PublishedRate>
            rowKey="id"
            size="small"
            pagination={false}
            dataSource={items}
            locale={{ emptyText: words.rates.nonePublished }}
            expandable={{ expandedRowRender: ({ id }) => <Changes id={id} /> }}
            columns={[
              {
                title: words.rates.period,
                render: (_, row) => `${words.rates.kinds[row.kind]} ${row.firstDate} · ${row.townshipName}`,
              },
              {
                title: words.rates.revision(""),
                render: (_, row) => words.rates.revision(format.integer(row.revision)),
              },
              { title: words.rates.publishedAt, render: (_, row) => format.fullTime(row.publishedAt) },
              {
                title: words.rates.publishedBy,
                render: (_, row) => `${row.publishedBy} (${words.rates.cause[row.cause]})`,
              },
            ]}
          />
        )}
      </Outcome>
    </section>
  );
};
