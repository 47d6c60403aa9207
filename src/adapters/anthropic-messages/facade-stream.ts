import type { Event, Finish, MessageStart } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { FacadeContext, FrameText } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { type Body, membersOf } from "../../core/json-members.ts";
import { rawJson } from "../../core/json-write.ts";
import { textDelta, toolCallDelta, toolCallStart } from "../../core/make-events.ts";
import { mergeUsage } from "../../core/merge-usage.ts";
import { addToReply, beginReply, endReply, isComplete, placeOf, proofBlock, type ReplyBlock } from "./facade-block.ts";
import { encodeErrorFrame } from "./facade-error.ts";
import {
  blockStartFrame,
  blockStopFrame,
  MESSAGE_STOP_FRAME,
  messageDeltaFrame,
  messageStartFrame,
} from "./facade-frames.ts";
import { messageId } from "./facade-response.ts";
import { encodeFinishReason } from "./finish-reason.ts";
import { encodeReplyBlock } from "./reply-block.ts";
import { MESSAGE_MEMBERS } from "./response.ts";
import { encodeUsage } from "./usage.ts";
import { DIALECT } from "./wire.ts";

/** What a client has been told so far, and what is held back. Never changed in place. */
export interface FacadeState {
  readonly context: FacadeContext;
  readonly start: MessageStart | undefined;
  /** Whether the beginning of the message was told. It waits for the first content, so that it can tell the prompt's tokens. */
  readonly started: boolean;
  readonly open: ReplyBlock | undefined;
  readonly blocks: number;
  /** Events of other parts that came before the open tool's input was complete. */
  readonly waiting: readonly Event[];
  /** Parts of tools that were told to their end. */
  readonly toolsDone: readonly number[];
  readonly finish: Finish | undefined;
  readonly usage: Usage | undefined;
  readonly extras: string;
}

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return {
    context,
    start: undefined,
    started: false,
    open: undefined,
    blocks: 0,
    waiting: [],
    toolsDone: [],
    finish: undefined,
    usage: undefined,
    extras: "",
  };
}

/**
 * One event as frames. Blocks come one after the other, as the vendor sends them, in whatever order parts grow: what
 * comes for another part ends the open block, or waits if that is a tool whose input is not complete. The end of
 * the message waits for the end of the stream, because usage may come after the reason to stop.
 */
export function encodeEvent(
  state: FacadeState,
  event: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  const { event: step } = event;
  switch (step.case) {
    case "messageStart":
      return [{ ...state, start: step.value }, []];
    case "usage":
      return [{ ...state, usage: mergeUsage(state.usage, step.value) }, []];
    case "extrasSet":
      return [step.value.dialect === DIALECT ? { ...state, extras: step.value.json } : state, []];
    case "finish":
      if (step.value.choice !== 0) return [state, []];
      return run({ ...state, finish: step.value }, closeAll);
    case "logprobsDelta":
    case undefined:
      return [state, []];
    default:
      if (step.value.choice !== 0) return [state, []];
      return run(state, (progress) => place(progress, event));
  }
}

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const [closed, frames] = run(state, (progress) => closeAll(beginMessage(progress)));
  const body: Body = { type: "message_delta" };
  const delta: Body = {
    stop_reason: encodeFinishReason(
      state.finish?.reason ?? 0,
      state.finish?.vendorReason ?? "",
      closed.toolsDone.length > 0,
    ),
    stop_sequence: state.finish === undefined || state.finish.stopSequence === "" ? null : state.finish.stopSequence,
  };
  body.delta = delta;
  body.usage = encodeUsage(state.usage);
  for (const [key, text] of (state.extras === "" ? undefined : membersOf(state.extras)) ?? []) {
    if (key === "context_management" || key === "input_transformations") body[key] = rawJson(text);
    else if (!MESSAGE_MEMBERS.has(key)) delta[key] = rawJson(text);
  }
  return [...frames, messageDeltaFrame(body), MESSAGE_STOP_FRAME];
}

/** The frame that tells of a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [encodeErrorFrame(fault)];
}

/** A state on its way and the frames so far, which belong to this one step alone. */
interface Progress {
  readonly state: FacadeState;
  readonly frames: FrameText[];
}

function run(state: FacadeState, step: (progress: Progress) => Progress): readonly [FacadeState, readonly FrameText[]] {
  const progress = step({ state, frames: [] });
  return [progress.state, progress.frames];
}

