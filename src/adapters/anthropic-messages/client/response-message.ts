import type { Part, Reasoning, Text, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Body } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { encodeCitation } from "../citation.ts";
import { encodeDocumentSource, encodeImageSource } from "../media.ts";
import { isOwnProof, sealThinking } from "../sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";

/**
 * A part of an answer as a content block; undefined for what this dialect cannot say: sound without
 * words, and content in the format of other dialects, and empty text, which the vendor refuses when
 * it comes back. A refusal becomes text, for here the stop reason marks a refusal.
 */
export function encodeReplyBlock(part: Part): Writable | undefined {
  const { content } = part;
  switch (content.case) {
    case "text":
      return encodeText(content.value);
    case "refusal":
      return encodeWords(content.value.text);
    case "reasoning":
      return encodeThinking(content.value);
    case "toolCall":
      return encodeToolUse(content.value);
    case "opaque":
      return content.value.dialect === DIALECT ? rawJson(content.value.json) : undefined;
    case "audio":
      return encodeWords(content.value.transcript);
    case "image":
      return { type: "image", source: encodeImageSource(content.value) };
    case "document": {
      const source = encodeDocumentSource(content.value);
      return source === undefined ? undefined : { type: "document", source };
    }
    case "video":
    case "toolResult":
    case undefined:
      return undefined;
  }
}

function encodeText({ text, citations }: Text): Body | undefined {
  const own = citations.map(encodeCitation).filter((citation) => citation !== undefined);
  return own.length === 0 ? encodeWords(text) : { type: "text", text, citations: own };
}

function encodeWords(text: string): Body | undefined {
  return text === "" ? undefined : { type: "text", text };
}

function encodeToolUse({ id, name, input }: ToolCall): Body {
  const value =
    input.case === "text" ? { input: input.value } : encodeToolInput(input.value ?? "").input;
  return { type: "tool_use", id, name, input: value };
}

/** Reasoning in words, whoever reasoned; what is not the vendor's own is sealed. */
export function encodeThinking(reasoning: Reasoning): Body | undefined {
  const { encrypted, signature, text, summaries, id } = reasoning;
  const own = isOwnProof(reasoning);
  if (own && encrypted !== "") return { type: "redacted_thinking", data: encrypted };
  const thinking = text === "" ? summaries.join("\n\n") : text;
  if ([thinking, signature, encrypted, id].every((word) => word === "")) return undefined;
  return { type: "thinking", thinking, signature: own ? signature : sealThinking(reasoning) };
}
