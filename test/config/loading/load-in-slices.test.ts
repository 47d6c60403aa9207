import { globSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  type LoadOptions,
  type LoadResult,
  loadConfig,
} from "../../../src/config/loading/load-config.ts";
import { loadInSlices } from "../../../src/config/loading/load-in-slices.ts";
import { createLazyValidator } from "../../../src/validation/validator.ts";

const validator = createLazyValidator();
const env = { OPENAI_API_KEY: "o", DEV_KEY: "d" };
const readText = (path: string): string => {
  if (path === "/there") return "text";
  throw Object.assign(new Error(path), { code: "ENOENT" });
};
const sim = "providers: { sim: { kind: sim } }\n";
/** What makes a text so long that it is read in a thread. */
const padding = `${"#".repeat(99)}\n`.repeat(200);

const texts: readonly (readonly [title: string, text: string])[] = [
  ...globSync("examples/config/*.yaml").map((path) => [path, readFileSync(path, "utf8")] as const),
  ["an empty file", ""],
  ["no provider", "server: { port: 1 }\n"],
  ["what is not YAML", "providers: [\n"],
  [
    "wrong forms, broken rules and unknown names at once",
    `${sim}keys:\n  - { name: a, valeu: 1 }\nmodels: [{ targets: [{ model: x/y }] }, 1]\n`,
  ],
  [
    "secrets that are not there",
    `${sim}keys: [{ name: a, value: { env: NOT_SET } }, { name: b, value: { file: /gone } }]\n`,
  ],
  [
    "secrets that are there",
    `${sim}keys: [{ name: a, value: { env: DEV_KEY } }, { name: b, value: { file: /there } }]\n`,
  ],
  [
    "warnings",
    `${sim}keys: [{ name: a, value: { value: v }, budget: { usd: "1", window: DAY } }]\nstore: { sqlite: {} }\n`,
  ],
  ["aliases", "providers: { a: &a { kind: sim }, b: *a, c: { <<: *a } }\n"],
  ["hundreds of everything", many(350)],
  ["hundreds of mistakes", many(350).replaceAll("sim-1/", "sim-x/")],
];

function many(count: number): string {
  const lines = (line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index)).join("");
  return [
    "providers: { sim-0: { kind: sim }, sim-1: { kind: sim } }\n",
    `models:\n${lines((index) => `  - { name: m-${index}, targets: [{ model: sim-1/echo }], fallbacks: [sim-${index % 2}/echo] }\n`)}`,
    `keys:\n${lines((index) => `  - { name: k-${index}, value: { value: v-${index} }, models: [m-${index}] }\n`)}`,
  ].join("");
}

/** Settings as text, with the secrets that it holds and that printing does not show. */
function printed(result: LoadResult): string {
  if (!result.ok) return inspect(result, { depth: 5, maxArrayLength: 2000 });
  const { settings, ...rest } = result;
  const secrets = [
    ...settings.keys.map(({ value }) => value?.reveal()),
    ...[...settings.providers.values()].flatMap(({ credentials }) =>
      credentials.map((secret) => secret.reveal()),
    ),
  ];
  // Sorted: a message that came from a thread has its members in another order.
  return inspect(
    { rest, secrets, settings },
    { depth: 20, sorted: true, maxArrayLength: 2000, maxStringLength: 10_000 },
  );
}

async function expectSame(text: string, options: LoadOptions = {}): Promise<void> {
  const source = { text, filename: "c" };
  expect(printed(await loadInSlices(source, env, readText, { ...options, validator }))).toBe(
    printed(loadConfig(source, env, readText, options)),
  );
}

describe("loading in slices gives what loading at once gives", { timeout: 120_000 }, () => {
  for (const [title, text] of texts) {
    it(`for ${title}`, () => expectSame(text));
    if (!title.startsWith("examples/"))
      it(`for ${title}, read in a thread`, () => expectSame(text + padding));
  }

  for (const options of [{ host: "127.0.0.2", port: 1 }, { port: 70_000 }, { lookUps: false }]) {
    it(`with ${JSON.stringify(options)}, read in a thread`, () =>
      expectSame(`${sim}keys: [{ name: a, value: { env: NOT_SET } }]\n${padding}`, options));
  }

  it("for an environment without a file", async () => {
    expect(printed(await loadInSlices(undefined, env, readText, { validator }))).toBe(
      printed(loadConfig(undefined, env, readText)),
    );
  });
});

it("a text that takes too much memory is refused", { timeout: 120_000 }, async () => {
  const text = `[${"{},".repeat(200_000)}]`;
  const result = await loadInSlices({ text, filename: "c" }, {}, readText, {
    validator,
    maxMemoryMb: 32,
  });
  expect(result).toMatchObject({
    ok: false,
    violations: [{ message: "the file takes too much memory to be read" }],
  });
});
