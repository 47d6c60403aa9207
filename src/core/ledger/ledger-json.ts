import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { parseJson } from "../../json/json.ts";
import { membersOf, quoted } from "../../json/quoted.ts";
import type { GuardNote } from "../guard/guard-note.ts";
import type { Billed, LedgerAttempt, LedgerCost, LedgerRow } from "./ledger-row.ts";

/**
 * A row as one line of JSON without its end. Integers of 64 bits are texts. What is empty, false or
 * 0 is left out, for most of a row is, and a line is written, read and parsed for each call. What
 * a call took and cost is not repeated for its attempt where there is one. It is put together
 * member by member: an object that is like it and printed then takes twice as long.
 */
export function printLedgerRow(row: LedgerRow): string {
  let line = `{"callId":${quoted(row.callId)},"endedMs":${row.endedMs}`;
  line += callMembers(row);
  line += endMembers(row);
  const attempts = row.attempts.map((attempt) => printAttempt(attempt, row));
  return `${line},"attempts":[${attempts.join(",")}]${billedMembers(row)}}`;
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
  if (usage === undefined) return "";
  // Its members by the names that its fields have.
  const values = usage as unknown as Readonly<Record<string, unknown>>;
  let members = "";
  for (const name in values) {
    const text = name === "$typeName" ? "" : usageText(values[name]);
    if (text !== "") members += `,"${name}":${text}`;
  }
  return `{${members.slice(1)}}`;
}

/** Reads what `printUsage` has made. */
export function parseUsage(text: string): Usage | undefined {
  return text === "" ? undefined : usageOf(parseOwn<WireUsage>(text));
}

/** The cost as JSON. */
export function printCost(cost: LedgerCost): string {
  const { vendorNanoUsd } = cost;
  const vendor = vendorNanoUsd === undefined ? "" : `,"vendorNanoUsd":"${vendorNanoUsd}"`;
  if (cost.kind === "unpriced") return `{"kind":"unpriced","why":${quoted(cost.why)}${vendor}}`;
  const parts = membersOf(cost.parts, (amount) => `"${amount}"`).slice(1);
  const of = `,"priceVersion":${quoted(cost.priceVersion)},"source":${quoted(cost.source)}`;
  return `{"kind":"priced","nanoUsd":"${cost.nanoUsd}","parts":{${parts}}${of}${vendor}}`;
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

/** Members that a line has for each call; one that is empty, false or 0 is none. */
function callMembers(row: LedgerRow): string {
  let members = textMember(',"organization":', row.organization);
  members += textMember(',"team":', row.team);
  members += textMember(',"user":', row.user);
  members += textMember(',"key":', row.key);
  members += textMember(',"principal":', row.principal);
  members += textMember(',"endUser":', row.endUser);
  members += textMember(',"session":', row.session);
  members += textMember(',"clientDialect":', row.clientDialect);
  members += textMember(',"clientAddress":', row.clientAddress);
  members += listMember(',"tags":', row.tags);
  members += textMember(',"operation":', row.operation);
  members += flagMember(',"stream":', row.stream);
  members += textMember(',"model":', row.model);
  members += textMember(',"target":', row.target);
  members += textMember(',"provider":', row.provider);
  members += textMember(',"answeredModel":', row.answeredModel);
  members += textMember(',"arm":', row.arm);
  members += listMember(',"rules":', row.rules);
  members += listMember(',"guards":', row.guards);
  members += textMember(',"reason":', row.reason);
  members += textMember(',"cache":', row.cache);
  return members + textMember(',"configHash":', row.configHash);
}

function endMembers(row: LedgerRow): string {
  let members = `,"status":"${row.status}"`;
  members += amountMember(',"cacheSavedNanoUsd":', row.cacheSavedNanoUsd);
  members += amountMember(',"hedgeWasteNanoUsd":', row.hedgeWasteNanoUsd);
  members += `,"durationUs":${row.durationUs}`;
  if (row.firstTokenUs !== undefined) members += `,"firstTokenUs":${row.firstTokenUs}`;
  members += numberMember(',"overheadUs":', row.overheadUs);
  return members + numberMember(',"queuedUs":', row.queuedUs);
}

function printAttempt(attempt: LedgerAttempt, row: LedgerRow): string {
  let members = textMember(',"target":', attempt.target);
  members += textMember(',"provider":', attempt.provider);
  members += textMember(',"answeredModel":', attempt.answeredModel);
  members += textMember(',"dialect":', attempt.dialect);
  members += textMember(',"why":', attempt.why);
  members += numberMember(',"httpStatus":', attempt.httpStatus);
  members += `,"status":"${attempt.status}"`;
  members += textMember(',"reason":', attempt.reason);
  members += flagMember(',"hedged":', attempt.hedged);
  members += flagMember(',"wasted":', attempt.wasted);
  members += flagMember(',"continues":', attempt.continues);
  members += `,"durationUs":${attempt.durationUs}`;
  if (attempt.firstTokenUs !== undefined) members += `,"firstTokenUs":${attempt.firstTokenUs}`;
  if (!isBilledAs(attempt, row)) members += billedMembers(attempt);
  return `{${members.slice(1)}}`;
}

function billedMembers({ usage, estimated, cost }: Billed): string {
  const used = usage === undefined ? "" : `,"usage":${printUsage(usage)}`;
  return `${used}${flagMember(',"estimated":', estimated)},"cost":${printCost(cost)}`;
}

/** Whether what one took and cost is the same as another's, and not only alike. */
export function isBilledAs(one: Billed, other: Billed): boolean {
  return one.cost === other.cost && one.usage === other.usage && one.estimated === other.estimated;
}

function textMember(name: string, text: string): string {
  return text === "" ? "" : name + quoted(text);
}

function flagMember(name: string, flag: boolean): string {
  return flag ? `${name}true` : "";
}

function numberMember(name: string, number: number): string {
  return number === 0 ? "" : `${name}${number}`;
}

function amountMember(name: string, amount: bigint): string {
  return amount === 0n ? "" : `${name}"${amount}"`;
}

function listMember(name: string, list: readonly unknown[]): string {
  return list.length === 0 ? "" : name + JSON.stringify(list);
}

/** A member of a usage; "": it is empty. Counts are texts. */
function usageText(value: unknown): string {
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "string") return value === "" ? "" : quoted(value);
  if (typeof value !== "object" || value === null) return "";
  const named = membersOf(value, (one: unknown) => quoted(String(one)));
  return named === "" ? "" : `{${named.slice(1)}}`;
}

const none = {};

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
  for (const name in counts) {
    const count = counts[name];
    if (typeof count === "string") usage[name] = BigInt(count);
  }
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
