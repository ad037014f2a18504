// A notice's state as a coloured word, and how its deadline stands.
import type { Notice } from "../../domain/http-notices.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

const dayMs = 86_400_000;

export const NoticeStateTag = ({ notice }: { notice: Pick<Notice, "state"> }) => {
  const { words } = useLanguage();
  return <span className={`notice-state notice-${notice.state}`}>{words.notices.state[notice.state]}</span>;
};

/** The date of an instant in the township's time zone, as `YYYY-MM-DD`. */
export const localDay = (atMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    atMs,
  );

/** The deadline, and while the notice is in hand how many days are left or over. */
export const Deadline = ({ notice, nowMs }: { notice: Notice; nowMs: number }) => {
  const { format, timeZone } = useHouse();
  const { words } = useLanguage();
  const days = Math.round((Date.parse(notice.deadline) - Date.parse(localDay(nowMs, timeZone))) / dayMs);
  const inHand = notice.state === "issued" || notice.state === "overdue" || notice.state === "refused";
  const said =
    days > 0
      ? words.notices.daysLeft(format.integer(days))
      : days === 0
        ? words.notices.lastDay
        : words.notices.daysOver(format.integer(-days));
  return (
    <>
      {notice.deadline}
      {inHand && <small className={days < 0 ? "bad" : ""}>{said}</small>}
    </>
  );
};

/** Whom a notice is about, in one line. */
export const subjectName = (notice: Notice): string =>
  notice.address ?? notice.householdId ?? notice.breakerId ?? notice.areaName;
