import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { AttemptRecord } from "../core/attempt-record.ts";
import { describeGuard } from "../core/guard/guard-report.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import type { CallField, WantedFields } from "./call-fields.ts";
import { furtherMembers } from "./call-json.ts";
import { clean } from "./clean.ts";
import { lastTarget, replyStatus } from "./record-facts.ts";

/** A call as people read it, in one line. `time` is when it ended; `detailed`: with all attempts. */
export function printCallWords(
  record: CallRecord,
  wanted: WantedFields,
  { time, detailed }: { readonly time: string; readonly detailed: boolean },
): string {
  const parts = words.map(([name, print]) => (wanted[name] ? print(record) : ""));
  const further = clean(furtherMembers(record, wanted).slice(1));
  const all = [
    wanted.time ? time.slice(11, 23) : "",
    ...parts,
    detailed && wanted.trail ? trailWords(record) : "",
    further === "" ? "" : `{${further}}`,
    wanted.call_id ? record.callId : "",
  ];
  return all.filter((part) => part !== undefined && part !== "").join(" ");
}

/** What is said of a call, in its order, each with the member that has it said. */
const words: readonly (readonly [CallField, (record: CallRecord) => string | undefined])[] = [
  ["status", (record) => String(replyStatus(record))],
  ["duration_ms", ({ durationMs }) => `${durationMs.toFixed(1)}ms`],
  ["operation", ({ operation }) => operation],
  ["model", ({ model }) => clean(model)],
  ["target", targetWords],
  ["input_tokens", tokenWords],
  ["attempts", ({ attempts: { length } }) => (length > 1 ? `${length} attempts` : "")],
  ["principal", ({ principal }) => principal && clean(principal)],
  ["rules", ({ rules }) => (rules.length === 0 ? "" : `rule ${rules.join(", ")}`)],
  ["guards", ({ guards }) => (guards === undefined ? "" : guards.map(describeGuard).join(", "))],
  ["arm", ({ arm }) => arm && `arm ${arm}`],
  ["client", ({ clientAddress }) => clientAddress],
  ["reason", ({ fault }) => fault && ErrorReason[fault.reason]],
  ["detail", ({ fault }) => fault?.detail && clean(fault.detail)],
  ["caller_gone", ({ callerGone }) => (callerGone ? "caller gone" : "")],
];

function targetWords(record: CallRecord): string {
  const target = lastTarget(record);
  return target === undefined || target === record.model ? "" : `-> ${clean(target)}`;
}

function tokenWords({ usage }: CallRecord): string {
  return usage === undefined
    ? ""
    : `${usage.inputTokens ?? 0n} in, ${usage.outputTokens ?? 0n} out`;
}

function trailWords({ attempts }: CallRecord): string {
  return attempts.length === 0 ? "" : `[${attempts.map(attemptWords).join("; ")}]`;
}

function attemptWords({ target, end, fault, durationUs, why }: AttemptRecord): string {
  const parts = [
    clean(`${target.provider}/${target.model}`),
    `${(durationUs / 1000).toFixed(1)}ms`,
    fault === undefined ? (end?.kind ?? "") : ErrorReason[fault.reason],
    clean(why),
  ];
  return parts.filter((part) => part !== "").join(" ");
}
