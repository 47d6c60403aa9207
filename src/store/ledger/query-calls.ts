import type { Kysely, Selectable } from "kysely";
import { parseCost, parseGuards, parseTexts, parseUsage } from "../../core/ledger/ledger-json.ts";
import type {
  Billed,
  LedgerAttempt,
  LedgerRow,
  LedgerStatus,
} from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import type { AttemptTable, CallTable, CostColumns, Tables } from "../engine/tables.ts";
import { type CallFilter, callsThat } from "./call-filter.ts";

/** A place between the calls of the ledger, which are in the order of their ends. */
export interface CallCursor {
  readonly endedMs: number;
  readonly callId: string;
}

/** A page of calls that is wanted. */
export interface CallPageQuery extends CallFilter {
  /** Those after this one. Absent: the first. */
  readonly after?: CallCursor | undefined;
  /** Whether the oldest come first; else the newest do. */
  readonly oldestFirst?: boolean;
  /** From 1 to 10000. */
  readonly limit: number;
}

/** Calls with their attempts, and where the next page begins; undefined: there are no more. */
export interface CallPage {
  readonly calls: readonly LedgerRow[];
  readonly next: CallCursor | undefined;
}

/** How many calls a page may have. */
export const maxCallPage = 10_000;

/** Reads a page of calls. New calls do not move what is on the pages after it. */
export async function pageCalls({ db }: Engine, query: CallPageQuery): Promise<CallPage> {
  const limit = Math.min(Math.max(1, Math.trunc(query.limit)), maxCallPage);
  const { after, oldestFirst = false } = query;
  let select = db
    .selectFrom("calls")
    .selectAll()
    .where((builder) => callsThat(builder, query))
    .orderBy("ended_ms", oldestFirst ? "asc" : "desc")
    .orderBy("call_id", oldestFirst ? "asc" : "desc")
    .limit(limit + 1);
  if (after !== undefined)
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple("ended_ms", "call_id"),
        oldestFirst ? ">" : "<",
        tuple(BigInt(after.endedMs), after.callId),
      ),
    );
  const found = await select.execute();
  const rows = found.slice(0, limit);
  const attempts = await attemptsOf(db, rows);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    calls: rows.map((row) => callOf(row, attempts.get(row.call_id) ?? [])),
    next: last && { endedMs: Number(last.ended_ms), callId: last.call_id },
  };
}

/** As many ids as one statement may hold. */
const maxIds = 1_000;

async function attemptsOf(
  db: Kysely<Tables>,
  calls: readonly Selectable<CallTable>[],
): Promise<ReadonlyMap<string, readonly LedgerAttempt[]>> {
  const attempts = new Map<string, LedgerAttempt[]>();
  for (let at = 0; at < calls.length; at += maxIds) {
    const ids = calls.slice(at, at + maxIds).map(({ call_id }) => call_id);
    const rows = await db
      .selectFrom("attempts")
      .selectAll()
      .where("call_id", "in", ids)
      .orderBy("call_id")
      .orderBy("number")
      .execute();
    for (const row of rows) {
      const list = attempts.get(row.call_id);
      if (list === undefined) attempts.set(row.call_id, [attemptOf(row)]);
      else list.push(attemptOf(row));
    }
  }
  return attempts;
}

function callOf(row: Selectable<CallTable>, attempts: readonly LedgerAttempt[]): LedgerRow {
  return {
    callId: row.call_id,
    endedMs: Number(row.ended_ms),
    organization: row.organization_id,
    team: row.team_id,
    user: row.user_id,
    key: row.key_id,
    principal: row.principal,
    endUser: row.end_user,
    session: row.session,
    tags: parseTexts(row.tags_json),
    operation: row.operation,
    stream: row.stream !== 0n,
    clientDialect: row.client_dialect,
    clientAddress: row.client_address,
    model: row.model,
    target: row.target,
    provider: row.provider,
    answeredModel: row.answered_model,
    arm: row.arm,
    rules: parseTexts(row.rules_json),
    guards: parseGuards(row.guards_json),
    status: statusOf(row.status),
    reason: row.reason,
    cache: row.cache,
    cacheSavedNanoUsd: row.cache_saved_nano_usd,
    hedgeWasteNanoUsd: row.hedge_waste_nano_usd,
    durationUs: Number(row.duration_us),
    firstTokenUs: maybe(row.first_token_us),
    overheadUs: Number(row.overhead_us),
    queuedUs: Number(row.queued_us),
    configHash: row.config_hash,
    attempts,
    ...billedOf(row),
  };
}

function attemptOf(row: Selectable<AttemptTable>): LedgerAttempt {
  return {
    target: row.target,
    provider: row.provider,
    answeredModel: row.answered_model,
    dialect: row.dialect,
    why: row.why,
    httpStatus: Number(row.http_status),
    status: statusOf(row.status),
    reason: row.reason,
    hedged: row.hedged !== 0n,
    wasted: row.wasted !== 0n,
    continues: row.continues !== 0n,
    durationUs: Number(row.duration_us),
    firstTokenUs: maybe(row.first_token_us),
    ...billedOf(row),
  };
}

function billedOf({ usage_json, estimated, cost_json }: Selectable<CostColumns>): Billed {
  return {
    usage: parseUsage(usage_json),
    estimated: estimated !== 0n,
    cost: parseCost(cost_json),
  };
}

function statusOf(text: string): LedgerStatus {
  return text === "broken" || text === "left" ? text : "whole";
}

function maybe(number: bigint | null): number | undefined {
  return number === null ? undefined : Number(number);
}
