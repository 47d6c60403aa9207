import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { isDone } from "../../../core/dispatch/done-mark.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { citationAdd, partEnd, usageEvent } from "../../../events/make-events.ts";
import {
  arrayAt,
  asBuffer,
  intAt,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  wholeSource,
} from "../../../json/source-slice.ts";
import { isErrorObject } from "../../openai-chat/vendor/error.ts";
import {
  createOpenBlocks,
  latestIndex,
  type OpenBlocks,
  openBlock,
  takeBlocks,
} from "../../shared/open-blocks.ts";
import { decodeAnnotation } from "../citation.ts";
import { isToolCall, outputFault } from "../content-part.ts";
import { decodeEnding } from "../finish-reason.ts";
import { faultOf } from "./error.ts";
import { RESPONSE_MEMBERS, startOf, usageOf } from "./response.ts";
import { extrasSet, finish, messageStart } from "./stream-events.ts";
import {
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
} from "./stream-part.ts";

/** What is known of a stream between two frames: the stream's own, changed in place. */
export interface StreamState {
  started: boolean;
  /** The dialect's own end was seen. */
  ended: boolean;
  parts: number;
  /** By the vendor's numbers of them. */
  readonly open: OpenBlocks<OpenItem>;
  /** The vendor's numbers of items that are complete. */
  readonly done: Set<number>;
  /** How many ends of items were seen. */
  ends: number;
  /** The item that ended last is of an answer: words, or a call. */
  answered: boolean;
  toolCalls: boolean;
}

/** The state before the first frame. */
export function begin(): StreamState {
  return {
    started: false,
    ended: false,
    parts: 0,
    open: createOpenBlocks(),
    done: new Set(),
    ends: 0,
    answered: false,
    toolCalls: false,
  };
}

/** Whether an event says only that the connection is still there. */
export function keepsAlive({ event, data }: Frame): boolean {
  return (
    event === "keepalive" ||
    (event === "" && data.length < 128 && asBuffer(data).includes('"keepalive"'))
  );
}

/**
 * One event of a stream. Items are identified by `output_index`, for some vendors change ids from
 * event to event. What an item, a response or a `done` event holds and no delta brought is emitted
 * then. Progress of tools that the vendor runs, and events of the future, are nothing. See
 * https://platform.openai.com/docs/api-reference/responses-streaming.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (isDone(frame.data)) return { ok: true, state, events: close(state, state.parts > 0) };
  if (frame.data.length === 0) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return {
      ok: false,
      fault: malformed("the vendor's stream holds an event that is not a JSON object"),
    };
  }
  const json = parsed.value;
  const type = stringAt(json, "type") ?? frame.event;
  if (type === "response.failed" || type === "error" || frame.event === "error") {
    return { ok: false, fault: faultOf(json) };
  }
  if (type === "" && isErrorObject(json)) return { ok: false, fault: faultOf(json) };
  const source = wholeSource(frame.data);
  const work: FrameWork = { parts: state.parts, events: [], json, source };
  decodeTyped(state, type, work);
  state.parts = work.parts;
  return work.fault === undefined
    ? { ok: true, state, events: work.events }
    : { ok: false, fault: work.fault };
}

/**
 * Whether an item has begun that is emitted only when it is whole, such as a search or a picture.
 */
export function begun({ open }: StreamState): boolean {
  for (const { kind } of open.byIndex.values()) if (kind === "opaque") return true;
  return false;
}

/**
 * The end of the bytes: well only where the vendor said how the response ended, or ended each item
 * of it.
 */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.ended) return { ok: true, value: [] };
  if (state.answered && state.open.byIndex.size === 0)
    return { ok: true, value: close(state, true) };
  const message = "the vendor's stream ended before response.completed";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

/** The end of a response whose vendor does not tell it. */
function close(state: StreamState, answered: boolean): readonly Event[] {
  if (state.ended || !answered) return [];
  const work: Work = { parts: state.parts, events: [] };
  closeRest(state, 0, work);
  state.ended = true;
  return [...work.events, finish(decodeEnding({ status: "completed" }, state.toolCalls))];
}

/** The work on one event of the stream, with what it says. */
interface FrameWork extends Work {
  readonly json: JsonObject;
  readonly source: Source;
}

