// The frame of every view: name, navigation with the open alarms, the live indicator, language and sign-out.
import { Button } from "antd";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { useHouse, useResource } from "./data/house.tsx";
import { resources } from "./data/resources.ts";
import { useLanguage } from "./i18n/language.tsx";
import { LanguageSwitch } from "./parts/language-switch.tsx";
import { openAlarmsQuery, useHighAlarmNotices } from "./parts/notices.tsx";

const LiveIndicator = () => {
  const { live, format } = useHouse();
  const { words } = useLanguage();
  const text =
    live.kind === "offline" ? words.live.offline(format.clock(live.sinceMs)) : words.live[live.kind];
  return (
    <output className={`live live-${live.kind}`}>
      <i aria-hidden="true" />
      {text}
    </output>
  );
};

const Navigation = () => {
  const { words } = useLanguage();
  const alarms = useResource(resources.alarms(openAlarmsQuery));
  const open = alarms.data?.items.filter((a) => a.clearedAt === null).length ?? 0;
  const more = alarms.data?.nextCursor ? "+" : "";
  return (
    <nav aria-label={words.mainNavigation}>
      <NavLink to="/" end>
        {words.nav.overview}
      </NavLink>
      <NavLink to="/breakers">{words.nav.breakers}</NavLink>
      <NavLink to="/alarms">
        {words.nav.alarms}
        {open > 0 && (
          <b className="nav-count">
            {open}
            {more}
          </b>
        )}
      </NavLink>
      <NavLink to="/quarantine">{words.nav.quarantine}</NavLink>
    </nav>
  );
};

export const Shell = ({ children }: { children: ReactNode }) => {
  const { words } = useLanguage();
  const { timeZone, signOut } = useHouse();
  useHighAlarmNotices();
  return (
    <>
      <a className="skip" href="#content">
        {words.skipToContent}
      </a>
      <header className="shell">
        <NavLink to="/" className="brand" aria-label={words.name}>
          <img src="/favicon.svg" alt="" width="30" height="30" />
          <b>{words.name}</b>
        </NavLink>
        <Navigation />
        <div className="shell-right">
          <LiveIndicator />
          <span className="zone">{words.timeZone(timeZone)}</span>
          <LanguageSwitch />
          <Button type="text" onClick={signOut}>
            {words.signOut}
          </Button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
};
