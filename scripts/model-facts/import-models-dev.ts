// Takes what we use of a checkout of https://github.com/anomalyco/models.dev (MIT) into
// scripts/model-facts/models-dev.json: node scripts/model-facts/import-models-dev.ts <checkout> The
// vendor's facts with those of the model they build on, one line a model, decimal texts as they
// were written. Run `npm run generate` after it.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { factSources } from "../../src/adapters/catalog/fact-source.ts";
import { isTable, parseToml, type Toml } from "./toml.ts";

const [checkout] = process.argv.slice(2);
if (checkout === undefined) throw new Error("name a checkout of models.dev");

type Table = { [key: string]: Toml };
const kept = [
  ...["reasoning", "tool_call", "structured_output", "knowledge", "status", "family"],
  ...["limit", "modalities", "cost"],
];
const inherited = kept.filter((name) => name !== "status" && name !== "cost");

function readModel(path: string): Table {
  const model = parseToml(readFileSync(path, "utf8"));
  const { base_model: base, base_model_omit: omit } = model;
  if (typeof base !== "string") return model;
  const metadata = pick(
    parseToml(readFileSync(`${checkout}/models/${base}.toml`, "utf8")),
    inherited,
  );
  const merged = mergeTables(metadata, model);
  for (const path of Array.isArray(omit) ? omit : []) remove(merged, String(path).split("."));
  return merged;
}

function mergeTables(under: Table, over: Table): Table {
  const merged: Table = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isTable(old) && isTable(value) ? mergeTables(old, value) : value;
  }
  return merged;
}

function remove(table: Table, [key = "", ...rest]: readonly string[]): void {
  const inner = table[key];
  if (rest.length === 0) delete table[key];
  else if (isTable(inner)) remove(inner, rest);
}

function pick(table: Table, names: readonly string[]): Table {
  return Object.fromEntries(
    names.flatMap((name) => (table[name] === undefined ? [] : [[name, table[name]]])),
  );
}

const plain = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "number" in value ? value.number : value;

const [commit, date] = execFileSync("git", ["-C", checkout, "log", "-1", "--format=%H %cs"], {
  encoding: "utf8",
})
  .trim()
  .split(" ");
const files = [...new Set(Object.values(factSources).map(({ file }) => file))].sort();
const providers = files.map((file) => {
  const folder = `${checkout}/providers/${file}/models`;
  const names = globSync("**/*.toml", { cwd: folder }).sort();
  if (names.length === 0) throw new Error(`models.dev has no provider ${file}`);
  const lines = names.map((name) => {
    const model = pick(readModel(`${folder}/${name}`), kept);
    return `${JSON.stringify(name.slice(0, -".toml".length))}:${JSON.stringify(model, plain)}`;
  });
  return `${JSON.stringify(file)}:{\n${lines.join(",\n")}\n}`;
});
const source = JSON.stringify({ commit, date });
writeFileSync(
  "scripts/model-facts/models-dev.json",
  `{"source":${source},"providers":{\n${providers.join(",\n")}\n}}\n`,
);
console.log(`${files.length} vendors of models.dev ${commit} (${date})`);
