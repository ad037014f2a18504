// The frame of every view: name, navigation with the open alarms, the live indicator, language and sign-out.
import { Button } from "antd";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { useHouse } from "./data/house.tsx";
import { useLanguage } from "./i18n/language.tsx";
import { Navigation } from "./navigation.tsx";
import { LanguageSwitch } from "./parts/language-switch.tsx";
import { useHighAlarmNotices } from "./parts/notices.tsx";

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
