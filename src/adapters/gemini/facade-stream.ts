import type { Logprobs } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event, Finish, MessageStart, ToolCallStart } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { FacadeContext, FrameText } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { type Body, onOneLine } from "../../core/json-members.ts";
import { type Writable, writeJson } from "../../core/json-write.ts";
import { mergeUsage } from "../../core/merge-usage.ts";
import { encodeError } from "./facade-error.ts";
import { callPart, encodeReplyPart, thoughtPart } from "./facade-part.ts";
import { createExtras, envelope } from "./facade-response.ts";
import { encodeFinishReason } from "./finish-reason.ts";
import { encodeLogprobs } from "./logprobs.ts";
import { addToThought, closeThought, type OpenThought } from "./seal-thought.ts";
import { DIALECT } from "./wire.ts";

/** What a client has been told so far, and what is held back. Never changed in place. */
export interface FacadeState {
  readonly context: FacadeContext;
  readonly start: MessageStart | undefined;
  /** Tool calls that are not told yet: this dialect tells a call whole. */
  readonly calls: readonly HeldCall[];
  /** Thoughts of other dialects that have not ended: at most one of a candidate. */
  readonly thoughts: readonly OpenThought[];
  readonly formats: ReadonlyMap<string, string>;
  readonly finishes: readonly Finish[];
  readonly usage: Usage | undefined;
  readonly extras: string;
}

interface HeldCall {
  readonly start: ToolCallStart;
  readonly input: string;
  readonly signature: string;
}

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  const nothing = { calls: [], thoughts: [], finishes: [], formats: new Map(), usage: undefined, extras: "" };
  return { context, start: undefined, ...nothing };
}

/** One event as frames. Why the model stopped is told in the last frame, with the usage, which may come after it. */
export function encodeEvent(
  state: FacadeState,
  { event }: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  switch (event.case) {
    case "messageStart":
      return [{ ...state, start: event.value }, []];
    case "usage":
      return [{ ...state, usage: mergeUsage(state.usage, event.value) }, []];
    case "extrasSet":
      return [event.value.dialect === DIALECT ? { ...state, extras: event.value.json } : state, []];
    case "finish":
      return [{ ...state, finishes: [...state.finishes, event.value] }, []];
    case "toolCallStart": {
      const [told, frames] = tellHeld(state, event.value.choice);
      const held = { start: event.value, input: "", signature: event.value.signature };
      return [{ ...told, calls: [...told.calls, held] }, frames];
    }
    case "toolCallDelta":
      return [addInput(state, event.value.choice, event.value.part, event.value.input, event.value.signature), []];
    case "partEnd":
      return tellThoughts(state, event.value.choice, (thought) => thought.part === event.value.part);
    case "citationAdd":
    case undefined:
      return [state, []];
    case "logprobsDelta":
      return [state, logprobsFrames(state, event.value.choice, event.value.logprobs)];
    default:
      return tellContent(state, event);
  }
}

/** The last frame: why each candidate stopped, usage, and what only this dialect has. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  let now = state;
  const held = [...state.thoughts.map(({ choice }) => choice), ...state.calls.map(({ start }) => start.choice)];
  for (const choice of new Set(held)) {
    const [next, told] = tellHeld(now, choice);
    now = next;
    appendAll(frames, told);
  }
  const extras = createExtras(state.extras);
  const finishes = state.finishes.length > 0 ? state.finishes : [undefined];
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

/** The frame that tells of a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [`data: ${encodeError(fault)}\n\n`];
}

type ContentEvent = Extract<
  Event["event"],
  { case: "textDelta" | "reasoningDelta" | "refusalDelta" | "audioDelta" | "partWhole" }
>;

function tellContent(state: FacadeState, event: ContentEvent): readonly [FacadeState, readonly FrameText[]] {
  const { choice, part } = event.value;
  const [called, calls] = tellCalls(state, choice);
  const [told, thoughts] = tellThoughts(called, choice, (thought) => thought.part !== part);
  const frames = [...calls, ...thoughts];
  const body = contentOf(told, event);
  const now = remember(told, event);
  return [now, body === undefined ? frames : [...frames, partFrame(now, choice, body)]];
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
      const value = { $typeName: "parlance.chat.v1.Audio", source, format, transcript, answerId: "" } as const;
      return encodeReplyPart({ $typeName: "parlance.chat.v1.Part", content: { case: "audio", value } });
    }
    case "partWhole":
      return event.value.content === undefined ? undefined : encodeReplyPart(event.value.content);
  }
}

/** Sound that goes on is told in the format in which it began, and a thought ends with its proof. */
function remember(state: FacadeState, event: ContentEvent): FacadeState {
  const { choice, part } = event.value;
  if (event.case === "reasoningDelta") {
    const isThis = (thought: OpenThought): boolean => thought.choice === choice && thought.part === part;
    const thought = addToThought(state.thoughts.find(isThis), event.value);
    return { ...state, thoughts: [...state.thoughts.filter((other) => !isThis(other)), thought] };
  }
  const content = event.case === "partWhole" ? event.value.content?.content : undefined;
  if (content?.case !== "audio") return state;
  return { ...state, formats: new Map([...state.formats, [`${choice}/${part}`, content.value.format]]) };
}

/** Tells what is held back of a candidate, for something else begins. */
function tellHeld(state: FacadeState, choice: number): readonly [FacadeState, readonly FrameText[]] {
  const [proven, thoughts] = tellThoughts(state, choice, () => true);
  const [told, calls] = tellCalls(proven, choice);
  return [told, [...thoughts, ...calls]];
}

/** Tells the proofs of a candidate's thoughts that are over. */
function tellThoughts(
  state: FacadeState,
  choice: number,
  isOver: (thought: OpenThought) => boolean,
): readonly [FacadeState, readonly FrameText[]] {
  const over = state.thoughts.filter((thought) => thought.choice === choice && isOver(thought));
  if (over.length === 0) return [state, []];
  const frames = over.flatMap((thought) => {
    const body = closeThought(thought);
    return body === undefined ? [] : [partFrame(state, choice, body)];
  });
  return [{ ...state, thoughts: state.thoughts.filter((thought) => !over.includes(thought)) }, frames];
}

/** Tells the calls of a candidate that are complete, for something else has begun. */
function tellCalls(state: FacadeState, choice: number): readonly [FacadeState, readonly FrameText[]] {
  if (state.calls.length === 0) return [state, []];
  const due = state.calls.filter((call) => call.start.choice === choice);
  const frames = due.map(({ start, input, signature }) => {
    const value = { case: start.custom ? "text" : "argumentsJson", value: input } as const;
    return partFrame(state, choice, callPart({ id: start.id, name: start.name, input: value, signature }));
  });
  return [{ ...state, calls: state.calls.filter((call) => call.start.choice !== choice) }, frames];
}

function addInput(state: FacadeState, choice: number, part: number, input: string, signature: string): FacadeState {
  const calls = state.calls.map((call) =>
    call.start.choice === choice && call.start.part === part
      ? { ...call, input: call.input + input, signature: call.signature + signature }
      : call,
  );
  return { ...state, calls };
}

function logprobsFrames(state: FacadeState, index: number, logprobs: Logprobs | undefined): readonly FrameText[] {
  if (logprobs === undefined) return [];
  const candidate = { content: { parts: [], role: "model" }, index, logprobsResult: encodeLogprobs(logprobs) };
  return [frameOf({ candidates: [candidate], ...envelopeOf(state, undefined) })];
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
