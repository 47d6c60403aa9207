import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findViolations, houseRules, type RepositoryFile } from "./find-violations.ts";

const patterns = ["{src,test,bench,examples,scripts,docs,proto}/**/*", "*.{json,md,ts}"];
const textual = /\.(ts|js|json|md|proto|sh|html|ya?ml)$/;

function readRepository(): RepositoryFile[] {
  return globSync(patterns)
    .filter(
      (path) => textual.test(path) && !path.includes("node_modules/") && statSync(path).isFile(),
    )
    .map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));
}

const documented = "/** One. */\nexport const one = 1;\n";

const planted: readonly (readonly [
  rule: string,
  path: string,
  text: string,
  details: readonly string[],
])[] = [
  ["a file name says what is inside", "src/core/utils.ts", documented, ["utils.ts"]],
  ["a file name says what is inside", "test/helpers/server.ts", documented, ["helpers"]],
  ["a source file has at most 400 lines", "src/core/long.ts", "\n".repeat(401), ["401 lines"]],
  [
    "a line of a source file has at most 100 columns",
    "src/core/wide.ts",
    `// ${"a ".repeat(50)}\n`,
    [`// ${"a ".repeat(50)}`],
  ],
  [
    "a contract file has at most 300 lines",
    "proto/parlance/chat/v1/long.proto",
    "\n".repeat(301),
    ["301 lines"],
  ],
  [
    "a decision has fewer than 60 lines",
    "docs/decisions/0001-long.md",
    "\n".repeat(60),
    ["60 lines"],
  ],
  ["the architecture has at most 200 lines", "ARCHITECTURE.md", "\n".repeat(201), ["201 lines"]],
  [
    "only main.ts and workers touch the process and the console",
    "src/edge/leave.ts",
    `${documented}process.exit(1);\nconsole.log(globalThis.process.env);\n`,
    ["process.exit", "console.log", "process.env"],
  ],
  [
    "only json/json.ts parses JSON",
    "src/adapters/openai-chat/vendor/response.ts",
    "// JSON.parse is not for here.\nJSON.parse(text);\n",
    ["JSON.parse"],
  ],
  [
    "a vendor is named only in its adapter, the catalog and the REST edge",
    "src/core/special-case.ts",
    'if (vendor === "openai" || dialect === "openai-chat") isAzure(vendor, "x/anthropic-messages/y.ts");\n',
    ["openai", "Azure"],
  ],
  [
    "an identifier is none of told, given, asked, owed, blame, most... and least...",
    "src/core/vague.ts",
    `// What is told.\n${documented}const told = given(asked.owed, "given", mostTokens);\nblame({ leastBudget: MOST_WORDS });\n`,
    ["told", "given", "asked", "owed", "mostTokens", "blame", "leastBudget", "MOST_WORDS"],
  ],
  [
    "no list is spread into the arguments of a call",
    "src/core/spread.ts",
    `${documented}list.push(...items);\nlist.splice(0, 1, ...items);\nlist.push(first(one), ...items);\nMath.max(...items);\n`,
    [".push(...", ".splice(0, 1, ...", ".push(first(one), ...", "Math.max(..."],
  ],
  [
    "a function has a name before it is assigned to a property",
    "src/core/tenured.ts",
    `${documented}call.end = () => call;\nif (call) {\n  this.#end ??= async (one: string): Promise<void> => run(one);\n}\ncalls[at].end = function end() {};\n`,
    [
      "call.end = () =>",
      "this.#end ??= async (one: string): Promise<void> =>",
      "calls[at].end = function",
    ],
  ],
  [
    "an export says what it promises",
    "src/core/silent.ts",
    `${documented}\nexport function two(): number {\n  return 2;\n}\n`,
    ["two"],
  ],
  [
    "no lint or type finding is suppressed",
    "test/core/quiet.test.ts",
    "// biome-ignore lint: no\n// @ts-expect-error\nconst one = 1;\n",
    ["biome-ignore", "@ts-expect-error"],
  ],
  [
    "no test is skipped or focused",
    "test/core/some.test.ts",
    'it.skip("runs", () => {});\ndescribe.only("x", () => {});\n',
    ["it.skip", "describe.only"],
  ],
  [
    "what is left to do is an issue",
    "src/core/later.ts",
    "// TODO: later\n// TODO(#12): named\n",
    ["TODO"],
  ],
  [
    "the lockfile names no host",
    "package-lock.json",
    '{\n  "resolved": "https://registry.example/x.tgz"\n}\n',
    ['"resolved": "https://registry.example/x.tgz"'],
  ],
];

