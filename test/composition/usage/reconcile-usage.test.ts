import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { UsageExportForm } from "../../../gen/parlance/admin/v1/usage_reconciliation_pb.js";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { parseCsv } from "../../../src/adapters/catalog/parse-csv.ts";
import { readUsageExport } from "../../../src/adapters/catalog/usage-exports.ts";
import { csvLine } from "../../../src/composition/usage/csv-line.ts";

import { startGateway } from "../../../src/serve.ts";
import { openEngine } from "../../../src/store/engine/engine.ts";
import { writeCalls } from "../../../src/store/ledger/write-calls.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import { runIn } from "../../cli/shell.ts";
import { attemptRow, callRow, priced } from "../../store/ledger-rows.ts";

const day = Date.UTC(2026, 4, 7);
const said = (form: UsageExportForm, document: string) =>
  readUsageExport(form, document, {}).map(({ dayMs, model, usageClass, amount }) => [
    dayMs,
    model,
    usageClass,
    amount,
  ]);

it("OpenAI's pages of usage and of costs are read", () => {
  const bucket = { object: "bucket", start_time: day / 1000, end_time: day / 1000 + 86_400 };
  const usage = {
    object: "organization.usage.completions.result",
    ...{ input_tokens: 1000, input_cached_tokens: 800, output_tokens: 500, num_model_requests: 5 },
    model: "m",
  };
  const cost = {
    object: "organization.costs.result",
    amount: { value: 0.060_000_001, currency: "usd" },
    line_item: "m, input",
  };
  const page = { object: "page", data: [{ ...bucket, results: [usage] }], has_more: false };
  expect(
    said(UsageExportForm.OPENAI, JSON.stringify([page, { ...bucket, results: [cost] }])),
  ).toEqual([
    [day, "m", "input", 200n],
    [day, "m", "cache_read", 800n],
    [day, "m", "output", 500n],
    [day, "m", "requests", 5n],
    [day, "m", "cost", 60_000_001n],
  ]);
});

it("Anthropic's reports are read, whose costs are in cents", () => {
  const bucket = { starting_at: "2026-05-07T00:00:00Z", ending_at: "2026-05-08T00:00:00Z" };
  const usage = {
    ...{ uncached_input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 5, model: "c" },
    cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
  };
  const cost = { amount: "12.3456789", currency: "USD", model: "c" };
  const report = { data: [{ ...bucket, results: [usage, cost] }], has_more: false };
  expect(said(UsageExportForm.ANTHROPIC, JSON.stringify(report))).toEqual([
    [day, "c", "input", 10n],
    [day, "c", "cache_read", 4n],
    [day, "c", "cache_write", 3n],
    [day, "c", "output", 5n],
    [day, "c", "cost", 123_456_789n],
  ]);
});

it("rows of Bedrock in a report of AWS are read", () => {
  const report = [
    "line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_usage_amount,line_item_unblended_cost,pricing_unit",
    "2026-05-07T03:00:00Z,AmazonBedrock,USE1-Claude4.5Sonnet-input-tokens,1.5,0.0045,1K tokens",
    "2026-05-07T04:00:00Z,AmazonBedrock,USE1-Claude4.5Sonnet-cache-read-input-token-count,2,0.0006,1K tokens",
    "2026-05-07T04:00:00Z,AmazonS3,USE1-Requests,7,0.1,Requests",
  ].join("\r\n");
  expect(said(UsageExportForm.AWS_CUR, report)).toEqual([
    [day, "Claude4.5Sonnet", "input", 1_500n],
    [day, "Claude4.5Sonnet", "cost", 4_500_000n],
    [day, "Claude4.5Sonnet", "cache_read", 2_000n],
    [day, "Claude4.5Sonnet", "cost", 600_000n],
  ]);
  const sold = [
    "lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,lineItem/UnblendedCost,product/ProductName",
    "2026-05-07T03:00:00Z,1a2b,USE1-MP:USE1_InputTokenCount-Units,0.002,0.0066,Claude Sonnet 4.6 (Amazon Bedrock Edition)",
    "2026-05-07T03:00:00Z,1a2b,USE1-MP:USE1_CacheReadInputTokenCount_Global-Units,0.5,0.15,Claude Sonnet 4.6 (Amazon Bedrock Edition)",
    "2026-05-07T03:00:00Z,1a2b,USE1-MP:USE1_output_tokens_standard-Units,0.001,0.02,Claude Sonnet 4.6 (Amazon Bedrock Edition)",
    "2026-05-07T03:00:00Z,1a2b,MP:Overage-Units,9,9,Another Product",
  ].join("\n");
  const model = "Claude Sonnet 4.6";
  expect(said(UsageExportForm.AWS_CUR, sold).filter(([, , kind]) => kind !== "cost")).toEqual([
    [day, model, "input", 2_000n],
    [day, model, "cache_read", 500_000n],
    [day, model, "output", 1_000n],
  ]);
  const second = [
    "line_item_usage_start_date,line_item_usage_type,line_item_usage_amount,line_item_unblended_cost,line_item_line_item_description,product",
    '2026-05-07T03:00:00Z,USE1-MP:USE1_CacheWrite1hInputTokenCount-Units,3,0.01,"1K tokens","{""product_name"":""Claude Sonnet 4.6 (Amazon Bedrock Edition)""}"',
  ].join("\n");
  expect(said(UsageExportForm.AWS_CUR, second)).toEqual([
    [day, model, "cache_write", 3_000n],
    [day, model, "cost", 10_000_000n],
  ]);
});

