import { CacheState } from "../../gen/parlance/call/v1/cache_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { AttemptRecord } from "../core/attempt-record.ts";
import { printUsd } from "../core/facts/nano-usd.ts";
import { describeGuard } from "../core/guard/guard-report.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import { quoted } from "../json/quoted.ts";
import { callTrace } from "../sinks/otlp/trace-context.ts";
import type { WantedFields } from "./call-fields.ts";
import { lastTarget, levelOfCall, printLevel, replyStatus } from "./record-facts.ts";

// Members with values that need no escapes are put in as they are, and none is made by a function
// of its own: a line is printed for each call.

/** A call as an object in JSON. `time` is when it ended; `detailed`: with all attempts. */
export function printCallJson(
  record: CallRecord,
  wanted: WantedFields,
  { time, detailed }: { readonly time: string; readonly detailed: boolean },
): string {
  let line = wanted.time ? `{"time":"${time}"` : "";
  if (wanted.level) line += `,"level":"${printLevel(levelOfCall(record))}"`;
  line += callMembers(record, wanted);
  line += failureMembers(record, wanted);
  line += usageMembers(record, wanted);
  line += costMembers(record, wanted);
  line += whoMembers(record, wanted);
  line += policyMembers(record, wanted);
  line += attemptMembers(record, wanted, detailed);
  if (wanted.caller_gone) line += `,"caller_gone":${record.callerGone}`;
  if (wanted.hasFurther) line += furtherMembers(record, wanted);
  return wanted.time ? `${line}}` : `{${line.slice(1)}}`;
}

function callMembers(record: CallRecord, wanted: WantedFields): string {
  let line = wanted.call_id ? `,"call_id":${quoted(record.callId)}` : "";
  if (wanted.operation) line += `,"operation":${quoted(record.operation)}`;
  if (wanted.stream) line += `,"stream":${record.stream}`;
  if (wanted.model) line += `,"model":${quoted(record.model)}`;
  const target = wanted.target ? lastTarget(record) : undefined;
  if (target !== undefined) line += `,"target":${quoted(target)}`;
  if (wanted.status) line += `,"status":${replyStatus(record)}`;
  return line;
}

/** Why the call failed, with what only the operator may read of it. */
function failureMembers({ fault }: CallRecord, wanted: WantedFields): string {
  if (fault === undefined) return "";
  const { reason, detail } = fault;
  const line = wanted.reason ? `,"reason":${quoted(ErrorReason[reason])}` : "";
  return wanted.detail && detail !== undefined
    ? `${line},"detail":${JSON.stringify(detail)}`
    : line;
}

function usageMembers({ usage, durationMs }: CallRecord, wanted: WantedFields): string {
  let line = wanted.duration_ms ? `,"duration_ms":${Math.round(durationMs * 1000) / 1000}` : "";
  if (usage === undefined) return line;
  const { inputTokens, outputTokens } = usage;
  if (wanted.input_tokens && inputTokens !== undefined) line += `,"input_tokens":${inputTokens}`;
  if (wanted.output_tokens && outputTokens !== undefined)
    line += `,"output_tokens":${outputTokens}`;
  return line;
}

/** What the call cost in USD, where a vendor was called, or why that is not known. */
function costMembers({ attempts, cost, cacheSaved }: CallRecord, wanted: WantedFields): string {
  let line = "";
  if (attempts.length > 0 && cost.kind === "unpriced") {
    if (wanted.unpriced) line = `,"unpriced":${quoted(cost.why)}`;
  } else if (attempts.length > 0 && cost.kind === "priced") {
    if (wanted.cost_usd) line = `,"cost_usd":"${printUsd(cost.nanoUsd)}"`;
    if (wanted.cost_estimated && cost.estimated) line += ',"cost_estimated":true';
  }
  return wanted.cache_saved_usd && cacheSaved !== undefined
    ? `${line},"cache_saved_usd":"${printUsd(cacheSaved)}"`
    : line;
}

