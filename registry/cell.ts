// Keeps cells of CSV from being taken for formulas, and takes that off again.

/*
 * Spreadsheets take a cell that begins with = + - @ (or a tab or return) for a formula. Such a cell is written with an
 * apostrophe before it, and so is one that begins with an apostrophe; reading takes that one apostrophe off again, so the
 * table comes back exactly. An apostrophe before anything else is the cell's own.
 */
export const escapeCell = (text: string): string => (/^[=+\-@\t\r']/.test(text) ? `'${text}` : text);
export const unescapeCell = (text: string): string => (/^'[=+\-@\t\r']/.test(text) ? text.slice(1) : text);
