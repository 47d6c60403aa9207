import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { printViolation } from "../../../src/config/violation.ts";
import { send, setUp, statusOf } from "./routed-gateway.ts";

const models = `  - { name: fast, targets: [{ model: a/x }] }
  - { name: secret, hidden: true, targets: [{ model: b/x }] }
  - { name: "*", targets: [{ model: "c/*" }] }`;
const aliases = `aliases:
  - { name: gpt-4, model: fast }
  - { name: old, model: gpt-4, hidden: true }
  - { name: "team-a/*", model: "b/*" }
  - { name: "claude-*", model: "team-a/claude-*" }`;
const keys = `keys:
  - { name: own, value: { value: sk-1 }, models: [fast], model_aliases: { gpt-4: b/better, fastest: fast } }
  - { name: all, value: { value: sk-2 } }`;
const own = { authorization: "Bearer sk-1" };
const all = { authorization: "Bearer sk-2" };

describe("other names of models", () => {
  for (const [name, vendor, model] of [
    ["gpt-4", "a", "x"],
    ["old", "a", "x"],
    ["secret", "b", "x"],
    ["team-a/llama", "b", "llama"],
    ["claude-5", "b", "claude-5"],
    ["anything", "c", "anything"],
    ["a/direct", "a", "direct"],
  ] as const)
    it(`lead ${name} to ${vendor}/${model}`, async () => {
      const setup = await setUp(models, {}, { more: aliases });
      expect(await statusOf(send(setup, { model: name }))).toBe(200);
      expect(setup.tried()).toBe(vendor);
      expect(setup.vendors[vendor]?.models).toEqual([model]);
    });

  it("are listed unless they are hidden", async () => {
    const setup = await setUp(models, {}, { more: aliases });
    expect(await listed(setup.gateway.url)).toEqual(["fast", "gpt-4"]);
    const one = await fetch(`${setup.gateway.url}/v1/models/old`);
    expect(await one.json()).toMatchObject({ id: "old" });
  });
});

describe("names that a key has for models", () => {
  it("go before models of the same name, and allow what they stand for", async () => {
    const setup = await setUp(models, {}, { more: `${aliases}\n${keys}` });
    expect(await statusOf(send(setup, { model: "gpt-4", headers: own }))).toBe(200);
    expect(await statusOf(send(setup, { model: "fastest", headers: own }))).toBe(200);
    expect(await statusOf(send(setup, { model: "gpt-4", headers: all }))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["better"]);
    expect(setup.vendors.a?.models).toEqual(["x", "x"]);
    expect(await statusOf(send(setup, { model: "b/better", headers: own }))).toBe(403);
  });

  it("are listed for it alone", async () => {
    const setup = await setUp(models, {}, { more: `${aliases}\n${keys}` });
    expect(await listed(setup.gateway.url, own)).toEqual(["fast", "fastest", "gpt-4"]);
    expect(await listed(setup.gateway.url, all)).not.toContain("fastest");
  });
});

describe("mistakes in names, labels and targets", () => {
  const base = `providers: { a: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1" } }
models: [{ name: m, targets: [{ model: a/x, labels: { region: eu } }], fallbacks: [z] }]
`;
  const rows: readonly (readonly [text: string, problem: string])[] = [
    [
      "aliases: [{ name: m, model: a/x }]",
      "c.yaml:3:19: aliases[0].name: another model or alias has this name (rename one)",
    ],
    ["aliases: [{ name: z, model: nix }]", "c.yaml:3:29: aliases[0].model: there is no model nix"],
    [
      "aliases: [{ name: z, model: y }, { name: y, model: z }]",
      "aliases[1].model: the aliases go round in a circle: z -> y -> z",
    ],
    [
      "aliases: [{ name: z, model: m }]",
      "models[0].fallbacks[0]: the fallbacks go round in a circle: m -> z -> m",
    ],
    [
      "aliases: [{ name: z, model: 'a/*' }]",
      "aliases[0].model: has a `*`, and the alias's name has none",
    ],
    [
      "aliases: [{ name: a/z, model: m }, { name: z, model: a/x }]",
      "aliases[0].name: hides the models of the provider a",
    ],
    [
      "aliases: [{ name: z, model: a/x }]\nkeys: [{ name: k, value: { value: s }, model_aliases: { q: nix } }]",
      "keys[0].model_aliases.q: there is no model nix",
    ],
    [
      "aliases: [{ name: z, model: a/x }]\nkeys: [{ name: k, value: { value: s }, labels: { region: us } }]",
      "keys[0].labels.region: no target has the label region: us, so that every call of the key would fail (targets have: region: eu)",
    ],
    [
      "aliases: [{ name: z, model: a/x }]\nkeys: [{ name: k, value: { value: s }, targets: [b/x] }]",
      "keys[0].targets[0]: there is no provider b",
    ],
    [
      "aliases: [{ name: z, model: a/x }]\nkeys: [{ name: k, value: { value: s }, targets: [m] }]",
      "keys[0].targets[0]: is no provider/model",
    ],
  ];
  for (const [text, problem] of rows)
    it(`are refused: ${problem}`, () => {
      const result = loadConfig({ text: base + text, filename: "c.yaml" }, {}, () => "");
      const found = result.ok ? [] : result.violations.map((one) => printViolation("c.yaml", one));
      expect(found.join("\n")).toContain(problem);
    });
});

async function listed(url: string, headers: Record<string, string> = {}): Promise<string[]> {
  const reply = await fetch(`${url}/v1/models`, { headers });
  const names = (await reply.text()).matchAll(/"id":"([^"]+)"/g);
  return [...names].map(([, name]) => name ?? "");
}
