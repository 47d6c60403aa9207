import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { parseJson } from "../../json/json.ts";
import type { GuardNote } from "../guard/guard-note.ts";
import type { Billed, LedgerAttempt, LedgerCost, LedgerRow } from "./ledger-row.ts";

/**
 * A row as one line of JSON without its end. Integers of 64 bits are texts. What is empty, false or
 * 0 is left out, for most of a row is, and a line is written, read and parsed for each call. What
 * a call took and cost is not repeated for its attempt where there is one.
 */
export function printLedgerRow(row: LedgerRow): string {
  return JSON.stringify(wireRowOf(row));
}

/** Reads a line that `printLedgerRow` has made; throws for another one. */
export function parseLedgerRow(line: string): LedgerRow {
  const row = parseOwn<WireRow>(line);
  const billed = billedOf(row);
  return {
    callId: row.callId,
    endedMs: row.endedMs,
    ...callerOf(row),
    ...callOf(row),
    status: row.status,
    cacheSavedNanoUsd: amountOf(row.cacheSavedNanoUsd),
    hedgeWasteNanoUsd: amountOf(row.hedgeWasteNanoUsd),
    durationUs: row.durationUs,
    firstTokenUs: row.firstTokenUs,
    overheadUs: row.overheadUs ?? 0,
    queuedUs: row.queuedUs ?? 0,
    attempts: row.attempts.map((attempt) => attemptOf(attempt, billed)),
    usage: billed.usage,
    estimated: billed.estimated,
    cost: billed.cost,
  };
}

function amountOf(text: string | undefined): bigint {
  return text === undefined ? 0n : BigInt(text);
}

function callerOf(row: WireRow) {
  return {
    organization: row.organization ?? "",
    team: row.team ?? "",
    user: row.user ?? "",
    key: row.key ?? "",
    principal: row.principal ?? "",
    endUser: row.endUser ?? "",
    session: row.session ?? "",
    clientDialect: row.clientDialect ?? "",
    clientAddress: row.clientAddress ?? "",
  };
}

function callOf(row: WireRow) {
  return {
    tags: row.tags ?? [],
    operation: row.operation ?? "",
    stream: row.stream ?? false,
    model: row.model ?? "",
    target: row.target ?? "",
    provider: row.provider ?? "",
    answeredModel: row.answeredModel ?? "",
    arm: row.arm ?? "",
    rules: row.rules ?? [],
    guards: row.guards ?? [],
    reason: row.reason ?? "",
    cache: row.cache ?? "",
    configHash: row.configHash ?? "",
  };
}

/** The usage as JSON of the contract. */
export function printUsage(usage: Usage | undefined): string {
  return usage === undefined ? "" : JSON.stringify(wireUsageOf(usage));
}

/** Reads what `printUsage` has made. */
export function parseUsage(text: string): Usage | undefined {
  return text === "" ? undefined : usageOf(parseOwn<WireUsage>(text));
}

/** The cost as JSON. */
export function printCost(cost: LedgerCost): string {
  return JSON.stringify(wireCostOf(cost));
}

/** Reads what `printCost` has made. */
export function parseCost(text: string): LedgerCost {
  return costOf(parseOwn<WireCost>(text));
}

/** Reads a list of texts that JSON.stringify has made; "": an empty one. */
export function parseTexts(text: string): readonly string[] {
  return text === "" ? [] : parseOwn<readonly string[]>(text);
}

/** What guards made of a call, as JSON; "": none looked at it. */
export function printGuards(guards: readonly GuardNote[]): string {
  return guards.length === 0 ? "" : JSON.stringify(guards);
}

/** Reads what `printGuards` has made. */
export function parseGuards(text: string): readonly GuardNote[] {
  return text === "" ? [] : parseOwn<readonly GuardNote[]>(text);
}

/** Reads what this file has written; throws a SyntaxError for what is no JSON. */
function parseOwn<T>(text: string): T {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new SyntaxError(parsed.error.message);
  return parsed.value as T; // it is what was printed
}

