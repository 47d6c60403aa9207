import { createHash } from "node:crypto";

/** The span that a call is within, by its `traceparent`: https://www.w3.org/TR/trace-context/ */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** The ids of the spans of a call. */
export interface CallTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** The caller's span. Undefined: it names none. */
  readonly parent: TraceParent | undefined;
}

const form = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Reads a `traceparent`. Undefined where there is none, or none that may be used. */
export function parseTraceparent(text: string | undefined): TraceParent | undefined {
  const [, version, traceId = "", spanId = "", flags = "", more] = form.exec(text ?? "") ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (version === "00" && more !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/**
 * The ids of a call. They follow from the id of the call, so that what a vendor is sent and what
 * spans say agree, and nothing is kept.
 */
export function callTrace(callId: string, traceparent: string | undefined): CallTrace {
  const parent = parseTraceparent(traceparent);
  const hex = callId.replaceAll("-", "");
  const own = /^[\da-f]{32}$/.test(hex)
    ? hex
    : createHash("sha256").update(callId).digest("hex").slice(0, 32);
  return { traceId: parent?.traceId ?? own, spanId: own.slice(16), parent };
}

/** The id of the span of an attempt, by its place among those of the call. */
export function attemptSpanId({ spanId }: CallTrace, at: number): string {
  const id = (BigInt(`0x${spanId}`) + BigInt(at + 1)) % 2n ** 64n;
  return (id === 0n ? 1n : id).toString(16).padStart(16, "0");
}

/** The `traceparent` of an attempt, for the vendor that it calls. */
export function printTraceparent(trace: CallTrace, at: number): string {
  return printSpan(trace, attemptSpanId(trace, at), trace.parent?.sampled !== false);
}

/** The `traceparent` of a call, for its caller. */
export function printCallSpan(trace: CallTrace, samplePercent: number): string {
  return printSpan(trace, trace.spanId, isSampled(trace, samplePercent));
}

/**
 * Whether a call is among the samples. The caller decides, if it names a span, and if not the
 * trace's id, so that all gateways choose the same, and as OpenTelemetry does it:
 * https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
export function isSampled({ parent, traceId }: CallTrace, samplePercent: number): boolean {
  if (parent !== undefined) return parent.sampled;
  if (samplePercent >= 100) return true;
  return Number.parseInt(traceId.slice(-14, -1), 16) >= (1 - samplePercent / 100) * 2 ** 52;
}

function printSpan({ traceId }: CallTrace, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}
