import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { FacadeContext, FrameText } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { writeJson } from "../../core/json-write.ts";
import { mergeUsage } from "../../core/merge-usage.ts";
import { encodeDelta, encodePartEnd } from "./facade-delta.ts";
import { encodeError } from "./facade-error.ts";
import { addAnswerExtras, nativeReason, readExtras } from "./facade-response.ts";
import {
  addText,
  type FacadeChoice,
  type FacadeStreamState,
  openChoice,
  replaceChoice,
} from "./facade-stream-state.ts";
import { filterResultsOf } from "./filter-results.ts";
import { encodeFinishReason } from "./finish-reason.ts";
import { encodeLogprobs } from "./logprobs.ts";
import { encodeUsage } from "./usage.ts";
import { type Draft, NAME } from "./wire.ts";

/** The state before the first event. */
export function begin(context: FacadeContext): FacadeStreamState {
  return { context, head: createHead(context, undefined), choices: [], usage: undefined, extras: undefined };
}

/** One event as `chat.completion.chunk` frames. A choice's first chunk has the role; usage waits for the end. */
export function encodeEvent(
  state: FacadeStreamState,
  { event }: Event,
): readonly [state: FacadeStreamState, frames: readonly FrameText[]] {
  switch (event.case) {
    case "messageStart": {
      const next = { ...state, head: createHead(state.context, event.value) };
      return state.choices.length > 0 ? [next, []] : openedWith(next, 0);
    }
    case "usage":
      return [{ ...state, usage: mergeUsage(state.usage, event.value) }, []];
    case "extrasSet":
      return [event.value.dialect === NAME ? { ...state, extras: event.value.json } : state, []];
    case undefined:
      return [state, []];
    case "partEnd": {
      const { choice, part } = event.value;
      const open = state.choices.find(({ index }) => index === choice);
      const delta = open === undefined ? undefined : encodePartEnd(open, part);
      return delta === undefined
        ? [state, []]
        : inChoice(state, choice, (frame) => [undefined, [frame(oneLine(writeJson(delta)), "null", UNFINISHED)]]);
    }
    case "finish": {
      const { choice, reason, vendorReason, stopSequence } = event.value;
      return inChoice(state, choice, (frame, open) => {
        const word = encodeFinishReason(reason, open.calls.length > 0);
        const tail: Draft = {
          finish_reason: word,
          stop_reason: stopSequence === "" ? undefined : stopSequence,
          native_finish_reason: nativeReason(word, vendorReason),
        };
        return [undefined, [frame("{}", "null", writeJson(tail).slice(1))]];
      });
    }
    case "logprobsDelta": {
      const { choice, logprobs } = event.value;
      if (logprobs === undefined) return [state, []];
      const text = writeJson(encodeLogprobs(logprobs));
      return inChoice(state, choice, (frame) => [undefined, [frame("{}", text, UNFINISHED)]]);
    }
    case "textDelta": {
      const { choice, part, text } = event.value;
      const delta = `{"content":${JSON.stringify(text)}}`;
      return inChoice(state, choice, (frame, open) => [
        addText(open, part, text.length),
        text === "" ? [] : [frame(delta, "null", UNFINISHED)],
      ]);
    }
    default:
      return inChoice(state, event.value.choice, (frame, open) => {
        const [next, deltas] = encodeDelta(open, event, state.context.callId);
        return [next, deltas.map((delta) => frame(oneLine(writeJson(delta)), "null", UNFINISHED))];
      });
  }
}

/** The frames that end a whole answer: usage, if the client asked for it, and the end mark. */
export function encodeEnd(state: FacadeStreamState): readonly FrameText[] {
  const filters = filterFrames(state);
  if (!state.context.wantsUsage || state.usage === undefined) return [...filters, "data: [DONE]\n\n"];
  const draft: Draft = { choices: [], usage: encodeUsage(state.usage) };
  // The head has the members of every chunk: naming them here keeps extras from repeating them.
  for (const key of HEAD_MEMBERS) draft[key] = null;
  addAnswerExtras(draft, state.extras);
  for (const key of HEAD_MEMBERS) draft[key] = undefined;
  return [...filters, `data: ${state.head}${oneLine(writeJson(draft).slice(1))}\n\n`, "data: [DONE]\n\n"];
}

/** What filters of content found, in frames of their own as vendors send it whose filters run beside the model. */
function filterFrames(state: FacadeStreamState): readonly FrameText[] {
  const extras = readExtras(state.extras);
  return state.choices.flatMap(({ index }) => {
    const found = filterResultsOf(extras, index);
    if (found === undefined) return [];
    const tail: Draft = { finish_reason: null, ...found };
    return [printer(state, index)("{}", "null", oneLine(writeJson(tail).slice(1)))];
  });
}

/** The frame that tells of a failure in the middle. */
export function encodeStreamError(_state: FacadeStreamState, fault: Fault): readonly FrameText[] {
  return [`data: ${encodeError(fault)}\n\n`];
}

const HEAD_MEMBERS = ["id", "object", "created", "model", "service_tier", "system_fingerprint"];

const UNFINISHED = '"finish_reason":null}';

/** Exact texts may be spread over lines, which would end a frame; in JSON a line break is only ever whitespace. */
function oneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replace(/[\r\n]+/g, " ") : json;
}

/** A frame for a choice: its delta, its logprobs and the rest of its members, all as JSON text. */
type FramePrinter = (delta: string, logprobs: string, tail: string) => FrameText;

/** Frames for a choice, which is begun if need be. */
function inChoice(
  state: FacadeStreamState,
  index: number,
  encode: (frame: FramePrinter, choice: FacadeChoice) => readonly [FacadeChoice | undefined, readonly FrameText[]],
): readonly [FacadeStreamState, readonly FrameText[]] {
  const known = state.choices.find((choice) => choice.index === index);
  const [before, opening] = known === undefined ? openedWith(state, index) : [state, []];
  const [changed, frames] = encode(printer(state, index), known ?? openChoice(index));
  const after = changed === undefined ? before : replaceChoice(before, changed);
  return [after, opening.length === 0 ? frames : [...opening, ...frames]];
}

function openedWith(state: FacadeStreamState, index: number): readonly [FacadeStreamState, readonly FrameText[]] {
  const next = { ...state, choices: [...state.choices, openChoice(index)] };
  return [next, [printer(state, index)('{"role":"assistant","content":"","refusal":null}', "null", UNFINISHED)]];
}

function printer(state: FacadeStreamState, index: number): FramePrinter {
  const usage = state.context.wantsUsage ? ',"usage":null' : "";
  return (delta, logprobs, tail) =>
    `data: ${state.head}"choices":[{"index":${index},"delta":${delta},"logprobs":${logprobs},${tail}]${usage}}\n\n`;
}

/** What every chunk begins with, ready to be followed by a member. */
function createHead(
  context: FacadeContext,
  start: (Event["event"] & { case: "messageStart" })["value"] | undefined,
): string {
  const draft: Draft = {
    id: start === undefined || start.id === "" ? `chatcmpl-${context.callId}` : start.id,
    object: "chat.completion.chunk",
    created: start === undefined || start.createdUnixS === 0n ? context.nowUnixS : Number(start.createdUnixS),
    model: start === undefined || start.model === "" ? context.model : start.model,
    service_tier: start === undefined || start.serviceTier === "" ? undefined : start.serviceTier,
    system_fingerprint: start === undefined || start.systemFingerprint === "" ? undefined : start.systemFingerprint,
  };
  return `${writeJson(draft).slice(0, -1)},`;
}
