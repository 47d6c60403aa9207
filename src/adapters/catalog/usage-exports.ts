import { UsageExportForm } from "../../../gen/parlance/admin/v1/usage_reconciliation_pb.js";
import { parseUsd } from "../../core/facts/nano-usd.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { usageClasses, type VendorAmount } from "../../core/ledger/vendor-amount.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";
import { parseCsv } from "./parse-csv.ts";

const dayMs = 86_400_000;

/**
 * Reads what a vendor exports; `columns` says what those of CSV hold. Throws INVALID_REQUEST for
 * what is no such export.
 */
export function readUsageExport(
  form: UsageExportForm,
  document: string,
  columns: Readonly<Record<string, string>>,
): readonly VendorAmount[] {
  switch (form) {
    case UsageExportForm.OPENAI:
      return readOpenai(document);
    case UsageExportForm.ANTHROPIC:
      return readAnthropic(document);
    case UsageExportForm.AWS_CUR:
      return readAwsReport(document);
    case UsageExportForm.CSV:
      return readCsv(document, columns);
    case UsageExportForm.UNSPECIFIED:
      throw new GatewayError(invalidField("form", "is required"));
  }
}

/**
 * Pages or buckets of OpenAI's usage API: https://platform.openai.com/docs/api-reference/usage
 * (2026-11).
 */
function readOpenai(text: string): VendorAmount[] {
  return bucketsOf(text).flatMap(({ bucket, results }) => {
    const day = dayOf(numberOf(bucket.start_time) * 1000);
    return results.flatMap((result) => {
      const model = textOf(result.model);
      if (isObject(result.amount))
        return amounts(day, modelOfLine(result), { cost: usdOf(result.amount.value) });
      const cached = countOf(result.input_cached_tokens);
      const written = countOf(result.input_cache_write_tokens);
      return amounts(day, model, {
        input: countOf(result.input_tokens) - cached - written,
        cache_read: cached,
        cache_write: written,
        output: countOf(result.output_tokens),
        requests: countOf(result.num_model_requests),
      });
    });
  });
}

/** Items of costs are named as `gpt-5-mini-2025-08-07, input`. */
function modelOfLine({ line_item: item }: JsonObject): string {
  return textOf(item).split(", ")[0] ?? "";
}

/**
 * Pages or buckets of Anthropic's reports, whose costs are in cents:
 * https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report (2026-11).
 */
function readAnthropic(text: string): VendorAmount[] {
  return bucketsOf(text).flatMap(({ bucket, results }) => {
    const day = dayOf(Date.parse(textOf(bucket.starting_at)));
    return results.flatMap((result) => {
      const model = textOf(result.model);
      if (typeof result.amount === "string")
        return amounts(day, model, { cost: centsOf(result.amount) });
      const written = isObject(result.cache_creation) ? result.cache_creation : {};
      return amounts(day, model, {
        input: countOf(result.uncached_input_tokens),
        cache_read: countOf(result.cache_read_input_tokens),
        cache_write:
          countOf(written.ephemeral_5m_input_tokens) + countOf(written.ephemeral_1h_input_tokens),
        output: countOf(result.output_tokens),
      });
    });
  });
}

/** Kinds of usage of Bedrock, such as `USE1-Claude4.5Sonnet-cache-read-input-token-count`. */
const bedrockUsage =
  /^(?:[A-Z0-9]+-)?(.+?)-(cache-read|cache-write|input|output)(?:-input)?-tokens?(?:-count)?(?:-.*)?$/i;

/**
 * Kinds of usage of models that AWS sells for their makers:
 * `USE1-MP:USE1_CacheReadInputTokenCount_Global-Units`,
 * `USE1-MP:USE1_input_tokens_standard-Units`.
 */
const marketplaceUsage =
  /^(?:[A-Z0-9]+-)?MP:[A-Z0-9]+_(cache_?read|cache_?write|input|output)[a-z0-9_]*?token/i;

/** The name of such a product, with the model in it. */
const marketplaceProduct = /^(.+) \(Amazon Bedrock Edition\)$/;

const kinds: Readonly<Record<string, string>> = {
  cacheread: "cache_read",
  cachewrite: "cache_write",
  input: "input",
  output: "output",
};

/** A row of a report, by the name of the column. */
type ReportRow = (name: string) => string | undefined;

/**
 * Rows of a Cost and Usage Report, of version 2.0 or the one before, whose names have slashes:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html
 * (2026-11). Amounts are in thousands or millions of tokens where it says so.
 */
function readAwsReport(text: string): VendorAmount[] {
  return rowsOf(text).flatMap((row) => {
    const cell = (name: string) => row(`line_item_${name}`) ?? row(camel(name)) ?? "";
    const used = bedrockUsageOf(row, cell) ?? marketplaceUsageOf(row, cell);
    if (used === undefined) return [];
    return amounts(dayOf(Date.parse(cell("usage_start_date"))), used.model, {
      [kinds[used.kind.toLowerCase().replace(/[-_]/, "")] ?? ""]: BigInt(
        Math.round(Number(cell("usage_amount")) * used.scale) || 0,
      ),
      cost: usdOf(cell("unblended_cost")),
    });
  });
}

/** What a row counts: tokens of a kind, in so many at once. */
interface ReportedUsage {
  readonly model: string;
  readonly kind: string;
  readonly scale: number;
}

