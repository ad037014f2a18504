// One breaker: how it stands now, its open alarms, its history, what the registry says of it, its credential.
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import type { BreakerDetail } from "../../domain/http.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { queryString, resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { AlarmList } from "../parts/alarm-list.tsx";
import { CredentialPanel } from "../parts/credential.tsx";
import { Events, History } from "../parts/history.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { Placements } from "../parts/placements.tsx";
import { StateTag } from "../parts/state-tag.tsx";

const Facts = ({ facts }: { facts: [string, ReactNode][] }) => (
  <dl className="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

const Now = ({ breaker }: { breaker: BreakerDetail }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(1_000);
  const { operating, last, ratedResidualCurrentMa } = breaker;
  const age = (at: string) => format.duration(nowMs - Date.parse(at));
  const share = last === null ? 0 : last.residualCurrentMa / ratedResidualCurrentMa;
  return (
    <section className="panel now">
      <div className="now-state">
        <h2>{words.breaker.now}</h2>
        <StateTag state={operating.state} reason={operating.reason} />
        <p className="quiet">
          {words.breaker.since(age(operating.since), format.time(operating.since, nowMs))}
        </p>
      </div>
      <div className="now-reading">
        <h2>{words.breaker.last}</h2>
        {last === null ? (
          <p>{words.breaker.noReading}</p>
        ) : (
          <>
            <p className={share >= 0.6 ? "kpi-number bad" : "kpi-number"}>
              {format.quantity(last.residualCurrentMa, "mA")}
            </p>
            <p className="quiet">
              {words.breaker.ofRated(format.percent(share))}
              {words.comma}
              {words.contact[last.contact]}
              {words.comma}
              {words.protection[last.protection]}
            </p>
            <Facts
              facts={[
                [words.breaker.loadCurrent, format.quantity(last.loadCurrentA, "A")],
                [words.breaker.voltage, format.quantity(last.voltageV, "V")],
                [words.breaker.temperature, format.quantity(last.temperatureC, "°C")],
                [words.breaker.signal, format.quantity(last.signalDbm, "dBm")],
              ]}
            />
            <p className="quiet">{words.breaker.at(format.time(last.at, nowMs), age(last.at))}</p>
          </>
        )}
      </div>
    </section>
  );
};

/** What must be read before anyone lays a hand on anything; nothing where no such alarm stands. */
const Danger = ({ breaker }: { breaker: BreakerDetail }) => {
  const { words } = useLanguage();
  return (["failureToTrip", "bypassed"] as const)
    .filter((kind) => breaker.openAlarms.some((alarm) => alarm.kind === kind))
    .map((kind) => (
      <p key={kind} className="danger" role="alert">
        {words.breaker.danger[kind]}
      </p>
    ));
};

const Registry = ({ breaker }: { breaker: BreakerDetail }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const facts: [string, ReactNode][] = [
    [words.breaker.id, breaker.id],
    [words.breaker.level, words.level[breaker.level]],
    [words.breaker.rated, format.quantity(breaker.ratedResidualCurrentMa, "mA", 0)],
    [words.breaker.installedOn, breaker.installedOn],
  ];
  if (breaker.removedOn !== null) facts.push([words.breaker.removedOn, breaker.removedOn]);
  if (breaker.address !== null) facts.push([words.breaker.address, breaker.address]);
  if (breaker.inhabited !== null)
    facts.push([
      words.breaker.inhabited,
      breaker.inhabited ? words.breaker.isInhabited : words.breaker.isVacant,
    ]);
  return (
    <section className="panel">
      <h2>{words.breaker.facts}</h2>
      <Facts facts={facts} />
    </section>
  );
};

export const BreakerPage = () => {
  const { breakerId = "" } = useParams();
  const { words } = useLanguage();
  const answer = useResource(resources.breaker(breakerId));
  const name = answer.data?.address ?? breakerId;
  useTitle(name, words.name);
  return (
    <Outcome answer={answer}>
      {(breaker) => (
        <>
          <div className="page-head">
            <h1>
              {name} <small>{words.level[breaker.level]}</small>
            </h1>
            <p className="crumbs">
              {breaker.townshipName} /{" "}
              <Link to={`/villages/${encodeURIComponent(breaker.villageId)}`}>{breaker.villageName}</Link> /{" "}
              <Link to={`/breakers${queryString({ village: breaker.villageId, area: breaker.areaId })}`}>
                {breaker.areaName}
              </Link>
            </p>
          </div>
          <Danger breaker={breaker} />
          <div className="breaker-grid">
            <Now breaker={breaker} />
            <section className="panel breaker-alarms">
              <h2>{words.breaker.openAlarms}</h2>
              {breaker.openAlarms.length === 0 ? (
                <Empty>{words.breaker.noOpenAlarms}</Empty>
              ) : (
                <AlarmList alarms={breaker.openAlarms} place={false} />
              )}
            </section>
          </div>
          <History breaker={breaker} />
          <div className="breaker-grid">
            <Events breakerId={breaker.id} />
            <div>
              <Registry breaker={breaker} />
              <Placements breaker={breaker} />
              <CredentialPanel breaker={breaker} />
            </div>
          </div>
        </>
      )}
    </Outcome>
  );
};
