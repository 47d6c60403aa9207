import type { JsonObject } from "../json-value.ts";
import {
  type Answer,
  type AnswerPart,
  type RequestFacts,
  type Stop,
  thinkingText,
} from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens, evenPieces, wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { cohereHeaders, replyId } from "./error-reply.ts";

/** Everything a chat reply is made of. */
export interface CohereTurn {
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
  readonly ordinal: number;
}

/**
 * The usage of the usage scenario: every detail that chats report, each with a number of its own.
 */
export const cohereUsage = {
  billed_units: { input_tokens: 84, output_tokens: 314, search_units: 2 },
  cached_tokens: 1920,
  tokens: { input_tokens: 2006, output_tokens: 300, reasoning_tokens: 192 },
} as const satisfies JsonObject;

/** The parts of an answer as a message carries them: text before a call is the plan. */
function messageParts({ parts }: Answer) {
  const calls = parts.filter((part) => part.type === "tool_call");
  const texts = parts.filter((part) => part.type === "text");
  const said =
    texts.map(({ text }) => text).join("") +
    parts.map((part) => (part.type === "refusal" ? part.text : "")).join("");
  const thinks = parts.some(({ type }) => type === "thinking" || type === "redacted_thinking");
  return {
    thinking: thinks ? thinkingText : "",
    plan: calls.length > 0 ? said : "",
    text: calls.length > 0 ? "" : said,
    calls,
    citations: texts.filter(({ cited }) => cited !== undefined).map(({ text }) => citation(text)),
  };
}

/** The unary reply. */
export function unaryReply(turn: CohereTurn): VendorReply {
  const { thinking, plan, text, calls, citations } = messageParts(turn.answer);
  const content = [
    ...(thinking === "" ? [] : [{ type: "thinking", thinking }]),
    ...(text === "" ? [] : [{ type: "text", text }]),
  ];
  const body = {
    id: replyId(turn.ordinal),
    message: {
      role: "assistant",
      ...(content.length === 0 ? {} : { content }),
      ...(plan === "" ? {} : { tool_plan: plan }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCall) }),
      ...(citations.length === 0 ? {} : { citations }),
    },
    finish_reason: finishReason(turn.answer.stop),
    usage: usageOf(turn),
  };
  return {
    status: 200,
    headers: cohereHeaders(turn.ordinal),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/** The streamed reply: named events, and [DONE] behind them. */
export function streamReply(turn: CohereTurn): VendorReply {
  const { thinking, plan, text, calls, citations } = messageParts(turn.answer);
  const contents = [
    { type: "thinking", words: thinking },
    { type: "text", words: text },
  ].filter(({ words }) => words !== "");
  const empty = { citations: [], content: [], role: "assistant", tool_calls: [], tool_plan: "" };
  const events: readonly (JsonObject & { readonly type: string })[] = [
    { delta: { message: empty }, id: replyId(turn.ordinal), type: "message-start" },
    ...wordPieces(plan).map((piece) => ({
      delta: { message: { tool_plan: piece } },
      type: "tool-plan-delta",
    })),
    ...contents.flatMap(({ type, words }, index) => [
      { delta: { message: { content: { [type]: "", type } } }, index, type: "content-start" },
      ...wordPieces(words).map((piece) => ({
        delta: { message: { content: { [type]: piece } } },
        index,
        type: "content-delta",
      })),
      { index, type: "content-end" },
    ]),
    ...citations.flatMap((each, index) => [
      { delta: { message: { citations: each } }, index, type: "citation-start" },
      { index, type: "citation-end" },
    ]),
    ...calls.flatMap((call, index) => [
      { delta: { message: { tool_calls: startOf(call) } }, index, type: "tool-call-start" },
      ...evenPieces(call.argumentsJson, 6).map((piece) => ({
        delta: { message: { tool_calls: { function: { arguments: piece } } } },
        index,
        type: "tool-call-delta",
      })),
      { index, type: "tool-call-end" },
    ]),
    {
      delta: { finish_reason: finishReason(turn.answer.stop), usage: usageOf(turn) },
      type: "message-end",
    },
  ];
  const frames = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return {
    status: 200,
    headers: cohereHeaders(turn.ordinal, "text/event-stream"),
    frames: [...frames, "data: [DONE]\n\n"].map((frame) => Buffer.from(frame)),
    ending: "end",
  };
}

type Call = AnswerPart & { readonly type: "tool_call" };

function toolCall({ id, name, argumentsJson }: Call): JsonObject {
  return { id, type: "function", function: { name, arguments: argumentsJson } };
}

function startOf({ id, name }: Call): JsonObject {
  return { id, type: "function", function: { name, arguments: "" } };
}

function citation(text: string): JsonObject {
  const document = { id: "doc:0", title: "Facts", text: "The grass is green." };
  return {
    start: 0,
    end: text.length,
    text,
    sources: [{ type: "document", id: "doc:0", document }],
    type: "TEXT_CONTENT",
  };
}

function finishReason(stop: Stop): string {
  const reasons: Readonly<Record<Stop, string>> = {
    end: "COMPLETE",
    refusal: "COMPLETE",
    pause: "COMPLETE",
    tool: "TOOL_CALL",
    length: "MAX_TOKENS",
    context_window: "MAX_TOKENS",
    stop_sequence: "STOP_SEQUENCE",
    content_filter: "COMPLETE",
  };
  return reasons[stop];
}

function usageOf({ scenario, facts, answer }: CohereTurn): JsonObject {
  if (scenario.name === "usage") return cohereUsage;
  const written = answer.parts.map((part) =>
    part.type === "tool_call" ? part.name + part.argumentsJson : "text" in part ? part.text : "",
  );
  const tokens = {
    input_tokens: countTokens(facts.promptText),
    output_tokens: Math.max(1, countTokens(written.join(""))),
  };
  return { billed_units: tokens, cached_tokens: 0, tokens };
}
