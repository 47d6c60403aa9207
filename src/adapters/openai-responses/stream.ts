import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../core/dialect.ts";
import { isDone } from "../../core/done-mark.ts";
import { malformed } from "../../core/fault.ts";
import { arrayAt, intAt, isObject, type JsonObject, objectAt, parseJson, stringAt } from "../../core/json.ts";
import { unknownMembers } from "../../core/json-members.ts";
import { citationAdd, partEnd, usageEvent } from "../../core/make-events.ts";
import { elementSources, memberSource, type Source, wholeSource } from "../../core/source-slice.ts";
import { isErrorObject } from "../openai-chat/error.ts";
import { decodeAnnotation } from "./annotation.ts";
import { faultOf } from "./error.ts";
import { decodeEnding } from "./finish-reason.ts";
import { isToolCall } from "./output-item.ts";
import { RESPONSE_MEMBERS, startOf, usageOf } from "./response.ts";
import { extrasSet, finish, messageStart } from "./stream-events.ts";
import {
  addCitation,
  addInput,
  addTokens,
  addWords,
  beginItem,
  contentOf,
  endItem,
  type OpenContent,
  type OpenItem,
  type Work,
  wholeItem,
} from "./stream-item.ts";

/** What is known of a stream between two frames. Never changed in place. */
export interface StreamState {
  readonly started: boolean;
  /** The dialect's own end was seen. */
  readonly ended: boolean;
  readonly parts: number;
  readonly open: readonly OpenItem[];
  /** The vendor's numbers of items that are told to their end. */
  readonly done: readonly number[];
  readonly toolCalls: boolean;
}

/** The state before the first frame. */
export function begin(): StreamState {
  return { started: false, ended: false, parts: 0, open: [], done: [], toolCalls: false };
}

/**
 * One event of a stream. Items are told apart by `output_index`, for some vendors change ids from event to event. What an
 * item, a response or a `done` event holds and no delta told is told then. Progress of tools that the vendor runs, and
 * events of the future, are nothing. See https://platform.openai.com/docs/api-reference/responses-streaming.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (frame.data.length === 0 || isDone(frame.data)) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return { ok: false, fault: malformed("the vendor's stream holds an event that is not a JSON object") };
  }
  const json = parsed.value;
  const type = stringAt(json, "type") ?? frame.event;
  if (type === "response.failed" || type === "error" || frame.event === "error") {
    return { ok: false, fault: faultOf(json) };
  }
  if (type === "" && isErrorObject(json)) return { ok: false, fault: faultOf(json) };
  const work: Work = { parts: state.parts, events: [] };
  const next = decodeTyped(state, type, json, wholeSource(frame.data), work);
  const settled = next.parts === work.parts ? next : { ...next, parts: work.parts };
  return { ok: true, state: settled, events: work.events };
}

/** The end of the bytes: well only where the vendor said how the response ended. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.ended) return { ok: true, value: [] };
  const message = "the vendor's stream ended before response.completed";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

function decodeTyped(state: StreamState, type: string, json: JsonObject, source: Source, work: Work): StreamState {
  switch (type) {
    case "response.created":
    case "response.queued":
    case "response.in_progress":
      return started(state, objectAt(json, "response") ?? {}, work);
    case "response.completed":
    case "response.incomplete":
    case "response.cancelled":
      return endResponse(state, json, source, work);
    case "response.output_item.added":
      return startItem(started(state, {}, work), json, work);
    case "response.output_item.done":
      return finishItem(started(state, {}, work), json, source, work);
    case "response.output_text.annotation.added":
      return annotate(state, json, source, work);
    default:
      return decodeContentEvent(state, type, json, work);
  }
}

/** Contents begin, grow and end; what their end tells is told only where nothing was told before. */
function decodeContentEvent(state: StreamState, type: string, json: JsonObject, work: Work): StreamState {
  switch (type) {
    case "response.content_part.added":
      return startContent(state, json, work);
    case "response.output_text.delta":
    case "response.output_text.done":
      return grow(state, json, work, "text", "content_index", type.endsWith("delta") ? "delta" : "text");
    case "response.refusal.delta":
    case "response.refusal.done":
      return grow(state, json, work, "refusal", "content_index", type.endsWith("delta") ? "delta" : "refusal");
    case "response.reasoning_text.delta":
    case "response.reasoning_text.done":
      return grow(state, json, work, "words", "content_index", type.endsWith("delta") ? "delta" : "text");
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_summary_text.done":
      return grow(state, json, work, "summary", "summary_index", type.endsWith("delta") ? "delta" : "text");
    case "response.function_call_arguments.delta":
    case "response.function_call_arguments.done":
      return feed(state, json, work, "function_call", type.endsWith("delta") ? "delta" : "arguments");
    case "response.custom_tool_call_input.delta":
    case "response.custom_tool_call_input.done":
      return feed(state, json, work, "custom_tool_call", type.endsWith("delta") ? "delta" : "input");
    default:
      return state;
  }
}

/** A response that begins without saying so has no id. */
function started(state: StreamState, response: JsonObject, work: Work): StreamState {
  if (state.started) return state;
  work.events.push(messageStart(startOf(response)));
  return { ...state, started: true };
}

function startItem(state: StreamState, json: JsonObject, work: Work): StreamState {
  const item = objectAt(json, "item");
  const index = indexOf(state, json);
  if (item === undefined || state.open.some((open) => open.index === index)) return state;
  const toolCalls = state.toolCalls || isToolCall(item);
  return { ...state, toolCalls, open: [...state.open, beginItem(work, index, item)] };
}

