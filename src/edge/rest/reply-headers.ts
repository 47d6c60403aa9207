import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Call, Reply } from "../../core/call.ts";
import type { Target } from "../../core/target.ts";
import { callIdHeader } from "../call-id.ts";

/** How long the fidelity header may get; the typed report has no such bound. */
const maxFidelityLength = 1024;

/** The headers of a reply beside its content type: name, value, name, value. */
export function replyHeaders(call: Call, reply: Reply): string[] {
  const headers = [
    ...callHeaders(call),
    ...targetHeaders(reply.target),
    "x-parlance-overhead-us",
    String(call.trace.overheadUs()),
  ];
  if (reply.report.length > 0) headers.push("x-parlance-fidelity", fidelity(reply.report));
  pushHeaders(headers, reply.headers);
  return headers;
}

/** Adds headers of a vendor's reply that callers may see. */
export function pushHeaders(headers: string[], passed: Readonly<Record<string, string>>): void {
  for (const name in passed) {
    const value = passed[name];
    if (value !== undefined) headers.push(name, value);
  }
}

/** The headers that a failed call has too. */
export function callHeaders(call: Call): string[] {
  return [callIdHeader, call.id, "x-parlance-attempts", String(call.trace.attempts.length)];
}

/** The target that answered, or that was tried last; nothing where none was. */
export function targetHeaders(target: Target | undefined): string[] {
  return target === undefined
    ? []
    : ["x-parlance-target", headerText(`${target.provider}/${target.model}`)];
}

/**
 * Such as `sampling.top_k=DROPPED, messages[0].parts[1].cache=DROPPED`; cut with `...` where it
 * would get too long.
 */
function fidelity(report: readonly FieldReport[]): string {
  let text = "";
  for (const { field, outcome } of report) {
    const item = headerText(`${text === "" ? "" : ", "}${field}=${FieldOutcome[outcome]}`);
    if (text.length + item.length > maxFidelityLength) return `${text}, ...`;
    text += item;
  }
  return text;
}

/** Header values are visible ASCII (RFC 9110, 5.5); anything else is percent-encoded. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.toWellFormed());
}