/** What JSON makes of a row: what is not there is empty, false or 0. */
interface WireRow
  extends Optional<Omit<LedgerRow, keyof WireBilled | WireAmounts | "attempts">, RowNeeds>,
    WireBilled {
  readonly cacheSavedNanoUsd?: string | undefined;
  readonly hedgeWasteNanoUsd?: string | undefined;
  readonly attempts: readonly WireAttempt[];
}

type RowNeeds = "callId" | "endedMs" | "status" | "durationUs";

/** Without a cost it took and cost what the call did. */
type WireAttempt = Optional<Omit<LedgerAttempt, keyof WireBilled>, "status" | "durationUs"> &
  Omit<WireBilled, "cost"> & { readonly cost?: WireCost };

type WireAmounts = "cacheSavedNanoUsd" | "hedgeWasteNanoUsd";

interface WireBilled {
  readonly usage?: WireUsage | undefined;
  readonly estimated?: boolean | undefined;
  readonly cost: WireCost;
}

/** All but some of them may be missing. */
type Optional<Values, Needed extends keyof Values> = Pick<Values, Needed> & {
  readonly [Name in Exclude<keyof Values, Needed>]?: Values[Name] | undefined;
};

/** The JSON of protobuf: https://protobuf.dev/programming-guides/json/ */
interface WireUsage extends Readonly<Record<string, unknown>> {
  readonly serviceTier?: string;
  readonly toolUses?: Readonly<Record<string, string>>;
  readonly extrasJson?: Readonly<Record<string, string>>;
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

/** Literals: objects of one shape are printed fastest, and what is undefined is not printed. */
function wireRowOf(row: LedgerRow): WireRow {
  return {
    callId: row.callId,
    endedMs: row.endedMs,
    ...wireCallerOf(row),
    ...wireCallOf(row),
    status: row.status,
    cacheSavedNanoUsd: amountOrNone(row.cacheSavedNanoUsd),
    hedgeWasteNanoUsd: amountOrNone(row.hedgeWasteNanoUsd),
    durationUs: row.durationUs,
    firstTokenUs: row.firstTokenUs,
    overheadUs: row.overheadUs || undefined,
    queuedUs: row.queuedUs || undefined,
    attempts: row.attempts.map((attempt) => wireAttemptOf(attempt, row)),
    ...wireBilledOf(row),
  };
}

function wireCallerOf(row: LedgerRow) {
  return {
    organization: row.organization || undefined,
    team: row.team || undefined,
    user: row.user || undefined,
    key: row.key || undefined,
    principal: row.principal || undefined,
    endUser: row.endUser || undefined,
    session: row.session || undefined,
    clientDialect: row.clientDialect || undefined,
    clientAddress: row.clientAddress || undefined,
  };
}

function wireCallOf(row: LedgerRow) {
  return {
    tags: textsOrNone(row.tags),
    operation: row.operation || undefined,
    stream: row.stream || undefined,
    model: row.model || undefined,
    target: row.target || undefined,
    provider: row.provider || undefined,
    answeredModel: row.answeredModel || undefined,
    arm: row.arm || undefined,
    rules: textsOrNone(row.rules),
    guards: row.guards.length === 0 ? undefined : row.guards,
    reason: row.reason || undefined,
    cache: row.cache || undefined,
    configHash: row.configHash || undefined,
  };
}

function wireAttemptOf(attempt: LedgerAttempt, row: LedgerRow): WireAttempt {
  return {
    target: attempt.target || undefined,
    provider: attempt.provider || undefined,
    answeredModel: attempt.answeredModel || undefined,
    dialect: attempt.dialect || undefined,
    why: attempt.why || undefined,
    httpStatus: attempt.httpStatus || undefined,
    status: attempt.status,
    reason: attempt.reason || undefined,
    hedged: attempt.hedged || undefined,
    wasted: attempt.wasted || undefined,
    continues: attempt.continues || undefined,
    durationUs: attempt.durationUs,
    firstTokenUs: attempt.firstTokenUs,
    ...(isBilledAs(attempt, row) ? undefined : wireBilledOf(attempt)),
  };
}

/** Whether what one took and cost is the same as another's, and not only alike. */
export function isBilledAs(one: Billed, other: Billed): boolean {
  return one.cost === other.cost && one.usage === other.usage && one.estimated === other.estimated;
}

function textsOrNone(texts: readonly string[]): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts;
}

