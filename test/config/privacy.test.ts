import { inspect } from "node:util";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const digits = "0f".repeat(32);
const store = "store: { sqlite: {} }\nproviders: { sim: { kind: sim } }\n";
const guards = "guards: [{ name: pii, pii: {}, action: MASK }, { name: words, secrets: {} }]\n";

const load = (text: string, env: Record<string, string> = { KEY: digits }) =>
  loadConfig({ text, filename: "c.yaml" }, env, () =>
    Buffer.from(digits, "hex").toString("base64"),
  );

const refusalsOf = (text: string, env?: Record<string, string>) => {
  const loaded = load(text, env);
  return loaded.ok ? [] : loaded.violations.map((one) => printViolation("c.yaml", one));
};

it("knows a master key of the environment or a file, and those of before", () => {
  const loaded = load(
    `${store}privacy: { master_key: { key: { env: KEY } }, previous_master_keys: [{ key: { file: f } }] }`,
  );
  const { masterKey, previousMasterKeys = [] } = (loaded.ok && loaded.settings.privacy) || {};
  expect(
    [masterKey, ...previousMasterKeys].map((one) => one?.kind === "local" && one.key.reveal()),
  ).toEqual([digits, digits]);
  expect(inspect(loaded, { depth: Infinity })).not.toContain(digits);
});

it("stores no content unless the config says so", () => {
  const loaded = load(`${store}teams: [{ name: a }]`);
  expect(loaded.ok && loaded.settings.privacy).toBe(undefined);
  expect(loaded.ok && loaded.settings.config.privacy?.content).toBe(undefined);
  expect(loaded.ok && loaded.settings.config.teams[0]?.content).toBe(undefined);
});

const master = "privacy: { master_key: { key: { env: KEY } } }\n";
const refused: readonly (readonly [config: string, message: string])[] = [
  ["privacy: { master_key: { key: { value: abc } } }", "privacy.master_key.key: "],
  ["privacy: { master_key: {} }", "privacy.master_key"],
  ["privacy: { master_key: { key: { env: NONE } } }", "privacy.master_key.key.env: "],
  ["teams: [{ name: a, content: {} }]", "teams[0].content: needs a master key"],
  ["privacy: { content: {} }", "privacy.content: needs a master key"],
  ["privacy: { content: { sample_percent: 101 } }", "privacy.content.sample_percent: "],
  ["privacy: { content: { retention: 60s } }", "privacy.content.retention: "],
  ["privacy: { content: { max_bytes: 0 } }", "privacy.content.max_bytes: "],
  [
    `${master}${guards}teams: [{ name: a, content: { redact: [pii, pi] } }]`,
    'teams[0].content.redact[1]: "pi" is none of the guards (did you mean "pii"?)',
  ],
  [
    `${master}${guards}teams: [{ name: a, content: { redact: [words] } }]`,
    'teams[0].content.redact[0]: the guard "words" has another action than MASK',
  ],
];

for (const [config, message] of refused)
  it(`refuses ${config}`, () => {
    expect(refusalsOf(store + config).join("\n")).toContain(message);
  });

it("refuses to keep content in memory, unless no call is stored", () => {
  const memory = "providers: { sim: { kind: sim } }\n";
  const content = (percent: number) =>
    `${memory}privacy: { master_key: { key: { env: KEY } }, content: { sample_percent: ${percent} } }`;
  expect(refusalsOf(content(1)).join()).toContain("privacy.content: needs a database");
  expect(refusalsOf(content(0))).toEqual([]);
});
