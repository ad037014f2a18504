// What the readers of CSV and of XLSX have in common: rows of cells as text, with the number of their line.

/** The text of a cell, or why its content cannot be taken as text. */
export type RawCell = string | { problem: string };
export type RawRow = { line: number; cells: RawCell[] };

/** The file as a whole cannot be read; `line` where that can be said. */
export type FileProblem = { line: number; reason: string };

const problemMark = Symbol("file problem");

/** Thrown by a reader when the file ends its reading; caught where the outcome is made. */
export const fileProblem = (reason: string, line = 1): Error =>
  Object.assign(new Error(reason), { [problemMark]: true, line });

/** What a reader threw, as a problem of the file; null when it is a defect of ours. */
export const asFileProblem = (error: unknown): FileProblem | null =>
  error instanceof Error && problemMark in error
    ? { line: (error as unknown as { line: number }).line, reason: error.message }
    : null;
