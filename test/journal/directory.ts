// Directories and messages for the journal's tests.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RawMessage } from "../../journal/port.ts";

/** A fresh directory and how to remove it. */
export const scratchDirectory = (): { dir: string; remove(): void } => {
  const dir = mkdtempSync(join(tmpdir(), "hubao-journal-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
};

/** A message of which number and size are told apart. */
export const numbered = (number: number, payloadBytes = 16): RawMessage => ({
  arrivalMs: 1_700_000_000_000 + number,
  clientId: "b-1",
  topic: "hubao/v1/T/A/b-1/reading",
  payload: Buffer.from(String(number).padStart(payloadBytes, "0")),
  refusal: null,
});
