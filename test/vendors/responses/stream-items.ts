import { asArray, asString, type Json, type JsonObject } from "../json-value.ts";
import { evenPieces, wordPieces } from "../text-pieces.ts";
import type { OutputItem } from "./output-items.ts";

/** An event of a stream, before it has its number. */
export interface StreamEvent {
  readonly type: string;
  readonly [member: string]: Json | undefined;
}

/**
 * The events of one item, from its beginning to its end.
 * https://platform.openai.com/docs/api-reference/responses-streaming (2026-11)
 */
export function itemEvents(item: OutputItem, index: number): readonly StreamEvent[] {
  return [
    { type: "response.output_item.added", item: begun(item), output_index: index },
    ...innerEvents(item, index),
    { type: "response.output_item.done", item: item.whole, output_index: index },
  ];
}

/** An item at its beginning: without what its deltas will tell. */
function begun({ kind, whole }: OutputItem): JsonObject {
  switch (kind) {
    case "message":
      return { ...whole, status: "in_progress", content: [] };
    case "reasoning":
      return { ...whole, summary: [] };
    case "function_call":
      return { ...whole, status: "in_progress", arguments: "" };
    case "web_search_call":
      return { ...whole, status: "in_progress" };
  }
}

function innerEvents(item: OutputItem, index: number): readonly StreamEvent[] {
  const where = { item_id: item.id, output_index: index };
  switch (item.kind) {
    case "message":
      return contentEvents(item.content, { ...where, content_index: 0 });
    case "reasoning":
      return item.summary === "" ? [] : summaryEvents(item.summary, { ...where, summary_index: 0 });
    case "function_call":
      return [
        ...evenPieces(item.argumentsJson, 6).map((delta, position) => ({
          type: "response.function_call_arguments.delta",
          delta,
          ...where,
          obfuscation: obfuscation(position),
        })),
        { type: "response.function_call_arguments.done", arguments: item.argumentsJson, ...where },
      ];
    case "web_search_call":
      return ["in_progress", "searching", "completed"].map((step) => ({
        type: `response.web_search_call.${step}`,
        ...where,
      }));
  }
}

function contentEvents(content: JsonObject, where: JsonObject): readonly StreamEvent[] {
  const refused = content.type === "refusal";
  const text = asString(refused ? content.refusal : content.text) ?? "";
  const logprobs = asArray(content.logprobs);
  const name = refused ? "response.refusal" : "response.output_text";
  const empty = refused
    ? { type: "refusal", refusal: "" }
    : { ...content, annotations: [], logprobs: [], text: "" };
  const told = (list: readonly Json[]): JsonObject => (refused ? {} : { logprobs: list });
  return [
    { type: "response.content_part.added", ...where, part: empty },
    ...wordPieces(text).map((delta, position) => ({
      type: `${name}.delta`,
      ...where,
      delta,
      ...told(logprobs.slice(position, position + 1)),
      obfuscation: obfuscation(position),
    })),
    ...asArray(content.annotations).map((annotation, position) => ({
      type: "response.output_text.annotation.added",
      ...where,
      annotation_index: position,
      annotation,
    })),
    { type: `${name}.done`, ...where, ...(refused ? { refusal: text } : { text, logprobs }) },
    { type: "response.content_part.done", ...where, part: content },
  ];
}

function summaryEvents(text: string, where: JsonObject): readonly StreamEvent[] {
  return [
    {
      type: "response.reasoning_summary_part.added",
      ...where,
      part: { type: "summary_text", text: "" },
    },
    ...wordPieces(text).map((delta, position) => ({
      type: "response.reasoning_summary_text.delta",
      ...where,
      delta,
      obfuscation: obfuscation(position),
    })),
    { type: "response.reasoning_summary_text.done", ...where, text },
    {
      type: "response.reasoning_summary_part.done",
      ...where,
      part: { type: "summary_text", text },
    },
  ];
}

/** The vendor pads deltas, so that an event's length says nothing of its content. */
function obfuscation(position: number): string {
  return "obfuscation".slice(0, (position * 5) % 11);
}
