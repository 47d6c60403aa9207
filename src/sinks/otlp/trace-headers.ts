import { parseBaggage } from "./baggage.ts";
import { callTrace, printTraceparent } from "./trace-context.ts";

/** What of a call says which trace it is of. */
interface TracedCall {
  readonly id: string;
  readonly header: (name: string) => string | undefined;
}

/** A `tracestate` may be cut off by anybody when it is longer. */
const maxState = 512;

/**
 * The headers that a vendor gets with an attempt, by its place among those of the call: names and
 * values in turn. Of a baggage it gets what is allowed. A `tracestate` belongs to a `traceparent`.
 */
export function traceHeaders(
  { id, header }: TracedCall,
  at: number,
  baggage: ReadonlySet<string>,
): readonly string[] {
  const trace = callTrace(id, header("traceparent"));
  const headers = ["traceparent", printTraceparent(trace, at)];
  const state = trace.parent === undefined ? undefined : header("tracestate");
  if (state !== undefined && state !== "" && state.length <= maxState)
    headers.push("tracestate", state);
  const members = parseBaggage(header("baggage"), baggage);
  if (members.length > 0) headers.push("baggage", members.map(({ text }) => text).join(","));
  return headers;
}
