import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { printBase64 } from "../../../json/base64.ts";
import { asBuffer, isObject, type JsonObject, parseJson } from "../../../json/json.ts";
import { rawJson } from "../../../json/write.ts";
import { encodeEnding } from "../finish-reason.ts";
import { isContentText } from "../vendor/messages.ts";
import { DIALECT } from "../wire.ts";
import { errorMembers } from "./error.ts";
import { addReasoning, endReasoning } from "./reasoning.ts";
import {
  addAnnotation,
  addInput,
  addText,
  addTokens,
  beginTool,
  endContent,
  endMessage,
  endTool,
  openText,
  placeContent,
} from "./response-message.ts";
import { deltasOf } from "./response-part.ts";
import {
  addedItem,
  createResponse,
  createState,
  doneItem,
  emit,
  type FacadeState,
  nextItem,
  type ReplyItem,
  responseOf,
  takeFrames,
} from "./stream-state.ts";

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return createState(context, false);
}

/**
 * One event as frames. Every part becomes an item of its own, but that texts and refusals in a row
 * share a message. What grows out of turn begins an item anew; tool calls stay open until their
 * input is whole. The end of the response waits for the end of the stream, because usage may come
 * after the reason to stop.
 */
export function encodeEvent(
  state: FacadeState,
  event: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  place(state, event);
  return [state, takeFrames(state)];
}

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  endResponse(state);
  return takeFrames(state);
}

/**
 * Notes the vendor's own frames: numbers of events go on from theirs, and a failure after them ends
 * the response that they began.
 */
export function passed(state: FacadeState, wire: Uint8Array): void {
  const bytes = asBuffer(wire);
  const at = bytes.lastIndexOf(NUMBER);
  const digits = at === -1 ? undefined : /^\s*:\s*(\d{1,15})/.exec(textAfter(bytes, at));
  if (digits?.[1] !== undefined) state.sequence = Number(digits[1]) + 1;
  if (!state.created) begunBy(state, bytes);
}

const NUMBER = '"sequence_number"';

function textAfter(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at + NUMBER.length, at + NUMBER.length + 32);
}

function begunBy(state: FacadeState, bytes: Buffer): void {
  const from = bytes.indexOf('"response"');
  if (from === -1) return;
  const id = /"id"\s*:\s*"([^"\\]{1,256})"/.exec(bytes.toString("latin1", from))?.[1];
  if (id === undefined) return;
  state.created = true;
  state.start = {
    $typeName: "parlance.chat.v1.MessageStart",
    id,
    model: "",
    createdUnixS: 0n,
    systemFingerprint: "",
    serviceTier: "",
  };
}

/**
 * The frames that report a failure in the middle: the `error` event, and the end of a response that
 * has begun.
 */
export function encodeStreamError(state: FacadeState, fault: Fault): readonly FrameText[] {
  const { code, message, param, type } = errorMembers(fault);
  emit(state, "error", { code, message, param, error: { type, code, message, param } });
  if (state.created) {
    const error = { code: code ?? "server_error", message };
    emit(state, "response.failed", {
      response: responseOf(state, {
        status: "failed",
        output: state.output.filter(isEnded),
        error,
      }),
    });
  }
  return takeFrames(state);
}

/** Tells the end, and gives the whole response. */
export function endResponse(state: FacadeState): ReturnType<typeof responseOf> {
  createResponse(state);
  closeAll(state);
  const { finish, refused } = state;
  const ending = encodeEnding(
    { reason: finish?.reason ?? 0, word: finish?.vendorReason ?? "" },
    refused,
  );
  const failed = ending.status === "failed";
  const error = failed
    ? { code: "server_error", message: finish?.vendorReason || "the model failed" }
    : undefined;
  const response = responseOf(state, {
    ...ending,
    output: state.output.filter(isEnded),
    ...(error === undefined ? undefined : { error }),
  });
  const type =
    ending.status === "incomplete" || failed ? `response.${ending.status}` : "response.completed";
  emit(state, type, { response });
  return response;
}

/** Places an event of the first choice; others have no place in this dialect. */
export function place(state: FacadeState, { event }: Event): void {
  switch (event.case) {
    case "messageStart":
      state.start = event.value;
      createResponse(state);
      return;
    case "usage":
      state.usage = mergeUsage(state.usage, event.value);
      return;
    case "extrasSet":
      if (event.value.dialect === DIALECT) state.extras = event.value.json;
      return;
    case "ping":
    case "continued":
    case undefined:
      return;
    case "finish":
      if (event.value.choice !== 0) return;
      state.finish = event.value;
      closeAll(state);
      return;
    default:
      if (event.value.choice === 0) placePart(state, event);
  }
}

type PartEvent = Exclude<
  Event["event"],
  | { case: "messageStart" | "usage" | "extrasSet" | "ping" | "continued" | "finish" }
  | { case: undefined }
>;

