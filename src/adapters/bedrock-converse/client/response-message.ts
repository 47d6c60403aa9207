import type { Part, Reasoning, Text, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { printBase64 } from "../../../json/base64.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { isOwnProof, sealThinking } from "../sealed-reasoning.ts";
import { encodeCitation } from "../vendor/citation.ts";
import { DIALECT } from "../wire.ts";

/**
 * A part of an answer as a content block; undefined for what this dialect cannot say: content in
 * the format of other dialects, media by address, and empty text, which the vendor refuses when it
 * comes back. A refusal becomes text, for here the stop reason marks a refusal.
 */
export function encodeReplyBlock({ content }: Part): Writable | undefined {
  switch (content.case) {
    case "text":
      return encodeText(content.value);
    case "refusal":
      return encodeWords(content.value.text);
    case "audio":
      return encodeWords(content.value.transcript);
    case "reasoning":
      return encodeReasoning(content.value);
    case "toolCall":
      return encodeToolUse(content.value);
    case "opaque":
      return content.value.dialect === DIALECT ? rawJson(content.value.json) : undefined;
    case "image": {
      const { source, mediaType } = content.value;
      if (source.case !== "data") return undefined;
      const format = imageFormat(mediaType);
      return { image: { format, source: { bytes: printBase64(source.value) } } };
    }
    case "document":
    case "video":
    case "toolResult":
    case undefined:
      return undefined;
  }
}

/** The vendor's word for the format of a picture. */
export function imageFormat(mediaType: string): string {
  const [, format = "png"] = /^image\/(png|jpeg|gif|webp)$/.exec(mediaType) ?? [];
  return format;
}

function encodeText({ text, citations }: Text): Writable | undefined {
  const own = citations.flatMap((citation) => encodeCitation(citation) ?? []);
  if (own.length === 0) return encodeWords(text);
  return { citationsContent: { content: text === "" ? [] : [{ text }], citations: own } };
}

function encodeWords(text: string): Writable | undefined {
  return text === "" ? undefined : { text };
}

function encodeToolUse({ id, name, input }: ToolCall): Writable {
  const value =
    input.case === "text" ? { input: input.value } : encodeToolInput(input.value ?? "").input;
  return { toolUse: { toolUseId: id, name, input: value } };
}

/** Reasoning in words, whoever reasoned; what is not the vendor's own is sealed. */
function encodeReasoning(reasoning: Reasoning): Writable | undefined {
  const { encrypted, signature, summaries, id } = reasoning;
  const own = isOwnProof(reasoning);
  if (own && encrypted !== "") return { reasoningContent: { redactedContent: encrypted } };
  const text = reasoning.text === "" ? summaries.join("\n\n") : reasoning.text;
  if ([text, signature, encrypted, id].every((word) => word === "")) return undefined;
  const proof = own ? signature : sealThinking(reasoning);
  return { reasoningContent: { reasoningText: { text, signature: proof } } };
}
