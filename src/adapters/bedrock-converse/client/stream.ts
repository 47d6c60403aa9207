import type { Event, Finish } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson } from "../../../json/write.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeUsage } from "../usage.ts";
import { ANSWER_MEMBERS } from "../vendor/response.ts";
import { DIALECT } from "../wire.ts";
import { exceptionOf } from "./error.ts";
import { tierMember } from "./response.ts";
import { frame } from "./stream-frames.ts";
import {
  addToReply,
  beginReply,
  deltasOf,
  endReply,
  isComplete,
  placeOf,
  proofFrames,
  type ReplyBlock,
  wholeFrames,
} from "./stream-part.ts";

/** What a client has been sent so far, and what waits: the stream's own, changed in place. */
export interface FacadeState {
  started: boolean;
  /** The block that is being sent, and the contract's number of its part. */
  open: { readonly part: number; readonly block: ReplyBlock } | undefined;
  blocks: number;
  /** What came for other parts before the input of the open tool was complete, by part. */
  readonly waiting: Map<number, Event[]>;
  /** Parts of tools that were sent to their end. */
  readonly toolsDone: Set<number>;
  finish: Finish | undefined;
  usage: Usage | undefined;
  serviceTier: string;
  extras: string;
}

/** The state before the first event. */
export function beginReplyStream(): FacadeState {
  return {
    started: false,
    open: undefined,
    blocks: 0,
    waiting: new Map(),
    toolsDone: new Set(),
    finish: undefined,
    usage: undefined,
    serviceTier: "",
    extras: "",
  };
}

/**
 * The frames of an event. Blocks come one after the other, as clients of this dialect read them:
 * what comes for another part ends the open block, or waits where that is a tool whose input is not
 * complete. With n > 1 only the first answer is sent.
 */
export function encodeEvent(
  state: FacadeState,
  event: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  const frames: FrameText[] = [];
  const { event: step } = event;
  switch (step.case) {
    case "messageStart":
      state.serviceTier = step.value.serviceTier;
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
      if (state.waiting.size > 0) tellWaiting(state, frames);
  }
  return [state, frames];
}

/** Members of an answer that stand in its last frame and not where it stops. */
const METADATA: ReadonlySet<string> = new Set(["metrics", "trace", "performanceConfig"]);

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  start(state, frames);
  closeAll(state, frames);
  const { finish, usage, serviceTier } = state;
  const stop: Body = {
    stopReason: encodeFinishReason(
      finish?.reason ?? 0,
      finish?.vendorReason ?? "",
      state.toolsDone.size > 0,
    ),
  };
  const stopSequence = finish?.stopSequence ?? "";
  if (stopSequence !== "") stop.additionalModelResponseFields = { stop_sequence: stopSequence };
  const metadata: Body = {
    usage: encodeUsage(usage),
    metrics: { latencyMs: 0 },
    ...tierMember(serviceTier === "" ? (usage?.serviceTier ?? "") : serviceTier),
  };
  for (const [key, text] of membersOf(state.extras) ?? []) {
    if (METADATA.has(key)) metadata[key] = rawJson(text);
    else if (!ANSWER_MEMBERS.has(key)) stop[key] = rawJson(text);
  }
  return [...frames, frame("messageStop", stop), frame("metadata", metadata)];
}

/** The exception that reports a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [frame(`exception:${exceptionOf(fault)}`, { message: fault.message })];
}

function start(state: FacadeState, frames: FrameText[]): void {
  if (state.started) return;
  state.started = true;
  frames.push(frame("messageStart", { role: "assistant" }));
}

function place(state: FacadeState, event: Event, frames: FrameText[]): void {
  const { open, waiting } = state;
  const { event: step } = event;
  if (step.case === "partEnd") {
    if (open?.part === step.value.part) closeOpen(state, frames);
    else waiting.get(step.value.part)?.push(event);
    return;
  }
  const whole = step.case === "partWhole" ? step.value : undefined;
  const placed = whole === undefined ? placeOf(event) : { part: whole.part, kind: undefined };
  if (placed === undefined) return;
  const { part, kind } = placed;
  if (open !== undefined && open.part === part && open.block.kind === kind)
    addToReply(open.block, event, frames);
  else if (open !== undefined && !isComplete(open.block)) wait(state, part, event);
  else if (kind === undefined) placeWhole(state, event, frames);
  else if (kind !== "tool" || !state.toolsDone.has(part)) {
    closeOpen(state, frames);
    start(state, frames);
    const block = beginReply(event, kind, state.blocks, frames);
    state.open = { part, block };
    state.blocks += 1;
    addToReply(block, event, frames);
  }
}

function wait({ waiting }: FacadeState, part: number, event: Event): void {
  const events = waiting.get(part);
  if (events === undefined) waiting.set(part, [event]);
  else events.push(event);
}

/** Text, reasoning and tool calls are sent in deltas, for clients read them only there. */
function placeWhole(state: FacadeState, { event }: Event, frames: FrameText[]): void {
  if (event.case !== "partWhole" || event.value.content === undefined) return;
  const { part, content } = event.value;
  const deltas = deltasOf(content, part);
  if (deltas.length > 0) {
    for (const delta of deltas) place(state, delta, frames);
    return;
  }
  const written = wholeFrames(content, state.blocks);
  if (written === undefined) return;
  closeOpen(state, frames);
  start(state, frames);
  appendAll(frames, written);
  state.blocks += 1;
}

function closeOpen(state: FacadeState, frames: FrameText[]): void {
  const { open } = state;
  if (open === undefined) return;
  endReply(open.block, frames);
  const proof = proofFrames(open.block, state.blocks);
  appendAll(frames, proof);
  if (proof.length > 0) state.blocks += 1;
  if (open.block.kind === "tool") state.toolsDone.add(open.part);
  state.open = undefined;
}

/**
 * Sends what waited, part by part, in the order in which the parts came, until a tool begins whose
 * input is not complete. A map is walked in the order of its keys' arrival.
 */
function tellWaiting(state: FacadeState, frames: FrameText[]): void {
  const { waiting } = state;
  for (const [part, events] of waiting) {
    if (state.open !== undefined && !isComplete(state.open.block)) return;
    waiting.delete(part);
    for (const event of events) place(state, event, frames);
  }
}

/** At the end every block is complete, for nothing more can come. */
function closeAll(state: FacadeState, frames: FrameText[]): void {
  closeOpen(state, frames);
  while (state.waiting.size > 0) {
    tellWaiting(state, frames);
    closeOpen(state, frames);
  }
}
