import { timestampDate, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type CallEntry,
  CallStatus,
  UsageBucket,
  UsageDimension,
} from "../../../../../gen/parlance/admin/v1/usage_pb.js";
import { UsageService } from "../../../../../gen/parlance/admin/v1/usage_service_pb.js";
import type { WritableObject } from "../../../../json/write.ts";
import { rolesChecked } from "../../../connect/services/admin-service.ts";
import type { SpendCell, SpendQuery } from "../../../spend-reader.ts";
import { everyPage } from "../every-page.ts";
import { orNull } from "../key-answer.ts";
import type { ManagementCall, ServeManagement } from "../management-call.ts";
import { type ManagementMembers, wrong } from "../members/management-members.ts";
import { modelId } from "../models/model-routes.ts";
import { usdNumber } from "../usd-number.ts";

const dayMs = 86_400_000;
/** As many rows as one answer has. */
const maxRows = 10_000;
const pageRows = 1_000;
/** Before all calls. */
const firstMs = 0;

/** `GET /spend/logs`: calls, or with dates what was spent on each day. */
export const spendLogs: ServeManagement = async (call) => {
  const { members } = call;
  const summarize = members.flag("summarize") ?? true;
  const span = readSpan(members);
  const key = await keyOf(call);
  const user = members.text("user_id") ?? "";
  const team = members.text("team_id") ?? "";
  const request = members.text("request_id") ?? "";
  const rows = request !== "" || span === undefined || !summarize;
  if (rows) return calls(call, { ...span, key, user, team, request });
  const query = {
    ...span,
    ...(key && { keys: [key] }),
    ...(user && { users: [user] }),
    ...(team && { teams: [team] }),
  };
  return daysOf(await cellsFor(call, query), span);
};

interface WantedCalls {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly key: string;
  readonly user: string;
  readonly team: string;
  readonly request: string;
}

/** The newest calls that fit; the reply warns where there are more. */
async function calls(call: ManagementCall, wanted: WantedCalls): Promise<WritableObject[]> {
  const { fromMs, toMs, key, user, team, request } = wanted;
  const filter = {
    ...(fromMs === undefined ? {} : { startTime: timestampFromMs(fromMs) }),
    ...(toMs === undefined ? {} : { endTime: timestampFromMs(toMs) }),
    keys: key === "" ? [] : [key],
    users: user === "" ? [] : [user],
    teams: team === "" ? [] : [team],
    callIds: request === "" ? [] : [request],
    operations: Object.keys(callTypes),
  };
  const rows: WritableObject[] = [];
  let pageToken = "";
  do {
    const page = { filter, pageSize: pageRows, pageToken };
    const { calls: found, nextPageToken } = await call.services.usage.listCalls(page);
    for (const one of found) rows.push(spendLog(one));
    pageToken = nextPageToken;
  } while (pageToken !== "" && rows.length < maxRows);
  if (pageToken !== "")
    call.warnings.push(`the newest ${maxRows} are shown: name start_date and end_date for others`);
  return rows;
}

const callTypes: Readonly<Record<string, string>> = {
  chat: "acompletion",
  embed: "aembedding",
  rerank: "arerank",
  moderate: "amoderation",
  count_tokens: "acount_tokens",
};

/** A call as a row of LiteLLM's spend logs. What is not priced has no spend, rather than 0. */
function spendLog(entry: CallEntry): WritableObject {
  const endMs = entry.endTime === undefined ? 0 : timestampMs(entry.endTime);
  const startMs = endMs - Number(entry.durationUs / 1_000n);
  const { firstTokenUs, usage, costNanoUsd } = entry;
  const [input, output] = [usage?.inputTokens ?? 0n, usage?.outputTokens ?? 0n];
  return {
    request_id: entry.callId,
    call_type: callTypes[entry.operation] ?? entry.operation,
    api_key: entry.key,
    spend: costNanoUsd === undefined ? null : usdNumber(costNanoUsd),
    total_tokens: Number(input) + Number(output),
    prompt_tokens: Number(input),
    completion_tokens: Number(output),
    startTime: isoOf(startMs),
    endTime: isoOf(endMs),
    completionStartTime:
      firstTokenUs === undefined ? null : isoOf(startMs + Number(firstTokenUs / 1_000n)),
    request_duration_ms: endMs - startMs,
    model: entry.answeredModel || entry.target.slice(entry.provider.length + 1) || entry.model,
    model_id: entry.target === "" ? "" : modelId(entry.model, entry.target),
    model_group: entry.model,
    custom_llm_provider: entry.provider,
    api_base: "",
    user: entry.user,
    metadata: {
      user_api_key: entry.key,
      user_api_key_team_id: orNull(entry.team),
      user_api_key_user_id: orNull(entry.user),
      ...(entry.unpriced === "" ? {} : { unpriced: entry.unpriced }),
      ...(entry.reason === "" ? {} : { error_reason: entry.reason }),
    },
    cache_hit: entry.cache === "hit" ? "True" : "False",
    cache_key: "",
    request_tags: entry.tags,
    team_id: orNull(entry.team),
    organization_id: orNull(entry.organization),
    end_user: entry.endUser,
    requester_ip_address: orNull(entry.clientAddress),
    messages: {},
    response: {},
    proxy_server_request: {},
    session_id: orNull(entry.session),
    status: entry.status === CallStatus.WHOLE ? "success" : "failure",
  };
}

