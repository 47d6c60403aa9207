import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type { TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Writable } from "../../core/json-write.ts";
import { encodeLogprobs } from "../openai-chat/logprobs.ts";
import { encodeAnnotation } from "./annotation.ts";
import {
  addedItem,
  type DeltaPlace,
  type Draft,
  doneItem,
  emit,
  emitDelta,
  nextItem,
  type ReplyContent,
  type ReplyItem,
  replaceItem,
} from "./facade-draft.ts";

type MessageItem = Extract<ReplyItem, { kind: "message" }>;

/** A content part in its message. */
interface Place {
  readonly item: MessageItem;
  readonly at: number;
  readonly content: ReplyContent;
}

/**
 * Where words of a part belong: its content in an open message, a new content of the open message, or one of a new message.
 * `beforeItem` closes what must be closed before an item begins.
 */
export function placeContent(
  draft: Draft,
  part: number,
  kind: ReplyContent["kind"],
  whole: Writable,
  beforeItem: (draft: Draft) => void,
): Place {
  let message: MessageItem | undefined;
  for (const item of draft.open) {
    if (item.kind !== "message") continue;
    message = item;
    const at = item.contents.findIndex((content) => content.part === part && content.kind === kind && !content.done);
    const content = item.contents[at];
    if (content !== undefined) return { item, at, content };
  }
  return beginContent(draft, message ?? beginMessage(draft, beforeItem), part, kind, whole);
}

/** Adds words to a text or a refusal. */
export function addText(draft: Draft, place: Place, text: string): void {
  const { item, at, content } = place;
  if (text === "") return;
  update(draft, place, { ...content, text: content.text + text });
  const where: DeltaPlace = { item, at: ["content_index", at] };
  if (content.kind === "text") emitDelta(draft, "response.output_text.delta", where, text, ',"logprobs":[]');
  else emitDelta(draft, "response.refusal.delta", where, text);
}

/** Adds likelihoods, in an event of their own that adds no words. */
export function addTokens(draft: Draft, place: Place, tokens: readonly TokenLogprob[]): void {
  const { item, at, content } = place;
  update(draft, place, { ...content, tokens: [...content.tokens, ...tokens] });
  emit(draft, "response.output_text.delta", {
    item_id: item.id,
    output_index: item.index,
    content_index: at,
    delta: "",
    logprobs: printTokens(tokens),
  });
}

/** Adds a citation where this dialect has words for it. */
export function addAnnotation(draft: Draft, place: Place, citation: Citation): void {
  const { item, at, content } = place;
  const annotation = encodeAnnotation(citation);
  if (annotation === undefined) return;
  update(draft, place, { ...content, annotations: [...content.annotations, annotation] });
  emit(draft, "response.output_text.annotation.added", {
    item_id: item.id,
    output_index: item.index,
    content_index: at,
    annotation_index: content.annotations.length,
    annotation,
  });
}

/** Ends the content of a part; its message stays open for the next. */
export function endContent(draft: Draft, part: number): void {
  for (const item of draft.open) {
    if (item.kind !== "message") continue;
    const at = item.contents.findIndex((content) => content.part === part && !content.done);
    const content = item.contents[at];
    if (content !== undefined) finishContent(draft, { item, at, content });
  }
}

/** Ends a message with all of its contents. */
export function endMessage(draft: Draft, { index }: MessageItem, status: string): void {
  for (;;) {
    const item = draft.open.find((other) => other.index === index);
    if (item?.kind !== "message") return;
    const at = item.contents.findIndex((content) => !content.done);
    const content = item.contents[at];
    if (content === undefined) {
      doneItem(draft, index, printMessage(item.id, status, item.contents.map(printContent)));
      return;
    }
    finishContent(draft, { item, at, content });
  }
}

/** The open text that was told last, if any. */
export function openText(draft: Draft): Place | undefined {
  const item = draft.open.findLast((other) => other.kind === "message");
  if (item?.kind !== "message") return undefined;
  const at = item.contents.findLastIndex((content) => content.kind === "text");
  const content = item.contents[at];
  return content === undefined || content.done ? undefined : { item, at, content };
}

/** Likelihoods in OpenAI's words. */
export function printTokens(tokens: readonly TokenLogprob[]): Writable {
  if (tokens.length === 0) return [];
  return encodeLogprobs({ $typeName: "parlance.chat.v1.Logprobs", content: [...tokens], refusal: [] }).content ?? [];
}

function beginMessage(draft: Draft, beforeItem: (draft: Draft) => void): MessageItem {
  beforeItem(draft);
  const item: MessageItem = { ...nextItem(draft, "msg"), kind: "message", contents: [] };
  draft.open = [...draft.open, item];
  addedItem(draft, item.index, printMessage(item.id, "in_progress", []));
  return item;
}

function beginContent(
  draft: Draft,
  message: MessageItem,
  part: number,
  kind: ReplyContent["kind"],
  whole: Writable,
): Place {
  const at = message.contents.length;
  const content: ReplyContent = { part, kind, text: "", annotations: [], tokens: [], whole, done: false };
  const item: MessageItem = { ...message, contents: [...message.contents, content] };
  replaceItem(draft, item);
  if (kind === "refusal") draft.refused = true;
  emit(draft, "response.content_part.added", {
    item_id: item.id,
    output_index: item.index,
    content_index: at,
    part: printContent(content),
  });
  return { item, at, content };
}

function finishContent(draft: Draft, place: Place): void {
  const { item, at, content } = place;
  update(draft, place, { ...content, done: true });
  const where = { item_id: item.id, output_index: item.index, content_index: at };
  if (content.kind === "text") {
    emit(draft, "response.output_text.done", { ...where, text: content.text, logprobs: printTokens(content.tokens) });
  } else if (content.kind === "refusal") emit(draft, "response.refusal.done", { ...where, refusal: content.text });
  emit(draft, "response.content_part.done", { ...where, part: printContent(content) });
}

function update(draft: Draft, { item, at }: Place, by: ReplyContent): void {
  replaceItem(draft, { ...item, contents: item.contents.map((content, index) => (index === at ? by : content)) });
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
