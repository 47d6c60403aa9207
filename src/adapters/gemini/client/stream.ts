import type { Logprobs } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event, Finish, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { type Body, onOneLine } from "../../../json/members.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import {
  addCallInput,
  createHeldCalls,
  type HeldCalls,
  holdCall,
  holdWholeCall,
  takeAllCalls,
  takeCall,
  takeWholeCalls,
} from "../../shared/answers/held-calls.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeLogprobs } from "../logprobs.ts";
import { addToThought, beginThought, closeThought, type OpenThought } from "../sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";
import { encodeError } from "./error.ts";
import { createExtras, envelope } from "./response.ts";
import { callPart, encodeReplyPart, thoughtPart } from "./response-part.ts";

/**
 * What a client has been sent so far, and what is held back: the stream's own, changed in place.
 */
export interface FacadeState {
  readonly context: FacadeContext;
  start: MessageStart | undefined;
  /** Tool calls that are not sent yet, by their candidate: this dialect sends a call whole. */
  readonly calls: Map<number, HeldCalls>;
  /** Thoughts of other dialects that have not ended, by their candidate. */
  readonly thoughts: Map<number, OpenThought>;
  /** Formats of sound by candidate and part. */
  readonly formats: Map<string, string>;
  readonly finishes: Map<number, Finish>;
  usage: Usage | undefined;
  extras: string;
}

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return {
    context,
    start: undefined,
    calls: new Map(),
    thoughts: new Map(),
    formats: new Map(),
    finishes: new Map(),
    usage: undefined,
    extras: "",
  };
}

/**
 * One event as frames. The finish reason is sent in the last frame, with the usage, which may come
 * after it.
 */
export function encodeEvent(
  state: FacadeState,
  { event }: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  const frames: FrameText[] = [];
  switch (event.case) {
    case "messageStart":
      state.start = event.value;
      break;
    case "usage":
      state.usage = mergeUsage(state.usage, event.value);
      break;
    case "extrasSet":
      if (event.value.dialect === DIALECT) state.extras = event.value.json;
      break;
    case "finish":
      state.finishes.set(event.value.choice, event.value);
      break;
    case "toolCallStart":
      tellHeld(state, event.value.choice, frames);
      holdCall(callsOf(state, event.value.choice), event.value);
      break;
    case "toolCallDelta":
      addCallInput(callsOf(state, event.value.choice), event.value);
      break;
    case "partEnd":
      endPart(state, event.value.choice, event.value.part, frames);
      break;
    case "citationAdd":
    case "ping":
    case "continued":
    case undefined:
      break;
    case "logprobsDelta":
      tellLogprobs(state, event.value.choice, event.value.logprobs, frames);
      break;
    default:
      tellContent(state, event, frames);
  }
  return [state, frames];
}

/** The last frame: why each candidate stopped, usage, and what only this dialect has. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  for (const choice of new Set([...state.thoughts.keys(), ...state.calls.keys()])) {
    tellThought(state, choice, frames);
    tellCalls(state, choice, takeAllCalls(callsOf(state, choice)), frames);
  }
  const extras = createExtras(state.extras);
  const finishes = state.finishes.size > 0 ? [...state.finishes.values()] : [undefined];
  const candidates = finishes.map((finish) => {
    const index = finish?.choice ?? 0;
    const body: Body = {
      content: { parts: [], role: "model" },
      finishReason: encodeFinishReason(finish?.reason ?? 0, finish?.vendorReason ?? ""),
      index,
    };
    for (const [key, value] of extras.candidates.get(index) ?? []) body[key] ??= value;
    return body;
  });
  const body: Body = { candidates, ...envelopeOf(state, state.usage) };
  for (const [key, value] of extras.top) body[key] = value;
  return [...frames, frameOf(body)];
}

/** The frame that reports a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [`data: ${encodeError(fault)}\n\n`];
}

type ContentEvent = Extract<
  Event["event"],
  { case: "textDelta" | "reasoningDelta" | "refusalDelta" | "audioDelta" | "partWhole" }
>;

function tellContent(state: FacadeState, event: ContentEvent, frames: FrameText[]): void {
  const { choice, part } = event.value;
  const whole = event.case === "partWhole" ? event.value.content?.content : undefined;
  if (whole?.case === "toolCall") holdWholeCall(callsOf(state, choice), part, whole.value);
  tellWholeCalls(state, choice, frames);
  if (whole?.case === "toolCall") return;
  const thought = state.thoughts.get(choice);
  if (thought !== undefined && thought.part !== part) tellThought(state, choice, frames);
  if (event.case === "audioDelta" && event.value.data.length > 0 && event.value.transcript !== "")
    frames.push(partFrame(state, choice, { text: event.value.transcript }));
  const body = contentOf(state, event);
  remember(state, event);
  if (body !== undefined) frames.push(partFrame(state, choice, body));
}

function contentOf(state: FacadeState, event: ContentEvent): Writable | undefined {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return event.value.text === "" ? undefined : { text: event.value.text };
    case "reasoningDelta": {
      const { text, summary, signature, dialect } = event.value;
      // What else proves a thought waits for its end.
      return thoughtPart(text === "" ? summary : text, dialect === DIALECT ? signature : "");
    }
    case "audioDelta": {
      const { choice, part, data, transcript } = event.value;
      const format = state.formats.get(`${choice}/${part}`) ?? "";
      const source = { case: "data", value: data } as const;
      const value = {
        $typeName: "parlance.chat.v1.Audio",
        source,
        format,
        transcript,
        answerId: "",
      } as const;
      return encodeReplyPart({
        $typeName: "parlance.chat.v1.Part",
        content: { case: "audio", value },
      });
    }
    case "partWhole":
      return event.value.content === undefined ? undefined : encodeReplyPart(event.value.content);
  }
}

/**
 * Sound that goes on is sent in the format in which it began, and a thought ends with its proof.
 */
