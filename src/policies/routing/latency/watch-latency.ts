import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Call, Layer } from "../../../core/call.ts";
import type { Stage } from "../../../core/compose.ts";
import type { End } from "../../../core/life.ts";
import { isOutpaced } from "../hedge.ts";
import type { Latency, Streamed } from "./latency.ts";

/** The stage of the layer below; undefined where nothing goes by latency. */
export function latencyPolicy(
  { models }: Settings,
  { latency }: { readonly latency: Latency },
): Stage | undefined {
  const goesBy = [...models.values()].some(
    ({ settings: { strategy, hedge } }) =>
      strategy === Strategy.LOWEST_LATENCY || (hedge !== undefined && hedge.after === undefined),
  );
  return goesBy ? { name: "latency", layer: watchLatency(latency) } : undefined;
}

/** Notes the latency of each attempt at its end, also of those that were left or timed out. */
export function watchLatency(latency: Latency): Layer {
  return (next) => (call) => {
    call.life.atEnd((end) => noteEnd(latency, call, end));
    return next(call);
  };
}

function noteEnd(latency: Latency, call: Call, end: End): void {
  const { target, record } = attemptOf(call);
  const answered = record.firstTokenUs !== undefined;
  const { stream } = call.request;
  const late = end.kind === "left" ? isOutpaced(call) : isTimeout(end);
  if (!answered && !late && end.kind !== "left") return;
  latency.note({
    target,
    stream,
    waitedMs: record.durationUs / 1000,
    answered,
    late,
    outputTokens: saidTokens(end),
    streamed: stream && answered ? streamedOf(call, end, late) : undefined,
  });
}

/** Whether an attempt was given up because it took too long. */
function isTimeout(end: End): boolean {
  if (end.kind !== "broken") return false;
  const { reason } = end.fault;
  return reason === ErrorReason.UPSTREAM_TIMEOUT || reason === ErrorReason.DEADLINE_EXCEEDED;
}

/** A reader that had no room for more than this share of a stream was slower than its vendor. */
const maxHeldUp = 0.1;

/** What the rest of a stream says; undefined where it broke, or its reader was slow. */
function streamedOf(call: Call, end: End, late: boolean): Streamed | undefined {
  if (end.kind === "broken" && !late) return undefined;
  const { record } = attemptOf(call);
  const ms = call.life.nowMs - record.waitedUntilMs;
  if (record.heldUpMs > ms * maxHeldUp) return undefined;
  const tokens = streamedTokens(saidTokens(end), record.receivedTokens);
  return tokens === 0 ? undefined : { ms, tokens, whole: end.kind === "whole" };
}

/**
 * The tokens of a stream: what the vendor says, unless far less came, for then the rest was thought
 * before the first token and nobody saw it.
 */
function streamedTokens(said: number | undefined, received: number): number {
  if (said === undefined || said === 0) return received;
  return received > 0 && said > received * 2 ? received : said;
}

function saidTokens({ usage }: End): number | undefined {
  return usage?.outputTokens === undefined ? undefined : Number(usage.outputTokens);
}
