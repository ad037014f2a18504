// Numbers with their nouns, in English.
/** A number, already written out or not, with its English noun: `counted(1, "house")` is "1 house", of 2 they are "houses". */
export const counted = (n: number | string, one: string, many = `${one}s`): string =>
  `${n} ${String(n) === "1" ? one : many}`;
