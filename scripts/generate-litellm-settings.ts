// Writes the tables of docs/migrating-from-litellm.md from those of the importer.
import { readFileSync, writeFileSync } from "node:fs";
import type { Outcome, SettingRow } from "../src/config/litellm/rows/setting-row.ts";
import { settingTables } from "../src/config/litellm/rows/setting-tables.ts";

const path = "docs/migrating-from-litellm.md";
const begin = "<!-- tables: made by `npm run generate` from src/config/litellm/rows -->";
const end = "<!-- end of tables -->";

const words: Readonly<Record<Outcome, string>> = {
  honoured: "honoured",
  not_needed: "not needed",
  none: "warned of",
};

function printRow({ keys, label, where, says, outcome }: SettingRow): string {
  const named = label ?? keys.map((key) => `\`${key}\``).join(", ");
  return `| ${named} | ${where ?? "-"} | ${says} | ${words[outcome]} |`;
}

const tables = settingTables.map(({ title, rows }) =>
  [
    `### ${title}\n`,
    "| LiteLLM | in | Parlance | import |\n|---|---|---|---|",
    ...rows.map(printRow),
    "",
  ].join("\n"),
);

const page = readFileSync(path, "utf8");
const from = page.indexOf(begin);
const to = page.indexOf(end);
if (from < 0 || to < from) throw new Error(`${path} has lost the marks of its tables`);
writeFileSync(path, `${page.slice(0, from)}${begin}\n\n${tables.join("\n")}\n${page.slice(to)}`);
