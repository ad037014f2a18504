// Opens an XLSX workbook from strangers: which parts it has, its first visible sheet, its shared strings and date styles.
import { type SaxesAttributePlain, SaxesParser } from "saxes";
import yauzl from "yauzl";
import { fileLimits } from "./limits.ts";
import { fileProblem } from "./raw.ts";

type Attributes = Record<string, string | undefined>;
type Handlers = {
  open(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
};

export type Workbook = {
  /** The name of the sheet that is read, and how many others are not. */
  sheetName: string;
  otherSheets: number;
  sharedStrings: readonly string[];
  /** Whether the cell style of that number shows a date. */
  isDate: readonly boolean[];
  /** Days of the workbook's calendar begin in 1904. */
  is1904: boolean;
  /** Parses the sheet piece by piece, with a turn for whoever asks after each. */
  parseSheet(handlers: Handlers): AsyncGenerator<void>;
};

/** Text between two tags, and markup, that is longer than this is no spreadsheet's. */
const maxPieceBytes = 1024 * 1024;

const local = (name: string): string => name.slice(name.indexOf(":") + 1);

/** Parses a part of a workbook; no part's XML may have a document type, so no entity can grow. */
const parsePieces = async function* (parts: AsyncIterable<Buffer>, handlers: Handlers): AsyncGenerator<void> {
  const parser = new SaxesParser();
  parser.on("doctype", () => {
    throw fileProblem("is no workbook: its XML has a document type");
  });
  let sinceEventBytes = 0;
  const alive = () => {
    sinceEventBytes = 0;
  };
  parser.on("opentag", (tag) => {
    alive();
    handlers.open(local(tag.name), tag.attributes as Record<string, string & SaxesAttributePlain>);
  });
  parser.on("closetag", (tag) => {
    alive();
    handlers.close?.(local(tag.name));
  });
  parser.on("text", (text) => {
    alive();
    handlers.text?.(text);
  });
  parser.on("cdata", (text) => {
    alive();
    handlers.text?.(text);
  });
  parser.on("comment", alive);
  parser.on("error", (error) => {
    throw fileProblem(`is no workbook that can be read: ${error.message}`);
  });
  const decoder = new TextDecoder("utf-8");
  for await (const part of parts) {
    sinceEventBytes += part.length;
    parser.write(decoder.decode(part, { stream: true }));
    if (sinceEventBytes > maxPieceBytes) throw fileProblem("is no workbook: a piece of its XML is too long");
    yield;
  }
  parser.close();
};

const parseXml = async (parts: AsyncIterable<Buffer>, handlers: Handlers): Promise<void> => {
  for await (const _ of parsePieces(parts, handlers));
};

const openParts = async (bytes: Buffer) => {
  let zip: yauzl.ZipFile;
  const entries = new Map<string, yauzl.Entry>();
  try {
    zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      if (entries.size >= fileLimits.parts) throw fileProblem("is no workbook: it has too many parts");
      entries.set(entry.fileName, entry);
    }
  } catch (error) {
    if (error instanceof Error && "line" in error) throw error;
    throw fileProblem("is no workbook (.xlsx) that can be opened; old .xls files and protected ones cannot");
  }
  /** Unpacks a part; it cannot give more bytes than it declares, and may not declare more than `maxBytes`. */
  const unpack = async function* (name: string, maxBytes: number): AsyncGenerator<Buffer> {
    const entry = entries.get(name);
    if (entry === undefined) throw fileProblem(`is no workbook: it lacks ${name}`);
    if (entry.uncompressedSize > maxBytes)
      throw fileProblem(`is too large: its ${name} holds more than ${maxBytes} bytes`);
    try {
      yield* await zip.openReadStreamPromise(entry);
    } catch (error) {
      throw fileProblem(`is damaged: ${(error as Error).message}`);
    }
  };
  return { has: (name: string) => entries.has(name), unpack };
};

/** The number formats that show dates without being declared (ECMA-376, part 1, 18.8.30; 27–36 and 50–58 are Chinese ones). */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
/** A format that writes years or days, outside of quotes, brackets and escapes. */
const isDateFormat = (code: string): boolean => /[yd年日]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ""));

