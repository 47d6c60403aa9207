import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import type { CacheFacts } from "../../core/cache/cache-facts.ts";
import type { Call, Reply } from "../../core/call.ts";
import type { Facade } from "../../core/dialect.ts";
import { guardHeader } from "../../core/guard/guard-report.ts";
import type { Target } from "../../core/target/target.ts";
import { callIdHeader } from "../call-id.ts";
import { leftHeaders, pushCost } from "../caller-headers.ts";
import { timingHeaders } from "../timing-headers.ts";

/** How long the headers of fidelity and trail may get; the typed report has no such bound. */
const maxListLength = 1024;

/** The headers of a reply beside its content type: name, value, name, value. */
export function replyHeaders(call: Call, reply: Reply, own?: OwnRates): string[] {
  const headers = [
    ...callHeaders(call),
    ...targetHeaders(reply.target),
    ...whyHeaders(call),
    "x-parlance-overhead-us",
    String(call.trace.overheadUs()),
  ];
  pushCost(headers, call.trace);
  const { cache } = call.trace;
  if (cache !== undefined) addCacheHeaders(headers, cache);
  if (reply.report.length > 0) headers.push("x-parlance-fidelity", fidelity(reply.report));
  if (own !== undefined) appendAll(headers, own.headers);
  pushHeaders(headers, reply.headers, ratePrefixes(call, own));
  return headers;
}

/** What limits leave to the caller, in the words of its dialect. */
export interface OwnRates {
  /** What the names of the headers begin with. */
  readonly prefix: string;
  readonly headers: readonly string[];
}

/** What clients of a dialect read of limits. Undefined: nothing beside OpenAI's, or there are none. */
export function ownRatesOf(
  { trace }: Pick<Call, "trace">,
  { rates }: Pick<Facade, "rates">,
  nowUnixS: number,
): OwnRates | undefined {
  if (rates === undefined || trace.rates === undefined) return undefined;
  return { prefix: rates.prefix, headers: rates.headers(trace.rates, nowUnixS) };
}

/** The beginnings of names of headers that are the gateway's to say. */
export function ratePrefixes({ trace }: Pick<Call, "trace">, own?: OwnRates): readonly string[] {
  if (trace.rates === undefined) return none;
  return own === undefined ? ["x-ratelimit-"] : ["x-ratelimit-", own.prefix];
}

const none: readonly string[] = [];

/** What the response cache did. */
function addCacheHeaders(
  headers: string[],
  { state, key, ageMs, stale, shared, similarity }: CacheFacts,
): void {
  headers.push("x-parlance-cache", CacheState[state]);
  if (ageMs !== undefined) headers.push("x-parlance-cache-age", String(Math.floor(ageMs / 1000)));
  if (key !== "") headers.push("x-parlance-cache-key", key);
  if (stale === true) headers.push("x-parlance-cache-stale", "true");
  if (shared === true) headers.push("x-parlance-cache-shared", "true");
  if (similarity !== undefined) headers.push("x-parlance-cache-similarity", similarity.toFixed(4));
}

/**
 * Adds headers of a vendor's reply that callers may see. What begins as the gateway's own headers of
 * limits do is named as LiteLLM names it.
 */
export function pushHeaders(
  headers: string[],
  passed: Readonly<Record<string, string>>,
  prefixes: readonly string[],
): void {
  for (const name in passed) {
    const value = passed[name];
    if (value === undefined) continue;
    const ofVendor = prefixes.some((prefix) => name.startsWith(prefix));
    headers.push(ofVendor ? `llm_provider-${name}` : name, value);
  }
}

/** The headers of a failed call. */
export function failureHeaders(call: Call, own?: OwnRates): string[] {
  const headers = callHeaders(call);
  pushCost(headers, call.trace);
  if (own !== undefined) appendAll(headers, own.headers);
  return headers;
}

/** The headers of every call, whatever became of it. */
function callHeaders(call: Call): string[] {
  const { attempts, guards, rules } = call.trace;
  const headers = [callIdHeader, call.id, "x-parlance-attempts", String(attempts.length)];
  appendAll(headers, timingHeaders(call));
  const { rates, budgetLeft } = call.trace;
  if (rates !== undefined || budgetLeft !== undefined) appendAll(headers, leftHeaders(call.trace));
  if (call.trace.budgetWarning !== undefined)
    headers.push("x-parlance-budget-warning", headerText(call.trace.budgetWarning));
  if (call.trace.arm !== undefined) headers.push("x-parlance-arm", call.trace.arm);
  addRecoveryHeaders(headers, attempts);
  // Of one attempt that fails nothing the other headers say all there is.
  if (attempts.length > 1 || attempts[0]?.fault !== undefined)
    headers.push("x-parlance-trail", listed(attempts, trailItem));
  if (guards.length > 0) headers.push("x-parlance-guards", guardHeader(guards));
  if (rules.length > 0)
    headers.push(
      "x-parlance-rule",
      listed(rules, (name) => name),
    );
  return headers;
}

