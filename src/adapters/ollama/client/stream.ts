import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { printBase64 } from "../../../json/base64.ts";
import type { Body } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeTokens } from "../logprobs.ts";
import { DIALECT } from "../wire.ts";
import { encodeError } from "./error.ts";
import {
  type AnswerForm,
  encodeCall,
  encodeContent,
  encodeDone,
  encodeHead,
  type LineContent,
} from "./response.ts";

/** A call whose arguments are still coming: lines hold whole calls. */
interface OpenCall extends Pick<ToolCall, "id" | "name" | "input"> {
  readonly part: number;
}

/** The encoder's state between events; never changed in place. */
export interface FacadeState {
  readonly form: AnswerForm;
  readonly head: Body;
  readonly open: OpenCall | undefined;
  /** Calls sent so far. */
  readonly calls: number;
  readonly reason: string;
  readonly usage: Usage | undefined;
  readonly extras: string | undefined;
}

/** The state before the first event. */
export function begin(form: AnswerForm, context: FacadeContext): FacadeState {
  const head = encodeHead(context.model, context.nowUnixS);
  return {
    form,
    head,
    open: undefined,
    calls: 0,
    reason: "stop",
    usage: undefined,
    extras: undefined,
  };
}

/**
 * One event as lines. Calls wait until they are whole; the reason and usage wait for the last line.
 */
export function encodeEvent(
  state: FacadeState,
  { event }: Event,
): readonly [FacadeState, readonly FrameText[]] {
  switch (event.case) {
    case "messageStart": {
      const { model, createdUnixS } = event.value;
      const made = createdUnixS === 0n ? state.head : encodeHead("", Number(createdUnixS));
      return [{ ...state, head: { ...made, model: model === "" ? state.head.model : model } }, []];
    }
    case "usage":
      return [{ ...state, usage: mergeUsage(state.usage, event.value) }, []];
    case "extrasSet":
      return [event.value.dialect === DIALECT ? { ...state, extras: event.value.json } : state, []];
    case undefined:
      return [state, []];
    default:
      return event.value.choice === 0 ? encodeStep(state, event) : [state, []];
  }
}

/** The last line of a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const [flushed, lines] = flush(state);
  const { head, form, reason, usage, extras } = flushed;
  const last = { ...head, ...encodeContent(form, {}), ...encodeDone({ reason, usage, extras }) };
  return [...lines, `${oneLine(writeJson(last))}\n`];
}

/** The line that reports a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [`${encodeError(fault)}\n`];
}

type Step = Exclude<Event["event"], { case: "messageStart" | "usage" | "extrasSet" | undefined }>;

function encodeStep(state: FacadeState, event: Step): readonly [FacadeState, readonly FrameText[]] {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return say(state, { text: event.value.text });
    case "reasoningDelta":
      return say(state, {
        thinking: event.value.text === "" ? event.value.summary : event.value.text,
      });
    case "audioDelta":
      return say(state, { text: event.value.transcript });
    case "toolCallStart": {
      const [flushed, lines] = flush(state);
      const { part, id, name, custom } = event.value;
      const input = custom
        ? ({ case: "text", value: "" } as const)
        : ({ case: "argumentsJson", value: "" } as const);
      return [{ ...flushed, open: { part, id, name, input } }, lines];
    }
    case "toolCallDelta":
      return [addInput(state, event.value.input), []];
    case "partEnd":
      return state.open?.part === event.value.part ? flush(state) : [state, []];
    case "partWhole":
      return encodeWhole(state, event.value);
    case "logprobsDelta": {
      const { logprobs } = event.value;
      if (logprobs === undefined) return [state, []];
      return [state, [line(state, {}, { logprobs: encodeTokens(logprobs) })]];
    }
    case "finish": {
      const reason = encodeFinishReason(event.value.reason, event.value.vendorReason);
      const [flushed, lines] = flush(state);
      return [{ ...flushed, reason }, lines];
    }
    case "citationAdd":
      return [state, []];
  }
}

function say(
  state: FacadeState,
  content: LineContent,
): readonly [FacadeState, readonly FrameText[]] {
  if ((content.text ?? "") === "" && (content.thinking ?? "") === "") return [state, []];
  const [flushed, lines] = flush(state);
  return [flushed, [...lines, line(flushed, content)]];
}

function encodeWhole(
  state: FacadeState,
  { part, content }: (Event["event"] & { case: "partWhole" })["value"],
): readonly [FacadeState, readonly FrameText[]] {
  const whole = content?.content;
  if (whole?.case === "text" || whole?.case === "refusal")
    return say(state, { text: whole.value.text });
  if (whole?.case === "reasoning") return say(state, { thinking: whole.value.text });
  const [flushed, lines] = flush(state);
  if (whole?.case === "image" && whole.value.source.case === "data") {
    return [
      flushed,
      [...lines, line(flushed, { images: [printBase64(whole.value.source.value)] })],
    ];
  }
  if (whole?.case !== "toolCall") return [flushed, lines];
  const [closed, call] = flush({ ...flushed, open: { part, ...whole.value } });
  return [closed, [...lines, ...call]];
}

function addInput(state: FacadeState, input: string): FacadeState {
  const { open } = state;
  if (open === undefined || open.input.case === undefined) return state;
  return { ...state, open: { ...open, input: { ...open.input, value: open.input.value + input } } };
}

/** Sends the open call, if there is one. */
function flush(state: FacadeState): readonly [FacadeState, readonly FrameText[]] {
  if (state.open === undefined) return [state, []];
  const call = encodeCall(state.open, state.calls);
  return [{ ...state, open: undefined, calls: state.calls + 1 }, [line(state, { calls: [call] })]];
}

function line({ head, form }: FacadeState, content: LineContent, more: Body = {}): FrameText {
  return `${oneLine(writeJson({ ...head, ...encodeContent(form, content), done: false, ...more }))}\n`;
}

/**
 * Exact texts may be spread over lines, which would end a line of the stream; in JSON a line break
 * is only ever whitespace.
 */
function oneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replace(/[\r\n]+/g, " ") : json;
}