/** A day of LiteLLM's summary: sums by key beside `users` and `models`. */
interface DaySums {
  spend: bigint;
  readonly keys: Map<string, bigint>;
  readonly users: Map<string, bigint>;
  readonly models: Map<string, bigint>;
}

function daysOf(cells: readonly SpendCell[], { fromMs, toMs }: Span): WritableObject[] {
  const days = new Map<number, DaySums>();
  for (const { dayMs: day, key, user, model, nanoUsd } of cells) {
    const sums = days.get(day) ?? emptyDay();
    sums.spend += nanoUsd;
    for (const [map, value] of [
      [sums.keys, key],
      [sums.users, user],
      [sums.models, model],
    ] as const)
      map.set(value, (map.get(value) ?? 0n) + nanoUsd);
    days.set(day, sums);
  }
  const answers: WritableObject[] = [];
  for (let day = Math.floor(fromMs / dayMs) * dayMs; day < toMs; day += dayMs) {
    const { spend, keys, users, models } = days.get(day) ?? emptyDay();
    answers.push({
      ...usdMap(keys),
      startTime: dateOf(day),
      spend: usdNumber(spend),
      users: usdMap(users),
      models: usdMap(models),
    });
  }
  return answers;
}

function emptyDay(): DaySums {
  return { spend: 0n, keys: new Map(), users: new Map(), models: new Map() };
}

function usdMap(sums: ReadonlyMap<string, bigint>): WritableObject {
  return Object.fromEntries([...sums].map(([name, nanoUsd]) => [name, usdNumber(nanoUsd)]));
}

/** `GET /spend/tags`. */
export const spendTags: ServeManagement = async ({ members, services }) => {
  const span = readSpan(members);
  const { sums } = await services.usage.aggregateUsage({
    dimension: UsageDimension.TAG,
    bucket: UsageBucket.ALL,
    startTime: timestampFromMs(span?.fromMs ?? firstMs),
    ...(span === undefined ? {} : { endTime: timestampFromMs(span.toMs) }),
    top: maxRows,
  });
  return sums.map(({ value, calls: count, costNanoUsd }) => ({
    individual_request_tag: value,
    log_count: Number(count),
    total_spend: usdNumber(costNanoUsd),
  }));
};

/** `GET /global/spend`: what was spent ever. */
export const globalSpend: ServeManagement = async ({ services }) => {
  const { sums } = await services.usage.aggregateUsage({
    dimension: UsageDimension.TOTAL,
    startTime: timestampFromMs(firstMs),
  });
  return { spend: usdNumber(sums[0]?.costNanoUsd ?? 0n), max_budget: 0 };
};

/** `GET /global/spend/report`. */
export const spendReport: ServeManagement = async (call) => {
  const group = call.members.text("group_by") ?? "team";
  const query = await reportQuery(call);
  const isOfKeys = query.keys !== undefined || query.users !== undefined;
  if (group === "api_key" || isOfKeys) return reportByKey(await cellsFor(call, query));
  if (group === "customer" || query.endUsers !== undefined)
    return reportByDay(await cellsFor(call, { ...query, byEndUser: true }), {
      list: "customers",
      member: "customer",
      nameOf: ({ endUser }) => endUser,
    });
  if (group !== "team") throw wrong("group_by", "must be team, customer or api_key");
  const names = await teamNames(call);
  return reportByDay(await cellsFor(call, query), {
    list: "teams",
    member: "team_name",
    nameOf: ({ team }) => names.get(team) ?? team,
  });
};

async function reportQuery(call: ManagementCall): Promise<SpendQuery> {
  const { members } = call;
  const span = readSpan(members);
  if (span === undefined) throw wrong("start_date", "say start_date and end_date");
  const one = (id: string | undefined) => (id === undefined || id === "" ? undefined : [id]);
  const keys = one(await keyOf(call));
  const users = one(members.text("internal_user_id"));
  const teams = one(members.text("team_id"));
  const endUsers = one(members.text("customer_id"));
  return {
    ...span,
    ...(keys && { keys }),
    ...(users && { users }),
    ...(teams && { teams }),
    ...(endUsers && { endUsers }),
  };
}

interface DayReport {
  readonly list: "teams" | "customers";
  readonly member: "team_name" | "customer";
  readonly nameOf: (cell: SpendCell) => string;
}

