// Where everything is: the views that are always at hand, and the others by what one does there.
import { Dropdown } from "antd";
import { NavLink, useLocation } from "react-router";
import { useResource } from "./data/house.tsx";
import { resources } from "./data/resources.ts";
import { useLanguage } from "./i18n/language.tsx";
import type { Dictionary } from "./i18n/zh.ts";
import { openAlarmsQuery } from "./parts/notices.tsx";

type View = { to: string; name: keyof Dictionary["nav"] };

/** Views by what one does there; every view of app.tsx that has an address of its own stands here or is always at hand. */
const groups: { name: keyof Dictionary["navGroups"]; views: View[] }[] = [
  {
    name: "work",
    views: [
      { to: "/visits", name: "visits" },
      { to: "/notices", name: "notices" },
      { to: "/tests", name: "tests" },
    ],
  },
  {
    name: "figures",
    views: [
      { to: "/rates", name: "rates" },
      { to: "/reports", name: "reports" },
      { to: "/low-voltage", name: "lowVoltage" },
    ],
  },
  {
    name: "registry",
    views: [
      { to: "/households", name: "households" },
      { to: "/outages", name: "outages" },
      { to: "/officers", name: "officers" },
      { to: "/import", name: "importing" },
    ],
  },
  {
    name: "system",
    views: [
      { to: "/findings", name: "findings" },
      { to: "/gateways", name: "gateways" },
      { to: "/quarantine", name: "quarantine" },
    ],
  },
];

const Group = ({ name, views }: (typeof groups)[number]) => {
  const { words } = useLanguage();
  const { pathname } = useLocation();
  const current = views.filter(({ to }) => pathname === to || pathname.startsWith(`${to}/`));
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectedKeys: current.map(({ to }) => to),
        items: views.map(({ to, name: view }) => ({
          key: to,
          label: <NavLink to={to}>{words.nav[view]}</NavLink>,
        })),
      }}
    >
      <button type="button" aria-haspopup="menu" className={current.length > 0 ? "active" : ""}>
        {words.navGroups[name]} <i aria-hidden="true">▾</i>
      </button>
    </Dropdown>
  );
};

export const Navigation = () => {
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
      {groups.map((group) => (
        <Group key={group.name} {...group} />
      ))}
    </nav>
  );
};
