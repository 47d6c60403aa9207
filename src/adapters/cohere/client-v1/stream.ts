import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { onOneLine } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import {
  addCallInput,
  createHeldCalls,
  type HeldCalls,
  holdCall,
  holdWholeCall,
  takeAllCalls,
} from "../../shared/answers/held-calls.ts";
import { isPlan } from "../client/response.ts";
import type { Draft } from "../wire.ts";
import {
  type Answer,
  addCall,
  addCitation,
  createAnswer,
  encodeAnswer,
  encodeFormerReason,
} from "./answer.ts";

/** What a client has been sent so far: the stream's own, changed in place. */
export interface FacadeState {
  readonly answer: Answer;
  id: string;
  started: boolean;
  /** All calls, which come whole once more at the end. */
  readonly held: HeldCalls;
  /** The numbers of the calls by their parts. */
  readonly calls: Map<number, { readonly index: number; readonly custom: boolean }>;
  /** Where in the text each part of it begins. */
  readonly offsets: Map<number, number>;
  /** The part that is the plan of the tools. */
  plan: number | undefined;
  reason: number;
  usage: Usage | undefined;
}

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return {
    answer: createAnswer(context),
    id: context.callId,
    started: false,
    held: createHeldCalls(),
    calls: new Map(),
    offsets: new Map(),
    plan: undefined,
    reason: 0,
    usage: undefined,
  };
}

/**
 * The lines of an event (https://docs.cohere.com/reference/chat-stream-v1, 2026-11). With n > 1
 * only the first answer is sent: clients of this dialect know no others.
 */
export function encodeEvent(
  state: FacadeState,
  { event }: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  const frames: FrameText[] = [];
  switch (event.case) {
    case "messageStart":
      if (event.value.id !== "") state.id = event.value.id;
      start(state, frames);
      break;
    case "usage":
      state.usage = mergeUsage(state.usage, event.value);
      break;
    case "extrasSet":
    case "ping":
    case "continued":
    case undefined:
      break;
    case "finish":
      if (event.value.choice === 0) state.reason = event.value.reason;
      break;
    default:
      if (event.value.choice !== 0) break;
      start(state, frames);
      tell(state, event, frames);
  }
  return [state, frames];
}

/** The lines that end a whole answer: its calls, and all of it once more. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const frames: FrameText[] = [];
  start(state, frames);
  endCalls(state, frames);
  const { id, reason, usage } = state;
  frames.push(
    line("stream-end", {
      is_finished: true,
      finish_reason: encodeStreamReason(reason),
      response: encodeAnswer(state.answer, { id, reason, usage }),
    }),
  );
  return frames;
}

/** The line that reports a failure in the middle: an end with the reason ERROR. */
export function encodeStreamError(
  { answer, id, usage }: FacadeState,
  { message }: Fault,
): readonly FrameText[] {
  const response = { ...encodeAnswer(answer, { id, reason: 0, usage }), finish_reason: "ERROR" };
  return [
    line("stream-end", { is_finished: true, finish_reason: "ERROR", error: message, response }),
  ];
}

/** In streams a stop sequence is no reason of its own. */
function encodeStreamReason(reason: number): string {
  const word = encodeFormerReason(reason);
  return word === "STOP_SEQUENCE" ? "COMPLETE" : word;
}

function line(type: string, members: Draft): FrameText {
  return `${onOneLine(writeJson({ is_finished: false, event_type: type, ...members }))}\n`;
}

function start(state: FacadeState, frames: FrameText[]): void {
  if (state.started) return;
  state.started = true;
  frames.push(line("stream-start", { generation_id: state.id }));
}

type Step = Exclude<
  Event["event"],
  { case: "messageStart" | "usage" | "extrasSet" | "ping" | "continued" | "finish" | undefined }
>;

