import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { writeJson } from "../../../json/write.ts";
import { encodeError } from "../../openai-chat/client/error.ts";
import { encodeUsage } from "../../openai-chat/usage.ts";
import type { Draft } from "../../openai-chat/wire.ts";
import { encodeLogprobs, lengthOf } from "./logprobs.ts";
import { finishWord, headOf } from "./response.ts";

/** The encoder's state between events: the stream's own, changed in place. */
export interface CompletionsStreamState {
  readonly context: FacadeContext;
  /** The JSON text that every chunk begins with, ready to be followed by a member. */
  head: string;
  usage: Usage | undefined;
  /** How much text of each choice log probabilities were sent for, in UTF-16 units. */
  readonly offsets: Map<number, number>;
}

/** The state before the first event. */
export function begin(context: FacadeContext): CompletionsStreamState {
  const unknown = { id: "", createdUnixS: 0n, model: "", systemFingerprint: "" };
  return { context, head: printHead(unknown, context), usage: undefined, offsets: new Map() };
}

/** One event as frames: only words, log probabilities and a finish make one. */
export function encodeEvent(
  state: CompletionsStreamState,
  { event }: Event,
): readonly [state: CompletionsStreamState, frames: readonly FrameText[]] {
  switch (event.case) {
    case "messageStart":
      state.head = printHead(event.value, state.context);
      return [state, []];
    case "usage":
      state.usage = mergeUsage(state.usage, event.value);
      return [state, []];
    case "textDelta":
    case "refusalDelta": {
      const { choice, text } = event.value;
      return [state, text === "" ? [] : [frame(state, choice, { text })]];
    }
    case "logprobsDelta": {
      const { choice, logprobs } = event.value;
      if (logprobs === undefined) return [state, []];
      const offset = state.offsets.get(choice) ?? 0;
      state.offsets.set(choice, offset + lengthOf(logprobs));
      return [state, [frame(state, choice, { logprobs: encodeLogprobs(logprobs, offset) })]];
    }
    case "finish": {
      const { choice, reason } = event.value;
      return [state, [frame(state, choice, { finish_reason: finishWord(reason) })]];
    }
    default:
      return [state, []];
  }
}

/** The frames that end a whole answer: usage, if the client asked for it, and the end mark. */
export function encodeEnd(state: CompletionsStreamState): readonly FrameText[] {
  const done = "data: [DONE]\n\n";
  if (!state.context.wantsUsage || state.usage === undefined) return [done];
  const usage = writeJson(encodeUsage(state.usage));
  return [`data: ${state.head}"choices":[],"usage":${usage}}\n\n`, done];
}

/** The frame that tells of a failure in the middle. */
export function encodeStreamError(
  _state: CompletionsStreamState,
  fault: Fault,
): readonly FrameText[] {
  return [`data: ${encodeError(fault)}\n\n`];
}

/** A chunk of one choice: what it says, and nothing for the rest. */
function frame({ head, context }: CompletionsStreamState, index: number, said: Draft): FrameText {
  const choice = writeJson({ text: "", index, logprobs: null, finish_reason: null, ...said });
  const usage = context.wantsUsage ? ',"usage":null' : "";
  return `data: ${head}"choices":[${choice}]${usage}}\n\n`;
}

function printHead(start: Parameters<typeof headOf>[0], context: FacadeContext): string {
  return `${writeJson(headOf(start, context)).slice(0, -1)},`;
}