function remember(state: FacadeState, event: ContentEvent): void {
  const { choice, part } = event.value;
  if (event.case === "reasoningDelta") {
    const thought = state.thoughts.get(choice) ?? beginThought(part);
    addToThought(thought, event.value);
    state.thoughts.set(choice, thought);
    return;
  }
  const content = event.case === "partWhole" ? event.value.content?.content : undefined;
  if (content?.case === "audio") state.formats.set(`${choice}/${part}`, content.value.format);
}

/** Tells what is held back of a candidate, for something else begins. */
function tellHeld(state: FacadeState, choice: number, frames: FrameText[]): void {
  tellThought(state, choice, frames);
  tellWholeCalls(state, choice, frames);
}

function endPart(state: FacadeState, choice: number, part: number, frames: FrameText[]): void {
  if (state.thoughts.get(choice)?.part === part) tellThought(state, choice, frames);
  const calls = state.calls.get(choice);
  if (calls !== undefined) tellCalls(state, choice, takeCall(calls, part), frames);
}

/** Tells the proof of a candidate's thought, which is over. */
function tellThought(state: FacadeState, choice: number, frames: FrameText[]): void {
  const thought = state.thoughts.get(choice);
  const body = thought === undefined ? undefined : closeThought(thought);
  state.thoughts.delete(choice);
  if (body !== undefined) frames.push(partFrame(state, choice, body));
}

/** The calls of a candidate that are not sent yet. */
function callsOf(state: FacadeState, choice: number): HeldCalls {
  const known = state.calls.get(choice);
  if (known !== undefined) return known;
  const calls = createHeldCalls();
  state.calls.set(choice, calls);
  return calls;
}

/** Tells the calls of a candidate that are complete, for something else has begun. */
function tellWholeCalls(state: FacadeState, choice: number, frames: FrameText[]): void {
  const calls = state.calls.get(choice);
  if (calls !== undefined) tellCalls(state, choice, takeWholeCalls(calls), frames);
}

function tellCalls(
  state: FacadeState,
  choice: number,
  calls: readonly ToolCall[],
  frames: FrameText[],
): void {
  for (const call of calls) frames.push(partFrame(state, choice, callPart(call)));
}

function tellLogprobs(
  state: FacadeState,
  index: number,
  logprobs: Logprobs | undefined,
  frames: FrameText[],
): void {
  if (logprobs === undefined) return;
  const candidate = {
    content: { parts: [], role: "model" },
    index,
    logprobsResult: encodeLogprobs(logprobs),
  };
  frames.push(frameOf({ candidates: [candidate], ...envelopeOf(state, undefined) }));
}

function partFrame(state: FacadeState, index: number, part: Writable): FrameText {
  const candidate = { content: { parts: [part], role: "model" }, index };
  return frameOf({ candidates: [candidate], ...envelopeOf(state, undefined) });
}

function envelopeOf({ start, context }: FacadeState, usage: Usage | undefined): Body {
  return envelope(start?.id ?? "", start?.model ?? "", usage, context);
}

function frameOf(body: Writable): FrameText {
  return `data: ${onOneLine(writeJson(body))}\n\n`;
}
