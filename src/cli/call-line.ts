import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { httpStatus } from "../core/gateway-error.ts";
import type { AttemptRecord } from "../core/trace.ts";
import type { CallRecord } from "../policies/trace.ts";

/** How the log is written. */
export type LogFormat = "json" | "text";

/**
 * Makes the one line that tells of a call. `nowMs` is when it ended, in milliseconds since 1970.
 */
export type CallPrinter = (record: CallRecord, nowMs: number) => string;

/** The printer of a format. Neither prints anything of what was said. */
export function callPrinter(format: LogFormat): CallPrinter {
  return format === "json" ? printJson : printText;
}

/** What a caller that left before the end is counted as; nobody ever receives it. */
const callerGoneStatus = 499;

function printJson(record: CallRecord, nowMs: number): string {
  return JSON.stringify({
    time: new Date(nowMs).toISOString(),
    call_id: record.callId,
    operation: record.operation,
    stream: record.stream,
    model: record.model,
    target: targetOf(record),
    status: statusOf(record),
    reason: reasonOf(record),
    duration_ms: Math.round(record.durationMs * 1000) / 1000,
    input_tokens: tokens(record.usage?.inputTokens),
    output_tokens: tokens(record.usage?.outputTokens),
    principal: record.principal,
    attempts: record.attempts.length,
    first_token_ms: milliseconds(record.attempts.at(-1)?.firstTokenUs),
    trail: record.attempts.length > 1 ? record.attempts.map(printAttempt) : undefined,
    caller_gone: record.callerGone,
  });
}

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
  };
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
    reasonOf(record),
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

/** JSON has no big integers, and no count of tokens is beyond what its numbers keep exactly. */
function tokens(count: bigint | undefined): number | undefined {
  return count === undefined ? undefined : Number(count);
}

/** Callers choose model names: control characters must not forge lines or drive a terminal. */
function clean(text: string): string {
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
