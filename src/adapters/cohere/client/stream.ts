import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeLogprobs } from "../logprobs.ts";
import { encodeUsage } from "../usage.ts";
import type { Draft } from "../wire.ts";
import { frame } from "./stream-frames.ts";
import {
  citationFrames,
  closePart,
  createParts,
  type ReplyPart,
  type ReplyParts,
  tellPart,
} from "./stream-part.ts";

/** What a client has been sent so far: the stream's own, changed in place. */
export interface FacadeState {
  readonly context: FacadeContext;
  started: boolean;
  readonly parts: ReplyParts;
  /** The content or plan that has begun and not ended: a client reads content in turn. */
  content: ReplyPart | undefined;
  /** Calls that have begun and not ended, and those of them that end when another begins. */
  readonly calls: Map<number, ReplyPart>;
  readonly fedCalls: Set<ReplyPart>;
  citations: number;
  reason: number;
  usage: Usage | undefined;
}

type StreamStep = readonly [state: FacadeState, frames: readonly FrameText[]];

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return {
    context,
    started: false,
    parts: createParts(),
    content: undefined,
    calls: new Map(),
    fedCalls: new Set(),
    citations: 0,
    reason: 0,
    usage: undefined,
  };
}

/**
 * The frames of an event. With n > 1 only the first answer is sent: clients of this dialect know no
 * others.
 */
export function encodeEvent(state: FacadeState, event: Event): StreamStep {
  const frames: FrameText[] = [];
  const step = event.event;
  switch (step.case) {
    case "messageStart":
      start(state, step.value.id, frames);
      break;
    case "usage":
      state.usage = mergeUsage(state.usage, step.value);
      break;
    case "finish":
      if (step.value.choice !== 0) break;
      state.reason = step.value.reason;
      closeAll(state, frames);
      break;
    case "extrasSet":
    case "ping":
    case "continued":
    case undefined:
      break;
    default:
      if (step.value.choice !== 0) break;
      start(state, "", frames);
      tell(state, event, frames);
  }
  return [state, frames];
}

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  start(state, "", frames);
  closeAll(state, frames);
  const delta: Draft = {
    finish_reason: encodeFinishReason(state.reason, state.parts.calls > 0),
    usage: state.usage === undefined ? undefined : encodeUsage(state.usage),
  };
  return [...frames, frame("message-end", { delta }), "data: [DONE]\n\n"];
}

/** The frames that report a failure in the middle: an end with the reason ERROR. */
export function encodeStreamError(_state: FacadeState, { message }: Fault): readonly FrameText[] {
  return [frame("message-end", { delta: { error: message, finish_reason: "ERROR" } })];
}

function start(state: FacadeState, id: string, frames: FrameText[]): void {
  if (state.started) return;
  state.started = true;
  const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  frames.push(
    frame("message-start", { id: id === "" ? state.context.callId : id, delta: { message } }),
  );
}

function closeAll(state: FacadeState, frames: FrameText[]): void {
  closeContent(state, frames);
  for (const call of [...state.calls.values()]) closeCall(state, call, frames);
}

function closeContent(state: FacadeState, frames: FrameText[]): void {
  if (state.content !== undefined) appendAll(frames, closePart(state.content));
  state.content = undefined;
}

function closeCall(state: FacadeState, call: ReplyPart, frames: FrameText[]): void {
  appendAll(frames, closePart(call));
  state.calls.delete(call.part);
  state.fedCalls.delete(call);
}

function tell(state: FacadeState, event: Event, frames: FrameText[]): void {
  const step = event.event;
  switch (step.case) {
    case "citationAdd": {
      const cited = citationFrames(step.value, state.citations, state.parts);
      if (cited.length > 0) state.citations += 1;
      appendAll(frames, cited);
      return;
    }
    case "logprobsDelta": {
      const index = state.parts.lastText;
      const delta = { message: { content: { text: "" } } };
      for (const logprobs of step.value.logprobs === undefined
        ? []
        : encodeLogprobs(step.value.logprobs)) {
        frames.push(frame("content-delta", { index, delta, logprobs }));
      }
      return;
    }
    case "partEnd": {
      const call = state.calls.get(step.value.part);
      if (state.content?.part === step.value.part) closeContent(state, frames);
      if (call !== undefined) closeCall(state, call, frames);
      return;
    }
    default:
      tellOfPart(state, event, frames);
  }
}

/**
 * Content ends when anything else begins. A call ends when another begins and it has some input:
 * without any, its end would say that it has none.
 */
function tellOfPart(state: FacadeState, event: Event, frames: FrameText[]): void {
  const written = tellPart(event, state.parts, state.context.callId);
  if (written === undefined) return;
  const { part, known } = written;
  if (state.content !== undefined && state.content.part !== part.part) closeContent(state, frames);
  if (!known)
    for (const call of [...state.fedCalls])
      if (call.part !== part.part) closeCall(state, call, frames);
  if (part.kind !== "call") state.content = part;
  else {
    state.calls.set(part.part, part);
    if (part.fed && !part.custom) state.fedCalls.add(part);
  }
  for (const text of written.frames) frames.push(text);
}
