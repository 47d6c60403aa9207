import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";

/**
 * Words that vendors of this dialect use, in lower case. OpenAI's own five come first; the rest are
 * of vLLM, TGI, Together, Mistral, Zhipu, DeepSeek, xAI, Gemini's compatible endpoint and gateways
 * in front of them.
 */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", FinishReason.STOP],
  ["length", FinishReason.LENGTH],
  ["tool_calls", FinishReason.TOOL_CALLS],
  ["function_call", FinishReason.TOOL_CALLS],
  ["content_filter", FinishReason.CONTENT_FILTER],
  ["eos", FinishReason.STOP],
  ["eos_token", FinishReason.STOP],
  ["end_turn", FinishReason.STOP],
  ["complete", FinishReason.STOP],
  ["completed", FinishReason.STOP],
  ["stop_sequence", FinishReason.STOP_SEQUENCE],
  ["max_tokens", FinishReason.LENGTH],
  ["max_output_tokens", FinishReason.LENGTH],
  ["model_length", FinishReason.CONTEXT_WINDOW],
  ["model_context_window_exceeded", FinishReason.CONTEXT_WINDOW],
  ["tool_call", FinishReason.TOOL_CALLS],
  ["tool_use", FinishReason.TOOL_CALLS],
  ["safety", FinishReason.CONTENT_FILTER],
  ["sensitive", FinishReason.CONTENT_FILTER],
  ["content_filtered", FinishReason.CONTENT_FILTER],
  ["guardrail_intervened", FinishReason.CONTENT_FILTER],
  ["refusal", FinishReason.REFUSAL],
  ["pause_turn", FinishReason.PAUSE],
  ["error", FinishReason.ERROR],
  ["abort", FinishReason.ERROR],
  ["network_error", FinishReason.ERROR],
  ["insufficient_system_resource", FinishReason.ERROR],
]);

/**
 * The reason a vendor's word stands for; OTHER for a word nobody documented, UNSPECIFIED for none.
 */
export function decodeFinishReason(word: string): FinishReason {
  if (word === "") return FinishReason.UNSPECIFIED;
  return reasons.get(word) ?? reasons.get(word.toLowerCase()) ?? FinishReason.OTHER;
}

/**
 * OpenAI's word for a reason, of the five that its clients know. A pause, a failure and an unknown
 * reason have no word of their own and read as `stop`, with the vendor's word beside it; so does a
 * reason that is absent, but for calls.
 */
export function encodeFinishReason(reason: FinishReason, hasCalls: boolean): string {
  switch (reason) {
    case FinishReason.UNSPECIFIED:
      return hasCalls ? "tool_calls" : "stop";
    case FinishReason.STOP:
    case FinishReason.STOP_SEQUENCE:
    case FinishReason.PAUSE:
    case FinishReason.ERROR:
    case FinishReason.OTHER:
      return "stop";
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
      return "length";
    case FinishReason.TOOL_CALLS:
      return "tool_calls";
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
      return "content_filter";
  }
}
