import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { printBase64 } from "../../core/base64.ts";
import type { FacadeContext, FrameText } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { rawJson } from "../../core/json-write.ts";
import { mergeUsage } from "../../core/merge-usage.ts";
import {
  addedItem,
  createResponse,
  createState,
  type Draft,
  doneItem,
  emit,
  type FacadeState,
  nextItem,
  openDraft,
  type ReplyItem,
  responseOf,
} from "./facade-draft.ts";
import { errorMembers } from "./facade-error.ts";
import { addAnnotation, addText, addTokens, endContent, endMessage, openText, placeContent } from "./facade-message.ts";
import { addReasoning, endReasoning } from "./facade-reasoning.ts";
import { addInput, beginTool, endTool, isComplete } from "./facade-tool.ts";
import { encodeEnding } from "./finish-reason.ts";
import { isContentText } from "./request-input.ts";
import { deltasOf } from "./whole-part.ts";
import { DIALECT } from "./wire.ts";

/** The state before the first event. */
export function beginReplyStream(context: FacadeContext): FacadeState {
  return createState(context, false);
}

/**
 * One event as frames. Every part becomes an item of its own, but that texts and refusals in a row share a message. What grows out
 * of turn begins an item anew; tool calls stay open until their input is whole. The end of the response waits for the
 * end of the stream, because usage may come after the reason to stop.
 */
export function encodeEvent(
  state: FacadeState,
  event: Event,
): readonly [state: FacadeState, frames: readonly FrameText[]] {
  const draft = openDraft(state);
  place(draft, event);
  const { frames, ...next } = draft;
  return [next, frames];
}

/** The frames that end a whole answer. */
export function encodeEnd(state: FacadeState): readonly FrameText[] {
  const draft = openDraft(state);
  endResponse(draft);
  return draft.frames;
}

/** The frames that tell of a failure in the middle: the `error` event, and the end of a response that has begun. */
export function encodeStreamError(state: FacadeState, fault: Fault): readonly FrameText[] {
  const draft = openDraft(state);
  const { code, message, param, type } = errorMembers(fault);
  emit(draft, "error", { code, message, param, error: { type, code, message, param } });
  if (draft.created) {
    const error = { code: code ?? "server_error", message };
    emit(draft, "response.failed", {
      response: responseOf(draft, { status: "failed", output: draft.output.filter(isTold), error }),
    });
  }
  return draft.frames;
}

/** Tells the end, and gives the whole response. */
export function endResponse(draft: Draft): ReturnType<typeof responseOf> {
  createResponse(draft);
  closeAll(draft);
  const { finish, refused } = draft;
  const ending = encodeEnding({ reason: finish?.reason ?? 0, word: finish?.vendorReason ?? "" }, refused);
  const failed = ending.status === "failed";
  const error = failed ? { code: "server_error", message: finish?.vendorReason || "the model failed" } : undefined;
  const response = responseOf(draft, {
    ...ending,
    output: draft.output.filter(isTold),
    ...(error === undefined ? undefined : { error }),
  });
  const type = ending.status === "incomplete" || failed ? `response.${ending.status}` : "response.completed";
  emit(draft, type, { response });
  return response;
}

/** Places an event of the first choice; others have no place in this dialect. */
export function place(draft: Draft, { event }: Event): void {
  switch (event.case) {
    case "messageStart":
      draft.start = event.value;
      createResponse(draft);
      return;
    case "usage":
      draft.usage = mergeUsage(draft.usage, event.value);
      return;
    case "extrasSet":
      if (event.value.dialect === DIALECT) draft.extras = event.value.json;
      return;
    case undefined:
      return;
    case "finish":
      if (event.value.choice !== 0) return;
      draft.finish = event.value;
      closeAll(draft);
      return;
    default:
      if (event.value.choice === 0) placePart(draft, event);
  }
}

type PartEvent = Exclude<
  Event["event"],
  { case: "messageStart" | "usage" | "extrasSet" | "finish" } | { case: undefined }
>;

