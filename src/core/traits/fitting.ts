import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { fieldEntry } from "../fidelity/field-entry.ts";

/** A chat while it is fitted to its model. */
export interface Fitting {
  /** A copy of the caller's chat: its own members may be replaced, what they hold may not. */
  readonly chat: Chat;
  /** What became of the fields that the model does not take. */
  readonly report: FieldReport[];
}

/** Reports that a field is left out. */
export function drops({ report }: Fitting, field: string, note: string): void {
  report.push(fieldEntry(field, FieldOutcome.DROPPED, note));
}

/** Reports that a field is not needed, or said otherwise without a loss. */
export function maps({ report }: Fitting, field: string, note: string): void {
  report.push(fieldEntry(field, FieldOutcome.MAPPED, note));
}

/** Reports that a field has the nearest value that the model takes. */
export function clamps({ report }: Fitting, field: string, note: string): void {
  report.push(fieldEntry(field, FieldOutcome.CLAMPED, note));
}

/** Reports that a field is brought about by other means. */
export function emulates({ report }: Fitting, field: string, note: string): void {
  report.push(fieldEntry(field, FieldOutcome.EMULATED, note));
}
