// The lists of a draft's preview: how much of what, every change that is sampled, every error.
import { Button, Segmented } from "antd";
import { useState } from "react";
import {
  type ChangeKind,
  changeKinds,
  type Draft,
  type DraftCounts,
  draftSubjects,
} from "../../domain/http-drafts.ts";
import { reasonIn } from "../../domain/registry-reasons.ts";
import { columnOf, headingOf } from "../../domain/registry-words.ts";
import { useHouse, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Empty, Outcome } from "./outcome.tsx";
import { SaveFile } from "./save-file.tsx";

const pageSize = "50";

/** A field's name as people say it. */
export const useFieldName = (): ((field: string) => string) => {
  const { words, language } = useLanguage();
  return (field) => {
    if (field === "safetyOfficer") return words.importing.one.safetyOfficer;
    if (field === "ratedResidualCurrentMa") return words.importing.ratedField;
    const column = columnOf(field);
    if (column === null) return field;
    if (language !== "en") return headingOf(column, "zh");
    return column.replace(/([A-Z])/g, " $1").toLowerCase();
  };
};

export const DraftCountsTable = ({ counts }: { counts: DraftCounts }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  const columns = [...changeKinds, "unchanged"] as const;
  return (
    <table className="registry-table draft-counts">
      <thead>
        <tr>
          <th scope="col">{texts.subject}</th>
          {columns.map((kind) => (
            <th scope="col" key={kind}>
              {kind === "unchanged" ? texts.unchanged : texts.kinds[kind]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {draftSubjects.map((subject) => {
          const row = counts.subjects[subject];
          return (
            row !== undefined && (
              <tr key={subject}>
                <th scope="row">{texts.subjects[subject]}</th>
                {columns.map((kind) => (
                  <td
                    key={kind}
                    data-label={kind === "unchanged" ? texts.unchanged : texts.kinds[kind]}
                    className={row[kind] > 0 ? `draft-${kind}` : "draft-none"}
                  >
                    {format.integer(row[kind])}
                  </td>
                ))}
              </tr>
            )
          );
        })}
      </tbody>
    </table>
  );
};

/** Buttons to the next page, and back to the first, of a list with cursors. */
const Pages = ({
  cursor,
  next,
  go,
}: {
  cursor: string | undefined;
  next: string | null;
  go(to?: string): void;
}) => {
  const { words } = useLanguage();
  if (cursor === undefined && next === null) return null;
  return (
    <div className="paging">
      {cursor !== undefined && <Button onClick={() => go()}>{words.importing.first}</Button>}
      {next !== null && <Button onClick={() => go(next)}>{words.importing.more}</Button>}
    </div>
  );
};

export const DraftChanges = ({ draft }: { draft: Draft }) => {
  const { words } = useLanguage();
  const texts = words.importing;
  const fieldName = useFieldName();
  const [kind, setKind] = useState<ChangeKind | "any">("any");
  const [cursor, setCursor] = useState<string | undefined>();
  const shown = kind === "any" ? undefined : kind;
  const answer = useResource(resources.draftChanges(draft.id, { kind: shown, cursor, limit: pageSize }));
  return (
    <>
      <div className="filters">
        <Segmented
          value={kind}
          options={[
            { value: "any", label: texts.anyKind },
            ...changeKinds.map((value) => ({ value, label: texts.kinds[value] })),
          ]}
          onChange={(next) => {
            setCursor(undefined);
            setKind(next as ChangeKind | "any");
          }}
        />
        <small>{texts.sample}</small>
      </div>
      <Outcome answer={answer}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{texts.noChanges}</Empty>
          ) : (
            <>
              <div className="draft-scroll">
                <table className="registry-table draft-changes">
                  <thead>
                    <tr>
                      <th scope="col">{texts.line}</th>
                      <th scope="col">{texts.subject}</th>
                      <th scope="col">{texts.field}</th>
                      <th scope="col">{texts.before}</th>
                      <th scope="col">{texts.after}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((change) => (
                      <tr key={`${change.line} ${change.subject} ${change.subjectId} ${change.field}`}>
                        <td data-label={texts.line}>{change.line}</td>
                        <th scope="row">
                          {texts.one[change.subject]} {change.subjectId}
                          <small className={`draft-${change.kind}`}>{texts.kinds[change.kind]}</small>
                        </th>
                        <td data-label={texts.field}>
                          {change.field === null ? "" : fieldName(change.field)}
                        </td>
                        <td data-label={texts.before}>
                          {change.kind === "new" ? "" : (change.before ?? <i>{texts.empty}</i>)}
                        </td>
                        <td data-label={texts.after}>{change.after ?? <i>{texts.empty}</i>}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <Pages cursor={cursor} next={nextCursor} go={setCursor} />
            </>
          )
        }
      </Outcome>
    </>
  );
};

export const DraftErrors = ({ draft }: { draft: Draft }) => {
  const { words, language } = useLanguage();
  const texts = words.importing;
  const fieldName = useFieldName();
  const short = language === "en" ? "en" : "zh";
  const [cursor, setCursor] = useState<string | undefined>();
  const answer = useResource(resources.draftErrors(draft.id, { cursor, limit: pageSize }));
  return (
    <Outcome answer={answer}>
      {({ items, nextCursor }) => (
        <>
          <div className="draft-scroll">
            <table className="registry-table draft-errors">
              <thead>
                <tr>
                  <th scope="col">{texts.line}</th>
                  <th scope="col">{texts.column}</th>
                  <th scope="col">{texts.reason}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((error) => (
                  <tr key={`${error.line} ${error.field} ${error.reason}`}>
                    <th scope="row">{error.line}</th>
                    <td data-label={texts.column}>
                      {error.heading ?? (error.field === null ? "" : fieldName(error.field))}
                    </td>
                    <td data-label={texts.reason}>{reasonIn(short, error.reason)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Pages cursor={cursor} next={nextCursor} go={setCursor} />
          <SaveFile path={`registry/drafts/${draft.id}/errors.csv?language=${short}`}>
            {texts.downloadErrors}
          </SaveFile>
        </>
      )}
    </Outcome>
  );
};
