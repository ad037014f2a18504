// The bounds of a registry file, so that one that is huge or made to be costs an error and not the house.

export const fileLimits = {
  /** Rows of one table. */
  rows: 500_000,
  /** Columns of one table. */
  columns: 100,
  /** Characters of one cell: what a spreadsheet can hold. */
  cellCharacters: 32_767,
  /** Bytes of one record of CSV. */
  recordBytes: 64 * 1024,
  /** Bad lines that are listed. */
  lineErrors: 100_000,
  /** A worksheet, unpacked, in bytes; 200,000 rows take about 200 MB. */
  sheetBytes: 768 * 1024 * 1024,
  /** The table of shared strings, unpacked, in bytes. */
  sharedStringBytes: 192 * 1024 * 1024,
  /** Any other part of a workbook, unpacked, in bytes. */
  partBytes: 16 * 1024 * 1024,
  /** Files within a workbook. */
  parts: 2_000,
  /** Memory of the thread that reads a file, in MiB. */
  threadMiB: 1_024,
} as const;
