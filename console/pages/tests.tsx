// The test ledger: reported tests and tests by hand, with a form for the latter, and the ledger to print or take along.
import { App, Button, DatePicker, Popconfirm } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { type TestRecord, testKinds } from "../../domain/http-tests.ts";
import { useHouse, useKept, useNow, useResource, useTitle } from "../data/house.tsx";
import { queryString, resources } from "../data/resources.ts";
import { monthSpan } from "../format/wall.ts";
import { useLanguage } from "../i18n/language.tsx";
import { FilterSelect, Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { SaveFile } from "../parts/save-file.tsx";
import { TestForm } from "../parts/test-form.tsx";

const pageSize = "50";
/** A ledger's month is chosen among those that have begun. */
const latestMonth = () => Date.now();

const Operation = ({ test }: { test: TestRecord }) => {
  const { words } = useLanguage();
  if (test.passed) return <span className="test-passed">{words.tests.normal}</span>;
  return (
    <b className="test-failed">
      {test.kind === "self" ? words.tests.selfTestFailed : words.tests.failureToTrip}
    </b>
  );
};

type RowProps = { test: TestRecord; nowMs: number; onEdit(): void; onRemove(): void };

const Row = ({ test, nowMs, onEdit, onRemove }: RowProps) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const offOn = [test.offAt, test.onAt].map((at) => (at === null ? "–" : format.time(at, nowMs)));
  return (
    <tr>
      <th scope="row" title={format.fullTime(test.at)}>
        {format.date(test.at)}
        <small>
          {format.clock(test.at)} · {words.tests.kind[test.kind]}
        </small>
      </th>
      <td data-label={words.tests.breaker}>
        <Link to={`/breakers/${encodeURIComponent(test.breakerId)}`}>{test.address ?? test.breakerId}</Link>
        <small>
          {test.villageName} · {test.areaName}
        </small>
      </td>
      <td data-label={words.tests.operation}>
        <Operation test={test} />
      </td>
      <td data-label={words.tests.current}>
        {format.quantity(test.operatingCurrentMa, "mA")}
        <small>{words.evidence.rated(format.quantity(test.ratedResidualCurrentMa, "mA", 0))}</small>
      </td>
      <td data-label={words.tests.breakTime}>
        {test.breakTimeMs === null ? "–" : words.tests.milliseconds(format.integer(test.breakTimeMs))}
      </td>
      <td data-label={words.tests.offOn}>
        {test.offAt === null && test.onAt === null ? "–" : offOn.join(" → ")}
      </td>
      <td data-label={words.tests.tester}>
        {test.tester ?? <span className="quiet">{words.tests.byBreaker}</span>}
        <small>{test.supplyStation}</small>
      </td>
      <td className="test-acts">
        {test.note !== null && <small>{test.note}</small>}
        {test.source === "hand" && (
          <>
            <Button size="small" type="text" onClick={onEdit}>
              {words.tests.edit}
            </Button>
            <Popconfirm title={words.tests.removeSure} onConfirm={onRemove}>
              <Button size="small" type="text" danger>
                {words.tests.remove}
              </Button>
            </Popconfirm>
          </>
        )}
      </td>
    </tr>
  );
};

const Filters = () => {
  const { words } = useLanguage();
  const { filters, set } = useFilters();
  const stations = useResource(resources.stations());
  return (
    <search className="filters" aria-label={words.breakers.filter}>
      <DatePicker
        className="filter"
        picker="month"
        aria-label={words.tests.month}
        placeholder={filters["month"] ?? words.tests.month}
        disabledDate={(date) => date.valueOf() > latestMonth()}
        onChange={(date) => set({ month: date === null ? undefined : date.format("YYYY-MM") })}
      />
      <FilterSelect
        any={words.tests.anyStation}
        value={filters["station"]}
        options={stations.data?.items.map(({ name }) => ({ value: name, label: name })) ?? []}
        onChange={(station) => set({ station })}
        searchable
      />
      <VillageFilter value={filters["village"]} onChange={(village) => set({ village })} />
      <FilterSelect
        any={words.tests.anyKind}
        value={filters["kind"]}
        options={testKinds.map((value) => ({ value, label: words.tests.kind[value] }))}
        onChange={(kind) => set({ kind })}
      />
      <FilterSelect
        any={words.tests.anyResult}
        value={filters["passed"]}
        options={[
          { value: "true", label: words.tests.normal },
          { value: "false", label: words.tests.failureToTrip },
        ]}
        onChange={(passed) => set({ passed })}
      />
    </search>
  );
};

/** What the address asks for, as the API takes it. */
const useQuestion = () => {
  const { timeZone } = useHouse();
  const { filters } = useFilters();
  const { station, village, kind, passed, month, cursor } = filters;
  const span = month === undefined ? null : monthSpan(month, timeZone);
  return { filter: { station, village, kind, passed, from: span?.from, to: span?.to }, cursor };
};

export const Tests = () => {
  const { cache, client } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const nowMs = useNow(30_000);
  const { filter, cursor } = useQuestion();
  const [edited, setEdited] = useState<TestRecord | "new" | null>(null);
  const answer = useResource(resources.tests({ ...filter, cursor, limit: pageSize }));
  const data = useKept(answer, "tests");
  useTitle(words.tests.title, words.name);
  const lang = language === "en" ? "en" : "zh";
  const file = (format: string) => `tests/export${queryString({ ...filter, format, lang })}`;
  const renew = () => cache.refreshReadBefore(Date.now());
  const remove = async (test: TestRecord) => {
    const removed = await client.remove(`tests/${test.id}`);
    if (removed.kind === "ok") renew();
    else void message.error(words.tests.failed);
  };
  const heads = ["at", "breaker", "operation", "current", "breakTime", "offOn", "tester"] as const;
  return (
    <>
      <div className="page-head">
        <h1>{words.tests.title}</h1>
        <div className="page-acts">
          <SaveFile path={file("print")} open>
            {words.tests.print}
          </SaveFile>
          <SaveFile path={file("xlsx")}>XLSX</SaveFile>
          <SaveFile path={file("csv")}>CSV</SaveFile>
          <Button type="primary" onClick={() => setEdited("new")}>
            {words.tests.add}
          </Button>
        </div>
      </div>
      <p className="quiet">
        {words.tests.explain} {filter.from === undefined && words.tests.filesOfMonth}
      </p>
      <Filters />
      <Outcome answer={{ data, failure: answer.failure }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{words.tests.none}</Empty>
          ) : (
            <div className={answer.data === null ? "panel waiting" : "panel"}>
              <table className="ledger">
                <thead>
                  <tr>
                    {heads.map((head) => (
                      <th scope="col" key={head}>
                        {words.tests[head]}
                      </th>
                    ))}
                    <th scope="col" aria-label={words.tests.note} />
                  </tr>
                </thead>
                <tbody>
                  {items.map((test) => (
                    <Row
                      key={test.id}
                      test={test}
                      nowMs={nowMs}
                      onEdit={() => setEdited(test)}
                      onRemove={() => void remove(test)}
                    />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
      {edited !== null && (
        <TestForm
          test={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
          onDone={() => {
            setEdited(null);
            renew();
          }}
        />
      )}
    </>
  );
};
