import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type { TokenLogprob } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { isObjectText } from "../../../json/members.ts";
import { createObjectEnd, followObject } from "../../../json/object-end.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { TOOL_SEARCH } from "../../foreign/tool-search.ts";
import { encodeLogprobs } from "../../openai-chat/logprobs.ts";
import { sealCall } from "../../shared/sealed-reasoning.ts";
import { encodeAnnotation } from "../citation.ts";
import { PROOF_ID } from "../wire.ts";
import {
  addedItem,
  doneItem,
  emit,
  emitDelta,
  type FacadeState,
  type MessageItem,
  nextItem,
  type ReplyContent,
  type ToolItem,
} from "./stream-state.ts";

/** A content part in its message. */
interface Place {
  readonly item: MessageItem;
  readonly content: ReplyContent;
}

/**
 * Where words of a part belong: its content in an open message, a new content of the open message,
 * or one of a new message. `beforeItem` closes what must be closed before an item begins.
 */
export function placeContent(
  state: FacadeState,
  part: number,
  kind: ReplyContent["kind"],
  whole: Writable,
  beforeItem: (state: FacadeState) => void,
): Place {
  const item = state.current?.kind === "message" ? state.current : beginMessage(state, beforeItem);
  const content = item.open.get(keyOf(kind, part)) ?? beginContent(state, item, part, kind, whole);
  return { item, content };
}

/** Adds words to a text or a refusal. */
export function addText(state: FacadeState, { item, content }: Place, text: string): void {
  if (text === "") return;
  content.text += text;
  const at = ["content_index", content.at] as const;
  if (content.kind === "text")
    emitDelta(state, "response.output_text.delta", { item, at }, text, ',"logprobs":[]');
  else emitDelta(state, "response.refusal.delta", { item, at }, text);
}

/** Adds likelihoods, in an event of their own that adds no words. */
export function addTokens(
  state: FacadeState,
  { item, content }: Place,
  tokens: readonly TokenLogprob[],
): void {
  for (const token of tokens) content.tokens.push(token);
  emit(state, "response.output_text.delta", {
    item_id: item.id,
    output_index: item.index,
    content_index: content.at,
    delta: "",
    logprobs: printTokens(tokens),
  });
}

/** Adds a citation where this dialect has words for it. */
export function addAnnotation(
  state: FacadeState,
  { item, content }: Place,
  citation: Citation,
): void {
  const annotation = encodeAnnotation(citation);
  if (annotation === undefined) return;
  const index = content.annotations.length;
  content.annotations.push(annotation);
  emit(state, "response.output_text.annotation.added", {
    item_id: item.id,
    output_index: item.index,
    content_index: content.at,
    annotation_index: index,
    annotation,
  });
}

/** Ends the content of a part; its message stays open for the next. */
export function endContent(state: FacadeState, part: number): void {
  const item = state.current;
  if (item?.kind !== "message") return;
  for (const kind of KINDS) {
    const content = item.open.get(keyOf(kind, part));
    if (content !== undefined) finishContent(state, { item, content });
  }
}

const KINDS: readonly ReplyContent["kind"][] = ["text", "refusal", "whole"];

/** Ends a message with all of its contents. */
export function endMessage(state: FacadeState, item: MessageItem, status: string): void {
  for (const content of [...item.open.values()]) finishContent(state, { item, content });
  doneItem(state, item.index, printMessage(item.id, status, item.contents.map(printContent)));
}

/** The open text that was sent last, if any. */
export function openText(state: FacadeState): Place | undefined {
  const item = state.current;
  return item?.kind === "message" && item.text !== undefined
    ? { item, content: item.text }
    : undefined;
}

/** Likelihoods in OpenAI's words. */
export function printTokens(tokens: readonly TokenLogprob[]): Writable {
  if (tokens.length === 0) return [];
  return (
    encodeLogprobs({ $typeName: "parlance.chat.v1.Logprobs", content: [...tokens], refusal: [] })
      .content ?? []
  );
}

function keyOf(kind: ReplyContent["kind"], part: number): string {
  return `${kind} ${part}`;
}

function beginMessage(state: FacadeState, beforeItem: (state: FacadeState) => void): MessageItem {
  beforeItem(state);
  const item: MessageItem = {
    ...nextItem(state, "msg"),
    kind: "message",
    contents: [],
    open: new Map(),
    text: undefined,
  };
  state.current = item;
  addedItem(state, item.index, printMessage(item.id, "in_progress", []));
  return item;
}

function beginContent(
  state: FacadeState,
  item: MessageItem,
  part: number,
  kind: ReplyContent["kind"],
  whole: Writable,
): ReplyContent {
  const content: ReplyContent = {
    part,
    kind,
    at: item.contents.length,
    text: "",
    annotations: [],
    tokens: [],
    whole,
  };
  item.contents.push(content);
  item.open.set(keyOf(kind, part), content);
  if (kind === "text") item.text = content;
  if (kind === "refusal") state.refused = true;
  emit(state, "response.content_part.added", {
    item_id: item.id,
    output_index: item.index,
    content_index: content.at,
    part: printContent(content),
  });
  return content;
}

