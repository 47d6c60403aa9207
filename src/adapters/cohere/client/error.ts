import type { Fault } from "../../../core/fault.ts";

/** The body of an error reply, as the vendor's own clients read it: the status says the rest. */
export function encodeError({ message, upstreamRequestId, upstreamType }: Fault): string {
  return JSON.stringify({ id: upstreamRequestId, message, error_type: upstreamType });
}
