import { asNumber, type JsonObject } from "../json-value.ts";
import { type Answer, type AnswerPart, type Stop, thinkingText } from "../plan-answer.ts";
import { wordPieces } from "../text-pieces.ts";

/** The parts of an answer as chat completions carry them. */
export interface ChoiceContent {
  readonly text: string | null;
  readonly refusal: string | null;
  readonly reasoning: string | undefined;
  readonly annotations: readonly JsonObject[];
  readonly toolCalls: readonly (AnswerPart & { readonly type: "tool_call" })[];
}

/**
 * Sorts an answer into the fields of a choice. Choice 0 has the text as it is; each further one
 * says which it is.
 */
export function choiceContent(answer: Answer, index: number): ChoiceContent {
  const texts = answer.parts.filter((part) => part.type === "text");
  const text = texts.map((part) => part.text).join("") + (index > 0 ? ` (choice ${index})` : "");
  const cited = texts.find((part) => part.cited !== undefined);
  return {
    text: texts.length > 0 || answer.stop === "pause" ? text : null,
    refusal: answer.parts.find((part) => part.type === "refusal")?.text ?? null,
    reasoning: answer.parts.some(
      (part) => part.type === "thinking" || part.type === "redacted_thinking",
    )
      ? thinkingText
      : undefined,
    annotations: cited === undefined ? [] : [citation(cited.text)],
    toolCalls: answer.parts.filter((part) => part.type === "tool_call"),
  };
}

/** The finish_reason of an answer. A refusal and a stop sequence both finish with stop. */
export function finishReason(stop: Stop): string {
  const reasons: Readonly<Record<Stop, string>> = {
    end: "stop",
    stop_sequence: "stop",
    refusal: "stop",
    pause: "stop",
    tool: "tool_calls",
    length: "length",
    context_window: "length",
    content_filter: "content_filter",
  };
  return reasons[stop];
}

/** One tool call of a message. */
export function toolCall(call: AnswerPart & { readonly type: "tool_call" }): JsonObject {
  return {
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.argumentsJson },
  };
}

/** Log probabilities of a text, a word per token; `topCount` alternatives each. */
export function logprobsContent(text: string, topCount: number | undefined): readonly JsonObject[] {
  return wordPieces(text).map((token) => ({
    ...probability(token, -0.25),
    top_logprobs: Array.from({ length: topCount ?? 0 }, (_, rank) =>
      rank === 0 ? probability(token, -0.25) : probability(` other${rank}`, -1.5 - rank),
    ),
  }));
}

/**
 * The number of alternatives per token to report, or undefined when the request asks for no log
 * probabilities.
 */
export function wantedLogprobs(body: JsonObject, always: boolean): number | undefined {
  return body.logprobs === true || always
    ? (asNumber(body.top_logprobs) ?? (always ? 2 : 0))
    : undefined;
}

function probability(token: string, logprob: number): JsonObject {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

function citation(text: string): JsonObject {
  return {
    type: "url_citation",
    url_citation: {
      start_index: 0,
      end_index: text.length,
      title: "A source",
      url: "https://example.com/source?utm_source=openai",
    },
  };
}
