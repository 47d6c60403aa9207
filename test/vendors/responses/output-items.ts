import { asArray, type JsonObject } from "../json-value.ts";
import { logprobsContent, wantedLogprobs } from "../openai/render-choice.ts";
import { type AnswerPart, thinkingText } from "../plan-answer.ts";
import { encryptedReasoning } from "./encrypted-reasoning.ts";
import type { ResponsesTurn } from "./response-replies.ts";

/** One item of an output, as it ends. */
export type OutputItem =
  | {
      readonly kind: "reasoning";
      readonly id: string;
      readonly whole: JsonObject;
      readonly summary: string;
    }
  | {
      readonly kind: "message";
      readonly id: string;
      readonly whole: JsonObject;
      readonly content: JsonObject;
    }
  | {
      readonly kind: "function_call";
      readonly id: string;
      readonly whole: JsonObject;
      readonly argumentsJson: string;
    }
  | { readonly kind: "web_search_call"; readonly id: string; readonly whole: JsonObject };

/** The items of an answer, in the order in which the model made them. */
export function outputItems(turn: ResponsesTurn): readonly OutputItem[] {
  return turn.answer.parts.map((part, index) => itemOf(turn, part, index));
}

function itemOf(turn: ResponsesTurn, part: AnswerPart, index: number): OutputItem {
  const { ordinal, answer } = turn;
  const suffix = index === 0 ? `${ordinal}` : `${ordinal}${index}`;
  switch (part.type) {
    case "thinking":
    case "redacted_thinking":
      return reasoning(turn, `rs_sim${suffix}`, part.type === "thinking" ? part.text : "");
    case "tool_call": {
      const { id: callId, name, argumentsJson } = part;
      const id = `fc_sim${suffix}`;
      const whole = {
        id,
        type: "function_call",
        status: "completed",
        arguments: argumentsJson,
        call_id: callId,
        name,
      };
      return { kind: "function_call", id, whole, argumentsJson };
    }
    case "web_search": {
      const id = `ws_sim${suffix}`;
      const action = { type: "search", query: part.query };
      return {
        kind: "web_search_call",
        id,
        whole: { id, type: "web_search_call", status: "completed", action },
      };
    }
    case "refusal":
      return message(`msg_sim${suffix}`, { type: "refusal", refusal: part.text }, "completed");
    case "text":
      return message(
        `msg_sim${suffix}`,
        textContent(turn, part),
        isIncomplete(answer.stop) ? "incomplete" : "completed",
      );
  }
}

/** Whether an answer that stops so is incomplete. */
export function isIncomplete(stop: ResponsesTurn["answer"]["stop"]): boolean {
  return stop === "length" || stop === "context_window" || stop === "content_filter";
}

/**
 * The words are told as a summary; what proves them only to those who asked for it or store
 * nothing.
 */
function reasoning({ body }: ResponsesTurn, id: string, summary: string): OutputItem {
  const asked =
    asArray(body.include).includes("reasoning.encrypted_content") || body.store === false;
  const whole = {
    id,
    type: "reasoning",
    ...(asked ? { encrypted_content: encryptedReasoning(thinkingText) } : {}),
    summary: summary === "" ? [] : [{ type: "summary_text", text: summary }],
  };
  return { kind: "reasoning", id, whole, summary };
}

function message(id: string, content: JsonObject, status: string): OutputItem {
  return {
    kind: "message",
    id,
    whole: { id, type: "message", status, content: [content], role: "assistant" },
    content,
  };
}

function textContent(
  { body, scenario }: ResponsesTurn,
  part: AnswerPart & { readonly type: "text" },
): JsonObject {
  const included = asArray(body.include).includes("message.output_text.logprobs");
  const wanted = wantedLogprobs({ ...body, logprobs: included }, scenario.name === "logprobs");
  return {
    type: "output_text",
    annotations: part.cited === undefined ? [] : [citation(part.text)],
    logprobs: wanted === undefined ? [] : logprobsContent(part.text, wanted),
    text: part.text,
  };
}

function citation(text: string): JsonObject {
  return {
    type: "url_citation",
    start_index: 0,
    end_index: text.length,
    title: "A source",
    url: "https://example.com/source?utm_source=openai",
  };
}
