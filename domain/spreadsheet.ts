// Text for spreadsheets: it stays text, in CSV and in workbooks.

/*
 * Spreadsheets take a cell that begins with = + - @ (or a tab or return) for a formula. Such a cell is written with an
 * apostrophe before it, and so is one that begins with an apostrophe; reading takes that one apostrophe off again, so the
 * text comes back exactly. An apostrophe before anything else is the cell's own.
 */
export const escapeCell = (text: string): string => (/^[=+\-@\t\r']/.test(text) ? `'${text}` : text);
export const unescapeCell = (text: string): string => (/^'[=+\-@\t\r']/.test(text) ? text.slice(1) : text);

/** Text as a workbook's XML can hold it: without the control characters that XML 1.0 forbids. */
export const xmlText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
