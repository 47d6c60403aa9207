import type { Event, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { writeJson } from "../../../json/write.ts";
import { openaiTier } from "../../foreign/service-tier.ts";
import { filterResultsOf } from "../filter-results.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeLogprobs } from "../logprobs.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME } from "../wire.ts";
import { encodeError } from "./error.ts";
import { addAnswerExtras, nativeReason, readExtras } from "./response.ts";
import {
  type DeltaEvent,
  encodeDelta,
  encodeOutdated,
  encodePartEnd,
  encodeUnfed,
} from "./stream-part.ts";
import { addText, type FacadeChoice, type FacadeStreamState, openChoice } from "./stream-state.ts";

/** Whether a client asked for usage in its stream. */
export function wantsUsage({ stream_options: options }: JsonObject): boolean {
  return isObject(options) && options.include_usage === true;
}

/** The state before the first event. */
export function begin(context: FacadeContext): FacadeStreamState {
  return {
    context,
    head: createHead(context, undefined),
    choices: new Map(),
    usage: undefined,
    extras: undefined,
  };
}

/**
 * One event as `chat.completion.chunk` frames. A choice's first chunk has the role; usage waits for
 * the end.
 */
export function encodeEvent(
  state: FacadeStreamState,
  { event }: Event,
): readonly [state: FacadeStreamState, frames: readonly FrameText[]] {
  switch (event.case) {
    case "messageStart":
      return [state, startMessage(state, event.value)];
    case "usage":
      state.usage = mergeUsage(state.usage, event.value);
      return [state, []];
    case "extrasSet":
      if (event.value.dialect === NAME) state.extras = event.value.json;
      return [state, []];
    case "ping":
    case "continued":
    case undefined:
      return [state, []];
    case "partEnd":
      return [state, endPart(state, event.value.choice, event.value.part)];
    case "textDelta": {
      const { choice, part, text } = event.value;
      return [
        state,
        inChoice(state, choice, (frame, open) => {
          addText(open, part, text.length);
          return text === ""
            ? []
            : [frame(`{"content":${JSON.stringify(text)}}`, "null", UNFINISHED)];
        }),
      ];
    }
    default:
      return [
        state,
        inChoice(state, event.value.choice, (frame, open) =>
          encodeInChoice(state, frame, open, event),
        ),
      ];
  }
}

type ChoiceEvent = DeltaEvent | Extract<Event["event"], { case: "finish" | "logprobsDelta" }>;

function encodeInChoice(
  state: FacadeStreamState,
  frame: FramePrinter,
  open: FacadeChoice,
  event: ChoiceEvent,
): readonly FrameText[] {
  switch (event.case) {
    case "finish": {
      const { reason, vendorReason, stopSequence } = event.value;
      const word = encodeFinishReason(reason, open.calls.size > 0);
      const tail: Draft = {
        finish_reason: word,
        stop_reason: stopSequence === "" ? undefined : stopSequence,
        native_finish_reason: nativeReason(word, vendorReason),
      };
      const due = [...encodeUnfed(open), ...encodeOutdated(open)];
      return [
        ...due.map((delta) => deltaFrame(frame, delta)),
        frame("{}", "null", writeJson(tail).slice(1)),
      ];
    }
    case "logprobsDelta": {
      const { logprobs } = event.value;
      return logprobs === undefined
        ? []
        : [frame("{}", writeJson(encodeLogprobs(logprobs)), UNFINISHED)];
    }
    default:
      return encodeDelta(open, event, state.context.callId).map((delta) =>
        deltaFrame(frame, delta),
      );
  }
}

function deltaFrame(frame: FramePrinter, delta: Draft): FrameText {
  return frame(oneLine(writeJson(delta)), "null", UNFINISHED);
}

function startMessage(state: FacadeStreamState, start: MessageStart): readonly FrameText[] {
  state.head = createHead(state.context, start);
  return state.choices.size > 0 ? [] : [opening(state, 0)];
}

function endPart(state: FacadeStreamState, choice: number, part: number): readonly FrameText[] {
  const open = state.choices.get(choice);
  const delta = open === undefined ? undefined : encodePartEnd(open, part);
  return delta === undefined ? [] : [deltaFrame(printer(state, choice), delta)];
}

