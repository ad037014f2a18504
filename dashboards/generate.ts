// `npm run dashboards`: writes the dashboards' JSON and Grafana's provisioning files, and removes what is no longer made.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { generatedFiles } from "./files.ts";

const files = generatedFiles();
for (const folder of ["json", "provisioning"]) {
  const root = join(import.meta.dirname, folder);
  mkdirSync(root, { recursive: true });
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const known = files.some((file) => path === join(import.meta.dirname, file.path.replaceAll("/", sep)));
    if (entry.isFile() && !known) rmSync(path);
  }
}
for (const { path, text } of files) {
  const target = join(import.meta.dirname, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
process.stdout.write(`${files.length} files written to dashboards/json and dashboards/provisioning\n`);