function tell(state: FacadeState, event: Step, frames: FrameText[]): void {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      say(state, event.value.part, event.value.text, frames);
      return;
    case "audioDelta":
      say(state, event.value.part, event.value.transcript, frames);
      return;
    case "reasoningDelta":
      tellPlan(state, event.value, frames);
      return;
    case "citationAdd": {
      const offset = state.offsets.get(event.value.part) ?? 0;
      const { citation } = event.value;
      const added = citation && addCitation(state.answer, citation, offset);
      if (added !== undefined) frames.push(line("citation-generation", { citations: [added] }));
      return;
    }
    case "partWhole":
      tellWhole(state, event.value, frames);
      return;
    case "toolCallStart": {
      const { part, name, custom } = event.value;
      holdCall(state.held, event.value);
      beginCall(state, { part, name, custom }, frames);
      return;
    }
    case "toolCallDelta":
      addCallInput(state.held, event.value);
      tellInput(state, event.value.part, event.value.input, frames);
      return;
    case "partEnd":
    case "logprobsDelta":
      return;
  }
}

function say(state: FacadeState, part: number, text: string, frames: FrameText[]): void {
  if (!state.offsets.has(part)) state.offsets.set(part, state.answer.text.length);
  if (text === "") return;
  state.answer.text += text;
  frames.push(line("text-generation", { text }));
}

/** The plan of the tools is written among their chunks; other thoughts have no place. */
function tellPlan(
  state: FacadeState,
  delta: (Step & { case: "reasoningDelta" })["value"],
  frames: FrameText[],
): void {
  if (isPlan(delta)) state.plan = delta.part;
  if (state.plan === delta.part) addPlan(state, delta.text, frames);
}

function addPlan({ answer }: FacadeState, text: string, frames: FrameText[]): void {
  if (text === "") return;
  answer.text += text;
  frames.push(chunk({ text }, text));
}

function tellWhole(
  state: FacadeState,
  { part, content }: (Step & { case: "partWhole" })["value"],
  frames: FrameText[],
): void {
  const whole = content?.content;
  if (whole?.case === "text" || whole?.case === "refusal")
    say(state, part, whole.value.text, frames);
  if (whole?.case === "audio") say(state, part, whole.value.transcript, frames);
  if (whole?.case === "reasoning" && isPlan(whole.value)) addPlan(state, whole.value.text, frames);
  if (whole?.case !== "toolCall") return;
  const { name, input } = whole.value;
  holdWholeCall(state.held, part, whole.value);
  beginCall(state, { part, name, custom: input.case === "text" }, frames);
  tellInput(state, part, input.value ?? "", frames);
}

function beginCall(
  { calls }: FacadeState,
  {
    part,
    name,
    custom,
  }: { readonly part: number; readonly name: string; readonly custom: boolean },
  frames: FrameText[],
): void {
  if (calls.has(part)) return;
  const index = calls.size;
  calls.set(part, { index, custom });
  frames.push(chunk({ index, name }));
  if (custom) frames.push(chunk({ index, parameters: '{"input":"' }));
}

/** Free text is sent as the parameter `input`. */
function tellInput({ calls }: FacadeState, part: number, input: string, frames: FrameText[]): void {
  const call = calls.get(part);
  if (call === undefined || input === "") return;
  const parameters = call.custom ? JSON.stringify(input).slice(1, -1) : input;
  frames.push(chunk({ index: call.index, parameters }));
}

function endCalls({ answer, calls, held }: FacadeState, frames: FrameText[]): void {
  if (calls.size === 0) return;
  for (const { index, custom } of calls.values())
    if (custom) frames.push(chunk({ index, parameters: '"}' }));
  for (const call of takeAllCalls(held)) addCall(answer, call);
  frames.push(line("tool-calls-generation", { text: answer.text, tool_calls: answer.calls }));
}

function chunk(delta: Draft, text?: string): FrameText {
  return line("tool-calls-chunk", { tool_call_delta: delta, text });
}
