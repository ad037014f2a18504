// Alarms as a list: priority and kind, where, on what evidence, since when, how they stand, and acknowledging.
import { App, Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { AlarmPriority } from "../../domain/alarm.ts";
import type { Alarm } from "../../domain/http.ts";
import { useHouse, useNow } from "../data/house.tsx";
import { evidenceWords } from "../format/evidence.ts";
import { useLanguage } from "../i18n/language.tsx";
import { AlarmNotice } from "./alarm-notice.tsx";

const bars: Record<AlarmPriority, number> = { low: 1, medium: 2, high: 3 };

/** Unacknowledged before acknowledged, high before low, newest first. */
export const byUrgency = (alarms: readonly Alarm[]): Alarm[] =>
  alarms.toSorted(
    (a, b) =>
      Number(a.acknowledgedAt !== null) - Number(b.acknowledgedAt !== null) ||
      bars[b.priority] - bars[a.priority] ||
      Date.parse(b.raisedAt) - Date.parse(a.raisedAt),
  );

/** Priority by colour, by the number of bars and by its word. */
const Priority = ({ priority }: { priority: AlarmPriority }) => {
  const { words } = useLanguage();
  return (
    <span className={`priority priority-${priority}`}>
      <svg viewBox="0 0 20 16" aria-hidden="true">
        {[0, 1, 2].map((i) => (
          <rect
            key={i}
            x={i * 7}
            y={10 - i * 5}
            width="5"
            height={6 + i * 5}
            className={i < bars[priority] ? "on" : "off"}
          />
        ))}
      </svg>
      {words.priority[priority]}
    </span>
  );
};

/** The alarm as it will stand once it is acknowledged, shown until the server answers. */
export const acknowledgedAlarm = (alarm: Alarm, by: string, at: string): Alarm => ({
  ...alarm,
  acknowledgedAt: at,
  acknowledgedBy: by,
  state: alarm.clearedAt === null ? "acknowledged" : "normal",
});

const useAcknowledge = () => {
  const { client, cache, actor } = useHouse();
  const { words } = useLanguage();
  const { message } = App.useApp();
  return async (alarm: Alarm) => {
    const now = new Date().toISOString();
    cache.apply({ name: "alarms", data: [acknowledgedAlarm(alarm, actor, now)] });
    const outcome = await client.post<Alarm | null>(`alarms/${encodeURIComponent(alarm.id)}/acknowledge`, {
      seenOccurrences: alarm.occurrences,
    });
    if (outcome.kind === "ok") {
      if (outcome.data !== null) cache.apply({ name: "alarms", data: [outcome.data] });
      return;
    }
    // The server's truth may be a third thing (cleared meanwhile, acknowledged by another): show what was, and read again.
    cache.apply({ name: "alarms", data: [alarm] });
    cache.refreshReadBefore(Date.now());
    void message.error(words.alarms.acknowledgeFailed);
  };
};

const AlarmRow = ({ alarm, nowMs, place }: { alarm: Alarm; nowMs: number; place: boolean }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const acknowledge = useAcknowledge();
  const [busy, setBusy] = useState(false);
  const pending = alarm.state === "unacknowledged" || alarm.state === "returnedUnacknowledged";
  const name = alarm.address ?? alarm.breakerId ?? words.alarms.area(alarm.areaName);
  return (
    <li className={`alarm priority-${alarm.priority} ${alarm.clearedAt === null ? "" : "cleared"}`}>
      <div className="alarm-kind">
        <b>{words.alarmKind[alarm.kind]}</b>
        <Priority priority={alarm.priority} />
      </div>
      <div className="alarm-what">
        {place && (
          <span className="alarm-subject">
            {alarm.breakerId === null ? (
              <Link to={`/breakers?village=${alarm.villageId}&area=${alarm.areaId}`}>{name}</Link>
            ) : (
              <Link to={`/breakers/${encodeURIComponent(alarm.breakerId)}`}>{name}</Link>
            )}
            <small>
              {alarm.villageName} · {alarm.areaName}
              {alarm.breakerId !== null && alarm.breakerId !== name && ` · ${alarm.breakerId}`}
            </small>
          </span>
        )}
        <span className="alarm-evidence">{evidenceWords(alarm, words, format, nowMs)}</span>
      </div>
      <div className="alarm-age" title={words.alarms.raised(format.fullTime(alarm.raisedAt))}>
        <b>{words.alarms.ago(format.duration(nowMs - Date.parse(alarm.raisedAt)))}</b>
        <small>
          {format.time(alarm.raisedAt, nowMs)}
          {alarm.occurrences > 1 && ` · ${words.alarms.occurrences(alarm.occurrences)}`}
        </small>
        {alarm.clearedAt !== null && (
          <small>{words.alarms.cleared(format.time(alarm.clearedAt, nowMs))}</small>
        )}
      </div>
      <div className="alarm-state">
        {pending ? (
          <Button
            type={alarm.priority === "high" ? "primary" : "default"}
            danger={alarm.priority === "high"}
            loading={busy}
            aria-label={`${words.alarms.acknowledge} ${words.alarmKind[alarm.kind]} ${name}`}
            onClick={() => {
              setBusy(true);
              void acknowledge(alarm).finally(() => setBusy(false));
            }}
          >
            {words.alarms.acknowledge}
          </Button>
        ) : (
          <>
            <b>{words.alarmState[alarm.state]}</b>
            {alarm.acknowledgedAt !== null && (
              <small>
                {words.alarms.acknowledged(
                  alarm.acknowledgedBy ?? "",
                  format.time(alarm.acknowledgedAt, nowMs),
                )}
              </small>
            )}
          </>
        )}
        {alarm.state === "returnedUnacknowledged" && <small>{words.alarmState[alarm.state]}</small>}
        <AlarmNotice alarm={alarm} />
      </div>
    </li>
  );
};

/** `place: false` leaves out where, for a list that stands on its breaker's own page. */
export const AlarmList = ({ alarms, place = true }: { alarms: readonly Alarm[]; place?: boolean }) => {
  const nowMs = useNow(1_000);
  return (
    <ul className="alarms">
      {alarms.map((alarm) => (
        <AlarmRow key={alarm.id} alarm={alarm} nowMs={nowMs} place={place} />
      ))}
    </ul>
  );
};
