import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { mergeUsage } from "../../core/merge-usage.ts";
import { frame } from "./facade-frame.ts";
import { citationFrames, closePart, type ReplyPart, tellPart } from "./facade-stream-parts.ts";
import { encodeFinishReason } from "./finish-reason.ts";
import { encodeLogprobs } from "./logprobs.ts";
import { encodeUsage } from "./usage.ts";
import type { Draft } from "./wire.ts";

/** What a client has been told so far. Never changed in place. */
export interface FacadeState {
  readonly context: FacadeContext;
  readonly started: boolean;
  readonly parts: readonly ReplyPart[];
  /** The part that has begun and not ended. */
  readonly open: ReplyPart | undefined;
  readonly citations: number;
  readonly reason: number;
  readonly usage: Usage | undefined;
}

type Told = readonly [state: FacadeState, frames: readonly FrameText[]];

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return { context, started: false, parts: [], open: undefined, citations: 0, reason: 0, usage: undefined };
}

/** The frames of an event. Only the first answer is told: clients of this dialect know no others. */
export function encodeEvent(state: FacadeState, event: Event): Told {
  const step = event.event;
  switch (step.case) {
    case "messageStart":
      return start(state, step.value.id);
    case "usage":
      return [{ ...state, usage: mergeUsage(state.usage, step.value) }, []];
    case "finish":
      return step.value.choice === 0 ? closed({ ...state, reason: step.value.reason }) : [state, []];
    case "extrasSet":
    case undefined:
      return [state, []];
    default:
      return step.value.choice === 0 ? begun(state, (ready) => tell(ready, event)) : [state, []];
  }
}

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const [ended, frames] = begun(state, closed);
  const calls = ended.parts.some(({ kind }) => kind === "call");
  const delta: Draft = {
    finish_reason: encodeFinishReason(ended.reason, calls),
    usage: ended.usage === undefined ? undefined : encodeUsage(ended.usage),
  };
  return [...frames, frame("message-end", { delta }), "data: [DONE]\n\n"];
}

/** The frames that tell of a failure in the middle: an end with the reason ERROR. */
export function encodeStreamError(_state: FacadeState, { message }: Fault): readonly FrameText[] {
  return [frame("message-end", { delta: { error: message, finish_reason: "ERROR" } })];
}

function start(state: FacadeState, id: string): Told {
  if (state.started) return [state, []];
  const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  const first = frame("message-start", { id: id === "" ? state.context.callId : id, delta: { message } });
  return [{ ...state, started: true }, [first]];
}

function begun(state: FacadeState, then: (state: FacadeState) => Told): Told {
  const [ready, first] = start(state, "");
  const [after, frames] = then(ready);
  return [after, first.length === 0 ? frames : [...first, ...frames]];
}

function closed(state: FacadeState): Told {
  if (state.open === undefined) return [state, []];
  return [{ ...state, open: undefined }, closePart(state.open)];
}

function tell(state: FacadeState, event: Event): Told {
  const step = event.event;
  switch (step.case) {
    case "citationAdd": {
      const frames = citationFrames(step.value, state.citations, state.parts);
      return [frames.length === 0 ? state : { ...state, citations: state.citations + 1 }, frames];
    }
    case "logprobsDelta": {
      const index = state.parts.findLast(({ kind }) => kind === "text")?.index ?? 0;
      const items = step.value.logprobs === undefined ? [] : encodeLogprobs(step.value.logprobs);
      const delta = { message: { content: { text: "" } } };
      return [state, items.map((logprobs) => frame("content-delta", { index, delta, logprobs }))];
    }
    case "partEnd":
      return state.open?.part === step.value.part ? closed(state) : [state, []];
    default:
      return tellOfPart(state, event);
  }
}

function tellOfPart(state: FacadeState, event: Event): Told {
  const told = tellPart(event, state.parts, state.context.callId);
  if (told === undefined) return [state, []];
  const { part, known, frames } = told;
  const ending = state.open === undefined || state.open.part === part.part ? [] : closePart(state.open);
  const parts = known ? state.parts : [...state.parts, part];
  return [{ ...state, parts, open: part }, [...ending, ...frames]];
}
