import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { printBase64 } from "../../../json/base64.ts";
import type { Body } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
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

/** The encoder's state between events: the stream's own, changed in place. */
export interface FacadeState {
  readonly form: AnswerForm;
  head: Body;
  /** Calls whose arguments are still coming: lines hold whole calls. */
  readonly held: HeldCalls;
  /** Calls sent so far. */
  calls: number;
  reason: string;
  usage: Usage | undefined;
  extras: string | undefined;
}

/** The state before the first event. */
export function begin(form: AnswerForm, context: FacadeContext): FacadeState {
  const head = encodeHead(context.model, context.nowUnixS);
  return {
    form,
    head,
    held: createHeldCalls(),
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
      state.head = { ...made, model: model === "" ? state.head.model : model };
      return [state, []];
    }
    case "usage":
      state.usage = mergeUsage(state.usage, event.value);
      return [state, []];
    case "extrasSet":
      if (event.value.dialect === DIALECT) state.extras = event.value.json;
      return [state, []];
    case "ping":
    case "continued":
    case undefined:
      return [state, []];
    default:
      return [state, event.value.choice === 0 ? encodeStep(state, event) : []];
  }
}

/** The last line of a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const lines = callLines(state, takeAllCalls(state.held));
  const { head, form, reason, usage, extras } = state;
  const last = { ...head, ...encodeContent(form, {}), ...encodeDone({ reason, usage, extras }) };
  return [...lines, `${oneLine(writeJson(last))}\n`];
}

/** The line that reports a failure in the middle. */
export function encodeStreamError(_state: FacadeState, fault: Fault): readonly FrameText[] {
  return [`${encodeError(fault)}\n`];
}

type Step = Exclude<
  Event["event"],
  { case: "messageStart" | "usage" | "extrasSet" | "ping" | "continued" | undefined }
>;

function encodeStep(state: FacadeState, event: Step): readonly FrameText[] {
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
      const lines = callLines(state, takeWholeCalls(state.held));
      holdCall(state.held, event.value);
      return lines;
    }
    case "toolCallDelta":
      addCallInput(state.held, event.value);
      return [];
    case "partEnd":
      return callLines(state, takeCall(state.held, event.value.part));
    case "partWhole":
      return encodeWhole(state, event.value);
    case "logprobsDelta": {
      const { logprobs } = event.value;
      return logprobs === undefined ? [] : [line(state, {}, { logprobs: encodeTokens(logprobs) })];
    }
    case "finish":
      state.reason = encodeFinishReason(event.value.reason);
      return callLines(state, takeAllCalls(state.held));
    case "citationAdd":
      return [];
  }
}

function say(state: FacadeState, content: LineContent): readonly FrameText[] {
  if ((content.text ?? "") === "" && (content.thinking ?? "") === "") return [];
  return [...callLines(state, takeWholeCalls(state.held)), line(state, content)];
}

function encodeWhole(
  state: FacadeState,
  { part, content }: (Event["event"] & { case: "partWhole" })["value"],
): readonly FrameText[] {
  const whole = content?.content;
  if (whole?.case === "text" || whole?.case === "refusal")
    return say(state, { text: whole.value.text });
  if (whole?.case === "reasoning") return say(state, { thinking: whole.value.text });
  if (whole?.case === "toolCall") holdWholeCall(state.held, part, whole.value);
  const lines = callLines(state, takeWholeCalls(state.held));
  if (whole?.case !== "image" || whole.value.source.case !== "data") return lines;
  return [...lines, line(state, { images: [printBase64(whole.value.source.value)] })];
}

/** A line for each call. */
function callLines(state: FacadeState, calls: readonly SentCall[]): readonly FrameText[] {
  return calls.map((call) => {
    const encoded = encodeCall(call, state.calls);
    state.calls += 1;
    return line(state, { calls: [encoded] });
  });
}

type SentCall = Pick<ToolCall, "id" | "name" | "input">;

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