/**
 * How often the call was tried again and fell back, where LiteLLM's clients read it, and the model
 * that answered or was tried last. Nothing of one try of the model that the call names.
 */
function addRecoveryHeaders(headers: string[], attempts: readonly AttemptRecord[]): void {
  const last = attempts.findLast(answered) ?? attempts.at(-1);
  if (last === undefined || (attempts.length === 1 && !last.fallback)) return;
  const models = new Set(attempts.map(({ model }) => model));
  const fallbacks = new Set(attempts.flatMap((one) => (one.fallback ? [one.model] : [])));
  const tries = attempts.filter(({ hedged, part }) => !hedged && !part).length;
  headers.push("x-litellm-attempted-retries", String(Math.max(0, tries - models.size)));
  headers.push("x-litellm-attempted-fallbacks", String(fallbacks.size));
  if (last.model !== "") headers.push("x-litellm-model-group", headerText(last.model));
}

/**
 * Such as `far/big;end=broken;reason=UPSTREAM_OVERLOADED;status=529;us=1200`. An attempt that has
 * not ended, as where the reply streams, has no end.
 */
function trailItem(record: AttemptRecord): string {
  const { target, status, durationUs, end, fault, firstTokenUs, usage } = record;
  const members: readonly (readonly [name: string, value: string | number | bigint | undefined])[] =
    [
      ["end", end?.kind],
      ["reason", fault === undefined ? undefined : ErrorReason[fault.reason]],
      ["status", status === 0 ? undefined : status],
      ["us", durationUs],
      ["first_token_us", firstTokenUs],
      ["input_tokens", usage?.inputTokens],
      ["output_tokens", usage?.outputTokens],
    ];
  const reported = members.filter(([, value]) => value !== undefined);
  const marks = `${record.hedged ? ";hedged" : ""}${record.wasted ? ";wasted" : ""}`;
  const tail = reported.map(([name, value]) => `;${name}=${value}`).join("") + marks;
  return `${target.provider}/${target.model.replaceAll(/[,;]/g, "_")}${tail}`;
}

/** The target that answered, or that was tried last; nothing where none was. */
export function targetHeaders(target: Target | undefined): string[] {
  return target === undefined
    ? []
    : ["x-parlance-target", headerText(`${target.provider}/${target.model}`)];
}

/** Why the target that answered was tried; nothing where nothing chose it. */
function whyHeaders({ trace: { attempts, cache } }: Call): string[] {
  const stored = attempts.length === 0 && cache !== undefined ? whyStored(cache) : "";
  const why = (attempts.findLast(answered) ?? attempts.at(-1))?.why ?? stored;
  return why === "" ? [] : ["x-parlance-why", headerText(why)];
}

function whyStored({ shared, similarity }: CacheFacts): string {
  if (shared === true) return "the answer to an equal call that was under way";
  if (similarity === undefined) return "the stored answer to an equal call";
  return `the stored answer to a question that is near (${similarity.toFixed(4)})`;
}

/** Not the one that was tried last, where it lost a race. */
function answered({ wasted, fault }: AttemptRecord): boolean {
  return !wasted && fault === undefined;
}

/** Such as `sampling.top_k=DROPPED, messages[0].parts[1].cache=DROPPED`. */
function fidelity(report: readonly FieldReport[]): string {
  return listed(report, ({ field, outcome }) => `${field}=${FieldOutcome[outcome]}`);
}

/** Items with commas between them; cut with `...` where the list would get too long. */
function listed<T>(all: readonly T[], print: (one: T) => string): string {
  let text = "";
  for (const one of all) {
    const item = headerText(`${text === "" ? "" : ", "}${print(one)}`);
    if (text.length + item.length > maxListLength) return `${text}, ...`;
    text += item;
  }
  return text;
}

/** Header values are visible ASCII (RFC 9110, 5.5); anything else is percent-encoded. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.toWellFormed());
}
