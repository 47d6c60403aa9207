import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { GuardNote } from "../../core/guard/guard-note.ts";
import { signedUsd } from "../../core/ledger/call-entry.ts";
import type {
  Billed,
  LedgerAttempt,
  LedgerRow,
  LedgerStatus,
} from "../../core/ledger/ledger-row.ts";

/**
 * A call as JSON on one line: `CallEntry` with the names of its fields in the contract, as
 * protobuf-es prints it. That takes three times as long, by way of a message, and it is printed for
 * each call and each sink.
 */
export function callJson(row: LedgerRow): string {
  const { attempts } = row;
  const billed = billedJson(row);
  return JSON.stringify({
    call_id: text(row.callId),
    end_time: printTime(row.endedMs),
    organization: text(row.organization),
    team: text(row.team),
    user: text(row.user),
    key: text(row.key),
    principal: text(row.principal),
    end_user: text(row.endUser),
    session: text(row.session),
    tags: list(row.tags),
    operation: text(row.operation),
    stream: row.stream || undefined,
    client_dialect: text(row.clientDialect),
    client_address: text(row.clientAddress),
    model: text(row.model),
    target: text(row.target),
    provider: text(row.provider),
    answered_model: text(row.answeredModel),
    arm: text(row.arm),
    rules: list(row.rules),
    status: statuses[row.status],
    reason: text(row.reason),
    cache: text(row.cache),
    usage: billed.usage,
    usage_estimated: row.estimated || undefined,
    cost_nano_usd: billed.costNanoUsd,
    cost_usd: billed.costUsd,
    unpriced: billed.unpriced,
    cost_parts_nano_usd: billed.parts,
    price_version: billed.priceVersion,
    price_source: billed.priceSource,
    vendor_cost_nano_usd: billed.vendorNanoUsd,
    cache_saved_nano_usd: amount(row.cacheSavedNanoUsd),
    hedge_waste_nano_usd: amount(row.hedgeWasteNanoUsd),
    duration_us: amount(row.durationUs),
    first_token_us: known(row.firstTokenUs),
    overhead_us: amount(row.overheadUs),
    queued_us: amount(row.queuedUs),
    config_hash: text(row.configHash),
    attempts:
      attempts.length === 0
        ? undefined
        : attempts.map((attempt) =>
            // That of a call with one attempt is mostly the same, and is made once.
            attemptJson(attempt, isSame(attempt, row) ? billed : billedJson(attempt)),
          ),
    guards: row.guards.length === 0 ? undefined : row.guards.map(guardJson),
  });
}

const statuses: Readonly<Record<LedgerStatus, string>> = {
  whole: "CALL_STATUS_WHOLE",
  broken: "CALL_STATUS_BROKEN",
  left: "CALL_STATUS_LEFT",
};

function attemptJson(attempt: LedgerAttempt, billed: BilledJson): object {
  return {
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
    usage: billed.usage,
    cost_nano_usd: billed.costNanoUsd,
    duration_us: amount(attempt.durationUs),
    provider: text(attempt.provider),
    usage_estimated: attempt.estimated || undefined,
    cost_usd: billed.costUsd,
    unpriced: billed.unpriced,
    cost_parts_nano_usd: billed.parts,
    price_version: billed.priceVersion,
    price_source: billed.priceSource,
    vendor_cost_nano_usd: billed.vendorNanoUsd,
    first_token_us: known(attempt.firstTokenUs),
  };
}

/** What something took and cost, as it is printed. */
interface BilledJson {
  readonly usage: Json | undefined;
  readonly costNanoUsd: string | undefined;
  readonly costUsd: string | undefined;
  readonly unpriced: string | undefined;
  readonly parts: Json | undefined;
  readonly priceVersion: string | undefined;
  readonly priceSource: string | undefined;
  readonly vendorNanoUsd: string | undefined;
}

function isSame(one: Billed, other: Billed): boolean {
  return one.usage === other.usage && one.cost === other.cost;
}

function billedJson({ usage, cost }: Billed): BilledJson {
  const priced = cost.kind === "priced" ? cost : undefined;
  return {
    usage: usage && usageJson(usage),
    costNanoUsd: known(priced?.nanoUsd),
    costUsd: priced && signedUsd(priced.nanoUsd),
    unpriced: cost.kind === "unpriced" ? text(cost.why) : undefined,
    parts: priced && amounts(priced.parts),
    priceVersion: priced && text(priced.priceVersion),
    priceSource: priced && text(priced.source),
    vendorNanoUsd: known(cost.vendorNanoUsd),
  };
}

/** Members without a value are not printed. */
type Json = Record<string, unknown>;

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

function known(value: bigint | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
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

function guardJson({ guard, version, stage, outcome, kinds, unreadable = [] }: GuardNote) {
  return {
    name: text(guard),
    version: text(version),
    stage: `GUARD_STAGE_${stage.toUpperCase()}`,
    outcome: `GUARD_OUTCOME_${outcome.toUpperCase()}`,
    kinds: list(kinds),
    unreadable: list(unreadable),
  };
}
