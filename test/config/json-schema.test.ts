import { globSync, readFileSync } from "node:fs";
import type { DescMessage } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { createConfigSchema, printConfigSchema } from "../../scripts/generate-config-schema.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";
import { checkJsonSchema } from "./check-json-schema.ts";

const schema = createConfigSchema();
const env = {
  ANTHROPIC_API_KEY: "a",
  CLICKHOUSE_PASSWORD: "m",
  BIGQUERY_KEY:
    '{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}',
  KAFKA_PASSWORD: "k",
  NATS_PASSWORD: "n",
  NATS_CREDENTIALS: "c",
  S3_ACCESS_KEY_ID: "i",
  S3_SECRET_ACCESS_KEY: "s",
  S3_SESSION_TOKEN: "t",
  OTLP_AUTHORIZATION: "n",
  WEBHOOK_AUTHORIZATION: "o",
  WEBHOOK_SECRET: "p",
  CACHE_ENCRYPTION_KEY: "ab".repeat(32),
  STORE_ENCRYPTION_KEY: "cd".repeat(32),
  PARLANCE_MASTER_KEY: "ef".repeat(32),
  PREVIOUS_MASTER_KEY: "01".repeat(32),
  CLOUDFLARE_API_TOKEN: "g",
  DEV_KEY: "b",
  MY_AZURE_SECRET: "h",
  OAUTH2_SECRET: "i",
  OPENAI_API_KEY: "c",
  LANGSMITH_API_KEY: "l",
  LANGFUSE_PUBLIC_KEY: "pk",
  LANGFUSE_SECRET_KEY: "sk",
  DD_API_KEY: "dd",
  OPENAI_API_KEY_2: "d",
  OPS_KEY: "e",
  PAGERDUTY_ROUTING_KEY: "i",
  SLACK_URL: "https://hooks.slack.com/services/x",
  SMTP_URL: "smtp://x",
  PARLANCE_ADMIN_KEY: "f",
};

function violations(text: string): readonly string[] {
  const result = loadConfig({ text, filename: "c.yaml" }, env, () => "text");
  return result.ok ? [] : result.violations.map((violation) => printViolation("c.yaml", violation));
}

function messagesOf(desc: DescMessage, found = new Set<DescMessage>()): ReadonlySet<DescMessage> {
  if (found.has(desc) || !desc.typeName.startsWith("parlance.")) return found;
  found.add(desc);
  for (const field of desc.fields)
    if (field.message !== undefined) messagesOf(field.message, found);
  return found;
}

describe("docs/config.schema.json", () => {
  it("is what the proto files generate", () => {
    expect(readFileSync("docs/config.schema.json", "utf8")).toBe(printConfigSchema());
  });

  for (const desc of messagesOf(ConfigSchema)) {
    it(`describes every field of ${desc.name}`, () => {
      const { [desc.name]: definition = schema } = schema.$defs as Record<string, typeof schema>;
      const properties = definition.properties as Record<string, { description: string }>;
      expect(Object.keys(properties)).toEqual(desc.fields.map((field) => field.name));
      for (const { description } of Object.values(properties)) expect(description).toMatch(/\S/);
    });
  }
});

describe("the examples", () => {
  const files = globSync("examples/config/*.yaml").sort();

  it("are four", () => {
    expect(files.map((file) => file.replace(/.*\//, ""))).toEqual([
      "full.yaml",
      "minimal.yaml",
      "rules.yaml",
      "self-hosted.yaml",
    ]);
  });

  for (const file of files) {
    const text = readFileSync(file, "utf8");

    it(`${file} is accepted by the gateway, without a warning`, () => {
      const result = loadConfig({ text, filename: file }, env, () => "text");
      expect(result).toMatchObject({ ok: true, warnings: [] });
    });

    it(`${file} is accepted by the schema that it names`, () => {
      expect(text.split("\n")[0]).toBe(
        "# yaml-language-server: $schema=../../docs/config.schema.json",
      );
      expect(checkJsonSchema(schema, parse(text))).toEqual([]);
    });
  }

  it("show, between them and their comments, every setting", () => {
    const all = files.map((file) => readFileSync(file, "utf8")).join("\n");
    const shown = [
      "tool_calls",
      "reply",
      "cut_after_tokens",
      "malformed_after_tokens",
      "budget",
      "usd",
      "window",
    ];
    for (const desc of messagesOf(ConfigSchema)) {
      for (const { name } of desc.fields)
        if (!shown.includes(name)) expect(all).toMatch(new RegExp(`\\b${name}:`));
    }
  });
});

describe("the schema and the gateway agree on", () => {
  const cases: readonly [title: string, text: string, good: boolean][] = [
    ["a file without settings", "{}", true],
    ["a number of workers", "server: { workers: 4 }", true],
    ["a number of workers in quotes", 'server: { workers: "4" }', true],
    ["workers for all cores", "server: { workers: auto }", true],
    ["too many workers", "server: { workers: 65 }", false],
    ["no worker", "server: { workers: 0 }", false],
    ["workers by another word", "server: { workers: all }", false],
    [
      "a budget",
      'keys: [{ name: k, value: { value: a }, budget: { usd: "0.5", window: MONTH } }]',
      true,
    ],
    [
      "a weight of zero",
      "providers: { s: { kind: sim } }\nmodels: [{ name: a, targets: [{ model: s/a, weight: 0 }, { model: s/b }] }]",
      true,
    ],
    ["an unknown key", "sever: {}", false],
    ["an unknown kind", "providers: { a: { kind: nobody } }", false],
    ["a bad provider name", "providers: { -a: { kind: sim } }", false],
    ["a missing kind", "providers: { a: {} }", false],
    ["text for a number", 'server: { port: "1" }', false],
    ["a port out of range", "server: { port: 65536 }", false],
    ["a negative port", "server: { port: -1 }", false],
    ["a body bound too small", "server: { limits: { max_body_bytes: 1 } }", false],
    ["a duration in minutes", "server: { drain_grace: 1m }", false],
    ["an origin that is none", "server: { cors: { allowed_origins: [app] } }", false],
    ["an origin twice", 'server: { cors: { allowed_origins: ["*", "*"] } }', false],
    ["a secret without a source", "auth: { admin_key: {} }", false],
    ["a secret with two sources", "auth: { admin_key: { env: A, value: b } }", false],
    ["a variable name that is none", "auth: { admin_key: { env: a-b } }", false],
    ["two stores", "store: { memory: {}, sqlite: { path: a } }", false],
    ["a model without targets", "models: [{ name: a, targets: [] }]", false],
    ["a target without a provider", "models: [{ name: a, targets: [{ model: b }] }]", false],
    [
      "an amount that is none",
      "keys: [{ name: k, value: { value: a }, budget: { usd: '1,5', window: DAY } }]",
      false,
    ],
    [
      "a window that is none",
      "keys: [{ name: k, value: { value: a }, budget: { usd: '1', window: YEAR } }]",
      false,
    ],
    [
      "a simulated success",
      "providers: { a: { kind: sim, sim: { error: { status: 200 } } } }",
      false,
    ],
  ];
  for (const [title, text, good] of cases) {
    it(title, () => {
      expect(violations(text).length === 0).toBe(good);
      expect(checkJsonSchema(schema, parse(text)).length === 0).toBe(good);
    });
  }
});
