import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Json } from "../../json/json.ts";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

/**
 * The words of the vendor's enumeration by number: some of its servers print numbers. Where its two
 * APIs differ, Vertex AI's.
 */
const words: readonly string[] = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
];

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ["", FinishReason.UNSPECIFIED],
  ["FINISH_REASON_UNSPECIFIED", FinishReason.UNSPECIFIED],
  ["STOP", FinishReason.STOP],
  ["MAX_TOKENS", FinishReason.LENGTH],
  ["SAFETY", FinishReason.CONTENT_FILTER],
  ["RECITATION", FinishReason.CONTENT_FILTER],
  ["LANGUAGE", FinishReason.CONTENT_FILTER],
  ["BLOCKLIST", FinishReason.CONTENT_FILTER],
  ["PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER],
  ["SPII", FinishReason.CONTENT_FILTER],
  ["MODEL_ARMOR", FinishReason.CONTENT_FILTER],
  ["JAILBREAK", FinishReason.CONTENT_FILTER],
  ["IMAGE_SAFETY", FinishReason.CONTENT_FILTER],
  ["IMAGE_PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER],
  ["IMAGE_RECITATION", FinishReason.CONTENT_FILTER],
  ["MALFORMED_FUNCTION_CALL", FinishReason.ERROR],
  ["MALFORMED_RESPONSE", FinishReason.ERROR],
  ["UNEXPECTED_TOOL_CALL", FinishReason.ERROR],
  ["TOO_MANY_TOOL_CALLS", FinishReason.ERROR],
  ["MISSING_THOUGHT_SIGNATURE", FinishReason.ERROR],
  ["NO_IMAGE", FinishReason.ERROR],
  ["IMAGE_OTHER", FinishReason.ERROR],
  ["OTHER", FinishReason.ERROR],
  ["CONTINUATION", FinishReason.PAUSE],
]);

/** The word for a `finishReason`, which may be a number; undefined when it is neither. */
export function finishWord(json: Json | undefined): string | undefined {
  if (typeof json === "string") return json;
  return typeof json === "number" ? (words[json] ?? String(json)) : undefined;
}

/**
 * Why the model stopped. Every word but `STOP` and `MAX_TOKENS` tells of an answer that is not what
 * was requested, so that a new word is a failure. An answer that ends well with function calls in
 * it waits for them, for which the vendor has no word of its own. See
 * https://ai.google.dev/api/generate-content#FinishReason.
 */
export function decodeFinishReason(word: string, hasToolCalls: boolean): FinishReason {
  const known = reasons.get(word) ?? foreignFinish(word);
  const reason = known === FinishReason.OTHER ? FinishReason.ERROR : known;
  return reason === FinishReason.STOP && hasToolCalls ? FinishReason.TOOL_CALLS : reason;
}

/** The dialect's word. A vendor's own word is kept where it means the same in this dialect. */
export function encodeFinishReason(reason: FinishReason, vendorWord: string): string {
  const known = reasons.get(vendorWord);
  if (vendorWord !== "" && known === reason) return vendorWord;
  switch (reason) {
    case FinishReason.UNSPECIFIED:
      return "FINISH_REASON_UNSPECIFIED";
    case FinishReason.STOP:
    case FinishReason.STOP_SEQUENCE:
    case FinishReason.TOOL_CALLS:
    case FinishReason.OTHER:
      return "STOP";
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
    case FinishReason.PAUSE:
      return "MAX_TOKENS";
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
      return "SAFETY";
    case FinishReason.ERROR:
      return "OTHER";
  }
}