it("CSV is read as it is written", () => {
  const cell = fc.string({ maxLength: 6, unit: fc.constantFrom("a", ",", '"', "\n", "\r", " ") });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })), (rows) => {
      expect(parseCsv(rows.map(csvLine).join(""))).toEqual(rows);
    }),
  );
  expect(parseCsv('a,b\n1,\n\n"x""y",2')).toEqual([
    ["a", "b"],
    ["1", ""],
    ['x"y', "2"],
  ]);
});

it("a gateway compares an export with its ledger by the command line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reconcile-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "parlance.db");
  const engine = await openEngine({ kind: "sqlite", path }, () => undefined);
  await migrate(engine, 1);
  const usage = create(UsageSchema, { inputTokens: 100n, outputTokens: 50n, cacheReadTokens: 40n });
  const attempt = attemptRow({ usage, answeredModel: "m", cost: priced(7_000n) });
  await writeCalls(engine, [
    callRow("a", { endedMs: day + 1, attempts: [attempt] }),
    callRow("b", { endedMs: day + 2, attempts: [{ ...attempt, estimated: true, status: "left" }] }),
  ]);
  await engine.close();
  const gateway = await startGateway({
    config: `
server: { port: 0 }
auth: { admin_key: { value: sk-admin } }
store: { sqlite: { path: ${path} } }
providers: { sim: { kind: sim } }
`,
  });
  onTestFinished(() => gateway.close());
  const file = join(folder, "usage.csv");
  writeFileSync(
    file,
    "day,name,prompt,cached,completion,n\n2026-05-07,vendor-m,120,80,130,2\n2026-05-08,other,5,0,0,1\n",
  );
  const run = (...more: readonly string[]) =>
    runIn(["usage", "reconcile", "--url", gateway.url, "--key", "sk-admin", ...more]);
  const columns = "date=day,model=name,input=prompt,cache_read=cached,output=completion,requests=n";
  const options = ["--provider", "openai", "--format", "csv", "--file", file];
  const ran = await run(...options, "--columns", columns, "--models", "vendor-m=m");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout.replaceAll(/ {2,}/g, " | ")).toBe(
    `${[
      "DAY | MODEL | CLASS | VENDOR | LEDGER | DIFFERENCE | WHY",
      "2026-05-07 | m | output | 130 | 100 | 30 | 1 attempts were cut off and are estimated",
      "2026-05-08 | other | input | 5 | 0 | 5 | the vendor alone has it: calls that did not pass this gateway, or another name of the model",
      "2026-05-08 | other | requests | 1 | 0 | 1 | the vendor alone has it: calls that did not pass this gateway, or another name of the model",
      "3 lines are equal, 3 differ",
    ].join("\n")}\n`,
  );
  expect((await run(...options, "--columns", "date=day,model=nobody")).stderr).toContain(
    "the document has no column nobody",
  );
  expect((await run("--provider", "openai")).code).toBe(2);
});
