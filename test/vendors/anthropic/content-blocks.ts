import { type Json, type JsonObject, parseJson } from "../json-value.ts";
import type { Answer, AnswerPart, Stop } from "../plan-answer.ts";
import { evenPieces, wordPieces } from "../text-pieces.ts";
import { redactedThinkingData, thinkingSignature } from "./thinking-signature.ts";

/** A content block as a unary reply has it, and how a stream builds it up. */
export interface ContentBlock {
  readonly whole: JsonObject;
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
}

/** The stop_reason of an answer; a content filter ends as a refusal. */
export function stopReason(stop: Stop): string {
  const reasons: Readonly<Record<Stop, string>> = {
    end: "end_turn",
    tool: "tool_use",
    length: "max_tokens",
    stop_sequence: "stop_sequence",
    refusal: "refusal",
    content_filter: "refusal",
    pause: "pause_turn",
    context_window: "model_context_window_exceeded",
  };
  return reasons[stop];
}

/** The stop_details that go with a refusal; null with any other stop. */
export function stopDetails(stop: Stop): JsonObject | null {
  if (stop !== "refusal" && stop !== "content_filter") return null;
  return {
    type: "refusal",
    category: "cyber",
    explanation: "This request was blocked under the simulated vendor's usage policy.",
  };
}

/**
 * The content blocks of an answer. A refusal has none; a web search has a call and, when done, its
 * results.
 */
export function contentBlocks(answer: Answer): readonly ContentBlock[] {
  return answer.parts.flatMap(blocksOf);
}

function blocksOf(part: AnswerPart): readonly ContentBlock[] {
  switch (part.type) {
    case "text":
      return [textBlock(part.text, part.cited)];
    case "tool_call":
      return [toolUse(part.id.replace("call_", "toolu_"), part.name, part.argumentsJson)];
    case "thinking":
      return [thinking(part.text)];
    case "redacted_thinking":
      return [fixed({ type: "redacted_thinking", data: redactedThinkingData })];
    case "refusal":
      return [];
    case "web_search":
      return part.done
        ? [serverToolUse(part.id, part.query), searchResult(part.id)]
        : [serverToolUse(part.id, part.query)];
  }
}

function textBlock(text: string, cited: "document" | "web" | undefined): ContentBlock {
  const deltas = wordPieces(text).map((piece) => ({ type: "text_delta", text: piece }));
  if (cited === undefined)
    return { whole: { type: "text", text }, start: { type: "text", text: "" }, deltas };
  const citations = cited === "web" ? [webCitation] : [charCitation, pageCitation];
  return {
    whole: { citations, type: "text", text },
    start: { citations: [], type: "text", text: "" },
    deltas: [...citations.map((citation) => ({ type: "citations_delta", citation })), ...deltas],
  };
}

function toolUse(id: string, name: string, argumentsJson: string): ContentBlock {
  const input: Json = parseJson(argumentsJson) ?? {};
  return {
    whole: { type: "tool_use", id, name, input, caller: { type: "direct" } },
    start: { type: "tool_use", id, name, input: {}, caller: { type: "direct" } },
    deltas: ["", ...evenPieces(argumentsJson, 6)].map((piece) => ({
      type: "input_json_delta",
      partial_json: piece,
    })),
  };
}

function thinking(text: string): ContentBlock {
  const signature = thinkingSignature(text);
  return {
    whole: { type: "thinking", thinking: text, signature },
    start: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...wordPieces(text).map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature },
    ],
  };
}

function serverToolUse(id: string, query: string): ContentBlock {
  const whole = { type: "server_tool_use", id, name: "web_search", input: { query } };
  const deltas = ["", ...evenPieces(JSON.stringify({ query }), 8)].map((piece) => ({
    type: "input_json_delta",
    partial_json: piece,
  }));
  return { whole, start: { ...whole, input: {} }, deltas };
}

function searchResult(id: string): ContentBlock {
  const result = {
    type: "web_search_result",
    title: "A source",
    url: "https://example.com/source",
    encrypted_content: "c2ltdWxhdGVk",
    page_age: "2 days ago",
  };
  return fixed({ type: "web_search_tool_result", tool_use_id: id, content: [result] });
}

/** A block that a stream sends whole in its start. */
function fixed(whole: JsonObject): ContentBlock {
  return { whole, start: whole, deltas: [] };
}

const charCitation = {
  type: "char_location",
  cited_text: "The grass is green.",
  document_index: 0,
  document_title: "Facts",
  file_id: null,
  start_char_index: 0,
  end_char_index: 19,
};
const pageCitation = {
  type: "page_location",
  cited_text: "The sky is blue.",
  document_index: 1,
  document_title: "facts.pdf",
  file_id: null,
  start_page_number: 1,
  end_page_number: 2,
};
const webCitation = {
  type: "web_search_result_location",
  cited_text: "The latest release is 4.",
  url: "https://example.com/source",
  title: "A source",
  encrypted_index: "aW5kZXg=",
};
