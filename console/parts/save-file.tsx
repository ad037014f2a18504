// A button that fetches a file with the user's token and saves it, or opens it in a tab of its own.
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { actReasonIn } from "../../domain/act-reasons.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

/** How long a fetched file stays reachable by its address in this browser. */
const keepMs = 60_000;

type Props = { path: string; children: ReactNode; open?: boolean; type?: "default" | "link" | "primary" };

export const SaveFile = ({ path, children, open = false, type = "default" }: Props) => {
  const { client } = useHouse();
  const { words, language } = useLanguage();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    const answer = await client.file(path);
    setBusy(false);
    if (answer.kind !== "ok") {
      const { failure } = answer;
      // A refusal says what to do about it: a file that is too long does not become shorter by another try.
      const said = failure.kind === "refused" && failure.status < 500 ? failure.detail : null;
      return setProblem(
        said === null ? words.files.failed : actReasonIn(language === "en" ? "en" : "zh", said),
      );
    }
    setProblem(null);
    const url = URL.createObjectURL(answer.data.blob);
    setTimeout(() => URL.revokeObjectURL(url), keepMs);
    const link = Object.assign(document.createElement("a"), { href: url, rel: "noopener" });
    if (open) link.target = "_blank";
    else link.download = answer.data.name;
    link.click();
  };
  return (
    <>
      <Button size="small" type={type} loading={busy} onClick={() => void save()}>
        {children}
      </Button>
      {problem !== null && <small role="alert">{problem}</small>}
    </>
  );
};
