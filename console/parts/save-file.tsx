// A button that fetches a file with the user's token and saves it, or opens it in a tab of its own.
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

/** How long a fetched file stays reachable by its address in this browser. */
const keepMs = 60_000;

type Props = { path: string; children: ReactNode; open?: boolean; type?: "default" | "link" | "primary" };

export const SaveFile = ({ path, children, open = false, type = "default" }: Props) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const save = async () => {
    setState("busy");
    const answer = await client.file(path);
    if (answer.kind !== "ok") return setState("failed");
    setState("idle");
    const url = URL.createObjectURL(answer.data.blob);
    setTimeout(() => URL.revokeObjectURL(url), keepMs);
    const link = Object.assign(document.createElement("a"), { href: url, rel: "noopener" });
    if (open) link.target = "_blank";
    else link.download = answer.data.name;
    link.click();
  };
  return (
    <>
      <Button size="small" type={type} loading={state === "busy"} onClick={() => void save()}>
        {children}
      </Button>
      {state === "failed" && <small role="alert">{words.files.failed}</small>}
    </>
  );
};