const innocent: readonly (readonly [title: string, path: string, text: string])[] = [
  ["a source file of 400 lines", "src/core/full.ts", "\n".repeat(400)],
  [
    "a vendor's name in its adapter",
    "src/adapters/openai-chat/wire.ts",
    'const vendor = "openai";\n',
  ],
  [
    "a vendor's name in the REST edge",
    "src/edge/rest/errors.ts",
    'const header = "anthropic-version";\n',
  ],
  [
    "the settings of a cloud",
    "src/config/cloud.ts",
    'import { AzureOptions } from "x"; env("AZURE_TENANT_ID"); plan.azure;\n',
  ],
  ["a vendor's name in a comment", "src/core/told.ts", "// As Anthropic documents it.\n"],
  ["a word that contains a vendor's name", "src/core/word.ts", 'const word = "coherent";\n'],
  ["the process in main.ts", "src/main.ts", "process.exit(0);\n"],
  ["JSON.parse in json/json.ts", "src/json/json.ts", "JSON.parse(text);\n"],
  ["JSON.parse in a test", "test/json/json.test.ts", "JSON.parse(text);\n"],
  [
    "an overload after a documented one",
    "src/core/overload.ts",
    "/** Doubles. */\nexport function two(one: number): number;\nexport function two(one: string): string;\n",
  ],
  [
    "functions with a name, in a class and in an object",
    "src/core/young.ts",
    "const end: typeof call.end = () => call;\ncall.end = end;\nclass One {\n  readonly #end = () => call;\n}\nend = { of: () => call };\n",
  ],
  [
    "vague words within names, texts and comments",
    "src/core/plain.ts",
    '// Given by the caller.\nconst untold = lastAtMost("most", almostAll, atLeast, most);\n',
  ],
  [
    "objects and lists that are put together in a call",
    "src/core/own.ts",
    "list.push({ ...one }, [...two]);\n",
  ],
  ["a list of re-exports", "src/library.ts", 'export { createGateway } from "./gateway.ts";\n'],
  [
    "a suppression inside a string",
    "test/core/told.test.ts",
    'const text = "// biome-ignore lint: no";\n',
  ],
  [
    "a comment mark inside a string",
    "src/core/link.ts",
    'const link = "https://host/path"; const more = "x";\n',
  ],
];

describe("house rules", () => {
  it("hold for every file of the repository", () => {
    expect(findViolations(readRepository())).toEqual([]);
  });

  it("read the repository and not an empty list", () => {
    const paths = readRepository().map(({ path }) => path);
    expect(paths).toContain("package-lock.json");
    expect(paths).toContain("src/json/json.ts");
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  for (const [rule, path, text, details] of planted) {
    it(`"${rule}" catches ${path}`, () => {
      const found = findViolations([{ path, text }]).filter((violation) => violation.rule === rule);
      expect(found.map(({ detail }) => detail)).toEqual(details);
    });
  }

  for (const [title, path, text] of innocent) {
    it(`leave ${title} alone`, () => {
      expect(findViolations([{ path, text }])).toEqual([]);
    });
  }

  it("are each caught breaking in this file", () => {
    const tested = new Set(planted.map(([rule]) => rule));
    expect(houseRules.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
  });
});
