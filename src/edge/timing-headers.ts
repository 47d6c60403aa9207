import type { Call } from "../core/call.ts";
import type { GuardNote } from "../core/guard/guard-note.ts";
import type { CallTimes } from "../core/time/call-times.ts";

/** The header with the parts of a call's duration (https://www.w3.org/TR/server-timing/). */
const timingHeader = "server-timing";

/**
 * Where the time of a call went until its reply or the head of that, and its span where it is
 * traced: name, value, name, value.
 */
export function timingHeaders(call: Call): string[] {
  const { trace, life, traceparent } = call;
  const timing = printTiming(trace.times(life.nowMs, false)) + guardTiming(trace.guards);
  if (traceparent === undefined) return [timingHeader, timing];
  // Agents in browsers read it there, for they see no other headers of what a page loads.
  const named = `${timing}, traceparent;desc="${traceparent}"`;
  return [timingHeader, named, ...spanHeaders(call)];
}

/** Where the time of a stream went, once it is over. */
export function streamTiming({ trace, life }: Call): string[] {
  const timing = printTiming(trace.times(life.nowMs, true)) + guardTiming(trace.guards);
  return [timingHeader, timing];
}

/** The span of a call that is traced, in the form in which callers name theirs. */
export function spanHeaders({ traceparent }: Pick<Call, "traceparent">): string[] {
  return traceparent === undefined ? [] : ["traceparent", traceparent];
}

/** Such as `queue;dur=12, policy;dur=0.412, upstream;dur=230.5`, in milliseconds. */
function printTiming(times: CallTimes): string {
  let text = `policy;dur=${rounded(times.policyMs)}`;
  if (times.queueMs > 0) text = `queue;dur=${rounded(times.queueMs)}, ${text}`;
  if (times.translateMs > 0) text += `, translate;dur=${rounded(times.translateMs)}`;
  if (times.upstreamMs > 0) text += `, upstream;dur=${rounded(times.upstreamMs)}`;
  if (times.writeMs > 0) text += `, write;dur=${rounded(times.writeMs)}`;
  return text;
}

/** What guards took so far, which is a part of the others. */
function guardTiming(notes: readonly GuardNote[]): string {
  const tookUs = notes.reduce((sum, note) => sum + (note.tookUs ?? 0), 0);
  return tookUs === 0 ? "" : `, guards;dur=${tookUs / 1000}`;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
