import {
  type Expression,
  type ExpressionBuilder,
  type RawBuilder,
  type SqlBool,
  sql,
} from "kysely";
import type { LedgerStatus } from "../../core/ledger/ledger-row.ts";
import { storableText } from "../engine/storable.ts";
import type { Tables } from "../engine/tables.ts";

/** Which calls of the ledger are meant. All that is there must hold; a list: one of it. */
export interface CallFilter {
  /** From this time on, in milliseconds since 1970. Absent: from the first. */
  readonly fromMs?: number;
  /** Before this time. Absent: to the last. */
  readonly toMs?: number;
  readonly organizations?: readonly string[];
  readonly teams?: readonly string[];
  readonly users?: readonly string[];
  readonly keys?: readonly string[];
  readonly models?: readonly string[];
  readonly providers?: readonly string[];
  readonly targets?: readonly string[];
  readonly endUsers?: readonly string[];
  readonly sessions?: readonly string[];
  readonly operations?: readonly string[];
  readonly statuses?: readonly LedgerStatus[];
  /** Calls with one of these tags. */
  readonly tags?: readonly string[];
  readonly callIds?: readonly string[];
  readonly arms?: readonly string[];
  readonly reasons?: readonly string[];
  /** Calls that one of these rules acted on. */
  readonly rules?: readonly string[];
  /** Only calls that are charged to one of these. Absent: all. */
  readonly within?: CallScope;
}

/** Whose calls somebody may see: those that are charged to one of these, by id. */
export interface CallScope {
  readonly organizations: readonly string[];
  readonly teams: readonly string[];
  readonly users: readonly string[];
  readonly keys: readonly string[];
}

/** Whether a call is charged to somebody of a scope, as a condition on a table with tenants. */
export function isWithin(scope: CallScope): RawBuilder<SqlBool> {
  const lists = [
    ["organization_id", scope.organizations],
    ["team_id", scope.teams],
    ["user_id", scope.users],
    ["key_id", scope.keys],
  ] as const;
  const any = lists.flatMap(([column, ids]) =>
    ids.length === 0 ? [] : [sql`${sql.ref(column)} in (${sql.join(ids.map(storableText))})`],
  );
  return any.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`(${sql.join(any, sql` or `)})`;
}

/** The condition of a filter, on the table of calls. */
export function callsThat(
  builder: ExpressionBuilder<Tables, "calls">,
  filter: CallFilter,
): Expression<SqlBool> {
  const { fromMs, toMs, tags, rules, within } = filter;
  const all: Expression<SqlBool>[] = [];
  if (fromMs !== undefined) all.push(builder("calls.ended_ms", ">=", BigInt(Math.ceil(fromMs))));
  if (toMs !== undefined) all.push(builder("calls.ended_ms", "<", BigInt(Math.ceil(toMs))));
  for (const [column, values] of listsOf(filter))
    if (values !== undefined)
      all.push(values.length === 0 ? sql<SqlBool>`1 = 0` : builder(column, "in", [...values]));
  if (tags !== undefined) all.push(builder.or(tags.map((tag) => holds("tags_json", tag))));
  if (rules !== undefined) all.push(builder.or(rules.map((rule) => holds("rules_json", rule))));
  if (within !== undefined) all.push(isWithin(within));
  return builder.and(all);
}

/**
 * Whether one of a list of texts is this, in the words of both databases. What precedes a text in a
 * list of JSON is not found within one, where its quote has a backslash.
 */
function holds(column: "tags_json" | "rules_json", one: string): Expression<SqlBool> {
  const text = JSON.stringify(storableText(one));
  const list = sql.ref(`calls.${column}`);
  return sql<SqlBool>`(replace(${list}, ${`[${text}`}, '') <> ${list} or replace(${list}, ${`,${text}`}, '') <> ${list})`;
}

function listsOf(
  filter: CallFilter,
): readonly (readonly [ListColumn, readonly string[] | undefined])[] {
  return [
    ["calls.organization_id", filter.organizations],
    ["calls.team_id", filter.teams],
    ["calls.user_id", filter.users],
    ["calls.key_id", filter.keys],
    ["calls.model", filter.models],
    ["calls.provider", filter.providers],
    ["calls.target", filter.targets],
    ["calls.end_user", filter.endUsers],
    ["calls.session", filter.sessions],
    ["calls.operation", filter.operations],
    ["calls.status", filter.statuses],
    ["calls.call_id", filter.callIds],
    ["calls.arm", filter.arms],
    ["calls.reason", filter.reasons],
  ];
}

type ListColumn = `calls.${
  | "organization_id"
  | "team_id"
  | "user_id"
  | "key_id"
  | "model"
  | "provider"
  | "target"
  | "end_user"
  | "session"
  | "operation"
  | "status"
  | "call_id"
  | "arm"
  | "reason"}`;
