import type { Event, Finish, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { textDelta, toolCallDelta, toolCallStart } from "../../../events/make-events.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson } from "../../../json/write.ts";
import { anthropicTier } from "../../foreign/service-tier.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeUsage } from "../usage.ts";
import { MESSAGE_MEMBERS } from "../vendor/response.ts";
import { DIALECT } from "../wire.ts";
import { encodeErrorFrame } from "./error.ts";
import { messageId } from "./response.ts";
import { encodeReplyBlock } from "./response-message.ts";
import {
  addToReply,
  beginReply,
  endReply,
  isComplete,
  placeOf,
  proofBlock,
  type ReplyBlock,
} from "./response-part.ts";
import {
  blockStartFrame,
  blockStopFrame,
  MESSAGE_STOP_FRAME,
  messageDeltaFrame,
  messageStartFrame,
} from "./stream-frames.ts";

/**
 * What a client has been sent so far, and what is held back: the stream's own, changed in place.
 */
export interface FacadeState {
  readonly context: FacadeContext;
  start: MessageStart | undefined;
  /**
   * Whether the beginning of the message was sent. It waits for the first content, so that it can
   * hold the prompt's tokens.
   */
  started: boolean;
  open: ReplyBlock | undefined;
  blocks: number;
  readonly waiting: WaitingParts;
  /** Parts of tools that were sent to their end. */
  readonly toolsDone: Set<number>;
  finish: Finish | undefined;
  usage: Usage | undefined;
  extras: string;
}

/** Parts that came before the open tool's input was complete. */
interface WaitingParts {
  /** What came for each. */
  readonly events: Map<number, Event[]>;
  /** The parts in the order in which they came, and which is the next. */
  readonly order: number[];
  next: number;
}

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return {
    context,
    start: undefined,
    started: false,
    open: undefined,
    blocks: 0,
    waiting: { events: new Map(), order: [], next: 0 },
    toolsDone: new Set(),
    finish: undefined,
    usage: undefined,
    extras: "",
  };
}

/**
 * One event as frames. Blocks come one after the other, as the vendor sends them, in whatever order
 * parts grow: what comes for another part ends the open block, or waits if that is a tool whose
 * input is not complete. The end of the message waits for the end of the stream, because usage may
 * come after the reason to stop.
 */
export function encodeEvent(
  state: FacadeState,
  event: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  const frames: FrameText[] = [];
  const { event: step } = event;
  switch (step.case) {
    case "messageStart":
      state.start = step.value;
      break;
    case "usage":
      state.usage = mergeUsage(state.usage, step.value);
      break;
    case "extrasSet":
      if (step.value.dialect === DIALECT) state.extras = step.value.json;
      break;
    case "finish":
      if (step.value.choice !== 0) break;
      state.finish = step.value;
      closeAll(state, frames);
      break;
    case "logprobsDelta":
    case undefined:
      break;
    default:
      if (step.value.choice !== 0) break;
      place(state, event, frames);
      tellWaiting(state, frames);
  }
  return [state, frames];
}

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  beginMessage(state, frames);
  closeAll(state, frames);
  const body: Body = { type: "message_delta" };
  const delta: Body = {
    stop_reason: encodeFinishReason(
      state.finish?.reason ?? 0,
      state.finish?.vendorReason ?? "",
      state.toolsDone.size > 0,
    ),
    stop_sequence:
      state.finish === undefined || state.finish.stopSequence === ""
        ? null
        : state.finish.stopSequence,
  };
  body.delta = delta;
  body.usage = encodeUsage(state.usage);
  for (const [key, text] of (state.extras === "" ? undefined : membersOf(state.extras)) ?? []) {
    if (key === "context_management" || key === "input_transformations") body[key] = rawJson(text);
    else if (!MESSAGE_MEMBERS.has(key)) delta[key] = rawJson(text);
  }
  return [...frames, messageDeltaFrame(body), MESSAGE_STOP_FRAME];
}

