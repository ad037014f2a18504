// From an alarm to its rectification notice: opens the one that there is, else makes a draft.
import { App, Button } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { Alarm } from "../../domain/http.ts";
import type { Notice, NoticeDetail } from "../../domain/http-notices.ts";
import { useHouse } from "../data/house.tsx";
import { type List, queryString } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";

export const AlarmNotice = ({ alarm }: { alarm: Alarm }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const open = async (): Promise<string | null> => {
    const found = await client.get<List<Notice>>(`notices${queryString({ alarm: alarm.id })}`);
    if (found.kind !== "ok") return null;
    const there = found.data.items.find((notice) => notice.state !== "withdrawn");
    if (there !== undefined) return there.id;
    const made = await client.post<NoticeDetail>("notices", { alarmId: alarm.id });
    return made.kind === "ok" ? made.data.id : null;
  };
  const go = async () => {
    setBusy(true);
    const id = await open();
    setBusy(false);
    if (id === null) void message.error(words.notices.ofAlarmFailed);
    else void navigate(`/notices/${id}`);
  };
  const name = alarm.address ?? alarm.breakerId ?? alarm.areaName;
  return (
    <Button
      type="link"
      size="small"
      loading={busy}
      aria-label={`${words.notices.ofAlarm} ${words.alarmKind[alarm.kind]} ${name}`}
      onClick={() => void go()}
    >
      {words.notices.ofAlarm}
    </Button>
  );
};
