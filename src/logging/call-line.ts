import { CacheState } from "../../gen/parlance/call/v1/cache_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { AttemptRecord } from "../core/attempt-record.ts";
import { printUsd } from "../core/facts/nano-usd.ts";
import { httpStatus } from "../core/faults/gateway-error.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import { clean } from "./clean.ts";

/** How the log is written. */
export type LogFormat = "json" | "text";

/** Makes the one log line of a call. `nowMs` is when it ended, in milliseconds since 1970. */
export type CallPrinter = (record: CallRecord, nowMs: number) => string;

/** The printer of a format. Neither prints content. */
export function callPrinter(format: LogFormat): CallPrinter {
  return format === "json" ? jsonPrinter() : printText;
}

/** What a caller that left before the end is counted as; nobody ever receives it. */
const callerGoneStatus = 499;

/**
 * Members with values that need no escapes are put in as they are: a line is printed for each call.
 */
function jsonPrinter(): CallPrinter {
  const time = isoPrinter();
  return (record, nowMs) => {
    const { usage, attempts, durationMs } = record;
    let line = `{"time":"${time(nowMs)}","call_id":${quoted(record.callId)},"operation":${quoted(record.operation)}`;
    line += `,"stream":${record.stream},"model":${quoted(record.model)}`;
    const target = targetOf(record);
    if (target !== undefined) line += `,"target":${quoted(target)}`;
    line += `,"status":${statusOf(record)}`;
    line += failureMembers(record);
    line += `,"duration_ms":${Math.round(durationMs * 1000) / 1000}`;
    if (usage?.inputTokens !== undefined) line += `,"input_tokens":${usage.inputTokens}`;
    if (usage?.outputTokens !== undefined) line += `,"output_tokens":${usage.outputTokens}`;
    line += costOf(record);
    line += whoOf(record);
    line += policiesOf(record);
    line += `,"attempts":${attempts.length}`;
    const firstTokenMs = milliseconds(attempts.at(-1)?.firstTokenUs);
    if (firstTokenMs !== undefined) line += `,"first_token_ms":${firstTokenMs}`;
    if (attempts.length > 1) line += `,"trail":${JSON.stringify(attempts.map(printAttempt))}`;
    return `${line},"caller_gone":${record.callerGone}}`;
  };
}

/** Why the call failed, with what only the operator may read of it; "" where it did not. */
function failureMembers({ fault }: CallRecord): string {
  if (fault === undefined) return "";
  const reason = `,"reason":${quoted(ErrorReason[fault.reason])}`;
  return fault.detail === undefined ? reason : `${reason},"detail":${JSON.stringify(fault.detail)}`;
}

/** What rules, experiments and the cache did; "" where they did nothing. */
function policiesOf({ rules, arm, cache, promptCacheSaved }: CallRecord): string {
  let members = rules.length > 0 ? `,"rules":${JSON.stringify(rules)}` : "";
  if (arm !== undefined) members += `,"arm":${quoted(arm)}`;
  if (cache !== undefined) members += `,"cache":${quoted(CacheState[cache.state])}`;
  if (promptCacheSaved !== undefined)
    members += `,"prompt_cache_saved_nano_usd":${promptCacheSaved}`;
  return members;
}

/** What the call cost in USD, where a vendor was called, or why that is not known. */
function costOf({ attempts, cost, cacheSaved }: CallRecord): string {
  const saved = cacheSaved === undefined ? "" : `,"cache_saved_usd":"${printUsd(cacheSaved)}"`;
  if (attempts.length === 0) return saved;
  if (cost.kind === "unpriced") return `,"unpriced":${quoted(cost.why)}${saved}`;
  return `,"cost_usd":"${printUsd(cost.nanoUsd)}"${cost.estimated ? ',"cost_estimated":true' : ""}${saved}`;
}

/** Who called and from where, as far as that is known. */
function whoOf({ principal, clientAddress }: CallRecord): string {
  const name = principal === undefined ? "" : `,"principal":${quoted(principal)}`;
  return clientAddress === "" ? name : `${name},"client":${quoted(clientAddress)}`;
}

/**
 * Prints times as ISO 8601 has them. All but the milliseconds is kept from one to the next, for
 * most are of one second.
 */
function isoPrinter(): (timeMs: number) => string {
  let knownSecond = Number.NaN;
  let head = "";
  return (timeMs) => {
    const second = Math.floor(timeMs / 1000);
    if (second !== knownSecond) {
      knownSecond = second;
      head = new Date(second * 1000).toISOString().slice(0, -4);
    }
    return `${head}${String(Math.trunc(timeMs - second * 1000)).padStart(3, "0")}Z`;
  };
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Text that is the same in JSON. */
const PLAIN = /^[\w ./:@-]*$/;

/** One attempt of several. Of one alone the line itself says it all. */
function printAttempt(attempt: AttemptRecord): object {
  const { target, end, fault, status } = attempt;
  return {
    target: `${target.provider}/${target.model}`,
    end: end?.kind,
    reason: fault === undefined ? undefined : ErrorReason[fault.reason],
    status: status === 0 ? undefined : status,
    duration_ms: attempt.durationUs / 1000,
    first_token_ms: milliseconds(attempt.firstTokenUs),
    input_tokens: tokens(attempt.usage?.inputTokens),
    output_tokens: tokens(attempt.usage?.outputTokens),
    hedged: attempt.hedged || undefined,
    wasted: attempt.wasted || undefined,
    continues: attempt.continues || undefined,
  };
}

function tokens(count: bigint | undefined): number | undefined {
  return count === undefined ? undefined : Number(count);
}

function milliseconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1000;
}

function printText(record: CallRecord, nowMs: number): string {
  const target = targetOf(record);
  const used = record.usage;
  const parts = [
    new Date(nowMs).toISOString().slice(11, 23),
    statusOf(record),
    `${record.durationMs.toFixed(1)}ms`,
    record.operation,
    record.model === "" ? undefined : clean(record.model),
    target === undefined || target === record.model ? undefined : `-> ${clean(target)}`,
    used === undefined ? undefined : `${used.inputTokens ?? 0n} in, ${used.outputTokens ?? 0n} out`,
    record.attempts.length > 1 ? `${record.attempts.length} attempts` : undefined,
    record.principal,
    record.rules.length === 0 ? undefined : `rule ${record.rules.join(", ")}`,
    record.arm === undefined ? undefined : `arm ${record.arm}`,
    record.clientAddress === "" ? undefined : record.clientAddress,
    reasonOf(record),
    record.fault?.detail === undefined ? undefined : clean(record.fault.detail),
    record.callerGone ? "caller gone" : undefined,
    record.callId,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

function targetOf({ attempts }: CallRecord): string | undefined {
  const target = attempts.at(-1)?.target;
  return target === undefined ? undefined : `${target.provider}/${target.model}`;
}

function statusOf({ fault, callerGone }: CallRecord): number {
  if (callerGone) return callerGoneStatus;
  return fault === undefined ? 200 : httpStatus(fault);
}

function reasonOf({ fault }: CallRecord): string | undefined {
  return fault === undefined ? undefined : ErrorReason[fault.reason];
}