/** The frame that reports a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [encodeErrorFrame(fault)];
}

function beginMessage(state: FacadeState, frames: FrameText[]): void {
  if (state.started) return;
  const { context, start } = state;
  const usage = encodeUsage(state.usage);
  const tier = anthropicTier(start?.serviceTier ?? "");
  if (usage.service_tier === undefined && tier !== undefined) usage.service_tier = tier;
  frames.push(
    messageStartFrame({
      id: messageId(start?.id ?? "", context),
      type: "message",
      role: "assistant",
      model: start === undefined || start.model === "" ? context.model : start.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    }),
  );
  state.started = true;
}

function place(state: FacadeState, event: Event, frames: FrameText[]): void {
  const { open } = state;
  if (event.event.case === "partEnd") {
    endPart(state, event.event.value.part, event, frames);
    return;
  }
  const placed = placeOf(event);
  if (placed === undefined) return;
  const { part, kind } = placed;
  if (open !== undefined && open.part === part && open.kind === kind)
    addToReply(open, event, frames);
  else if (open !== undefined && !isComplete(open)) wait(state, part, event);
  else if (event.event.case === "partWhole") placeWhole(state, part, event, frames);
  else if (kind !== "tool" || !state.toolsDone.has(part)) {
    closeOpen(state, frames);
    beginMessage(state, frames);
    state.open = beginReply(event, part, kind, state.blocks, frames);
    state.blocks += 1;
  }
}

function wait({ waiting }: FacadeState, part: number, event: Event): void {
  const events = waiting.events.get(part);
  if (events !== undefined) {
    events.push(event);
    return;
  }
  waiting.events.set(part, [event]);
  waiting.order.push(part);
}

function endPart(state: FacadeState, part: number, event: Event, frames: FrameText[]): void {
  if (state.open?.part === part) closeOpen(state, frames);
  else if (state.waiting.events.has(part)) wait(state, part, event);
}

/**
 * Text and tool calls are sent in deltas, for clients read them only there; every other part is
 * sent at once.
 */
function placeWhole(state: FacadeState, part: number, event: Event, frames: FrameText[]): void {
  const content = event.event.case === "partWhole" ? event.event.value.content : undefined;
  if (content === undefined || encodeReplyBlock(content) === undefined) return;
  const deltas = deltasOf(content, part);
  if (deltas !== undefined) {
    for (const delta of deltas) place(state, delta, frames);
    return;
  }
  closeOpen(state, frames);
  beginMessage(state, frames);
  endReply(beginReply(event, part, "whole", state.blocks, frames), frames);
  state.blocks += 1;
}

function deltasOf({ content }: Part, part: number): Event[] | undefined {
  if (content.case === "text") return [textDelta(part, content.value.text)];
  if (content.case !== "toolCall" || content.value.input.case === "text") return undefined;
  const { id, name, input } = content.value;
  return [toolCallStart(part, id, name), toolCallDelta(part, input.value ?? "")];
}

function closeOpen(state: FacadeState, frames: FrameText[]): void {
  const { open } = state;
  if (open === undefined) return;
  endReply(open, frames);
  const proof = proofBlock(open);
  if (proof !== undefined) {
    frames.push(blockStartFrame(state.blocks, proof), blockStopFrame(state.blocks));
    state.blocks += 1;
  }
  if (open.kind === "tool") state.toolsDone.add(open.part);
  state.open = undefined;
}

/**
 * Sends what waited, part by part, in the order in which the parts came, until a tool begins whose
 * input is not complete. The rest waits on, so that a part that holds up others costs no second
 * look at them.
 */
function tellWaiting(state: FacadeState, frames: FrameText[]): void {
  const { waiting } = state;
  while (waiting.next < waiting.order.length) {
    if (state.open !== undefined && !isComplete(state.open)) return;
    const part = waiting.order[waiting.next] ?? 0;
    const events = waiting.events.get(part) ?? [];
    waiting.next += 1;
    waiting.events.delete(part);
    for (const event of events) place(state, event, frames);
  }
}

/** At the end every block is complete, for nothing more can come. */
function closeAll(state: FacadeState, frames: FrameText[]): void {
  closeOpen(state, frames);
  while (state.waiting.events.size > 0) {
    tellWaiting(state, frames);
    closeOpen(state, frames);
  }
}
