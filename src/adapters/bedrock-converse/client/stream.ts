import type { Event, Finish } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import type { StreamTiming } from "../../../core/reply/reply-facts.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson } from "../../../json/write.ts";
import {
  type BlockWriter,
  beginSequence,
  endSequence,
  type SequenceState,
  sendInSequence,
} from "../../shared/blocks/block-sequence.ts";
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
  placeOf,
  proofFrames,
  type ReplyBlock,
  wholeFrames,
} from "./stream-part.ts";

/** What a client has been sent so far, and what waits: the stream's own, changed in place. */
export interface FacadeState extends SequenceState<FacadeState, ReplyBlock> {
  started: boolean;
  finish: Finish | undefined;
  usage: Usage | undefined;
  serviceTier: string;
  extras: string;
}

const writer: BlockWriter<FacadeState, ReplyBlock> = {
  placeOf,
  start,
  begin: beginReply,
  add: addToReply,
  end: endReply,
  after: proofFrames,
  deltasOf,
  whole: wholeFrames,
};

/** The state before the first event. */
export function beginReplyStream(): FacadeState {
  return {
    ...beginSequence(writer),
    started: false,
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
      endSequence(state, frames);
      break;
    case "logprobsDelta":
    case "ping":
    case "continued":
    case undefined:
      break;
    default:
      if (step.value.choice !== 0) break;
      sendInSequence(state, event, frames);
  }
  return [state, frames];
}

/** Members of an answer that stand in its last frame and not where it stops. */
const METADATA: ReadonlySet<string> = new Set(["metrics", "trace", "performanceConfig"]);

/** The frames that end a whole answer. */
export function encodeEnd(
  state: FacadeState,
  { latencyMs = 0 }: Partial<StreamTiming> = {},
): readonly FrameText[] {
  const frames: FrameText[] = [];
  start(state, frames);
  endSequence(state, frames);
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
    metrics: { latencyMs },
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
