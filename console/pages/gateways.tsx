// Gateways: where each link stands, since when, and its history; the breakers behind it are another matter.
import { Button, Segmented } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { GatewayView } from "../../domain/http-gateways.ts";
import { useHouse, useKept, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Paging, useFilters } from "../parts/filters.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";

const pageSize = "50";

const Links = ({ id }: { id: string }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const texts = words.gateways;
  const answer = useResource(resources.gatewayLinks(id));
  return (
    <Outcome answer={answer}>
      {({ items }) => (
        <ul>
          {items.map((link) => (
            <li key={link.from}>
              {format.fullTime(link.from)} {link.online ? texts.online : texts.offline} (
              {texts.causes[link.cause]}){" "}
              {format.duration((link.to === null ? nowMs : Date.parse(link.to)) - Date.parse(link.from))}
            </li>
          ))}
        </ul>
      )}
    </Outcome>
  );
};

const Row = ({ gateway }: { gateway: GatewayView }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const [open, setOpen] = useState(false);
  const texts = words.gateways;
  return (
    <>
      <tr>
        <th scope="row">{gateway.id}</th>
        <td data-label={texts.area}>
          {gateway.areaName}
          <small>{gateway.areaId}</small>
        </td>
        <td data-label={texts.link}>
          <b>{gateway.online ? texts.online : texts.offline}</b>
          <small>{texts.since(format.time(gateway.since, nowMs))}</small>
        </td>
        <td data-label={texts.lastHeard}>
          {gateway.lastHeardAt === null ? "–" : format.time(gateway.lastHeardAt, nowMs)}
        </td>
        <td data-label={texts.breakers}>
          <Link to={`/breakers?area=${encodeURIComponent(gateway.areaId)}`}>
            {texts.silentOf(format.integer(gateway.silentBreakers), format.integer(gateway.breakers))}
          </Link>
        </td>
        <td>
          <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {texts.history}
          </Button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={6}>
            <Links id={gateway.id} />
          </td>
        </tr>
      )}
    </>
  );
};

export const Gateways = () => {
  const { words } = useLanguage();
  const { filters, set } = useFilters();
  const texts = words.gateways;
  useTitle(texts.title, words.name);
  const { online, cursor } = filters;
  const answer = useResource(resources.gateways({ online, cursor, limit: pageSize }));
  const data = useKept(answer, "gateways");
  return (
    <>
      <h1>{texts.title}</h1>
      <p className="quiet">{texts.explain}</p>
      <search className="filters" aria-label={words.breakers.filter}>
        <Segmented
          value={online ?? "all"}
          options={[
            { value: "all", label: texts.all },
            { value: "true", label: texts.online },
            { value: "false", label: texts.offline },
          ]}
          onChange={(next) => set({ online: next === "all" ? undefined : next })}
        />
      </search>
      <Outcome answer={{ ...answer, data }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{texts.none}</Empty>
          ) : (
            <div className="panel">
              <table className="registry-table">
                <thead>
                  <tr>
                    <th scope="col">{texts.gateway}</th>
                    <th scope="col">{texts.area}</th>
                    <th scope="col">{texts.link}</th>
                    <th scope="col">{texts.lastHeard}</th>
                    <th scope="col">{texts.breakers}</th>
                    <td />
                  </tr>
                </thead>
                <tbody>
                  {items.map((gateway) => (
                    <Row key={gateway.id} gateway={gateway} />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
    </>
  );
};