function amountOrNone(amount: bigint): string | undefined {
  return amount === 0n ? undefined : String(amount);
}

function wireBilledOf({ usage, estimated, cost }: Billed): WireBilled {
  return {
    usage: usage === undefined ? undefined : wireUsageOf(usage),
    estimated: estimated || undefined,
    cost: wireCostOf(cost),
  };
}

function wireUsageOf(usage: Usage): WireUsage {
  const wire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(usage)) {
    if (typeof value === "bigint") wire[name] = String(value);
    else if (name !== "$typeName" && !isEmpty(value)) wire[name] = value;
  }
  if (wire.toolUses !== undefined) wire.toolUses = textsOf(usage.toolUses);
  return wire;
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === "" || value === undefined;
  for (const _name in value) return false;
  return true;
}

function wireCostOf(cost: LedgerCost): WireCost {
  const { vendorNanoUsd } = cost;
  const vendor = vendorNanoUsd === undefined ? none : { vendorNanoUsd: String(vendorNanoUsd) };
  if (cost.kind === "unpriced") return { kind: cost.kind, why: cost.why, ...vendor };
  const { kind, nanoUsd, parts, priceVersion, source } = cost;
  const texts = textsOf(parts);
  return { kind, nanoUsd: String(nanoUsd), parts: texts, priceVersion, source, ...vendor };
}

const none = {};

function textsOf(amounts: Readonly<Record<string, bigint>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in amounts) texts[name] = String(amounts[name]);
  return texts;
}

function amountsOf(texts: Readonly<Record<string, string>>): Record<string, bigint> {
  const amounts: Record<string, bigint> = {};
  for (const name in texts) amounts[name] = BigInt(texts[name] ?? 0);
  return amounts;
}

function attemptOf(attempt: WireAttempt, ofCall: Billed): LedgerAttempt {
  return {
    target: attempt.target ?? "",
    provider: attempt.provider ?? "",
    answeredModel: attempt.answeredModel ?? "",
    dialect: attempt.dialect ?? "",
    why: attempt.why ?? "",
    httpStatus: attempt.httpStatus ?? 0,
    status: attempt.status,
    reason: attempt.reason ?? "",
    hedged: attempt.hedged ?? false,
    wasted: attempt.wasted ?? false,
    continues: attempt.continues ?? false,
    durationUs: attempt.durationUs,
    firstTokenUs: attempt.firstTokenUs,
    ...(attempt.cost === undefined ? ofCall : billedOf({ ...attempt, cost: attempt.cost })),
  };
}

function billedOf({ usage, estimated = false, cost }: WireBilled): Billed {
  const read = usage === undefined ? undefined : usageOf(usage);
  return { usage: read, estimated, cost: costOf(cost) };
}

function usageOf({ serviceTier, toolUses, extrasJson, ...counts }: WireUsage): Usage {
  const usage: Usage & Record<string, unknown> = {
    $typeName: "parlance.chat.v1.Usage",
    toolUses: toolUses === undefined ? {} : amountsOf(toolUses),
    serviceTier: serviceTier ?? "",
    extrasJson: extrasJson === undefined ? {} : { ...extrasJson },
  };
  for (const name in counts) usage[name] = BigInt(String(counts[name]));
  return usage;
}

function costOf(cost: WireCost): LedgerCost {
  const { vendorNanoUsd } = cost;
  const vendor = vendorNanoUsd === undefined ? none : { vendorNanoUsd: BigInt(vendorNanoUsd) };
  if (cost.kind === "unpriced") return { kind: cost.kind, why: cost.why, ...vendor };
  const { kind, nanoUsd, parts, priceVersion, source } = cost;
  const amounts = amountsOf(parts);
  return { kind, nanoUsd: BigInt(nanoUsd), parts: amounts, priceVersion, source, ...vendor };
}
