import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const row = (dialect: string, quirks: string, families = "[]") => `
import type { DeclaredRow } from "${process.cwd()}/src/adapters/catalog/catalog-row.ts";
import { openaiChatQuirks } from "${process.cwd()}/src/adapters/catalog/rows/openai-chat-row.ts";
export const shared = openaiChatQuirks;
export const planted: DeclaredRow = {
  id: "planted",
  name: "Planted",
  baseUrl: "https://planted.example",
  credentialEnv: [],
  credentialOptional: true,
  auth: "none",
  dialect: "${dialect}",
  operations: ["chat"],
  quirks: ${quirks},
  families: ${families},
  unverified: [],
  docs: "https://planted.example/docs",
};
`;

const family = (quirks: string) =>
  `[{ models: /x/, example: "x", dialect: "cohere", operations: ["chat"], quirks: ${quirks} }]`;

/** Rows by their titles; `error`: what the compiler says, undefined where it compiles. */
const cases: readonly (readonly [title: string, text: string, error: RegExp | undefined])[] = [
  ["a row without quirks", row("ollama", "{}"), undefined],
  ["a quirk of the row's dialect", row("gemini", "{ vertex: true }"), undefined],
  ["the quirks of a dialect at a host", row("sagemaker-chat", "openaiChatQuirks"), undefined],
  ["a quirk of another dialect", row("anthropic-messages", "{ vertex: true }"), /vertex/],
  ["a quirk where the dialect has none", row("ollama", "{ imageUrls: false }"), /TS2322/],
  ["quirks of another dialect by name", row("cohere", "openaiChatQuirks"), /maxTokensField/],
  ["quirks of another, spread", row("gemini", "{ ...openaiChatQuirks }"), /maxTokensField/],
  ["a quirk that no dialect has", row("openai-chat", "{ speed: 1 }"), /speed/],
  ["a quirk with another's value", row("openai-chat", '{ seedField: "s" }'), /random_seed/],
  ["a dialect that is none", row("nonesuch", "{}"), /nonesuch/],
  ["a family's own quirk", row("ollama", "{}", family("{ thinking: false }")), undefined],
  ["a family's foreign quirk", row("ollama", "{}", family("{ vertex: true }")), /vertex/],
];

describe("a row of the catalog", () => {
  let output: string;

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), "parlance-rows-"));
    try {
      const files = cases.map(([, text], at) => {
        writeFileSync(join(folder, `row-${at}.ts`), text);
        return `row-${at}.ts`;
      });
      const compilerOptions = { typeRoots: [join(process.cwd(), "node_modules/@types")] };
      const config = { extends: join(process.cwd(), "tsconfig.json"), compilerOptions };
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ ...config, files, include: [] }),
      );
      writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
      const tsc = join(process.cwd(), "node_modules/.bin/tsc");
      output = spawnSync(tsc, ["--project", folder, "--pretty", "false"], {
        cwd: folder,
        encoding: "utf8",
      }).stdout;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  for (const [at, [title, , error]] of cases.entries()) {
    it(`${error === undefined ? "compiles with" : "does not compile with"} ${title}`, () => {
      const found = output
        .split(/\n(?=\S)/)
        .filter((text) => text.startsWith(`row-${at}.ts`))
        .join("\n");
      if (error === undefined) expect(found).toBe("");
      else expect(found).toMatch(error);
    });
  }

  it("is compiled with nothing else at fault", () => {
    expect(output.split("\n").filter((line) => /^(?!row-\d+\.ts)\S/.test(line))).toEqual([]);
  });
});
