import { globSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Finding, lintPlanted } from "./lint-planted.ts";

const plan = ["config/plan.ts", "config/secret-value.ts"];
const pure = ["node:buffer", "@bufbuild/protobuf", "@bufbuild/protobuf/wkt"];
const system = ["node:fs", "node:net", "node:http", "node:stream/promises", "node:crypto", ...pure];

/** What each layer may import, besides itself. Everything else in `modules` and `packages` it may not. */
const layers: Readonly<Record<string, { readonly modules: readonly string[]; readonly packages: readonly string[] }>> =
  {
    core: { modules: ["gen"], packages: pure },
    adapters: { modules: ["gen", "core"], packages: pure },
    policies: {
      modules: ["gen", "core", ...plan],
      packages: [...pure, "node:crypto", "@bufbuild/protovalidate"],
    },
    store: { modules: ["gen", "core", ...plan], packages: [...system, "kysely", "pg"] },
    state: { modules: ["gen", "core", ...plan], packages: [...system, "ioredis"] },
    tokens: { modules: ["gen", "core"], packages: [...pure, "gpt-tokenizer/encoding/o200k_base"] },
    upstream: {
      modules: ["gen", "core", ...plan],
      packages: [
        ...system,
        "undici",
        "ipaddr.js",
        "@smithy/signature-v4",
        "@aws-sdk/credential-providers",
        "google-auth-library",
      ],
    },
    config: {
      modules: ["gen", "core", "adapters/catalog", ...plan, "config/load.ts"],
      packages: [...system, "@bufbuild/protovalidate", "yaml"],
    },
    observe: { modules: ["gen", "core", ...plan], packages: system },
    sim: { modules: ["gen", "core", "adapters", "adapters/catalog", ...plan], packages: pure },
    edge: {
      modules: ["gen", "core", "adapters", "adapters/catalog", ...plan],
      packages: [
        ...system,
        "@bufbuild/protovalidate",
        "@connectrpc/connect",
        "@connectrpc/connect/protocol-connect",
        "@connectrpc/connect-node",
      ],
    },
  };

/** The files that stand above all layers. */
const rootFiles = [
  ...new Set([
    ...["gateway.ts", "pipeline.ts", "library.ts", "main.ts"],
    ...readdirSync("src").filter((name) => name.endsWith(".ts")),
  ]),
];

/** A module to import, from the sources' root, under the name that `layers` gives it. */
const modules: readonly (readonly [name: string, path: string])[] = [
  ["gen", "../gen/parlance/config/v1/config_pb.js"],
  ...[...Object.keys(layers), "cli", "engine"].map((layer) => [layer, `${layer}/thing.ts`] as const),
  ...plan.map((path) => [path, path] as const),
  ["config/load.ts", "config/load.ts"],
  ["adapters/catalog", "adapters/catalog/rows.ts"],
  ...rootFiles.map((name) => [name, name] as const),
];

const packages = [
  ...new Set([...Object.values(layers).flatMap((layer) => layer.packages), "node:process", "openai", "left-pad"]),
];

interface Plant {
  readonly imports: string;
  readonly allowed: boolean;
}

function plantsOf(layer: string, depth: number): Plant[] {
  const may = layers[layer] ?? { modules: [], packages: [] };
  const own = (name: string) => name === layer || name.startsWith(`${layer}/`);
  return [
    { imports: "./sibling.ts", allowed: true },
    ...modules.map(([name, path]) => ({
      imports: "../".repeat(depth) + path,
      allowed: own(name) || may.modules.includes(name),
    })),
    ...packages.map((name) => ({ imports: name, allowed: may.packages.includes(name) })),
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
    findings = lintPlanted(new Map(files)).filter(({ rule }) => rule === "lint/style/noRestrictedImports");
  });

  for (const [from, layer, plants] of cases) {
    it(`let ${from} import what ${layer} may and nothing else`, () => {
      const caught = findings.filter(({ path }) => path === from);
      const forbidden = plants.filter(({ allowed }) => !allowed);
      expect(caught.map(({ line }) => plants[line - 1])).toEqual(forbidden);
      for (const { message } of caught) expect(message).toMatch(new RegExp(`^${layer}/ .*\\.$`));
    });
  }

  it("gives every folder of the sources a place", () => {
    const folders = readdirSync("src", { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const known = [...Object.keys(layers), "cli", "engine"];
    expect(folders.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it("load the clouds' libraries with the first call that needs them, never with the start", () => {
    const files = globSync("src/**/*.ts").map((path) => [path, readFileSync(path, "utf8")] as const);
    const using = files.filter(([, text]) => /["']((@aws-sdk|@smithy)\/|google-auth-library)/.test(text));
    expect(using.map(([path]) => path).sort()).toEqual([
      "src/upstream/credential-google-federated.ts",
      "src/upstream/credential-sigv4-chain.ts",
      "src/upstream/credential-sigv4.ts",
    ]);
    for (const [, text] of using)
      expect(text).not.toMatch(
        /^(?:import|export) (?!type )(?:[^;"']* from )?["'](?:(?:@aws-sdk|@smithy)\/|google-auth-library)/m,
      );
  });

  it("lets nothing import main.ts", () => {
    const text = 'export { main } from "./main.ts";\n';
    const files = ["gateway", "pipeline", "library"].map((name) => [`src/${name}.ts`, text] as const);
    const nested = ["src/cli/chat.ts", text.replace("./", "../")] as const;
    const paths = lintPlanted(new Map([...files, nested]))
      .filter(({ message }) => message.startsWith("main.ts is the process"))
      .map(({ path }) => path);
    expect(paths.sort()).toEqual(["src/cli/chat.ts", "src/gateway.ts", "src/library.ts", "src/pipeline.ts"]);
  });
});