/** The frames that end a whole answer: usage, if the client wants it, and the end mark. */
export function encodeEnd(state: FacadeStreamState): readonly FrameText[] {
  const filters = [...outdatedFrames(state), ...filterFrames(state)];
  if (!state.context.wantsUsage || state.usage === undefined)
    return [...filters, "data: [DONE]\n\n"];
  const draft: Draft = { choices: [], usage: encodeUsage(state.usage) };
  // The head has the members of every chunk: naming them here keeps extras from repeating them.
  for (const key of HEAD_MEMBERS) draft[key] = null;
  addAnswerExtras(draft, state.extras);
  for (const key of HEAD_MEMBERS) draft[key] = undefined;
  return [
    ...filters,
    `data: ${state.head}${oneLine(writeJson(draft).slice(1))}\n\n`,
    "data: [DONE]\n\n",
  ];
}

/** Proofs of choices that were never finished. */
function outdatedFrames(state: FacadeStreamState): readonly FrameText[] {
  return Array.from(state.choices.values()).flatMap((choice) =>
    encodeOutdated(choice).map((delta) => deltaFrame(printer(state, choice.index), delta)),
  );
}

/**
 * What filters of content found, in frames of their own as vendors send it whose filters run beside
 * the model.
 */
function filterFrames(state: FacadeStreamState): readonly FrameText[] {
  const extras = readExtras(state.extras);
  return Array.from(state.choices.keys()).flatMap((index) => {
    const found = filterResultsOf(extras, index);
    if (found === undefined) return [];
    const tail: Draft = { finish_reason: null, ...found };
    return [printer(state, index)("{}", "null", oneLine(writeJson(tail).slice(1)))];
  });
}

/** The frame that reports a failure in the middle. */
export function encodeStreamError(_state: FacadeStreamState, fault: Fault): readonly FrameText[] {
  return [`data: ${encodeError(fault)}\n\n`];
}

const HEAD_MEMBERS = ["id", "object", "created", "model", "service_tier", "system_fingerprint"];

const UNFINISHED = '"finish_reason":null}';

/**
 * Exact texts may be spread over lines, which would end a frame; in JSON a line break is only ever
 * whitespace.
 */
function oneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replace(/[\r\n]+/g, " ") : json;
}

/** A frame for a choice: its delta, its logprobs and the rest of its members, all as JSON text. */
type FramePrinter = (delta: string, logprobs: string, tail: string) => FrameText;

/** Frames for a choice, which is begun if need be. */
function inChoice(
  state: FacadeStreamState,
  index: number,
  encode: (frame: FramePrinter, choice: FacadeChoice) => readonly FrameText[],
): readonly FrameText[] {
  const known = state.choices.get(index);
  if (known !== undefined) return encode(printer(state, index), known);
  const first = opening(state, index);
  return [first, ...encode(printer(state, index), state.choices.get(index) ?? openChoice(index))];
}

/** Begins a choice. */
function opening(state: FacadeStreamState, index: number): FrameText {
  state.choices.set(index, openChoice(index));
  return printer(state, index)(
    '{"role":"assistant","content":"","refusal":null}',
    "null",
    UNFINISHED,
  );
}

function printer(state: FacadeStreamState, index: number): FramePrinter {
  const usage = state.context.wantsUsage ? ',"usage":null' : "";
  return (delta, logprobs, tail) =>
    `data: ${state.head}"choices":[{"index":${index},"delta":${delta},"logprobs":${logprobs},${tail}]${usage}}\n\n`;
}

/** What every chunk begins with, ready to be followed by a member. */
function createHead(context: FacadeContext, start: MessageStart | undefined): string {
  const draft: Draft = {
    id: start === undefined || start.id === "" ? `chatcmpl-${context.callId}` : start.id,
    object: "chat.completion.chunk",
    created:
      start === undefined || start.createdUnixS === 0n
        ? context.nowUnixS
        : Number(start.createdUnixS),
    model: start === undefined || start.model === "" ? context.model : start.model,
    service_tier: openaiTier(start?.serviceTier ?? ""),
    system_fingerprint:
      start === undefined || start.systemFingerprint === "" ? undefined : start.systemFingerprint,
  };
  return `${writeJson(draft).slice(0, -1)},`;
}