/** Who called and from where, as far as that is known. */
function whoMembers({ principal, clientAddress }: CallRecord, wanted: WantedFields): string {
  const line =
    wanted.principal && principal !== undefined ? `,"principal":${quoted(principal)}` : "";
  return wanted.client && clientAddress !== "" ? `${line},"client":${quoted(clientAddress)}` : line;
}

/** What rules, experiments and the caches did. */
function policyMembers(record: CallRecord, wanted: WantedFields): string {
  const { rules, guards, arm, cache, promptCacheSaved } = record;
  let line = wanted.rules && rules.length > 0 ? `,"rules":${JSON.stringify(rules)}` : "";
  if (wanted.guards && guards !== undefined)
    line += `,"guards":${JSON.stringify(guards.map(describeGuard))}`;
  if (wanted.arm && arm !== undefined) line += `,"arm":${quoted(arm)}`;
  if (wanted.cache && cache !== undefined) line += `,"cache":${quoted(CacheState[cache.state])}`;
  if (wanted.prompt_cache_saved_nano_usd && promptCacheSaved !== undefined)
    line += `,"prompt_cache_saved_nano_usd":${promptCacheSaved}`;
  return line;
}

function attemptMembers({ attempts }: CallRecord, wanted: WantedFields, detailed: boolean): string {
  let line = wanted.attempts ? `,"attempts":${attempts.length}` : "";
  const last = attempts.at(-1);
  if (last === undefined) return line;
  const { firstTokenUs } = last;
  if (wanted.first_token_ms && firstTokenUs !== undefined)
    line += `,"first_token_ms":${firstTokenUs / 1000}`;
  // Of one alone the line itself says enough.
  if (wanted.trail && (attempts.length > 1 || detailed)) {
    const trail = attempts.map((attempt) => describeAttempt(attempt, detailed));
    line += `,"trail":${JSON.stringify(trail)}`;
  }
  return line;
}

/** Members that are left out by default: who is charged, and where the time went. */
export function furtherMembers(record: CallRecord, wanted: WantedFields): string {
  let line = "";
  const add = (isWanted: boolean, name: string, value: string | number | undefined): void => {
    if (isWanted && value !== undefined) line += `,"${name}":${JSON.stringify(value)}`;
  };
  add(wanted.team, "team", record.team);
  add(wanted.end_user, "end_user", record.endUser);
  add(wanted.session, "session", record.session);
  const { tags = [] } = record;
  if (wanted.tags && tags.length > 0) line += `,"tags":${JSON.stringify(tags)}`;
  add(wanted.client_dialect, "client_dialect", record.clientDialect);
  if (wanted.trace_id) add(true, "trace_id", callTrace(record.callId, record.traceparent).traceId);
  add(wanted.overhead_ms, "overhead_ms", milliseconds(record.overheadUs));
  add(wanted.queued_ms, "queued_ms", milliseconds(record.queuedUs));
  add(wanted.config_hash, "config_hash", record.configHash);
  return line;
}

function describeAttempt(attempt: AttemptRecord, detailed: boolean): object {
  const { target, end, fault, status, usage, cost } = attempt;
  return {
    target: `${target.provider}/${target.model}`,
    end: end?.kind,
    reason: fault === undefined ? undefined : ErrorReason[fault.reason],
    status: status === 0 ? undefined : status,
    duration_ms: attempt.durationUs / 1000,
    first_token_ms: milliseconds(attempt.firstTokenUs),
    input_tokens: tokens(usage?.inputTokens),
    output_tokens: tokens(usage?.outputTokens),
    hedged: attempt.hedged || undefined,
    wasted: attempt.wasted || undefined,
    continues: attempt.continues || undefined,
    ...(detailed && {
      why: attempt.why || undefined,
      dialect: attempt.dialect || undefined,
      cost_usd: cost?.kind === "priced" ? printUsd(cost.nanoUsd) : undefined,
    }),
  };
}

function tokens(count: bigint | undefined): number | undefined {
  return count === undefined ? undefined : Number(count);
}

function milliseconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1000;
}
