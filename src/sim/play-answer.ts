import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, malformed } from "../core/faults/fault.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { Life } from "../core/life.ts";
import { pause } from "../core/time/pause.ts";
import type { AnswerStep } from "./answer-steps.ts";
import type { SimSettings } from "./sim-settings.ts";

/** How many steps of a stream are yielded before other tasks may run. */
const STEPS_AT_ONCE = 64;

/**
 * Hands the steps of an answer out in their time, and breaks off where the settings say. `steps`
 * gives them from the start.
 */
export async function* playAnswer(
  steps: () => Iterable<AnswerStep>,
  settings: SimSettings,
  context: { readonly life: Life; readonly stream: boolean },
): AsyncGenerator<Event, void, undefined> {
  const { life, stream } = context;
  const breakage = breakageOf(steps, settings);
  // A whole answer that breaks off is no answer at all.
  if (breakage !== undefined && !stream) throw new GatewayError(breakage.fault);
  const tokensPerMs = stream ? settings.tokensPerSecond / 1000 : 0;
  let firstMs: number | undefined;
  let tokens = 0;
  let at = 0;
  for (const step of steps()) {
    if (stream && step.tokens > 0) {
      firstMs ??= life.nowMs + settings.timeToFirstTokenMs;
      await waitUntil(firstMs + (tokensPerMs === 0 ? 0 : tokens / tokensPerMs), life);
      tokens += step.tokens;
    }
    life.throwIfAborted();
    if (breakage?.at === at) throw new GatewayError(breakage.fault);
    at += 1;
    // A vendor behind a network gives way by itself; many streams of this one would hold up the
    // process.
    if (stream && at % STEPS_AT_ONCE === 0) await turn();
    yield step.event;
  }
}

/** Lets what else waits in the process run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function waitUntil(dueMs: number, life: Life): Promise<void> {
  const leftMs = dueMs - life.nowMs;
  // Timers count whole milliseconds: a token that is due sooner comes now, and the next one waits
  // for both.
  if (leftMs >= 1) await pause(leftMs, life);
}

interface Breakage {
  /** The step in whose place the stream breaks off. */
  readonly at: number;
  readonly fault: Fault;
}

/**
 * Where and how the answer breaks off; the earlier where both a cut and garbage are due. Undefined:
 * it does not.
 */
function breakageOf(
  steps: () => Iterable<AnswerStep>,
  settings: SimSettings,
): Breakage | undefined {
  const { kind } = settings.behaviour;
  const cutAfter = settings.cutAfterTokens ?? (kind === "cut" ? halfOf(steps()) : undefined);
  const malformedAfter =
    settings.malformedAfterTokens ?? (kind === "malformed" ? halfOf(steps()) : undefined);
  const cutAt = placeAfter(steps, cutAfter);
  const malformedAt = placeAfter(steps, malformedAfter);
  if (cutAt !== undefined && (malformedAt === undefined || cutAt <= malformedAt)) {
    const message = "the simulator broke the stream off, as its parameters say";
    return { at: cutAt, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
  }
  if (malformedAt === undefined) return undefined;
  return {
    at: malformedAt,
    fault: malformed("the simulator sent a frame that is not JSON, as its parameters say"),
  };
}

/**
 * The first step that would bring more tokens than `limit` or end a choice after them. Undefined:
 * there are fewer.
 */
function placeAfter(
  steps: () => Iterable<AnswerStep>,
  limit: number | undefined,
): number | undefined {
  if (limit === undefined) return undefined;
  let tokens = 0;
  let at = 0;
  for (const step of steps()) {
    tokens += step.tokens;
    if (tokens > limit || (tokens === limit && step.event.event.case === "finish")) return at;
    at += 1;
  }
  return undefined;
}

/** Half of the tokens, rounded down. */
function halfOf(steps: Iterable<AnswerStep>): number {
  let tokens = 0;
  for (const step of steps) tokens += step.tokens;
  return Math.floor(tokens / 2);
}
