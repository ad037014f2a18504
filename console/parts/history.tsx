// A breaker's last day or week: state strip and charts over the same time, then its trips and tests.
import { Segmented } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { BreakerDetail } from "../../domain/http.ts";
import { useHouse, useKept, useNow, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { eventWords } from "../format/evidence.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Empty, Loading, Outcome } from "./outcome.tsx";
import { Strip } from "./strip.tsx";

const ReadingCharts = lazy(() => import("./reading-charts.tsx").then((m) => ({ default: m.ReadingCharts })));

const minuteMs = 60_000;
const ranges = {
  day: { spanMs: 24 * 60 * minuteMs, every: "5m", everyMs: 5 * minuteMs },
  week: { spanMs: 7 * 24 * 60 * minuteMs, every: "30m", everyMs: 30 * minuteMs },
} as const;
/** The beginning of the range moves on in steps, so that the same answer can be read again in between. */
const stepMs = 10 * minuteMs;
const eventsSpanMs = 30 * 24 * 60 * minuteMs;

const floor = (ms: number, step: number) => Math.floor(ms / step) * step;

export const History = ({ breaker }: { breaker: BreakerDetail }) => {
  const { words } = useLanguage();
  const [query, setQuery] = useSearchParams();
  const nowMs = useNow(30_000);
  const range = query.get("range") === "week" ? "week" : "day";
  const { spanMs, every, everyMs } = ranges[range];
  const fromMs = floor(nowMs - spanMs, stepMs);
  const from = new Date(fromMs).toISOString();
  const timeline = useResource(resources.timeline(breaker.id, from));
  const readings = useResource(resources.readings(breaker.id, from, every));
  const subject = `${breaker.id} ${range}`;
  const entries = useKept(timeline, subject);
  const points = useKept(readings, subject);
  const toMs = useMemo(() => Math.max(nowMs, fromMs + spanMs), [nowMs, fromMs, spanMs]);
  return (
    <section className="panel history">
      <h2>
        {words.breaker.history}
        <Segmented
          aria-label={words.breaker.history}
          value={range}
          options={(["day", "week"] as const).map((value) => ({ value, label: words.breaker.range[value] }))}
          onChange={(next) => setQuery(next === "week" ? { range: next } : {}, { replace: true })}
        />
      </h2>
      <h3>{words.breaker.timeline}</h3>
      <Outcome answer={{ data: entries, failure: timeline.failure }}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{words.breaker.timelineEmpty}</Empty>
          ) : (
            <Strip entries={items} fromMs={fromMs} toMs={toMs} />
          )
        }
      </Outcome>
      <Outcome answer={{ data: points, failure: readings.failure }}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{words.breaker.noReadings}</Empty>
          ) : (
            <Suspense fallback={<Loading />}>
              <ReadingCharts
                points={items}
                ratedResidualCurrentMa={breaker.ratedResidualCurrentMa}
                fromMs={fromMs}
                toMs={toMs}
                everyMs={everyMs}
              />
            </Suspense>
          )
        }
      </Outcome>
    </section>
  );
};

export const Events = ({ breakerId }: { breakerId: string }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const hourMs = useNow(60 * minuteMs);
  const from = new Date(floor(hourMs - eventsSpanMs, 60 * minuteMs)).toISOString();
  const answer = useResource(resources.events(breakerId, from));
  return (
    <section className="panel">
      <h2>{words.breaker.events}</h2>
      <Outcome answer={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{words.breaker.noEvents}</Empty>
          ) : (
            <ul className="events">
              {items.map((event) => (
                <li key={`${event.at} ${event.kind} ${JSON.stringify(event.body)}`}>
                  <time dateTime={event.at}>{format.fullTime(event.at)}</time>
                  <span className={event.body["passed"] === false ? "bad" : ""}>
                    {eventWords(event, words, format)}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Outcome>
    </section>
  );
};
