import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CallEntrySchema } from "../../gen/parlance/admin/v1/usage_pb.js";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { bigqueryColumns } from "./bigquery-columns.ts";

/** A file of credentials that is complete. */
const bigqueryKey = JSON.stringify({
  type: "authorized_user",
  client_id: "c",
  client_secret: "s",
  refresh_token: "r",
});

const env = {
  PARTNER_URL: "https://example.com/calls",
  PARTNER_SECRET: "whsec_c2VjcmV0",
  BIGQUERY_KEY: bigqueryKey,
  CLICKHOUSE_PASSWORD: "p",
  KAFKA_PASSWORD: "k",
  MINIO_KEY: "m",
  MINIO_SECRET: "s",
  NATS_CREDENTIALS: "n",
  LANGSMITH_API_KEY: "l",
  LANGFUSE_PUBLIC_KEY: "pk",
  LANGFUSE_SECRET_KEY: "sk",
  DD_API_KEY: "dd",
  OTLP_AUTHORIZATION: "Bearer o",
  GUARD_SECRET: "g",
  DEV_KEY: "dev-key-0123456789",
  SLACK_URL: "https://hooks.slack.com/services/x",
  SMTP_URL: "smtps://user:p@mail.example.com",
  PAGERDUTY_ROUTING_KEY: "r",
  ALERTS_URL: "https://example.com/alerts",
  ALERTS_SECRET: "whsec_c2VjcmV0",
};

describe.each(["alerts", "sinks", "tracing", "guards"])("the page on %s", (name) => {
  const page = readFileSync(`docs/${name}.md`, "utf8");
  const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it("shows configurations", () => expect(configs.length).toBeGreaterThan(0));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: `${name}.yaml` }, env, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });
});

it("the table of BigQuery has a column for all that records have", () => {
  const table = JSON.parse(readFileSync("deploy/bigquery/schema.json", "utf8"));
  expect(table).toEqual(bigqueryColumns(CallEntrySchema));
});

describe("the table of ClickHouse", () => {
  const [, table = "", nested = ""] =
    /^\(\n([\s\S]*?Tuple\(\n([\s\S]*?)\),[\s\S]*?)^\)$/m.exec(
      readFileSync("deploy/clickhouse/schema.sql", "utf8"),
    ) ?? [];
  const names = (text: string, indent: number) =>
    [...text.matchAll(new RegExp(`^ {${indent}}(\\w+) `, "gm"))].map(([, name = ""]) => name);
  const fields = (schema: typeof CallEntrySchema | typeof UsageSchema) =>
    schema.fields.map(({ name }) => name);

  it("has columns that records have, and no others", () => {
    expect(names(table, 4)).toContain("cost_nano_usd");
    expect(fields(CallEntrySchema)).toEqual(expect.arrayContaining(names(table, 4)));
    expect(names(nested, 8)).toContain("input_tokens");
    expect(fields(UsageSchema)).toEqual(expect.arrayContaining(names(nested, 8)));
  });
});
