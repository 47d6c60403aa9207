import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { signedUsd } from "../../core/ledger/call-entry.ts";
import type {
  Billed,
  LedgerAttempt,
  LedgerCost,
  LedgerRow,
  LedgerStatus,
} from "../../core/ledger/ledger-row.ts";

/**
 * A call as JSON on one line: `CallEntry` with the names of its fields in the contract, as
 * protobuf-es prints it. That takes three times as long, by way of a message, and it is printed for
 * each call and each sink.
 */
export function callJson(row: LedgerRow): string {
  const { firstTokenUs, attempts } = row;
  const json: Json = { call_id: text(row.callId), end_time: printTime(row.endedMs) };
  json.organization = text(row.organization);
  json.team = text(row.team);
  json.user = text(row.user);
  json.key = text(row.key);
  json.principal = text(row.principal);
  json.end_user = text(row.endUser);
  json.session = text(row.session);
  json.tags = list(row.tags);
  json.operation = text(row.operation);
  json.stream = row.stream || undefined;
  json.client_dialect = text(row.clientDialect);
  json.client_address = text(row.clientAddress);
  json.model = text(row.model);
  json.target = text(row.target);
  json.provider = text(row.provider);
  json.answered_model = text(row.answeredModel);
  json.arm = text(row.arm);
  json.rules = list(row.rules);
  json.status = statuses[row.status];
  json.reason = text(row.reason);
  json.cache = text(row.cache);
  json.usage = row.usage && usageJson(row.usage);
  json.usage_estimated = row.estimated || undefined;
  putCost(json, row);
  json.cache_saved_nano_usd = amount(row.cacheSavedNanoUsd);
  json.hedge_waste_nano_usd = amount(row.hedgeWasteNanoUsd);
  json.duration_us = amount(row.durationUs);
  json.first_token_us = firstTokenUs === undefined ? undefined : String(firstTokenUs);
  json.overhead_us = amount(row.overheadUs);
  json.queued_us = amount(row.queuedUs);
  json.config_hash = text(row.configHash);
  json.attempts = attempts.length === 0 ? undefined : attempts.map(attemptJson);
  return JSON.stringify(json);
}

/** Members without a value are not printed. */
type Json = Record<string, unknown>;

const statuses: Readonly<Record<LedgerStatus, string>> = {
  whole: "CALL_STATUS_WHOLE",
  broken: "CALL_STATUS_BROKEN",
  left: "CALL_STATUS_LEFT",
};

function attemptJson(attempt: LedgerAttempt): Json {
  const { firstTokenUs } = attempt;
  const json: Json = {
    target: text(attempt.target),
    answered_model: text(attempt.answeredModel),
    dialect: text(attempt.dialect),
    why: text(attempt.why),
    upstream_status: attempt.httpStatus || undefined,
    status: statuses[attempt.status],
    reason: text(attempt.reason),
    hedged: attempt.hedged || undefined,
    wasted: attempt.wasted || undefined,
    continues: attempt.continues || undefined,
    usage: attempt.usage && usageJson(attempt.usage),
    ...nanoUsd(attempt.cost),
    duration_us: amount(attempt.durationUs),
    provider: text(attempt.provider),
    usage_estimated: attempt.estimated || undefined,
  };
  putPrice(json, attempt.cost);
  json.first_token_us = firstTokenUs === undefined ? undefined : String(firstTokenUs);
  return json;
}

function putCost(json: Json, { cost }: Billed): void {
  Object.assign(json, nanoUsd(cost));
  putPrice(json, cost);
}

function nanoUsd(cost: LedgerCost): Json {
  return cost.kind === "priced" ? { cost_nano_usd: String(cost.nanoUsd) } : {};
}

function putPrice(json: Json, cost: LedgerCost): void {
  const { vendorNanoUsd } = cost;
  if (cost.kind === "priced") {
    json.cost_usd = signedUsd(cost.nanoUsd);
    json.cost_parts_nano_usd = amounts(cost.parts);
    json.price_version = text(cost.priceVersion);
    json.price_source = text(cost.source);
  } else json.unpriced = text(cost.why);
  json.vendor_cost_nano_usd = vendorNanoUsd === undefined ? undefined : String(vendorNanoUsd);
}

const usageNames = UsageSchema.fields.map(({ localName, name }) => [localName, name] as const);

function usageJson(usage: Usage): Json {
  const json: Json = {};
  // Its members by the names that its fields have.
  const members = usage as unknown as Readonly<Record<string, bigint | string | object>>;
  for (const [localName, name] of usageNames) {
    const value = members[localName];
    if (typeof value === "bigint") json[name] = String(value);
    else if (typeof value === "string") json[name] = text(value);
    else if (value !== undefined) json[name] = amounts(value);
  }
  return json;
}

/** Numbers and texts by name, as texts. */
function amounts(named: object): Json | undefined {
  const json: Json = {};
  let isEmpty = true;
  for (const [name, value] of Object.entries(named)) {
    json[name] = String(value);
    isEmpty = false;
  }
  return isEmpty ? undefined : json;
}

function text(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function list(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values;
}

/** Integers of 64 bits are texts. */
function amount(value: bigint | number): string | undefined {
  return Number(value) === 0 ? undefined : String(value);
}

function printTime(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** Calls as the body of a webhook. */
export function callsJson(rows: readonly LedgerRow[]): string {
  return `{"calls":[${rows.map(callJson).join(",")}]}`;
}
