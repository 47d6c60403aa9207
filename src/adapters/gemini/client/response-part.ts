import type { Audio, Part, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Body } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { encodeMedia } from "../media.ts";
import { signThought } from "../sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";

/**
 * A part of an answer in the vendor's format; undefined for what this dialect cannot express: sound
 * without bytes and content in the format of other dialects. A refusal becomes text. Another
 * vendor's proof is sealed (seal-thought.ts).
 */
export function encodeReplyPart({ content }: Part): Body | Writable | undefined {
  switch (content.case) {
    case "text":
    case "refusal":
      return content.value.text === "" ? undefined : { text: content.value.text };
    case "reasoning": {
      const { text, summaries } = content.value;
      return thoughtPart(text === "" ? summaries.join("\n\n") : text, signThought(content.value));
    }
    case "toolCall":
      return callPart(content.value);
    case "opaque":
      return content.value.dialect === DIALECT ? rawJson(content.value.json) : undefined;
    case "audio":
      return encodeSound(content.value);
    case "image":
    case "video":
    case "document":
      return encodeMedia(content)?.body;
    case "toolResult":
    case undefined:
      return undefined;
  }
}

function encodeSound(audio: Audio): Body | undefined {
  const { source, transcript } = audio;
  if (source.case === "data" && source.value.length > 0)
    return encodeMedia({ case: "audio", value: audio })?.body;
  return transcript === "" ? undefined : { text: transcript };
}

/** The words of sound, which stand beside it; undefined where it has none, or they stand for it. */
export function wordsOfSound({ content }: Part): Body | undefined {
  if (content.case !== "audio" || content.value.transcript === "") return undefined;
  const { source, transcript } = content.value;
  return source.case === "data" && source.value.length > 0 ? { text: transcript } : undefined;
}

/** A thought, or a proof alone. */
export function thoughtPart(text: string, signature: string): Body | undefined {
  if (text === "") return signature === "" ? undefined : { text, thoughtSignature: signature };
  return {
    text,
    thought: true,
    ...(signature === "" ? undefined : { thoughtSignature: signature }),
  };
}

/** A function call; free text for a custom tool is its only argument. */
export function callPart({
  id,
  name,
  input,
  signature,
}: Pick<ToolCall, "id" | "name" | "input" | "signature">): Body {
  const args =
    input.case === "text" ? { input: input.value } : encodeToolInput(input.value ?? "").input;
  return {
    functionCall: { ...(id === "" ? undefined : { id }), name, args },
    ...(signature === "" ? undefined : { thoughtSignature: signature }),
  };
}
