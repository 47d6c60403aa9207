import { globSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { layers, outermost } from "../../scripts/layers.ts";
import { type Finding, lintPlanted } from "./lint-planted.ts";

/** The files that stand above all layers. */
const rootFiles = [
  ...new Set([...outermost.files, ...readdirSync("src").filter((name) => name.endsWith(".ts"))]),
];

const files = [...new Set(Object.values(layers).flatMap(({ modules }) => modules))].filter((name) =>
  name.endsWith(".ts"),
);

/** A module to import, from the sources' root, under the name that `layers` gives it. */
const modules: readonly (readonly [name: string, path: string])[] = [
  ["gen", "../gen/parlance/config/v1/config_pb.js"],
  ...[...Object.keys(layers), ...outermost.folders].map(
    (layer) => [layer, `${layer}/thing.ts`] as const,
  ),
  ...files.map((path) => [path, path] as const),
  ["adapters/catalog", "adapters/catalog/rows.ts"],
  ["adapters/traits", "adapters/traits/thing.ts"],
  ...rootFiles.map((name) => [name, name] as const),
];

/** Packages to import: those that some layer may, system modules, and some that none may. */
const packages = [
  ...new Set([
    ...Object.values(layers).flatMap((layer) =>
      layer.packages.filter((name) => !name.includes("*")),
    ),
    ...["node:fs", "node:net", "node:http", "node:stream/promises", "node:crypto"],
    ...["@bufbuild/protobuf/wkt", "@connectrpc/connect/protocol-connect"],
    ...["gpt-tokenizer/encoding/o200k_base", "node:process", "openai", "left-pad"],
  ]),
];

/** Whether a layer's list of packages has one, by its name or by that of what it is part of. */
function mayImport(allowed: readonly string[], name: string): boolean {
  if (name === "node:process") return false;
  return allowed.some((pattern) =>
    pattern.endsWith("*") ? name.startsWith(pattern.replace(/\*+$/, "")) : name === pattern,
  );
}

interface Plant {
  readonly imports: string;
  readonly allowed: boolean;
}

function plantsOf(layer: string, depth: number): Plant[] {
  const may = layers[layer] ?? { modules: [], packages: [], message: "" };
  const own = (name: string) => name === layer || name.startsWith(`${layer}/`);
  return [
    { imports: "./sibling.ts", allowed: true },
    ...modules.map(([name, path]) => ({
      imports: "../".repeat(depth) + path,
      allowed:
        own(name) ||
        may.modules.includes(name) ||
        may.modules.some((module) => name.startsWith(`${module}/`)),
    })),
    ...packages.map((name) => ({ imports: name, allowed: mayImport(may.packages, name) })),
  ];
}

const cases: [from: string, layer: string, plants: Plant[]][] = [];
for (const layer of Object.keys(layers)) {
  cases.push([`src/${layer}/planted.ts`, layer, plantsOf(layer, 1)]);
  cases.push([`src/${layer}/inner/planted.ts`, layer, plantsOf(layer, 2)]);
}

describe("layers", () => {
  let findings: readonly Finding[];

  beforeAll(() => {
    const print = ({ imports }: Plant) => `export { thing } from ${JSON.stringify(imports)};\n`;
    const files = cases.map(([from, , plants]) => [from, plants.map(print).join("")] as const);
    findings = lintPlanted(new Map(files)).filter(
      ({ rule }) => rule === "lint/style/noRestrictedImports",
    );
  });

  for (const [from, layer, plants] of cases) {
    it(`let ${from} import what ${layer} may and nothing else`, () => {
      const caught = findings.filter(({ path }) => path === from);
      const forbidden = plants.filter(({ allowed }) => !allowed);
      expect(caught.map(({ line }) => plants[line - 1])).toEqual(forbidden);
      for (const { message } of caught) expect(message).toMatch(new RegExp(`^${layer}/ .*\\.$`));
    });
  }

  it("are told to the linter as the table has them", () => {
    const { overrides } = JSON.parse(readFileSync("biome.json", "utf8"));
    const rooms = overrides.flatMap(({ includes }: { includes: string[] }) => includes);
    for (const layer of Object.keys(layers)) expect(rooms).toContain(`src/${layer}/**`);
  });

  it("gives every folder of the sources a place", () => {
    const folders = readdirSync("src", { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const known = [...Object.keys(layers), ...outermost.folders];
    expect(folders.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it("load the clouds' libraries with the first call that needs them, never with the start", () => {
    const files = globSync("src/**/*.ts").map(
      (path) => [path, readFileSync(path, "utf8")] as const,
    );
    const using = files.filter(([, text]) =>
      /["']((@aws-sdk|@smithy)\/|google-auth-library)/.test(text),
    );
    expect(using.map(([path]) => path).sort()).toEqual([
      "src/upstream/credentials/credential-google-federated.ts",
      "src/upstream/credentials/credential-sigv4-chain.ts",
      "src/upstream/credentials/credential-sigv4.ts",
    ]);
    for (const [, text] of using)
      expect(text).not.toMatch(
        /^(?:import|export) (?!type )(?:[^;"']* from )?["'](?:(?:@aws-sdk|@smithy)\/|google-auth-library)/m,
      );
  });

  it("lets nothing import main.ts", () => {
    const text = 'export { main } from "./main.ts";\n';
    const files = ["gateway", "pipeline", "library"].map(
      (name) => [`src/${name}.ts`, text] as const,
    );
    const nested = ["src/cli/chat.ts", text.replace("./", "../")] as const;
    const paths = lintPlanted(new Map([...files, nested]))
      .filter(({ message }) => message.startsWith("main.ts is the process"))
      .map(({ path }) => path);
    expect(paths.sort()).toEqual([
      "src/cli/chat.ts",
      "src/gateway.ts",
      "src/library.ts",
      "src/pipeline.ts",
    ]);
  });
});
