import type { TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Opaque, Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { type Fault, tooMany } from "../../core/faults/fault.ts";
import { MAX_CITATIONS, MAX_PARTS } from "../../events/answer-limits.ts";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../json/json.ts";
import {
  elementSources,
  memberSource,
  noSource,
  type Source,
  sourceText,
} from "../../json/source-slice.ts";
import { decodeLogprobs } from "../openai-chat/logprobs.ts";
import { decodeAnnotation } from "./citation.ts";
import { decodeReasoning } from "./reasoning.ts";
import { DIALECT } from "./wire.ts";

/**
 * The fault of a list of output items that holds more than an answer may; undefined where it does
 * not.
 */
export function outputFault(output: readonly Json[]): Fault | undefined {
  let parts = output.length;
  let citations = 0;
  for (const item of output) {
    const contents = isObject(item) ? (arrayAt(item, "content") ?? []) : [];
    parts += contents.length;
    if (parts > MAX_PARTS) break;
    for (const content of contents) {
      citations += (isObject(content) ? arrayAt(content, "annotations")?.length : undefined) ?? 0;
    }
  }
  return (
    tooMany(parts, MAX_PARTS, "output items and contents") ??
    tooMany(citations, MAX_CITATIONS, "annotations")
  );
}

/**
 * The parts of an item of the output, in order. What the contract has no part for is kept as it is,
 * in its place.
 */
export function decodeItem(json: Json, source: Source): Part[] {
  if (!isObject(json)) return [];
  switch (json.type) {
    case "message": {
      if (typeof json.content === "string")
        return decodeContent({ type: "output_text", text: json.content }, noSource);
      const sourceAt = elementSources(memberSource(source, "content"));
      return (arrayAt(json, "content") ?? []).flatMap((content, index) =>
        decodeContent(content, sourceAt(index)),
      );
    }
    case "reasoning":
      return [part({ case: "reasoning", value: decodeReasoning(json) })];
    case "function_call":
    case "custom_tool_call":
      return [decodeToolCall(json)];
    default:
      return [part({ case: "opaque", value: opaque(sourceText(source, json)) })];
  }
}

/** A content part of a message of the model. */
export function decodeContent(json: Json, source: Source): Part[] {
  if (!isObject(json)) return [];
  switch (json.type) {
    // As other dialects write it.
    case "text":
    case "output_text":
      return [
        part({
          case: "text",
          value: {
            $typeName: "parlance.chat.v1.Text",
            text: stringAt(json, "text") ?? "",
            citations: decodeAnnotations(json, source),
          },
        }),
      ];
    case "refusal": {
      const text = stringAt(json, "refusal") ?? "";
      return [part({ case: "refusal", value: { $typeName: "parlance.chat.v1.Refusal", text } })];
    }
    default:
      return [part({ case: "opaque", value: opaque(sourceText(source, json)) })];
  }
}

/** The citations of a text. */
export function decodeAnnotations(json: JsonObject, source: Source) {
  const sourceAt = elementSources(memberSource(source, "annotations"));
  return (arrayAt(json, "annotations") ?? []).flatMap((annotation, index) =>
    isObject(annotation) ? [decodeAnnotation(annotation, sourceAt(index))] : [],
  );
}

/** The likelihoods that a text or a delta tells. */
export function decodeTokens(json: JsonObject): TokenLogprob[] {
  const tokens = arrayAt(json, "logprobs");
  if (tokens === undefined || tokens.length === 0) return [];
  return decodeLogprobs({ content: tokens })?.content ?? [];
}

/** Whether an item asks for a tool that the caller runs. */
export function isToolCall(json: Json): boolean {
  return isObject(json) && (json.type === "function_call" || json.type === "custom_tool_call");
}

/** Something in this dialect's words. */
export function opaque(json: string): Opaque {
  return { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json };
}

/** A part without a cache mark. */
export function part(content: Part["content"]): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}

function decodeToolCall(json: JsonObject): Part {
  const custom = json.type === "custom_tool_call";
  return part({
    case: "toolCall",
    value: {
      $typeName: "parlance.chat.v1.ToolCall",
      id: callId(json),
      name: stringAt(json, "name") ?? "",
      input: custom
        ? { case: "text", value: stringAt(json, "input") ?? "" }
        : { case: "argumentsJson", value: argumentsOf(json) },
      signature: "",
      ...namespaceOf(json),
    },
  });
}

/** The namespace of the tool that is called, where it has one. */
export function namespaceOf(json: JsonObject): { readonly namespace?: string } {
  const namespace = stringAt(json, "namespace") ?? "";
  return namespace === "" ? {} : { namespace };
}

/** Results refer to `call_id`; some vendors give only the item's own id. */
export function callId(json: JsonObject): string {
  return stringAt(json, "call_id") ?? stringAt(json, "id") ?? "";
}

/** Arguments are a text; a vendor that writes an object instead is understood. */
export function argumentsOf(json: JsonObject): string {
  const value = json.arguments;
  if (typeof value === "string") return value;
  return isObject(value) ? JSON.stringify(value) : "";
}