function decodeTyped(state: StreamState, type: string, work: FrameWork): void {
  switch (type) {
    case "response.created":
    case "response.queued":
    case "response.in_progress":
      started(state, objectAt(work.json, "response") ?? {}, work);
      return;
    case "response.completed":
    case "response.incomplete":
    case "response.cancelled":
      endResponse(state, work);
      return;
    case "response.output_item.added":
      startItem(state, work);
      return;
    case "response.output_item.done":
      finishItem(state, work);
      return;
    case "response.output_text.annotation.added":
      annotate(state, work);
      return;
    default:
      decodeContentEvent(state, type, work);
  }
}

/**
 * Contents begin, grow and end; what their end holds is emitted only where nothing was emitted
 * before.
 */
function decodeContentEvent(state: StreamState, type: string, work: FrameWork): void {
  const whole = type.endsWith(".done");
  switch (type) {
    case "response.content_part.added":
      startContent(state, work);
      return;
    case "response.output_text.delta":
    case "response.output_text.done":
      grow(state, work, { kind: "text", whole: whole ? "text" : undefined });
      return;
    case "response.refusal.delta":
    case "response.refusal.done":
      grow(state, work, { kind: "refusal", whole: whole ? "refusal" : undefined });
      return;
    case "response.reasoning_text.delta":
    case "response.reasoning_text.done":
      grow(state, work, { kind: "words", whole: whole ? "text" : undefined });
      return;
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_summary_text.done":
      grow(state, work, { kind: "summary", whole: whole ? "text" : undefined });
      return;
    case "response.function_call_arguments.delta":
    case "response.function_call_arguments.done":
      feed(state, work, { type: "function_call", whole: whole ? "arguments" : undefined });
      return;
    case "response.custom_tool_call_input.delta":
    case "response.custom_tool_call_input.done":
      feed(state, work, { type: "custom_tool_call", whole: whole ? "input" : undefined });
      return;
  }
}

/** A response that begins without saying so has no id. */
function started(state: StreamState, response: JsonObject, work: Work): void {
  if (state.started) return;
  state.started = true;
  work.events.push(messageStart(startOf(response)));
}

function startItem(state: StreamState, work: FrameWork): void {
  const { json } = work;
  started(state, {}, work);
  const item = objectAt(json, "item");
  const index = indexOf(state, json);
  if (item === undefined || state.open.byIndex.has(index)) return;
  state.toolCalls ||= isToolCall(item);
  openBlock(state.open, index, beginItem(work, item));
}

function finishItem(state: StreamState, work: FrameWork): void {
  const { json, source } = work;
  started(state, {}, work);
  const item = objectAt(json, "item");
  if (item === undefined) return;
  work.fault = outputFault([item]);
  if (work.fault !== undefined) return;
  const index = indexOf(state, json);
  const known = state.open.byIndex.get(index);
  const open = known ?? (isToolCall(item) ? beginItem(work, item) : undefined);
  if (open === undefined) wholeItem(work, item, memberSource(source, "item"));
  else endItem(work, open, item, memberSource(source, "item"));
  state.toolCalls ||= isToolCall(item);
  state.open.byIndex.delete(index);
  state.done.add(index);
  state.ends += 1;
  state.answered = item.type === "message" || isToolCall(item);
}

function startContent(state: StreamState, work: FrameWork): void {
  const { json } = work;
  const part = objectAt(json, "part");
  const type = part?.type;
  if (part === undefined || type === "reasoning_text" || type === "summary_text") return;
  const kind = type === "output_text" ? "text" : type === "refusal" ? "refusal" : "opaque";
  const item = itemOf(state, "message", work);
  if (item === undefined) return;
  const content = contentOf(work, item, intAt(json, "content_index") ?? 0, kind);
  addWords(work, item, content, stringAt(part, kind) ?? "");
}

/** What grows. `whole`: the member that holds all of it, where an event tells its end. */
interface Growth {
  readonly kind: OpenContent["kind"];
  readonly whole: string | undefined;
}

