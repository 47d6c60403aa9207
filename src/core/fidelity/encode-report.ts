import type { Message } from "@bufbuild/protobuf";
import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../faults/fault.ts";
import { type Fidelity, fateOf, outcomeWord } from "./fidelity.ts";

/**
 * What an encoder reports while it builds a body: what became of fields, and the first reason to
 * refuse.
 */
export interface EncodeReport {
  /** What the dialect declares of its fields: where the notes come from. */
  readonly fidelity: Fidelity;
  readonly entries: FieldReport[];
  fault: Fault | undefined;
}

/** A report with nothing in it. */
export function createReport(fidelity: Fidelity): EncodeReport {
  return { fidelity, entries: [], fault: undefined };
}

/**
 * Reports every field that the table alone decides about: those that are always dropped or refused,
 * and foreign extras.
 */
export function reportDeclined(report: EncodeReport, message: Message): void {
  report.fidelity.declines(message, ({ field, outcome, note }) => {
    if (outcome === "dropped") dropped(report, field, note);
    else if (outcome === "mapped") mapped(report, field, note);
    else refuse(report, ErrorReason.UNSUPPORTED, field, note);
  });
}

/** Reports that a field was not sent. `note` replaces that of the table. */
export function dropped(report: EncodeReport, field: string, note?: string): void {
  add(report, field, FieldOutcome.DROPPED, note);
}

/** Reports that a field was sent in the vendor's format. `note` replaces that of the table. */
export function mapped(report: EncodeReport, field: string, note?: string): void {
  add(report, field, FieldOutcome.MAPPED, note);
}

/** Reports that a field was emulated. `note` replaces that of the table. */
export function emulated(report: EncodeReport, field: string, note?: string): void {
  add(report, field, FieldOutcome.EMULATED, note);
}

/**
 * Reports that a field was sent with the nearest value that the vendor takes. `note` replaces that
 * of the table.
 */
export function clamped(report: EncodeReport, field: string, note?: string): void {
  add(report, field, FieldOutcome.CLAMPED, note);
}

/** Refuses the request because of a field. The first refusal stands. */
export function refuse(
  report: EncodeReport,
  reason: ErrorReason,
  field: string,
  message: string,
): void {
  report.fault ??= { reason, message: `${field}: ${message}`, fields: [{ field, message }] };
}

function add(
  report: EncodeReport,
  field: string,
  outcome: FieldOutcome,
  note: string | undefined,
): void {
  report.entries.push({
    $typeName: "parlance.call.v1.FieldReport",
    field,
    outcome,
    note: note ?? declaredNote(report, field, outcome),
  });
}

function declaredNote({ fidelity }: EncodeReport, field: string, outcome: FieldOutcome): string {
  const word = outcomeWord(outcome);
  return word === undefined ? "" : (fateOf(fidelity.table, field)?.[word] ?? "");
}
