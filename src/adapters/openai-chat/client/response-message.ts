import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type {
  Audio,
  Image,
  Reasoning,
  Text,
  ToolCall,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { printBase64 } from "../../../json/base64.ts";
import { printDataUrl } from "../../../json/data-url.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { encodeAnnotation, encodeOtherCitation } from "../citation.ts";
import { encodeBlock, encodeDetails, isBlock, isPlain, wordsOf } from "../reasoning.ts";
import { type Draft, NAME } from "../wire.ts";

/** The parts of an answer, sorted as OpenAI's message has them: it keeps no order between kinds. */
interface Sorted {
  readonly texts: Text[];
  readonly refusals: string[];
  readonly reasonings: Reasoning[];
  readonly calls: Draft[];
  readonly images: Draft[];
  readonly others: Writable[];
  audio: Audio | undefined;
}

/**
 * An answer as an OpenAI message. What OpenAI has no member for is sent in members that its
 * ecosystem knows: `reasoning_content` (DeepSeek) with `thinking_blocks` (LiteLLM) or
 * `reasoning_details` (OpenRouter) where there is a signature or more than words, `images`
 * (OpenRouter), and `provider_specific_fields` for anything else: `citations` in the contract's
 * JSON and `parts` in the vendor's.
 */
export function encodeMessage(message: Message | undefined, callId: string): Draft {
  const sorted: Sorted = {
    texts: [],
    refusals: [],
    reasonings: [],
    calls: [],
    images: [],
    others: [],
    audio: undefined,
  };
  for (const part of message?.parts ?? []) sort(sorted, part.content, callId);
  const { texts, refusals, calls, images, audio } = sorted;
  return {
    role: "assistant",
    content: texts.length === 0 ? null : texts.map(({ text }) => text).join(""),
    refusal: refusals.length === 0 ? null : refusals.join(""),
    ...encodeReasonings(sorted.reasonings),
    ...encodeCitations(texts, sorted.others),
    tool_calls: calls.length === 0 ? undefined : calls,
    images: images.length === 0 ? undefined : images,
    audio: audio === undefined ? undefined : encodeAudio(audio),
  };
}

/** Signed or structured reasoning, beside its text. */
export function encodeReasonings(reasonings: readonly Reasoning[]): Draft | undefined {
  const words = reasonings.map(wordsOf).join("");
  const plain = reasonings.length < 2 && reasonings.every(isPlain);
  const blocks = !plain && reasonings.every(isBlock);
  return {
    reasoning_content: words === "" ? undefined : words,
    thinking_blocks: blocks ? reasonings.map(encodeBlock) : undefined,
    reasoning_details: plain || blocks ? undefined : reasonings.flatMap(encodeDetails),
  };
}

/** A tool call in OpenAI's words. A call without an id gets one, for its result must name it. */
export function encodeToolCall(call: ToolCall, fallbackId: string): Draft {
  const id = call.id === "" ? fallbackId : call.id;
  const extra = call.signature === "" ? undefined : encodeSignature(call.signature);
  if (call.input.case === "text") {
    return {
      id,
      type: "custom",
      custom: { name: call.name, input: call.input.value },
      extra_content: extra,
    };
  }
  const input = call.input.value ?? "";
  return {
    id,
    type: "function",
    function: { name: call.name, arguments: input === "" ? "{}" : input },
    extra_content: extra,
  };
}

/** A signature of a call as Gemini's OpenAI-compatible endpoint tells it. */
export function encodeSignature(signature: string): Draft {
  return { google: { thought_signature: signature } };
}

/** A picture of an answer, as OpenRouter tells it. */
export function encodeImage({ source, mediaType }: Image): Draft | undefined {
  if (source.case === "url") return { type: "image_url", image_url: { url: source.value } };
  if (source.case !== "data") return undefined;
  return { type: "image_url", image_url: { url: printDataUrl(mediaType, source.value) } };
}

function sort(sorted: Sorted, content: Message["parts"][number]["content"], callId: string): void {
  switch (content.case) {
    case "text":
      sorted.texts.push(content.value);
      return;
    case "refusal":
      sorted.refusals.push(content.value.text);
      return;
    case "reasoning":
      sorted.reasonings.push(content.value);
      return;
    case "toolCall":
      sorted.calls.push(encodeToolCall(content.value, `call_${callId}_${sorted.calls.length}`));
      return;
    case "image": {
      const image = encodeImage(content.value);
      if (image !== undefined) sorted.images.push(image);
      return;
    }
    case "audio":
      sorted.audio = content.value;
      return;
    case "opaque":
      sorted.others.push(encodeOther(content.value.dialect, content.value.json));
      return;
    case "video":
    case "document":
    case "toolResult":
    case undefined:
      return;
  }
}

/** A part of another dialect, with the dialect's name; one of this dialect as it is. */
export function encodeOther(dialect: string, json: string): Writable {
  return dialect === NAME ? rawJson(json) : { dialect, part: rawJson(json) };
}

/** Positions count from the start of the whole content, of which a text part is a piece. */
function encodeCitations(texts: readonly Text[], others: readonly Writable[]): Draft {
  const annotations: Writable[] = [];
  const citations: Writable[] = [];
  let offset = 0;
  for (const { text, citations: cited } of texts) {
    for (const citation of cited) {
      const start = offset + (citation.answer?.start ?? 0);
      const stop = offset + (citation.answer?.end ?? text.length);
      const placed = {
        ...citation,
        answer: { $typeName: "parlance.chat.v1.Range", start, end: stop },
      } as const;
      const annotation = encodeAnnotation(placed);
      if (annotation === undefined) citations.push(encodeOtherCitation(placed));
      else annotations.push(annotation);
    }
    offset += text.length;
  }
  return {
    annotations: annotations.length === 0 ? undefined : annotations,
    provider_specific_fields: encodeSpecific(citations, others),
  };
}

/** What OpenAI's message has no member for; undefined when there is nothing. */
export function encodeSpecific(
  citations: readonly Writable[],
  parts: readonly Writable[],
): Draft | undefined {
  if (citations.length === 0 && parts.length === 0) return undefined;
  return {
    citations: citations.length === 0 ? undefined : citations,
    parts: parts.length === 0 ? undefined : parts,
  };
}

function encodeAudio(audio: Audio): Draft {
  return {
    id: audio.answerId === "" && audio.source.case === "id" ? audio.source.value : audio.answerId,
    data: audio.source.case === "data" ? printBase64(audio.source.value) : "",
    expires_at: Number(audio.expiresAtUnixS ?? 0n),
    transcript: audio.transcript,
  };
}
