import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import type { PlacedPart } from "./draft.ts";

/** What was done to a conversation, in the paths of the caller's messages. */
export interface Notes {
  mapped(field: string, note: string): void;
  emulated(field: string, note: string): void;
  dropped(field: string, note: string): void;
}

/** Notes that become entries of a report. */
export function notesIn(entries: FieldReport[]): Notes {
  const note = (outcome: FieldOutcome) => (field: string, words: string) => {
    entries.push(fieldEntry(field, outcome, words));
  };
  return {
    mapped: note(FieldOutcome.MAPPED),
    emulated: note(FieldOutcome.EMULATED),
    dropped: note(FieldOutcome.DROPPED),
  };
}

/** The path of a part in the caller's messages; of what the gateway put there, its message's. */
export function pathOf({ message, index }: PlacedPart): string {
  return index === undefined ? `messages[${message}]` : `messages[${message}].parts[${index}]`;
}