function finishContent(state: FacadeState, { item, content }: Place): void {
  item.open.delete(keyOf(content.kind, content.part));
  if (item.text === content) item.text = undefined;
  const where = { item_id: item.id, output_index: item.index, content_index: content.at };
  if (content.kind === "text") {
    emit(state, "response.output_text.done", {
      ...where,
      text: content.text,
      logprobs: printTokens(content.tokens),
    });
  } else if (content.kind === "refusal")
    emit(state, "response.refusal.done", { ...where, refusal: content.text });
  emit(state, "response.content_part.done", { ...where, part: printContent(content) });
}

function printMessage(id: string, status: string, content: readonly Writable[]): Writable {
  return { id, type: "message", status, role: "assistant", content };
}

function printContent({ kind, text, annotations, tokens, whole }: ReplyContent): Writable {
  switch (kind) {
    case "text":
      return { type: "output_text", text, annotations, logprobs: printTokens(tokens) };
    case "refusal":
      return { type: "refusal", refusal: text };
    case "whole":
      return whole;
  }
}

/** What the beginning of a tool call tells. */
interface CallStart {
  readonly part: number;
  readonly id: string;
  readonly name: string;
  readonly custom: boolean;
  readonly signature: string;
  readonly namespace?: string | undefined;
}

/**
 * A tool call begins. Its proof, which this dialect has no place for, is sealed in a reasoning item
 * before it.
 */
export function beginTool(
  state: FacadeState,
  start: CallStart,
  beforeItem: (state: FacadeState) => void,
): ToolItem {
  beforeItem(state);
  const callId = start.id === "" ? `call_${state.context.callId}_${state.items}` : start.id;
  if (start.signature !== "") proveCall(state, callId, start.signature);
  const search = state.searchesTools && start.name === TOOL_SEARCH && !start.custom;
  const item: ToolItem = {
    ...nextItem(state, search ? "tsc" : start.custom ? "ctc" : "fc"),
    search,
    kind: "tool",
    part: start.part,
    callId,
    name: start.name,
    custom: start.custom,
    namespace: start.namespace,
    input: "",
    end: createObjectEnd(),
    signature: "",
  };
  state.tools.set(item.part, item);
  addedItem(state, item.index, printTool(item, "in_progress"));
  return item;
}

/**
 * Input is added to an open tool call. Nothing more can come to one whose arguments are a whole
 * object.
 */
export function addInput(
  state: FacadeState,
  item: ToolItem,
  input: string,
  signature: string,
): void {
  item.signature += signature;
  if (input === "") return;
  item.input += input;
  followObject(item.end, input);
  if (!item.custom && item.end.state === "closed") state.wholeTools.add(item);
  else state.wholeTools.delete(item);
  if (item.search) return;
  const type = item.custom
    ? "response.custom_tool_call_input.delta"
    : "response.function_call_arguments.delta";
  emitDelta(state, type, { item }, input);
}

/** A tool call ends; one without arguments has the empty ones. */
export function endTool(state: FacadeState, item: ToolItem, status: string): void {
  if (!item.custom && item.input === "") item.input = "{}";
  const where = { item_id: item.id, output_index: item.index };
  if (item.custom)
    emit(state, "response.custom_tool_call_input.done", { ...where, input: item.input });
  else if (!item.search)
    emit(state, "response.function_call_arguments.done", {
      ...where,
      name: item.name,
      arguments: item.input,
    });
  state.tools.delete(item.part);
  state.wholeTools.delete(item);
  state.toolsDone.add(item.part);
  doneItem(state, item.index, printTool(item, status));
  if (item.signature !== "") proveCall(state, item.callId, item.signature);
}

/** Its id is the proof too, for clients that send back no more than that (`item_reference`). */
function proveCall(state: FacadeState, toolCallId: string, signature: string): void {
  const { index } = nextItem(state, "rs");
  const sealed = sealCall({ toolCallId, signature });
  const id = PROOF_ID + sealed;
  addedItem(state, index, { id, type: "reasoning", summary: [], status: "in_progress" });
  doneItem(state, index, {
    id,
    type: "reasoning",
    summary: [],
    encrypted_content: sealed,
    status: "completed",
  });
}

function printTool(item: ToolItem, status: string): Writable {
  const { id, callId: call_id, name, namespace, input } = item;
  if (item.search) {
    const call = { id, type: "tool_search_call", execution: "client", call_id, status };
    return { ...call, arguments: isObjectText(input) ? rawJson(input) : {} };
  }
  return item.custom
    ? { id, type: "custom_tool_call", status, call_id, name, namespace, input }
    : { id, type: "function_call", status, call_id, name, namespace, arguments: input };
}