function bedrockUsageOf(row: ReportRow, cell: (name: string) => string): ReportedUsage | undefined {
  const found = bedrockUsage.exec(cell("usage_type"));
  if (!cell("product_code").startsWith("AmazonBedrock") || found === null) return undefined;
  const [, model = "", kind = ""] = found;
  const unit = row("pricing_unit") ?? row("pricing/unit") ?? "";
  return { model: model.replace(/-mantle$/, ""), kind, scale: scaleOf(unit) ?? 1 };
}

/** The product code says nothing, and the unit of the price is `Units`: a million tokens each. */
function marketplaceUsageOf(
  row: ReportRow,
  cell: (name: string) => string,
): ReportedUsage | undefined {
  const kind = marketplaceUsage.exec(cell("usage_type"))?.[1];
  const model = marketplaceProduct.exec(productName(row))?.[1];
  if (kind === undefined || model === undefined) return undefined;
  return { model, kind, scale: scaleOf(cell("line_item_description")) ?? 1_000_000 };
}

/** A column of its own, or a member of the map that version 2.0 has of the product. */
function productName(row: ReportRow): string {
  const own = row("product_product_name") ?? row("product/ProductName") ?? "";
  const map = parseJson(Buffer.from(row("product") ?? "{}"));
  return own === "" && map.ok && isObject(map.value) ? textOf(map.value.product_name) : own;
}

function scaleOf(words: string): number | undefined {
  if (/1k|thousand/i.test(words)) return 1_000;
  return /1m|million/i.test(words) ? 1_000_000 : undefined;
}

function camel(name: string): string {
  const words = name.split("_").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `lineItem/${words.join("")}`;
}

/** Rows of a CSV; `columns` names the column of each thing. */
function readCsv(text: string, columns: Readonly<Record<string, string>>): VendorAmount[] {
  for (const name of ["date", "model"])
    if (columns[name] === undefined)
      throw new GatewayError(invalidField("columns", `must say which column is the ${name}`));
  return rowsOf(text, Object.values(columns)).flatMap((row) => {
    const cell = (name: string) => row(columns[name] ?? "") ?? "";
    const date = cell("date");
    const day = dayOf(/^\d{9,10}$/.test(date) ? Number(date) * 1000 : Date.parse(date));
    return amounts(day, cell("model"), {
      input: countOf(cell("input")),
      cache_read: countOf(cell("cache_read")),
      cache_write: countOf(cell("cache_write")),
      output: countOf(cell("output")),
      requests: countOf(cell("requests")),
      cost: usdOf(cell("cost_usd")),
    });
  });
}

function amounts(
  day: number,
  model: string,
  counts: Readonly<Record<string, bigint>>,
): VendorAmount[] {
  return usageClasses.flatMap((usageClass) => {
    const amount = counts[usageClass] ?? 0n;
    return amount === 0n ? [] : [{ dayMs: day, model, usageClass, amount }];
  });
}

/** The buckets of a page, of several, or of a list. */
function bucketsOf(text: string) {
  const parsed = parseJson(Buffer.from(text));
  if (!parsed.ok) throw new GatewayError(invalidField("document", "must be JSON"));
  const all = [parsed.value].flat().flatMap((page) => {
    const data = isObject(page) && Array.isArray(page.data) ? page.data : [page];
    return data.filter(isObject);
  });
  const buckets = all.flatMap((bucket) =>
    Array.isArray(bucket.results) ? [{ bucket, results: bucket.results.filter(isObject) }] : [],
  );
  if (buckets.length === 0)
    throw new GatewayError(invalidField("document", "has no buckets with results"));
  return buckets;
}

function rowsOf(text: string, wanted: readonly string[] = []) {
  const [names = [], ...rows] = parseCsv(text);
  const at = new Map(names.map((name, index) => [name.trim(), index]));
  const missing = wanted.find((name) => !at.has(name));
  if (missing !== undefined)
    throw new GatewayError(invalidField("columns", `the document has no column ${missing}`));
  return rows.map(
    (row) =>
      (name: string): string | undefined =>
        row[at.get(name) ?? -1],
  );
}

function dayOf(ms: number): number {
  if (!Number.isFinite(ms))
    throw new GatewayError(invalidField("document", "has a row without a date that can be read"));
  return Math.floor(ms / dayMs) * dayMs;
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : Number.NaN;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function countOf(value: Json | undefined): bigint {
  const text = typeof value === "number" ? String(value) : textOf(value);
  return /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}

/** Dollars as nano-USD; vendors write more digits than that. */
function usdOf(value: Json | undefined): bigint {
  const text = typeof value === "number" ? value.toFixed(12) : textOf(value);
  const [, sign = "", whole, fraction = ""] = /^(-?)(\d{1,12})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (whole === undefined) return 0n;
  const nanoUsd = parseUsd(`${whole}.${fraction.padEnd(9, "0").slice(0, 9)}`) ?? 0n;
  return sign === "" ? nanoUsd : -nanoUsd;
}

function centsOf(text: string): bigint {
  const [, sign = "", whole, fraction = ""] = /^(-?)(\d{1,14})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (whole === undefined) return 0n;
  const digits = whole.padStart(3, "0");
  return usdOf(`${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`);
}