/** Opens it. Throws a file problem when it is none or breaks a bound. */
export const openWorkbook = async (bytes: Buffer): Promise<Workbook> => {
  const { has, unpack } = await openParts(bytes);
  const small = (name: string) => unpack(name, fileLimits.partBytes);
  const relations = async (name: string): Promise<{ id: string; type: string; target: string }[]> => {
    const found: { id: string; type: string; target: string }[] = [];
    await parseXml(small(name), {
      open(tag, { Id = "", Type = "", Target = "" }) {
        if (tag === "Relationship")
          found.push({ id: Id, type: Type.split("/").at(-1) ?? "", target: Target });
      },
    });
    return found;
  };
  const root = await relations("_rels/.rels");
  const main = (root.find((r) => r.type === "officeDocument")?.target ?? "xl/workbook.xml").replace(
    /^\//,
    "",
  );
  const folder = main.includes("/") ? main.slice(0, main.lastIndexOf("/") + 1) : "";
  const inFolder = (target: string) =>
    target.startsWith("/") ? target.slice(1) : new URL(target, `file:///${folder}`).pathname.slice(1);
  const parts = await relations(`${folder}_rels/${main.slice(folder.length)}.rels`);

  const sheets: { name: string; id: string }[] = [];
  let is1904 = false;
  await parseXml(small(main), {
    open(tag, attributes) {
      if (tag === "workbookPr") is1904 = /^(1|true)$/.test(attributes["date1904"] ?? "");
      if (tag === "sheet" && (attributes["state"] ?? "visible") === "visible")
        sheets.push({ name: attributes["name"] ?? "", id: attributes["r:id"] ?? "" });
    },
  });
  const [sheet] = sheets;
  const target = parts.find((r) => r.id === sheet?.id && r.type === "worksheet")?.target;
  if (sheet === undefined || target === undefined) throw fileProblem("has no visible sheet");

  const part = (type: string) => {
    const found = parts.find((r) => r.type === type);
    const name = found === undefined ? null : inFolder(found.target);
    return name !== null && has(name) ? name : null;
  };
  const strings = part("sharedStrings");
  const styles = part("styles");
  return {
    sheetName: sheet.name,
    otherSheets: sheets.length - 1,
    sharedStrings: strings === null ? [] : await readStrings(unpack(strings, fileLimits.sharedStringBytes)),
    isDate: styles === null ? [] : await readDateStyles(small(styles)),
    is1904,
    parseSheet: (handlers) => parsePieces(unpack(inFolder(target), fileLimits.sheetBytes), handlers),
  };
};

/** Characters that XML cannot hold stand as _xHHHH_ (ECMA-376, part 1, 22.9.2.19). */
export const unescapeXlsx = (text: string): string =>
  text.includes("_x")
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;

const readStrings = async (xml: AsyncIterable<Buffer>): Promise<string[]> => {
  const strings: string[] = [];
  let text = "";
  let inText = false;
  let phonetic = 0;
  await parseXml(xml, {
    open(tag) {
      if (tag === "si") text = "";
      else if (tag === "rPh") phonetic += 1;
      else if (tag === "t") inText = phonetic === 0;
    },
    text(more) {
      if (inText) text += more;
    },
    close(tag) {
      if (tag === "t") inText = false;
      else if (tag === "rPh") phonetic -= 1;
      else if (tag === "si") strings.push(unescapeXlsx(text));
    },
  });
  return strings;
};

const readDateStyles = async (xml: AsyncIterable<Buffer>): Promise<boolean[]> => {
  const declared = new Map<number, boolean>();
  const isDate: boolean[] = [];
  let inCellFormats = false;
  await parseXml(xml, {
    open(tag, attributes) {
      if (tag === "numFmt")
        declared.set(Number(attributes["numFmtId"]), isDateFormat(attributes["formatCode"] ?? ""));
      else if (tag === "cellXfs") inCellFormats = true;
      else if (tag === "xf" && inCellFormats) {
        const id = Number(attributes["numFmtId"] ?? 0);
        isDate.push(declared.get(id) ?? isBuiltInDate(id));
      }
    },
    close(tag) {
      if (tag === "cellXfs") inCellFormats = false;
    },
  });
  return isDate;
};