function finishItem(state: StreamState, json: JsonObject, source: Source, work: Work): StreamState {
  const item = objectAt(json, "item");
  if (item === undefined) return state;
  const index = indexOf(state, json);
  const open = state.open.find((candidate) => candidate.index === index);
  if (open === undefined) wholeItem(work, item, memberSource(source, "item"));
  else endItem(work, open, item, memberSource(source, "item"));
  const rest = state.open.filter((other) => other !== open);
  return { ...state, toolCalls: state.toolCalls || isToolCall(item), open: rest, done: [...state.done, index] };
}

function startContent(state: StreamState, json: JsonObject, work: Work): StreamState {
  const part = objectAt(json, "part");
  const type = part?.type;
  const index = intAt(json, "content_index") ?? 0;
  if (part === undefined || type === "reasoning_text" || type === "summary_text") return state;
  const kind = type === "output_text" ? "text" : type === "refusal" ? "refusal" : "opaque";
  return withItem(state, json, "message", work, (item) => {
    const [next, content] = contentOf(work, item, index, kind);
    return addWords(work, next, content, stringAt(part, kind) ?? "");
  });
}

function grow(
  state: StreamState,
  json: JsonObject,
  work: Work,
  kind: OpenContent["kind"],
  indexKey: "content_index" | "summary_index",
  key: string,
): StreamState {
  const index = intAt(json, indexKey) ?? 0;
  const type = kind === "words" || kind === "summary" ? "reasoning" : "message";
  return withItem(state, json, type, work, (item) => {
    const [known, content] = contentOf(work, item, index, kind);
    const whole = key !== "delta";
    const words = whole && content.told ? "" : (stringAt(json, key) ?? "");
    const grown = addWords(work, known, content, words);
    const [next, same] = contentOf(work, grown, index, kind);
    return whole && same.tokens ? next : addTokens(work, next, same, json);
  });
}

function feed(state: StreamState, json: JsonObject, work: Work, type: string, key: string): StreamState {
  return withItem(state, json, type, work, (item) =>
    key !== "delta" && item.told ? item : addInput(work, item, stringAt(json, key) ?? ""),
  );
}

function annotate(state: StreamState, json: JsonObject, source: Source, work: Work): StreamState {
  const annotation = objectAt(json, "annotation");
  if (annotation === undefined) return state;
  return withItem(state, json, "message", work, (item) => {
    const [next, content] = contentOf(work, item, intAt(json, "content_index") ?? 0, "text");
    work.events.push(citationAdd(content.part, decodeAnnotation(annotation, memberSource(source, "annotation"))));
    return addCitation(next, content);
  });
}

/** Changes the item that an event names; one that was never begun begins with the type that the event is of. */
function withItem(
  state: StreamState,
  json: JsonObject,
  type: string,
  work: Work,
  change: (item: OpenItem) => OpenItem,
): StreamState {
  const index = indexOf(state, json);
  const item = state.open.find((candidate) => candidate.index === index);
  if (item === undefined) {
    if (state.done.includes(index)) return state;
    const begun = started(state, {}, work);
    const toolCalls = begun.toolCalls || isToolCall({ type });
    return { ...begun, toolCalls, open: [...begun.open, change(beginItem(work, index, { ...json, type }))] };
  }
  const next = change(item);
  if (next === item) return state;
  return { ...state, open: state.open.map((candidate) => (candidate === item ? next : candidate)) };
}

function indexOf(state: StreamState, json: JsonObject): number {
  return intAt(json, "output_index") ?? state.open.at(-1)?.index ?? state.done.length;
}

/** The last event holds the whole response once more: items that were never told are told now. */
function endResponse(state: StreamState, json: JsonObject, source: Source, work: Work): StreamState {
  const response = objectAt(json, "response") ?? {};
  const responseSource = memberSource(source, "response");
  const sourceAt = elementSources(memberSource(responseSource, "output"));
  const begun = started(state, response, work);
  let { toolCalls } = begun;
  for (const [index, item] of (arrayAt(response, "output") ?? []).entries()) {
    toolCalls ||= isToolCall(item);
    if (begun.done.includes(index) || !isObject(item)) continue;
    const open = begun.open.find((candidate) => candidate.index === index);
    if (open !== undefined) endItem(work, open, item, sourceAt(index));
    else if (begun.done.length + begun.open.length === 0 || index >= begun.done.length + begun.open.length) {
      wholeItem(work, item, sourceAt(index));
    }
  }
  closeRest(begun, arrayAt(response, "output")?.length ?? 0, work);
  const usage = usageOf(response, responseSource);
  if (usage !== undefined) work.events.push(usageEvent(usage));
  const extras = unknownMembers(response, responseSource, RESPONSE_MEMBERS);
  if (extras !== "") work.events.push(extrasSet(extras));
  const ending = decodeEnding({ status: statusOf(json), ...response }, toolCalls);
  if (!begun.ended) work.events.push(finish(ending));
  return { ...begun, open: [], toolCalls, ended: true };
}

/** Items that the last event does not hold end as they are. */
function closeRest(state: StreamState, items: number, work: Work): void {
  for (const item of state.open) {
    if (item.index < items) continue;
    if (item.kind === "message") for (const content of item.contents) work.events.push(partEnd(content.part));
    else if (item.kind !== "opaque") work.events.push(partEnd(item.part));
  }
}

function statusOf(json: JsonObject): string {
  return (stringAt(json, "type") ?? "response.completed").replace("response.", "");
}