function reportByDay(
  cells: readonly SpendCell[],
  { list, member, nameOf }: DayReport,
): WritableObject[] {
  const days = groupBy(cells, ({ dayMs: day }) => day);
  return [...days].map(([day, ofDay]) => ({
    group_by_day: new Date(day).toISOString().replace(".000Z", "+00:00"),
    [list]: [...groupBy(ofDay, nameOf)].map(([name, some]) => ({
      [member]: name === "" ? null : name,
      total_spend: usdNumber(sumOf(some, ({ nanoUsd }) => nanoUsd)),
      metadata: some.map(({ model, key, nanoUsd, inputTokens, outputTokens }) => ({
        model,
        api_key: key,
        spend: usdNumber(nanoUsd),
        total_tokens: Number(inputTokens + outputTokens),
      })),
    })),
  }));
}

function reportByKey(cells: readonly SpendCell[]): WritableObject[] {
  const keys = [...groupBy(cells, ({ key }) => key)].map(([key, some]) => ({
    cost: sumOf(some, ({ nanoUsd }) => nanoUsd),
    answer: { api_key: key, ...costsOf(some) },
    models: [...groupBy(some, ({ model }) => model)],
  }));
  keys.sort((one, other) => (one.cost > other.cost ? -1 : 1));
  return keys.map(({ answer, models }) => ({
    ...answer,
    model_details: models.map(([model, some]) => ({ model, ...costsOf(some) })),
  }));
}

function costsOf(cells: readonly SpendCell[]): WritableObject {
  return {
    total_cost: usdNumber(sumOf(cells, ({ nanoUsd }) => nanoUsd)),
    total_input_tokens: Number(sumOf(cells, ({ inputTokens }) => inputTokens)),
    total_output_tokens: Number(sumOf(cells, ({ outputTokens }) => outputTokens)),
  };
}

function sumOf(cells: readonly SpendCell[], part: (cell: SpendCell) => bigint): bigint {
  return cells.reduce((sum, cell) => sum + part(cell), 0n);
}

function groupBy<Group>(
  cells: readonly SpendCell[],
  groupOf: (cell: SpendCell) => Group,
): ReadonlyMap<Group, SpendCell[]> {
  const groups = new Map<Group, SpendCell[]>();
  for (const cell of cells) {
    const group = groupOf(cell);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [cell]);
    else known.push(cell);
  }
  return groups;
}

/** Sums that a caller may see, by the rule of UsageService. */
async function cellsFor(call: ManagementCall, query: SpendQuery): Promise<readonly SpendCell[]> {
  const { engine, principal, caller } = call;
  rolesChecked(principal, { method: UsageService.method.aggregateUsage });
  const cells = await engine.spending.cells(query, caller);
  // Refused requests are in the ledger too, and took nothing.
  return cells.filter((one) => one.nanoUsd + one.inputTokens + one.outputTokens > 0n);
}

/** The names of the teams that a caller may see. */
async function teamNames({
  services,
  caller,
}: ManagementCall): Promise<ReadonlyMap<string, string>> {
  if (caller.access.grants.length === 0) return new Map();
  const teams = await everyPage(async (page) => {
    const { teams: items, nextPageToken } = await services.teams.listTeams(page);
    return { items, nextPageToken };
  });
  return new Map(teams.map(({ id, name }) => [id, name]));
}

/** The id of the key that `api_key` names, by its value or its id; "" for none. */
async function keyOf({ members, engine }: ManagementCall): Promise<string> {
  const named = members.text("api_key") ?? "";
  if (named === "") return "";
  const id = await engine.tenants.idOfKey(named);
  // A value that is no key's is not passed on: it may be a secret of somebody else.
  return id ?? (named.startsWith("sk-") ? "unknown" : named);
}

/** From when on and until when. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `start_date` and `end_date`, the last day included; undefined where neither is said. */
function readSpan(members: ManagementMembers): Span | undefined {
  const fromMs = members.time("start_date");
  const endMs = members.time("end_date");
  if (fromMs === undefined && endMs === undefined) return undefined;
  if (fromMs === undefined || endMs === undefined)
    throw wrong(fromMs === undefined ? "start_date" : "end_date", "say both, or neither");
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(members.text("end_date") ?? "");
  const toMs = isDay ? endMs + dayMs : endMs;
  if (toMs <= fromMs) throw wrong("end_date", "must not be before start_date");
  if (toMs - fromMs > maxDays * dayMs) throw wrong("end_date", `at most ${maxDays} days at once`);
  return { fromMs, toMs };
}

const maxDays = 3_660;

function isoOf(ms: number): string {
  return timestampDate(timestampFromMs(ms)).toISOString();
}

function dateOf(ms: number): string {
  return isoOf(ms).slice(0, 10);
}