function grow(state: StreamState, work: FrameWork, { kind, whole }: Growth): void {
  const { json } = work;
  const ofReasoning = kind === "words" || kind === "summary";
  const item = itemOf(state, ofReasoning ? "reasoning" : "message", work);
  if (item === undefined) return;
  const index = intAt(json, kind === "summary" ? "summary_index" : "content_index") ?? 0;
  const content = contentOf(work, item, index, kind);
  const known = whole !== undefined && content.emitted;
  addWords(work, item, content, known ? "" : (stringAt(json, whole ?? "delta") ?? ""));
  if (whole === undefined || !content.tokens) addTokens(work, content, json);
}

/** The input of a tool that grows. `whole` as of Growth. */
interface Feeding {
  readonly type: string;
  readonly whole: string | undefined;
}

function feed(state: StreamState, work: FrameWork, { type, whole }: Feeding): void {
  const item = itemOf(state, type, work);
  if (item === undefined || (whole !== undefined && item.emitted)) return;
  addInput(work, item, stringAt(work.json, whole ?? "delta") ?? "");
}

function annotate(state: StreamState, work: FrameWork): void {
  const { json, source } = work;
  const annotation = objectAt(json, "annotation");
  const item = annotation === undefined ? undefined : itemOf(state, "message", work);
  if (annotation === undefined || item === undefined) return;
  const content = contentOf(work, item, intAt(json, "content_index") ?? 0, "text");
  work.events.push(
    citationAdd(content.part, decodeAnnotation(annotation, memberSource(source, "annotation"))),
  );
  content.citations += 1;
}

/**
 * The item that an event names; one that was never begun begins with the type that the event is of.
 * Undefined for one that is complete.
 */
function itemOf(state: StreamState, type: string, work: FrameWork): OpenItem | undefined {
  const { json } = work;
  const index = indexOf(state, json);
  const known = state.open.byIndex.get(index);
  if (known !== undefined || state.done.has(index)) return known;
  started(state, {}, work);
  state.toolCalls ||= isToolCall({ type });
  const item = beginItem(work, { ...json, type });
  openBlock(state.open, index, item);
  return item;
}

function indexOf(state: StreamState, json: JsonObject): number {
  return intAt(json, "output_index") ?? latestIndex(state.open) ?? state.ends;
}

/**
 * The last event holds the whole response once more: items that were never emitted are emitted now.
 */
function endResponse(state: StreamState, work: FrameWork): void {
  const { json, source } = work;
  const response = objectAt(json, "response") ?? {};
  const responseSource = memberSource(source, "response");
  const output = arrayAt(response, "output") ?? [];
  work.fault = outputFault(output);
  if (work.fault !== undefined) return;
  started(state, response, work);
  tellOutput(state, { json: response, source: responseSource }, work);
  closeRest(state, output.length, work);
  const usage = usageOf(response, responseSource);
  if (usage !== undefined) work.events.push(usageEvent(usage));
  const extras = unknownMembers(response, responseSource, RESPONSE_MEMBERS);
  if (extras !== "") work.events.push(extrasSet(extras));
  const ending = decodeEnding({ status: statusOf(json), ...response }, state.toolCalls);
  if (!state.ended) work.events.push(finish(ending));
  state.ended = true;
}

function tellOutput(
  state: StreamState,
  { json, source }: Pick<FrameWork, "json" | "source">,
  work: Work,
): void {
  const output = arrayAt(json, "output") ?? [];
  const sourceAt = elementSources(memberSource(source, "output"));
  const known = state.ends + state.open.byIndex.size;
  for (const [index, item] of output.entries()) {
    state.toolCalls ||= isToolCall(item);
    if (state.done.has(index) || !isObject(item)) continue;
    const open = state.open.byIndex.get(index);
    if (open !== undefined) endItem(work, open, item, sourceAt(index));
    else if (index >= known) wholeItem(work, item, sourceAt(index));
  }
}

/** Items that the last event does not hold end as they are. */
function closeRest(state: StreamState, items: number, work: Work): void {
  for (const [index, item] of state.open.byIndex) {
    if (index < items) continue;
    if (item.kind === "message")
      for (const content of item.contents) work.events.push(partEnd(content.part));
    else if (item.kind !== "opaque") work.events.push(partEnd(item.part));
  }
  takeBlocks(state.open);
}

function statusOf(json: JsonObject): string {
  return (stringAt(json, "type") ?? "response.completed").replace("response.", "");
}
