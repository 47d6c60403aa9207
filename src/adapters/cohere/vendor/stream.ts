import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { isDone } from "../../../core/dispatch/done-mark.ts";
import { type Fault, malformed, tooMany } from "../../../core/faults/fault.ts";
import { MAX_CITATIONS, MAX_PARTS } from "../../../events/answer-limits.ts";
import { textDelta } from "../../../events/make-events.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { memberSource, type Source, sourceText, wholeSource } from "../../../json/source-slice.ts";
import { decodeFinishReason } from "../finish-reason.ts";
import { decodeLogprobs } from "../logprobs.ts";
import { decodeUsage } from "../usage.ts";
import { NAME } from "../wire.ts";
import { callOf, contentOf } from "./deviation.ts";
import { decodeErrorObject, finishFault, isErrorObject } from "./error.ts";
import {
  addToCall,
  beginCall,
  decodeCitationAt,
  decodeCitations,
  decodeContent,
  decodePlan,
  endCall,
  endCalls,
} from "./stream-part.ts";
import {
  emit,
  emitStart,
  type FrameWork,
  findPart,
  lastPart,
  type StreamState,
} from "./stream-state.ts";
import { decodeFormerFrame } from "./stream-v1.ts";

/**
 * Reads one frame of a streamed answer: an SSE event of v2, or a line of v1. Frames of no known
 * kind say nothing.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (isDone(frame.data)) return { ok: true, state, events: close(state) };
  if (frame.data.length === 0) return { ok: true, state, events: [] };
  const said = state.alike.textOf(frame);
  if (said !== undefined) return { ok: true, state, events: [textDelta(said.part, said.text)] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok)
    return {
      ok: false,
      fault: malformed(`a frame of the stream is not JSON: ${parsed.error.message}`),
    };
  if (!isObject(parsed.value))
    return { ok: false, fault: malformed("a frame of the stream is not a JSON object") };
  const json = parsed.value;
  const type = stringAt(json, "type") ?? frame.event;
  if (type === "error" || (type === "" && isErrorObject(json)))
    return { ok: false, fault: decodeErrorObject(json) };
  const work: FrameWork = { state, events: [] };
  const source = wholeSource(frame.data);
  const fault =
    listsFault(json) ??
    (typeof json.event_type === "string"
      ? decodeFormerFrame(work, json, source)
      : decodeFrame(work, type, json, source));
  state.alike.note(frame, work.events);
  return fault === undefined ? { ok: true, state, events: work.events } : { ok: false, fault };
}

/**
 * The events of the end: citations of thoughts, or the fault that the stream was cut. `message-end`
 * is the end.
 */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (!state.finished) {
    const message = state.started
      ? "the stream ended before the answer was complete"
      : "the stream ended without an answer";
    return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
  }
  if (state.asides.length === 0) return { ok: true, value: [] };
  const json = printAsides(state);
  const value = { $typeName: "parlance.chat.v1.ExtrasSet", dialect: NAME, json } as const;
  return {
    ok: true,
    value: [{ $typeName: "parlance.chat.v1.Event", event: { case: "extrasSet", value } }],
  };
}

/** The extras that hold what was kept aside. */
export function printAsides({ asides }: StreamState): string {
  return `{"citations":[${asides.join(",")}]}`;
}

/**
 * The fault of a reply or frame whose lists hold more than an answer may; undefined where they do
 * not.
 */
export function listsFault(json: JsonObject): Fault | undefined {
  const message =
    objectAt(json, "message") ?? objectAt(objectAt(json, "delta") ?? {}, "message") ?? {};
  const lengthOf = (key: string) =>
    Math.max(arrayAt(json, key)?.length ?? 0, arrayAt(message, key)?.length ?? 0);
  return (
    tooMany(lengthOf("content"), MAX_PARTS, "contents") ??
    tooMany(lengthOf("tool_calls"), MAX_PARTS, "tool calls") ??
    tooMany(lengthOf("citations"), MAX_CITATIONS, "citations")
  );
}

/** Adds likelihoods of tokens, where there are any. */
export function addLogprobs(work: FrameWork, json: Json | undefined): void {
  const logprobs = decodeLogprobs(json);
  if (logprobs === undefined) return;
  emit(work, {
    case: "logprobsDelta",
    value: { $typeName: "parlance.chat.v1.LogprobsDelta", choice: 0, logprobs },
  });
}

/** The answer is complete. */
export function finish(work: FrameWork, word: string): void {
  work.state.finished = true;
  const calls = lastPart(work, "call") !== undefined;
  const reason = decodeFinishReason(calls && word === "COMPLETE" ? "TOOL_CALL" : word);
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason: word,
    stopSequence: "",
  } as const;
  emit(work, { case: "finish", value });
}

function decodeFrame(work: FrameWork, type: string, json: JsonObject, source: Source) {
  const delta = objectAt(json, "delta") ?? {};
  const message = objectAt(delta, "message") ?? {};
  const index = intAt(json, "index") ?? 0;
  if (type !== "" && type !== "message-start" && frameTypes.has(type))
    emitStart(work, stringAt(json, "id") ?? "", "");
  switch (type) {
    case "message-start":
      emitStart(work, stringAt(json, "id") ?? "", stringAt(json, "model") ?? "");
      return undefined;
    case "content-start":
    case "content-delta":
      decodeContent(work, index, contentOf(message.content));
      addLogprobs(work, json.logprobs);
      return undefined;
    case "tool-plan-delta":
      decodePlan(work, stringAt(message, "tool_plan") ?? "");
      return undefined;
    case "tool-call-start":
      beginCall(work, index, callOf(message));
      return undefined;
    case "tool-call-delta":
      addToCall(work, index, callOf(message));
      return undefined;
    case "tool-call-end":
      endCall(work, findPart(work, index, "call"));
      return undefined;
    case "citation-start":
      addCitations(work, message, source);
      return undefined;
    case "message-end":
      return endMessage(work, delta);
    default:
      return undefined;
  }
}

const frameTypes: ReadonlySet<string> = new Set([
  "content-start",
  "content-delta",
  "tool-plan-delta",
  "tool-call-start",
  "tool-call-delta",
  "citation-start",
  "message-end",
]);

function addCitations(work: FrameWork, message: JsonObject, source: Source): void {
  const { citations } = message;
  const bytes = memberSource(memberSource(memberSource(source, "delta"), "message"), "citations");
  if (isObject(citations)) decodeCitationAt(work, citations, sourceText(bytes, citations));
  else if (Array.isArray(citations)) decodeCitations(work, citations, bytes);
}

/** The end in the words of another dialect, where the vendor's own is missing. */
function close(state: StreamState): readonly Event[] {
  const work: FrameWork = { state, events: [] };
  if (state.started && !state.finished) endMessage(work, { finish_reason: "COMPLETE" });
  return work.events;
}

function endMessage(work: FrameWork, delta: JsonObject) {
  const word = stringAt(delta, "finish_reason") ?? "";
  const fault = finishFault(word, stringAt(delta, "error") ?? "");
  if (fault !== undefined) return fault;
  endCalls(work);
  const usage = objectAt(delta, "usage");
  if (!work.state.finished) finish(work, word);
  if (usage !== undefined) emit(work, { case: "usage", value: decodeUsage(usage) });
  return undefined;
}
