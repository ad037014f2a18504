// Registry files as bodies of requests: which types are taken, and how they are described.
import { z } from "zod";
import type { Api } from "./needs.ts";

export const csv = "text/csv";
export const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/** What browsers call a file whose type they do not know; its bytes tell what it is. */
export const tableTypes = [csv, xlsx, "application/octet-stream", "text/plain"] as const;

export const tableSchema = z
  .custom<Buffer>(Buffer.isBuffer, `send the table as ${csv} or ${xlsx}`)
  .meta({ type: "string", format: "binary", description: "CSV or XLSX with a header" });

/** Lets the routes of this scope take tables, and nothing else, as bodies. */
export const acceptTables = (scope: Api): void => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser([...tableTypes], { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
};