function beginMessage({ state, frames }: Progress): Progress {
  if (state.started) return { state, frames };
  const { context, start } = state;
  const usage = encodeUsage(state.usage);
  if (usage.service_tier === undefined && start !== undefined && start.serviceTier !== "") {
    usage.service_tier = start.serviceTier;
  }
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
  return { state: { ...state, started: true }, frames };
}

function place(progress: Progress, event: Event): Progress {
  const { open } = progress.state;
  if (event.event.case === "partEnd") return endPart(progress, event.event.value.part, event);
  const placed = placeOf(event);
  if (placed === undefined) return progress;
  if (open !== undefined && open.part === placed.part && open.kind === placed.kind)
    return addToOpen(progress, open, event);
  if (open !== undefined && !isComplete(open)) return wait(progress, event);
  if (event.event.case === "partWhole") return placeWhole(progress, placed.part, event);
  if (placed.kind === "tool" && progress.state.toolsDone.includes(placed.part)) return progress;
  const { state, frames } = closeOpen(beginMessage(progress));
  const begun = beginReply(event, placed.part, placed.kind, state.blocks);
  appendAll(frames, begun.frames);
  return { state: { ...state, open: begun.block, blocks: state.blocks + 1 }, frames };
}

function addToOpen({ state, frames }: Progress, open: ReplyBlock, event: Event): Progress {
  const { block } = addToReply({ block: open, frames }, event);
  const next = block === open ? state : { ...state, open: block };
  return state.waiting.length > 0 && isComplete(block)
    ? flush(closeOpen({ state: next, frames }))
    : { state: next, frames };
}

function wait({ state, frames }: Progress, event: Event): Progress {
  return { state: { ...state, waiting: [...state.waiting, event] }, frames };
}

function endPart(progress: Progress, part: number, event: Event): Progress {
  const { open, waiting } = progress.state;
  if (open?.part === part) return flush(closeOpen(progress));
  return waiting.length > 0 ? wait(progress, event) : progress;
}

/** Text and tool calls are told in deltas, for clients read them only there; every other part is told at once. */
function placeWhole(progress: Progress, part: number, event: Event): Progress {
  const content = event.event.case === "partWhole" ? event.event.value.content : undefined;
  if (content === undefined || encodeReplyBlock(content) === undefined) return progress;
  const deltas = deltasOf(content, part);
  if (deltas !== undefined) return deltas.reduce(place, progress);
  const { state, frames } = closeOpen(beginMessage(progress));
  const begun = beginReply(event, part, "whole", state.blocks);
  appendAll(frames, [...begun.frames, ...endReply(begun.block)]);
  return { state: { ...state, blocks: state.blocks + 1 }, frames };
}

function deltasOf({ content }: Part, part: number): Event[] | undefined {
  if (content.case === "text") return [textDelta(part, content.value.text)];
  if (content.case !== "toolCall" || content.value.input.case === "text") return undefined;
  const { id, name, input } = content.value;
  return [toolCallStart(part, id, name), toolCallDelta(part, input.value ?? "")];
}

function closeOpen({ state, frames }: Progress): Progress {
  const { open } = state;
  if (open === undefined) return { state, frames };
  appendAll(frames, endReply(open));
  const proof = proofBlock(open);
  if (proof !== undefined) frames.push(blockStartFrame(state.blocks, proof), blockStopFrame(state.blocks));
  const blocks = proof === undefined ? state.blocks : state.blocks + 1;
  const toolsDone = open.kind === "tool" ? [...state.toolsDone, open.part] : state.toolsDone;
  return { state: { ...state, open: undefined, blocks, toolsDone }, frames };
}

/** What waited is told part by part; what still cannot be told waits on. */
function flush({ state, frames }: Progress): Progress {
  const waiting = state.waiting.toSorted((one, other) => partOf(one) - partOf(other));
  return waiting.reduce(place, { state: { ...state, waiting: [] }, frames });
}

/** At the end every block is complete, for nothing more can come. */
function closeAll(progress: Progress): Progress {
  let next = progress;
  do next = flush(closeOpen(next));
  while (next.state.open !== undefined);
  return next;
}

function partOf({ event }: Event): number {
  const value = event.value;
  return value !== undefined && "part" in value ? value.part : 0;
}
