// Messages that could not be used: why, from whom, on which topic, and what they said.
import { Button } from "antd";
import { useState } from "react";
import type { QuarantineEntry } from "../../domain/http.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Paging, useFilters } from "../parts/filters.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";

const pageSize = "50";
/** What the broker did not let pass stays out. */
const refusedByBroker = new Set([
  "foreignTopic",
  "reservedTopic",
  "commandTopic",
  "invalidTopic",
  "tooLarge",
]);

const Replay = ({ entry }: { entry: QuarantineEntry }) => {
  const { client, cache } = useHouse();
  const { words } = useLanguage();
  const [asked, setAsked] = useState(entry.replayRequested);
  const [failed, setFailed] = useState(false);
  if (refusedByBroker.has(entry.reason)) return null;
  const ask = async () => {
    setAsked(true);
    const answer = await client.post(`quarantine/${encodeURIComponent(entry.id)}/replay`);
    setAsked(answer.kind === "ok");
    setFailed(answer.kind !== "ok");
    cache.refreshReadBefore(Date.now());
  };
  return (
    <>
      <Button size="small" disabled={asked} onClick={() => void ask()}>
        {asked ? words.quarantine.replayAsked : words.quarantine.replay}
      </Button>
      {failed && <small role="alert">{words.quarantine.replayFailed}</small>}
    </>
  );
};

const Entry = ({ entry, nowMs }: { entry: QuarantineEntry; nowMs: number }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const reasons: Record<string, string> = words.quarantine.reasons;
  const shown = entry.payloadText ?? entry.payloadBase64;
  const cut = entry.payloadBytes > 4096;
  return (
    <li className="quarantined">
      <div>
        <b>{reasons[entry.reason] ?? entry.reason}</b>
        <small>
          {entry.reason}: {entry.detail}
        </small>
      </div>
      <div>
        <code>{entry.topic}</code>
        <small>
          {words.quarantine.client} {entry.clientId}
        </small>
      </div>
      <div title={format.fullTime(entry.receivedAt)}>
        {words.alarms.ago(format.duration(nowMs - Date.parse(entry.receivedAt)))}
        <small>{words.quarantine.bytes(format.integer(entry.payloadBytes))}</small>
        <Replay entry={entry} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{shown}</pre>
      {(cut || entry.payloadText === null) && (
        <small>
          {entry.payloadText === null && words.quarantine.binary} {cut && words.quarantine.cut}
        </small>
      )}
    </li>
  );
};

export const Quarantine = () => {
  const { words } = useLanguage();
  const { filters } = useFilters();
  const nowMs = useNow(10_000);
  const answer = useResource(resources.quarantine({ cursor: filters["cursor"], limit: pageSize }));
  useTitle(words.quarantine.title, words.name);
  return (
    <>
      <div className="page-head">
        <h1>{words.quarantine.title}</h1>
      </div>
      <p className="quiet">{words.quarantine.explain}</p>
      <Outcome answer={answer}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{words.quarantine.none}</Empty>
          ) : (
            <div className="panel">
              <ul className="quarantine">
                {items.map((entry) => (
                  <Entry key={entry.id} entry={entry} nowMs={nowMs} />
                ))}
              </ul>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
    </>
  );
};
