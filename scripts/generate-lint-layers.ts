// Writes the import rules of every folder of `src` into biome.json, from the table in layers.ts.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type LayerRule, layers, outermost } from "./layers.ts";

interface Override {
  readonly includes: readonly string[];
  readonly linter: { readonly rules: { readonly style?: Readonly<Record<string, unknown>> } };
}

const folders = [...Object.keys(layers), ...outermost.folders];

/**
 * The patterns are read in order and the last that fits decides: everything is forbidden, then what
 * is allowed is not.
 */
function patterns(layer: string, { modules, packages }: LayerRule): string[] {
  const forbidden = folders.filter((folder) => folder !== layer && !modules.includes(folder));
  const files = modules.filter(
    (module) => module.includes("/") && !modules.includes(module.slice(0, module.indexOf("/"))),
  );
  const own = files.filter((module) => !module.startsWith(`${layer}/`));
  return [
    "**",
    ...packages.map((name) => `!${name}`),
    "!../**",
    ...forbidden.map((folder) => `**/${folder}/**`),
    // Folders within one that is allowed may be called as another layer is.
    "!./**",
    ...modules.filter((module) => !module.includes("/")).map((module) => `!**/${module}/**`),
    ...own.map((module) => (module.endsWith(".ts") ? `!**/${module}` : `!**/${module}/**`)),
    ...outermost.files.map((file) => `**/${file}`),
    ...(modules.includes("gen") ? ["!**/gen/**"] : ["**/gen/**"]),
    ...(packages.includes("node:*") ? ["node:process"] : []),
  ];
}

function override(layer: string, rule: LayerRule): Override {
  const options = { patterns: [{ group: patterns(layer, rule), message: rule.message }] };
  return {
    includes: [`src/${layer}/**`],
    linter: { rules: { style: { noRestrictedImports: { level: "error", options } } } },
  };
}

const config: { overrides: readonly Override[] } = JSON.parse(readFileSync("biome.json", "utf8"));
const kept = config.overrides.filter(
  ({ includes, linter }) =>
    linter.rules.style?.noRestrictedImports === undefined ||
    includes.some((path) => !path.endsWith("/**")),
);
const overrides = [
  ...kept,
  ...Object.entries(layers).map(([layer, rule]) => override(layer, rule)),
];
writeFileSync("biome.json", `${JSON.stringify({ ...config, overrides }, null, 2)}\n`);
const { status } = spawnSync("biome", ["format", "--write", "--log-level=error", "biome.json"], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
