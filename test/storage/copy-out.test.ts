// Rows by COPY come as they are stored, however the stream is cut; what goes wrong is told, and leaves no broken connection.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newRowReader, quoteAll } from "../../storage/copy-out.ts";
import { openDatabase } from "../../storage/db.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh?.drop());

type Row = [string | null, string | null];
const rowsOf = async (select: string): Promise<Row[]> => {
  const rows: Row[] = [];
  await fresh.db.copyOut(select, (row) => rows.push([row.text(0), row.oneByteText(1)]));
  return rows;
};

describe("copyOut", () => {
  it("tells of texts, bytes and nulls as they are stored, in order, and of none", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const rows = await rowsOf(
      `SELECT * FROM (VALUES ('漏电 ''"\\', decode('${bytes.toString("hex")}', 'hex'), 1), ('', '', 2), (NULL, NULL, 3)) v(t, b, n) ORDER BY n`,
    );
    expect(rows).toEqual([
      ["漏电 '\"\\", bytes.toString("latin1")],
      ["", ""],
      [null, null],
    ]);
    expect(await rowsOf("SELECT 'x', ''::bytea WHERE false")).toEqual([]);
    const many = await rowsOf(
      "SELECT n::text, decode(repeat('00', n % 700), 'hex') FROM generate_series(1, 20000) n",
    );
    expect(many).toHaveLength(20_000);
    for (const [i, [id, zeros]] of many.entries())
      expect([id, zeros?.length]).toEqual([String(i + 1), (i + 1) % 700]);
  });

  it("asks for texts whatever stands in them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: "grapheme" }).filter((s) => !s.includes("\0"))),
        async (texts) => {
          const rows = await rowsOf(
            `SELECT t, NULL FROM unnest(${quoteAll(texts)}) WITH ORDINALITY u(t, n) ORDER BY n`,
          );
          expect(rows.map(([text]) => text)).toEqual(texts);
        },
      ),
      { numRuns: 50 },
    );
    const odd = ["NULL", "null", "", "{}", "a,b", "-", "nulls"];
    const answered = await rowsOf(
      `SELECT t, NULL FROM unnest(${quoteAll(odd)}) WITH ORDINALITY u(t, n) ORDER BY n`,
    );
    expect(answered.map(([text]) => text)).toEqual(odd);
  });

  it("rejects when the statement fails or the row cannot be taken, and the connection serves the next", async () => {
    const db = openDatabase(fresh.url, { maxConnections: 1, statementTimeoutMs: 500 });
    try {
      await expect(db.copyOut("SELECT nothing", () => {})).rejects.toThrow(/nothing/);
      await expect(
        db.copyOut("SELECT n / (n - 5000) FROM generate_series(1, 9000) n", () => {}),
      ).rejects.toThrow(/division by zero/);
      let taken = 0;
      const refuse = () => {
        taken += 1;
        throw new Error("not that one");
      };
      await expect(db.copyOut("SELECT generate_series(1, 9000)", refuse)).rejects.toThrow("not that one");
      expect(taken).toBe(1);
      await expect(db.copyOut("SELECT pg_sleep(5)", () => {})).rejects.toThrow(/statement timeout/);
      expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await db.close();
    }
  });

  it("rejects when the server ends the connection meanwhile", async () => {
    const db = openDatabase(fresh.url, { maxConnections: 1 });
    try {
      const [own] = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      const copying = db.copyOut("SELECT pg_sleep(20)", () => {});
      setTimeout(() => void fresh.db.query("SELECT pg_terminate_backend($1)", [own?.pid]), 200);
      await expect(copying).rejects.toThrow();
      expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await db.close();
    }
  });
});

it("rows are read the same however the stream is cut", () => {
  const value = fc.option(fc.string({ unit: "binary-ascii", maxLength: 40 }));
  const rows = fc.array(fc.tuple(value, value), { maxLength: 20 });
  fc.assert(
    fc.property(rows, fc.array(fc.nat({ max: 400 }), { maxLength: 30 }), (expected, cuts) => {
      const int = (bits: 16 | 32, n: number) => {
        const bytes = Buffer.alloc(bits / 8);
        if (bits === 16) bytes.writeInt16BE(n);
        else bytes.writeInt32BE(n);
        return bytes;
      };
      const stream = Buffer.concat([
        Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"),
        Buffer.alloc(8),
        ...expected.flatMap((row) => [
          int(16, row.length),
          ...row.flatMap((one) =>
            one === null ? [int(32, -1)] : [int(32, one.length), Buffer.from(one, "latin1")],
          ),
        ]),
        int(16, -1),
      ]);
      const read: unknown[] = [];
      const take = newRowReader((row) => read.push([row.text(0), row.oneByteText(1)]));
      let at = 0;
      for (const cut of cuts) {
        take(stream.subarray(at, at + cut));
        at = Math.min(at + cut, stream.length);
      }
      take(stream.subarray(at));
      expect(read).toEqual(expected);
    }),
  );
});
