import type { JsonObject } from "../json-value.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens, wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";

/** Everything a reply is made of. */
export interface GenerateTurn {
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
}

/** The counts of the usage scenario; the prompt's is told in streams alone. */
export const tgiUsage = { input_length: 2006, generated_tokens: 300 } as const;

/** The headers of every answer. */
export function tgiHeaders(contentType = "application/json"): Record<string, string> {
  return {
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    "content-type": contentType,
    "x-compute-type": "1-sim",
    "x-compute-time": "0.012",
    "x-prompt-tokens": "1",
  };
}

/** The reply of /generate. The model speaks, and does nothing else: what it thinks is not told. */
export function unaryReply(turn: GenerateTurn): VendorReply {
  const text = textOf(turn.answer);
  const tokens = tokensOf(text);
  const body = {
    generated_text: text,
    details: { ...detailsOf(turn, tokens.length), prefill: [], tokens },
  };
  return {
    status: 200,
    headers: tgiHeaders(),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/**
 * The reply of /generate_stream: a frame for each token; the last, the end of text, has the whole.
 */
export function streamReply(turn: GenerateTurn): VendorReply {
  const text = textOf(turn.answer);
  const tokens = tokensOf(text);
  const prompt =
    turn.scenario.name === "usage" ? tgiUsage.input_length : countTokens(turn.facts.promptText);
  const frames = tokens.map((token, at) => {
    const last = at === tokens.length - 1;
    const details = last ? { ...detailsOf(turn, tokens.length), input_length: prompt } : null;
    return printFrame({ index: at + 1, token, generated_text: last ? text : null, details });
  });
  return { status: 200, headers: tgiHeaders("text/event-stream"), frames, ending: "end" };
}

/** A frame of a stream, without a blank behind the colon. */
export function printFrame(json: JsonObject): Buffer {
  return Buffer.from(`data:${JSON.stringify(json)}\n\n`);
}

function textOf({ parts }: Answer): string {
  return parts
    .map((part) => (part.type === "text" || part.type === "refusal" ? part.text : ""))
    .join("");
}

/** Words, and the mark that ends a text, which is no part of it. */
function tokensOf(text: string): readonly JsonObject[] {
  const words = wordPieces(text).map((word, at) => ({
    id: at + 3,
    text: word,
    logprob: -0.25,
    special: false,
  }));
  return [...words, { id: 2, text: "</s>", logprob: -0.01, special: true }];
}

function detailsOf({ scenario, answer }: GenerateTurn, count: number): JsonObject {
  const told = scenario.name === "usage" ? tgiUsage.generated_tokens : count;
  const limits = answer.stop === "length" || answer.stop === "context_window";
  const reason = limits
    ? "length"
    : answer.stop === "stop_sequence"
      ? "stop_sequence"
      : "eos_token";
  return { finish_reason: reason, generated_tokens: told, seed: null };
}
