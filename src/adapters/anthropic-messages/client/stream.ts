import type { Event, Finish, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson } from "../../../json/write.ts";
import { anthropicTier } from "../../foreign/service-tier.ts";
import {
  type BlockWriter,
  beginSequence,
  endSequence,
  type SequenceState,
  sendInSequence,
} from "../../shared/blocks/block-sequence.ts";
import { deltasOfWhole } from "../../shared/blocks/whole-part.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeUsage } from "../usage.ts";
import { MESSAGE_MEMBERS } from "../vendor/response.ts";
import { DIALECT } from "../wire.ts";
import { encodeErrorFrame } from "./error.ts";
import { messageId } from "./response.ts";
import {
  addToReply,
  beginReply,
  endReply,
  placeOf,
  proofFrames,
  type ReplyBlock,
  wholeFrames,
} from "./response-part.ts";
import { MESSAGE_STOP_FRAME, messageDeltaFrame, messageStartFrame } from "./stream-frames.ts";

/**
 * What a client has been sent so far, and what is held back: the stream's own, changed in place.
 */
export interface FacadeState extends SequenceState<FacadeState, ReplyBlock> {
  readonly context: FacadeContext;
  start: MessageStart | undefined;
  /**
   * Whether the beginning of the message was sent. It waits for the first content, so that it can
   * hold the prompt's tokens.
   */
  started: boolean;
  finish: Finish | undefined;
  usage: Usage | undefined;
  extras: string;
}

const writer: BlockWriter<FacadeState, ReplyBlock> = {
  placeOf,
  start: beginMessage,
  begin: beginReply,
  add: addToReply,
  end: endReply,
  after: proofFrames,
  deltasOf: deltasOfWhole,
  whole: wholeFrames,
};

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return {
    ...beginSequence(writer),
    context,
    start: undefined,
    started: false,
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

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  beginMessage(state, frames);
  endSequence(state, frames);
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
