// The form of a test that was done by hand: a new one, or one that is changed.
import { App, AutoComplete, Button, Drawer, Input, InputNumber, Segmented } from "antd";
import { type ReactNode, useId, useState } from "react";
import { actReasonIn } from "../../domain/act-reasons.ts";
import type { TestRecord } from "../../domain/http-tests.ts";
import type { Outcome } from "../data/client.ts";
import { useHouse, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { instantOfWall, wallOf } from "../format/wall.ts";
import { useLanguage } from "../i18n/language.tsx";
import { BreakerSearch } from "./notice-form.tsx";

type Props = {
  /** The test to change; null writes down a new one. */
  test: TestRecord | null;
  onClose(): void;
  onDone(): void;
};

/** What stands in the fields; times are walls of the township's time zone, empty where there is none. */
const begin = (test: TestRecord | null, timeZone: string) => {
  const wall = (iso: string | null) => (iso === null ? "" : wallOf(Date.parse(iso), timeZone));
  return {
    breakerId: test?.breakerId ?? null,
    at: test === null ? wallOf(Date.now(), timeZone) : wall(test.at),
    passed: test?.passed ?? true,
    operatingCurrentMa: test?.operatingCurrentMa ?? null,
    breakTimeMs: test?.breakTimeMs ?? null,
    offAt: wall(test?.offAt ?? null),
    onAt: wall(test?.onAt ?? null),
    tester: test?.tester ?? "",
    supplyStation: test?.supplyStation ?? "",
    note: test?.note ?? "",
  };
};
type Fields = ReturnType<typeof begin>;

const bodyOf = (fields: Fields, test: TestRecord | null, timeZone: string) => {
  const before = begin(test, timeZone);
  const iso = (name: "at" | "offAt" | "onAt") => {
    // Fields hold minutes: a time that nobody has touched keeps its seconds.
    if (test !== null && fields[name] === before[name]) return test[name];
    const atMs = instantOfWall(fields[name], timeZone);
    return atMs === null ? null : new Date(atMs).toISOString();
  };
  const text = (value: string) => (value.trim() === "" ? null : value.trim());
  return {
    at: iso("at"),
    passed: fields.passed,
    operatingCurrentMa: fields.operatingCurrentMa,
    breakTimeMs: fields.breakTimeMs,
    offAt: iso("offAt"),
    onAt: iso("onAt"),
    tester: fields.tester.trim(),
    supplyStation: text(fields.supplyStation),
    note: text(fields.note),
  };
};

export const TestForm = ({ test, onClose, onDone }: Props) => {
  const { client, timeZone } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const stations = useResource(resources.stations());
  const id = useId();
  const [fields, setFields] = useState(() => begin(test, timeZone));
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Fields>) => setFields((before) => ({ ...before, ...part }));
  const ready = fields.breakerId !== null && fields.at !== "" && fields.tester.trim() !== "";

  const save = async () => {
    setBusy(true);
    const body = bodyOf(fields, test, timeZone);
    const answer: Outcome<TestRecord> =
      test === null
        ? await client.post("tests", { breakerId: fields.breakerId, ...body })
        : await client.patch(`tests/${test.id}`, body);
    setBusy(false);
    if (answer.kind === "ok") onDone();
    else
      void message.error(
        answer.failure.kind === "refused"
          ? actReasonIn(language === "en" ? "en" : "zh", answer.failure.detail)
          : words.tests.failed,
      );
  };
  const field = (name: string, label: string, input: ReactNode) => (
    <div key={name}>
      <label htmlFor={`${id}${name}`}>{label}</label>
      {input}
    </div>
  );
  const time = (name: "at" | "offAt" | "onAt") =>
    field(
      name,
      words.tests[name],
      <Input
        id={`${id}${name}`}
        type="datetime-local"
        value={fields[name]}
        onChange={(event) => change({ [name]: event.target.value })}
      />,
    );
  const number = (name: "operatingCurrentMa" | "breakTimeMs", label: string, unit: string) =>
    field(
      name,
      label,
      <InputNumber
        id={`${id}${name}`}
        min={0}
        suffix={unit}
        value={fields[name]}
        onChange={(value) => change({ [name]: value })}
      />,
    );
  return (
    <Drawer
      open
      title={test === null ? words.tests.addTitle : words.tests.editTitle}
      size={460}
      onClose={onClose}
    >
      <form
        className="notice-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void save();
        }}
      >
        {test === null && (
          <BreakerSearch value={fields.breakerId} onChange={(breakerId) => change({ breakerId })} />
        )}
        {time("at")}
        <Segmented
          aria-label={words.tests.operation}
          value={fields.passed}
          options={[
            { value: true, label: words.tests.normal },
            { value: false, label: words.tests.failureToTrip },
          ]}
          onChange={(passed) => change({ passed })}
        />
        <div className="form-pair">
          {number("operatingCurrentMa", words.tests.current, "mA")}
          {number("breakTimeMs", words.tests.breakTime, "ms")}
        </div>
        <div className="form-pair">
          {time("offAt")}
          {time("onAt")}
        </div>
        {field(
          "tester",
          words.tests.tester,
          <Input
            id={`${id}tester`}
            value={fields.tester}
            maxLength={100}
            onChange={(event) => change({ tester: event.target.value })}
          />,
        )}
        {field(
          "station",
          words.tests.station,
          <AutoComplete
            id={`${id}station`}
            value={fields.supplyStation}
            options={stations.data?.items.map(({ name }) => ({ value: name })) ?? []}
            onChange={(supplyStation: string) => change({ supplyStation })}
          />,
        )}
        {field(
          "note",
          words.tests.note,
          <Input.TextArea
            id={`${id}note`}
            value={fields.note}
            maxLength={1_000}
            autoSize={{ minRows: 2, maxRows: 6 }}
            onChange={(event) => change({ note: event.target.value })}
          />,
        )}
        <div className="form-buttons">
          <Button onClick={onClose}>{words.tests.cancel}</Button>
          <Button type="primary" htmlType="submit" disabled={!ready} loading={busy}>
            {words.tests.save}
          </Button>
        </div>
      </form>
    </Drawer>
  );
};
