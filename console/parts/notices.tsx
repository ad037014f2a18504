// Tells of high alarms that came since the page was opened, wherever in the page one is. Seen, not heard.
import { App, Button } from "antd";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { useHouse, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { evidenceWords } from "../format/evidence.ts";
import { useLanguage } from "../i18n/language.tsx";

/** The open alarms that the frame counts and watches. */
export const openAlarmsQuery = { state: "open", limit: "500" };

/** More than this at once are told of together. */
const maxSingleNotices = 3;

/** Shows a notice for each high alarm that appears after the first answer; it stays until it is closed or followed. */
export const useHighAlarmNotices = (): void => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { notification } = App.useApp();
  const navigate = useNavigate();
  const { data } = useResource(resources.alarms(openAlarmsQuery));
  const seen = useRef<Set<string> | null>(null);

  useEffect(() => {
    if (data === null) return;
    const high = data.items.filter((a) => a.priority === "high" && a.state === "unacknowledged");
    const before = seen.current;
    seen.current = new Set([...(before ?? []), ...high.map((a) => a.id)]);
    const fresh = before === null ? [] : high.filter((a) => !before.has(a.id));
    const show = (key: string, title: string, description: string, to: string) =>
      notification.error({
        key,
        title,
        description,
        duration: 0,
        placement: "topRight",
        actions: (
          <Button
            type="primary"
            danger
            onClick={() => {
              notification.destroy(key);
              void navigate(to);
            }}
          >
            {words.alarms.view}
          </Button>
        ),
      });
    if (fresh.length > maxSingleNotices) {
      show("high-alarms", words.alarms.manyNotice(fresh.length), "", "/alarms");
      return;
    }
    for (const alarm of fresh) {
      const place = [alarm.villageName, alarm.address ?? alarm.areaName].join(" ");
      const evidence = evidenceWords(alarm, words, format, Date.now());
      const to = alarm.breakerId === null ? "/alarms" : `/breakers/${encodeURIComponent(alarm.breakerId)}`;
      show(alarm.id, words.alarms.notice(words.alarmKind[alarm.kind]), `${place} · ${evidence}`, to);
    }
  }, [data, notification, navigate, words, format]);
};