function placePart(state: FacadeState, event: PartEvent): void {
  switch (event.case) {
    case "textDelta":
      addWordsOf(state, event.value.part, "text", event.value.text);
      return;
    case "refusalDelta":
      addWordsOf(state, event.value.part, "refusal", event.value.text);
      return;
    case "audioDelta":
      addWordsOf(state, event.value.part, "text", event.value.transcript);
      return;
    case "citationAdd": {
      const { citation, part } = event.value;
      if (citation !== undefined)
        addAnnotation(state, placeContent(state, part, "text", null, closeForNext), citation);
      return;
    }
    case "logprobsDelta":
      for (const token of event.value.logprobs?.content ?? []) state.tokens.push(token);
      tellTokens(state);
      return;
    case "reasoningDelta":
      addReasoning(state, event.value, closeForNext);
      return;
    case "toolCallStart":
      if (!state.toolsDone.has(event.value.part) && !state.tools.has(event.value.part))
        beginTool(state, event.value, closeForNext);
      return;
    case "toolCallDelta":
      addToolInput(state, event.value.part, event.value.input, event.value.signature);
      return;
    case "partWhole":
      if (event.value.content !== undefined)
        placeWhole(state, event.value.part, event.value.content);
      return;
    case "partEnd":
      endPart(state, event.value.part);
      return;
  }
}

function addWordsOf(
  state: FacadeState,
  part: number,
  kind: "text" | "refusal",
  words: string,
): void {
  if (words === "") return;
  addText(state, placeContent(state, part, kind, null, closeForNext), words);
  if (state.tokens.length > 0) tellTokens(state);
}

/** Likelihoods belong to the text that is open; without one they wait. */
function tellTokens(state: FacadeState): void {
  const open = openText(state);
  if (open === undefined || state.tokens.length === 0) return;
  addTokens(state, open, state.tokens);
  state.tokens = [];
}

function addToolInput(state: FacadeState, part: number, input: string, signature: string): void {
  const open = state.tools.get(part);
  if (open === undefined && state.toolsDone.has(part)) return;
  const unbegun = { part, id: "", name: "", custom: false, signature: "" };
  addInput(state, open ?? beginTool(state, unbegun, closeForNext), input, signature);
}

/** A whole part is sent as its deltas are; one without deltas is sent in one step. */
function placeWhole(state: FacadeState, number: number, whole: Part): void {
  const deltas = deltasOf(whole, number);
  if (deltas !== undefined) {
    for (const delta of deltas) place(state, delta);
    return;
  }
  const { content } = whole;
  if (content.case === "image" && content.value.source.case === "data")
    placePicture(state, content.value.source.value);
  if (content.case === "opaque" && content.value.dialect === DIALECT)
    placeOpaque(state, number, content.value.json);
}

/** A picture that the model made, as the vendor's own tool gives it. */
function placePicture(state: FacadeState, data: Uint8Array): void {
  closeForNext(state);
  const { index, id } = nextItem(state, "ig");
  addedItem(state, index, {
    id,
    type: "image_generation_call",
    status: "in_progress",
    result: null,
  });
  doneItem(state, index, {
    id,
    type: "image_generation_call",
    status: "completed",
    result: printBase64(data),
  });
}

function placeOpaque(state: FacadeState, number: number, json: string): void {
  if (isContentText(json)) {
    placeContent(state, number, "whole", rawJson(json), closeForNext);
    endContent(state, number);
    return;
  }
  closeForNext(state);
  const { index } = nextItem(state, "");
  const search = searchOf(json);
  addedItem(state, index, search === undefined ? rawJson(json) : unfinished(search));
  for (const step of search === undefined ? [] : SEARCH_STEPS)
    emit(state, `response.web_search_call.${step}`, { item_id: search?.id, output_index: index });
  doneItem(state, index, rawJson(json));
}

const SEARCH_STEPS = ["in_progress", "searching", "completed"] as const;

/** A search as an item; undefined for any other item. */
function searchOf(json: string): JsonObject | undefined {
  if (!json.includes('"web_search_call"')) return undefined;
  const parsed = parseJson(json);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  return parsed.value.type === "web_search_call" ? parsed.value : undefined;
}

function unfinished({ action: _, ...item }: JsonObject): JsonObject {
  return { ...item, status: "in_progress" };
}

function endPart(state: FacadeState, part: number): void {
  endContent(state, part);
  const { current } = state;
  const tool = state.tools.get(part);
  if (current?.kind === "reasoning" && current.part === part) close(state, [current]);
  if (tool !== undefined) close(state, [tool]);
}

/**
 * Items come one after the other; only a tool call whose input is not whole stays open beside the
 * next.
 */
function closeForNext(state: FacadeState): void {
  close(state, [...state.wholeTools, ...currentOf(state)]);
}

/** At the end every item is complete, for nothing more can come. */
function closeAll(state: FacadeState): void {
  if (state.tokens.length > 0) tellTokens(state);
  close(state, [...state.tools.values(), ...currentOf(state)]);
}

function currentOf({ current }: FacadeState): readonly ReplyItem[] {
  return current === undefined ? [] : [current];
}

/** Ends items in the order in which they began. */
function close(state: FacadeState, items: ReplyItem[]): void {
  const reason = state.finish?.reason;
  const cut = reason === FinishReason.LENGTH || reason === FinishReason.CONTENT_FILTER;
  const status = cut ? "incomplete" : "completed";
  for (const item of items.sort((one, other) => one.index - other.index)) {
    if (item === state.current) state.current = undefined;
    if (item.kind === "message") endMessage(state, item, status);
    else if (item.kind === "reasoning") endReasoning(state, item, status);
    else endTool(state, item, status);
  }
}

/** Items that never ended leave a hole in the list. */
function isEnded(item: unknown): boolean {
  return item !== undefined;
}