function placePart(draft: Draft, event: PartEvent): void {
  switch (event.case) {
    case "textDelta":
      addWordsOf(draft, event.value.part, "text", event.value.text);
      return;
    case "refusalDelta":
      addWordsOf(draft, event.value.part, "refusal", event.value.text);
      return;
    case "audioDelta":
      addWordsOf(draft, event.value.part, "text", event.value.transcript);
      return;
    case "citationAdd": {
      const { citation, part } = event.value;
      if (citation !== undefined) addAnnotation(draft, placeContent(draft, part, "text", null, closeForNext), citation);
      return;
    }
    case "logprobsDelta":
      draft.tokens = [...draft.tokens, ...(event.value.logprobs?.content ?? [])];
      tellTokens(draft);
      return;
    case "reasoningDelta":
      addReasoning(draft, event.value, closeForNext);
      return;
    case "toolCallStart":
      if (!knowsTool(draft, event.value.part)) beginTool(draft, event.value, closeForNext);
      return;
    case "toolCallDelta":
      addToolInput(draft, event.value.part, event.value.input, event.value.signature);
      return;
    case "partWhole":
      if (event.value.content !== undefined) placeWhole(draft, event.value.part, event.value.content);
      return;
    case "partEnd":
      endPart(draft, event.value.part);
      return;
  }
}

function addWordsOf(draft: Draft, part: number, kind: "text" | "refusal", words: string): void {
  if (words === "") return;
  addText(draft, placeContent(draft, part, kind, null, closeForNext), words);
  if (draft.tokens.length > 0) tellTokens(draft);
}

/** Likelihoods belong to the text that is open; without one they wait. */
function tellTokens(draft: Draft): void {
  const open = openText(draft);
  if (open === undefined || draft.tokens.length === 0) return;
  addTokens(draft, open, draft.tokens);
  draft.tokens = [];
}

function knowsTool(draft: Draft, part: number): boolean {
  return draft.toolsDone.includes(part) || draft.open.some((item) => item.kind === "tool" && item.part === part);
}

function addToolInput(draft: Draft, part: number, input: string, signature: string): void {
  const open = draft.open.find((item) => item.kind === "tool" && item.part === part);
  if (open?.kind === "tool") addInput(draft, open, input, signature);
  else if (!draft.toolsDone.includes(part)) {
    addInput(
      draft,
      beginTool(draft, { part, id: "", name: "", custom: false, signature: "" }, closeForNext),
      input,
      signature,
    );
  }
}

/** A whole part is told as its deltas are; what has none is told in one step. */
function placeWhole(draft: Draft, number: number, whole: Part): void {
  const deltas = deltasOf(whole, number);
  if (deltas !== undefined) {
    for (const delta of deltas) place(draft, delta);
    return;
  }
  const { content } = whole;
  if (content.case === "image" && content.value.source.case === "data") placePicture(draft, content.value.source.value);
  if (content.case === "opaque" && content.value.dialect === DIALECT) placeOpaque(draft, number, content.value.json);
}

/** A picture that the model made, as the vendor's own tool gives it. */
function placePicture(draft: Draft, data: Uint8Array): void {
  closeForNext(draft);
  const { index, id } = nextItem(draft, "ig");
  addedItem(draft, index, { id, type: "image_generation_call", status: "in_progress", result: null });
  doneItem(draft, index, { id, type: "image_generation_call", status: "completed", result: printBase64(data) });
}

function placeOpaque(draft: Draft, number: number, json: string): void {
  if (isContentText(json)) {
    placeContent(draft, number, "whole", rawJson(json), closeForNext);
    endContent(draft, number);
    return;
  }
  closeForNext(draft);
  const { index } = nextItem(draft, "");
  addedItem(draft, index, rawJson(json));
  doneItem(draft, index, rawJson(json));
}

function endPart(draft: Draft, part: number): void {
  endContent(draft, part);
  for (const item of draft.open) {
    if (item.kind !== "message" && item.part === part) close(draft, item);
  }
}

/** Items come one after the other; only a tool call whose input is not whole stays open beside the next. */
function closeForNext(draft: Draft): void {
  for (const item of draft.open) {
    if (item.kind !== "tool" || isComplete(item)) close(draft, item);
  }
}

/** At the end every item is complete, for nothing more can come. */
function closeAll(draft: Draft): void {
  if (draft.tokens.length > 0) tellTokens(draft);
  for (const item of draft.open) close(draft, item);
}

function close(draft: Draft, item: ReplyItem): void {
  const cut = draft.finish?.reason === FinishReason.LENGTH || draft.finish?.reason === FinishReason.CONTENT_FILTER;
  const status = cut ? "incomplete" : "completed";
  switch (item.kind) {
    case "message":
      endMessage(draft, item, status);
      return;
    case "reasoning":
      endReasoning(draft, item, status);
      return;
    case "tool":
      endTool(draft, item, status);
      return;
  }
}

/** Items that never ended leave a hole in the list. */
function isTold(item: unknown): boolean {
  return item !== undefined;
}
