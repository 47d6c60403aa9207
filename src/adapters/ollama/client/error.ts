import type { Fault } from "../../../core/faults/fault.ts";

/** The body of an error reply. */
export function encodeError(fault: Fault): string {
  return JSON.stringify({ error: fault.message });
}
