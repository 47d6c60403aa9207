import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import { FieldOutcome } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "./fault.ts";

/** What an encoder has to tell while it builds a body: what became of fields, and the first reason to refuse. */
export interface EncodeReport {
  readonly entries: FieldReport[];
  fault: Fault | undefined;
}

/** A report with nothing in it. */
export function createReport(): EncodeReport {
  return { entries: [], fault: undefined };
}

/** Tells that a field was not sent. */
export function dropped(report: EncodeReport, field: string, note: string): void {
  add(report, field, FieldOutcome.DROPPED, note);
}

/** Tells that a field was sent in the vendor's words. */
export function mapped(report: EncodeReport, field: string, note: string): void {
  add(report, field, FieldOutcome.MAPPED, note);
}

/** Tells that a field was brought about by other means. */
export function emulated(report: EncodeReport, field: string, note: string): void {
  add(report, field, FieldOutcome.EMULATED, note);
}

/** Tells that a field was sent with the nearest value that the vendor takes. */
export function clamped(report: EncodeReport, field: string, note: string): void {
  add(report, field, FieldOutcome.CLAMPED, note);
}

/** Refuses the request because of a field. The first refusal stands. */
export function refuse(report: EncodeReport, reason: ErrorReason, field: string, message: string): void {
  report.fault ??= { reason, message: `${field}: ${message}`, fields: [{ field, message }] };
}

function add(report: EncodeReport, field: string, outcome: FieldOutcome, note: string): void {
  report.entries.push({ $typeName: "parlance.call.v1.FieldReport", field, outcome, note });
}
