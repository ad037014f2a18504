// Reads the first visible sheet of a workbook as rows of text: dates as dates, and no formula's cached value.
import { fileLimits } from "./limits.ts";
import { fileProblem, type RawCell, type RawRow } from "./raw.ts";
import { openWorkbook, unescapeXlsx, type Workbook } from "./workbook.ts";

const dayMs = 86_400_000;
/** Day 0 of the two calendars; that of 1900 has a 29 February 1900 that never was, which days after it make up for. */
const epochs = { from1900: Date.UTC(1899, 11, 30), from1904: Date.UTC(1904, 0, 1) };
/** Digits that a spreadsheet's number keeps. */
const exactDigits = 15;

export const isXlsx = (bytes: Buffer): boolean => bytes.length > 3 && bytes.readUInt32LE(0) === 0x04034b50;

const dateText = (days: number, is1904: boolean): RawCell => {
  if (days % 1 !== 0) return { problem: "has a time of day; it must be a date only" };
  const at = new Date((is1904 ? epochs.from1904 : epochs.from1900) + days * dayMs);
  return Number.isNaN(at.getTime()) ? String(days) : at.toISOString().slice(0, 10);
};

const numberText = (text: string): RawCell => {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) return text;
  if (Number.isInteger(value) && Math.abs(value) >= 10 ** exactDigits)
    return {
      problem: "is a number of more than 15 digits, which a spreadsheet cannot keep; make the column text",
    };
  return String(value);
};

type Cell = { type: string; style: number; text: string; isFormula: boolean };

const contentOf = (cell: Cell, book: Workbook): RawCell => {
  if (cell.isFormula) return { problem: "is a formula; put its value there" };
  switch (cell.type) {
    case "s":
      return book.sharedStrings[Number(cell.text)] ?? "";
    case "inlineStr":
    case "str":
      return unescapeXlsx(cell.text);
    case "b":
      return cell.text === "1" ? "true" : "false";
    case "e":
      return { problem: `is an error of the spreadsheet (${cell.text})` };
    case "d":
      return cell.text.replace(/T00:00:00(\.0+)?Z?$/, "");
    default:
      return cell.text !== "" && book.isDate[cell.style] === true
        ? dateText(Number(cell.text), book.is1904)
        : numberText(cell.text);
  }
};

/** Column of a cell's reference, from 0: `C7` → 2. */
const columnOf = (reference: string): number => {
  let column = 0;
  for (let i = 0; i < reference.length; i++) {
    const letter = reference.charCodeAt(i) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  return column - 1;
};

/** The rows of the first visible sheet that have content; `line` is the sheet's row number. Throws a file problem. */
const rowsOf = async function* (book: Workbook): AsyncGenerator<RawRow> {
  let line = 0;
  let column = -1;
  let cells: RawCell[] = [];
  let cell: Cell | null = null;
  let inText = false;
  let phonetic = 0;
  const ready: RawRow[] = [];
  const take = (content: RawCell) => {
    if (content === "") return;
    if (column >= fileLimits.columns)
      throw fileProblem(`has content beyond column ${fileLimits.columns}`, line);
    if (typeof content === "string" && content.length > fileLimits.cellCharacters)
      throw fileProblem(`has a cell of more than ${fileLimits.cellCharacters} characters`, line);
    while (cells.length < column) cells.push("");
    cells[column] = content;
  };
  const pieces = book.parseSheet({
    open(tag, attributes) {
      if (tag === "row") {
        line = Number(attributes["r"] ?? line + 1);
        column = -1;
        cells = [];
      } else if (tag === "c") {
        const reference = attributes["r"];
        column = reference === undefined ? column + 1 : columnOf(reference);
        const style = Number(attributes["s"] ?? 0);
        cell = { type: attributes["t"] ?? "n", style, text: "", isFormula: false };
      } else if (tag === "f" && cell !== null) cell.isFormula = true;
      else if (tag === "rPh") phonetic += 1;
      else if (tag === "v" || tag === "t") inText = phonetic === 0;
    },
    text(text) {
      if (inText && cell !== null) cell.text += text;
    },
    close(tag) {
      if (tag === "v" || tag === "t") inText = false;
      else if (tag === "rPh") phonetic -= 1;
      else if (tag === "c" && cell !== null) {
        take(contentOf(cell, book));
        cell = null;
      } else if (
        tag === "row" &&
        cells.some((content) => typeof content !== "string" || content.trim() !== "")
      )
        ready.push({ line, cells });
    },
  });
  for await (const _ of pieces) yield* ready.splice(0);
  yield* ready;
};

/** Opens a workbook; its rows come as they are asked for. Throws a file problem, also while rows are read. */
export const readXlsx = async (
  bytes: Buffer,
): Promise<{ sheet: string; otherSheets: number; rows: AsyncGenerator<RawRow> }> => {
  const book = await openWorkbook(bytes);
  return { sheet: book.sheetName, otherSheets: book.otherSheets, rows: rowsOf(book) };
};
