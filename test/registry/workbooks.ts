// Workbooks made by hand, so that they can be as odd or as hostile as no program would write them.
import { crc32, deflateRawSync } from "node:zlib";

/** `claimedBytes` is what the part says that it holds, where that is a lie. */
type Part = { name: string; text: string | Buffer; claimedBytes?: number };

/** A ZIP of the parts, deflated. */
export const zipOf = (parts: readonly Part[]): Buffer => {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, claimedBytes } of parts) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claimedBytes ?? content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const body = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), packed]);
    const entry = Buffer.alloc(46);
    entry.write("PK\x01\x02", "latin1");
    entry.writeUInt16LE(20, 4);
    common.copy(entry, 6);
    entry.writeUInt32LE(offset, 42);
    bodies.push(body);
    directory.push(entry, Buffer.from(name));
    offset += body.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, index, end]);
};

const relations = (list: readonly [string, string, string][]) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list
    .map(
      ([id, type, target]) =>
        `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"/>`,
    )
    .join("")}</Relationships>`;

type Options = {
  /** XML between sheetData's tags. */
  rows: string;
  strings?: string;
  styles?: string;
  workbookPr?: string;
  /** Comes before the worksheet's root. */
  prolog?: string;
  hiddenFirst?: boolean;
  claimedBytes?: number;
};

/** A workbook with these rows. */
export const workbookOf = (options: Options): Buffer =>
  zipOf([
    { name: "_rels/.rels", text: relations([["r1", "officeDocument", "/xl/workbook.xml"]]) },
    {
      name: "xl/workbook.xml",
      text: `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">${options.workbookPr ?? ""}<sheets>${
        options.hiddenFirst === true ? '<sheet name="hidden" sheetId="9" state="hidden" r:id="s0"/>' : ""
      }<sheet name="台账" sheetId="1" r:id="s1"/></sheets></workbook>`,
    },
    {
      name: "xl/_rels/workbook.xml.rels",
      text: relations([
        ["s0", "worksheet", "worksheets/none.xml"],
        ["s1", "worksheet", "worksheets/sheet1.xml"],
        ["t", "sharedStrings", "sharedStrings.xml"],
        ["y", "styles", "styles.xml"],
      ]),
    },
    { name: "xl/sharedStrings.xml", text: `<sst>${options.strings ?? ""}</sst>` },
    { name: "xl/styles.xml", text: `<styleSheet>${options.styles ?? ""}</styleSheet>` },
    {
      name: "xl/worksheets/sheet1.xml",
      text: `${options.prolog ?? ""}<worksheet><sheetData>${options.rows}</sheetData></worksheet>`,
      ...(options.claimedBytes === undefined ? {} : { claimedBytes: options.claimedBytes }),
    },
  ]);
