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
  /** The parts that have begun and not ended: one of content, for a client reads content in turn, and calls. */
  readonly open: readonly ReplyPart[];
  readonly citations: number;
  readonly reason: number;
  readonly usage: Usage | undefined;
}

type Told = readonly [state: FacadeState, frames: readonly FrameText[]];

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return { context, started: false, parts: [], open: [], citations: 0, reason: 0, usage: undefined };
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
  return state.open.length === 0 ? [state, []] : [{ ...state, open: [] }, state.open.flatMap(closePart)];
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
    case "partEnd": {
      const ended = state.open.filter(({ part }) => part === step.value.part);
      const open = state.open.filter(({ part }) => part !== step.value.part);
      return ended.length === 0 ? [state, []] : [{ ...state, open }, ended.flatMap(closePart)];
    }
    default:
      return tellOfPart(state, event);
  }
}

/**
 * Content ends when anything else begins. A call ends when another begins and it has some input: without any, its end would
 * say that it has none.
 */
function tellOfPart(state: FacadeState, event: Event): Told {
  const told = tellPart(event, state.parts, state.context.callId);
  if (told === undefined) return [state, []];
  const { part, known, frames } = told;
  const others = state.open.filter((other) => other.part !== part.part);
  const over = others.filter(({ kind, fed, custom }) => kind !== "call" || (!known && fed && !custom));
  const parts = known ? state.parts.map((other) => (other.part === part.part ? part : other)) : [...state.parts, part];
  const open = [...others.filter((other) => !over.includes(other)), part];
  return [{ ...state, parts, open }, [...over.flatMap(closePart), ...frames]];
}
