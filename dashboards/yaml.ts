// Writes plain data as YAML: block style, text in JSON's quotes (which YAML reads as they are), queries as literal blocks.

type Data = string | number | boolean | null | readonly Data[] | { readonly [key: string]: Data };

const scalar = (value: string | number | boolean | null, indent: string): string => {
  if (typeof value !== "string") return String(value);
  if (!value.includes("\n"))
    return /^[A-Za-z][A-Za-z0-9_-]*$/.test(value) && !reserved.test(value) ? value : JSON.stringify(value);
  return `|-\n${value
    .split("\n")
    .map((line) => (line === "" ? "" : `${indent}${line}`))
    .join("\n")}`;
};

/** Words that YAML would not read as text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

const isScalar = (value: Data): value is string | number | boolean | null =>
  value === null || typeof value !== "object";
const isList = (value: Data): value is readonly Data[] => Array.isArray(value);

const block = (value: Data, indent: string): string => {
  if (isScalar(value)) return scalar(value, indent);
  if (isList(value)) {
    if (value.length === 0) return "[]";
    return value.map((item) => `${indent}- ${block(item, `${indent}  `).trimStart()}`).join("\n");
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  return entries
    .map(([key, item]) => {
      const nested = !isScalar(item) && Object.keys(item).length > 0;
      return nested
        ? `${indent}${key}:\n${block(item, `${indent}  `)}`
        : `${indent}${key}: ${block(item, `${indent}  `)}`;
    })
    .join("\n");
};

/** YAML text of plain data (objects, lists, text, numbers, booleans, null); `comment` stands in its first line. */
export const toYaml = (value: Data, comment: string): string => `# ${comment}\n${block(value, "")}\n`;
