// One house of the visit list: where, why, since when, what to do, and what came of the visit.
import { App, Button, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { actReasonIn } from "../../domain/act-reasons.ts";
import type { Visit, VisitMark, VisitReason } from "../../domain/http-visits.ts";
import { useHouse } from "../data/house.tsx";
import { evidenceWords } from "../format/evidence.ts";
import { useLanguage } from "../i18n/language.tsx";

export const Reason = ({ reason, nowMs }: { reason: VisitReason; nowMs: number }) => {
  const { format } = useHouse();
  const { words, language } = useLanguage();
  const evidence =
    reason.finding === null
      ? ""
      : evidenceWords({ kind: reason.finding, evidence: reason.evidence }, words, format, nowMs);
  return (
    <div className={`visit-reason priority-${reason.priority}`}>
      <p>
        {reason.notice === null ? (
          <b>{reason.finding === null ? "" : words.alarmKind[reason.finding]}</b>
        ) : (
          <Link to={`/notices/${reason.notice.id}`}>
            {words.visits.notice(reason.notice.number, words.notices.state[reason.notice.state])}
          </Link>
        )}
        <span className="quiet" title={format.fullTime(reason.since)}>
          {words.visits.since(format.duration(nowMs - Date.parse(reason.since)))}
        </span>
      </p>
      {reason.notice !== null && <small>{reason.notice.hazard[language === "en" ? "en" : "zh"]}</small>}
      {evidence !== "" && <small>{evidence}</small>}
      <p className="visit-todo">{reason.advice[language === "en" ? "en" : "zh"]}</p>
    </div>
  );
};

const Marking = ({ visit, date }: { visit: Visit; date: string }) => {
  const { client, cache, format } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState<VisitMark["mark"] | null>(null);
  const [again, setAgain] = useState(false);
  const name = visit.address ?? visit.breakerId ?? "";
  const mark = async (what: VisitMark["mark"]) => {
    setBusy(what);
    const answer = await client.post("visits/marks", {
      ...(visit.householdId === null ? { breakerId: visit.breakerId } : { householdId: visit.householdId }),
      date,
      mark: what,
      ...(note.trim() === "" ? {} : { note: note.trim() }),
    });
    setBusy(null);
    if (answer.kind !== "ok") {
      void message.error(
        answer.failure.kind === "refused"
          ? actReasonIn(language === "en" ? "en" : "zh", answer.failure.detail)
          : words.visits.failed,
      );
      return;
    }
    setAgain(false);
    setNote("");
    cache.refreshReadBefore(Date.now());
  };
  if (visit.mark !== null && !again)
    return (
      <div className="visit-marked">
        <b>{words.visits.mark[visit.mark.mark]}</b> {visit.mark.note}
        <small>{words.visits.by(visit.mark.actor, format.clock(visit.mark.at))}</small>
        <Button type="link" onClick={() => setAgain(true)}>
          {words.visits.again}
        </Button>
      </div>
    );
  return (
    <div className="visit-marking">
      <Input
        aria-label={`${words.visits.note} ${name}`}
        placeholder={words.visits.note}
        maxLength={2_000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {(["done", "notAtHome"] as const).map((what) => (
        <Button
          key={what}
          size="large"
          type={what === "done" ? "primary" : "default"}
          loading={busy === what}
          aria-label={`${words.visits.mark[what]} ${name}`}
          onClick={() => void mark(what)}
        >
          {words.visits.mark[what]}
        </Button>
      ))}
    </div>
  );
};

export const VisitRow = ({ visit, date, nowMs }: { visit: Visit; date: string; nowMs: number }) => {
  const { words } = useLanguage();
  const breakerId = visit.breakerId ?? visit.reasons.find((r) => r.breakerId !== null)?.breakerId ?? null;
  const name =
    visit.address ??
    (visit.level !== null && visit.householdId === null
      ? `${words.level[visit.level]} ${visit.breakerId ?? ""}`
      : (visit.householdId ?? visit.breakerId ?? ""));
  return (
    <li className={`visit priority-${visit.priority} ${visit.mark?.mark === "done" ? "visit-done" : ""}`}>
      <p className="visit-name">
        {breakerId === null ? name : <Link to={`/breakers/${encodeURIComponent(breakerId)}`}>{name}</Link>}{" "}
        {visit.householder !== null && <span>{visit.householder}</span>}
      </p>
      {visit.reasons.length === 0 && <p className="quiet">{words.visits.solved}</p>}
      {visit.reasons.map((reason) => (
        <Reason
          key={`${reason.alarmId ?? reason.notice?.id ?? reason.finding} ${reason.since}`}
          reason={reason}
          nowMs={nowMs}
        />
      ))}
      <Marking visit={visit} date={date} />
    </li>
  );
};
