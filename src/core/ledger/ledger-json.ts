import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { parseJson } from "../../json/json.ts";
import type { LedgerAttempt, LedgerCost, LedgerRow } from "./ledger-row.ts";

/** A row as one line of JSON without its end. Integers of 64 bits are texts. */
export function printLedgerRow(row: LedgerRow): string {
  return JSON.stringify(row, plain);
}

/** Reads a line that `printLedgerRow` has made; throws for another one. */
export function parseLedgerRow(line: string): LedgerRow {
  const row = parseOwn<WireRow>(line);
  return {
    ...row,
    ...billedOf(row),
    cacheSavedNanoUsd: BigInt(row.cacheSavedNanoUsd),
    hedgeWasteNanoUsd: BigInt(row.hedgeWasteNanoUsd),
    firstTokenUs: row.firstTokenUs,
    attempts: row.attempts.map((attempt) => ({
      ...attempt,
      ...billedOf(attempt),
      firstTokenUs: attempt.firstTokenUs,
    })),
  };
}

/** The usage as JSON of the contract. */
export function printUsage(usage: Usage | undefined): string {
  return usage === undefined ? "" : JSON.stringify(usage, plain);
}

/** Reads what `printUsage` has made. */
export function parseUsage(text: string): Usage | undefined {
  return text === "" ? undefined : fromJson(UsageSchema, parseOwn<JsonValue>(text));
}

/** The cost as JSON. */
export function printCost(cost: LedgerCost): string {
  return JSON.stringify(cost, plain);
}

/** Reads what `printCost` has made. */
export function parseCost(text: string): LedgerCost {
  return costOf(parseOwn<WireCost>(text));
}

/** Reads a list of texts that JSON.stringify has made; "": an empty one. */
export function parseTexts(text: string): readonly string[] {
  return text === "" ? [] : parseOwn<readonly string[]>(text);
}

/** Reads what this file has written; throws a SyntaxError for what is no JSON. */
function parseOwn<T>(text: string): T {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new SyntaxError(parsed.error.message);
  return parsed.value as T; // it is what was printed
}

/** The JSON of protobuf has integers of 64 bits as texts and no names of types. */
function plain(name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return name === "$typeName" ? undefined : value;
}

/** What JSON makes of a row. */
interface WireRow extends Omit<LedgerRow, "usage" | "cost" | WireAmounts | "attempts">, WireBilled {
  readonly cacheSavedNanoUsd: string;
  readonly hedgeWasteNanoUsd: string;
  readonly attempts: readonly (Omit<LedgerAttempt, "usage" | "cost"> & WireBilled)[];
}

type WireAmounts = "cacheSavedNanoUsd" | "hedgeWasteNanoUsd";

interface WireBilled {
  readonly usage?: JsonValue;
  readonly cost: WireCost;
}

type WireCost = {
  readonly vendorNanoUsd?: string;
} & (
  | {
      readonly kind: "priced";
      readonly nanoUsd: string;
      readonly parts: Readonly<Record<string, string>>;
      readonly priceVersion: string;
      readonly source: string;
    }
  | { readonly kind: "unpriced"; readonly why: string }
);

function billedOf({ usage, cost }: WireBilled): Pick<LedgerRow, "usage" | "cost"> {
  return {
    usage: usage === undefined ? undefined : fromJson(UsageSchema, usage),
    cost: costOf(cost),
  };
}

function costOf(cost: WireCost): LedgerCost {
  const { vendorNanoUsd } = cost;
  const vendor = vendorNanoUsd === undefined ? {} : { vendorNanoUsd: BigInt(vendorNanoUsd) };
  if (cost.kind === "unpriced") return { kind: cost.kind, why: cost.why, ...vendor };
  const { kind, nanoUsd, parts, priceVersion, source } = cost;
  const exact = Object.entries(parts).map(([name, text]) => [name, BigInt(text)] as const);
  const known = { nanoUsd: BigInt(nanoUsd), parts: Object.fromEntries(exact) };
  return { kind, ...known, priceVersion, source, ...vendor };
}
