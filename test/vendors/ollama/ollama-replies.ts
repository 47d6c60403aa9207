import { asArray, asNumber, asString, type JsonObject, parseJson } from "../json-value.ts";
import { embeddingOf } from "../openai/embeddings.ts";
import { type Answer, type RequestFacts, thinkingText } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens, wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";

/** Everything a chat reply is made of. */
export interface OllamaTurn {
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
}

const createdAt = "2026-01-01T00:00:00.000000Z";
const durations = {
  total_duration: 7_577_982_042,
  load_duration: 58_847_000,
  prompt_eval_duration: 707_514_083,
};

/** The whole answer, or a line for each piece of it; the line that is done has the counts. */
export function chatReply(turn: OllamaTurn): VendorReply {
  const { facts, answer } = turn;
  const head = { model: facts.model, created_at: createdAt };
  const said = answer.parts
    .map((part) => (part.type === "text" || part.type === "refusal" ? part.text : ""))
    .join("");
  const thinks = answer.parts.some(
    ({ type }) => type === "thinking" || type === "redacted_thinking",
  );
  const thinking = thinks ? thinkingText : "";
  const calls = answer.parts
    .filter((part) => part.type === "tool_call")
    .map(({ id, name, argumentsJson }, index) => ({
      id,
      function: { index, name, arguments: parseJson(argumentsJson) ?? {} },
    }));
  const end = { done: true, done_reason: doneReason(answer), ...durations, ...countsOf(turn) };
  const message = (rest: JsonObject): JsonObject => ({ role: "assistant", ...rest });
  if (!facts.stream) {
    const whole = message({
      content: said,
      ...(thinks ? { thinking } : {}),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    });
    return jsonReply(200, { ...head, message: whole, ...end });
  }
  const lines = [
    ...wordPieces(thinking).map((piece) => message({ content: "", thinking: piece })),
    ...wordPieces(said).map((piece) => message({ content: piece })),
    ...calls.map((call) => message({ content: "", tool_calls: [call] })),
  ].map((each) => ({ ...head, message: each, done: false }));
  return {
    status: 200,
    headers: { date: "Thu, 01 Jan 2026 00:00:00 GMT", "content-type": "application/x-ndjson" },
    frames: [...lines, { ...head, message: message({ content: "" }), ...end }].map(printLine),
    ending: "end",
  };
}

/** A line of a stream. */
export function printLine(json: JsonObject): Buffer {
  return Buffer.from(`${JSON.stringify(json)}\n`);
}

/** A body of JSON, as Ollama sends it. */
export function jsonReply(status: number, body: JsonObject): VendorReply {
  return {
    status,
    headers: {
      date: "Thu, 01 Jan 2026 00:00:00 GMT",
      "content-type": "application/json; charset=utf-8",
    },
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/** Dimensions of a vector when the request names none. */
export const defaultDimensions = 8;

/** The reply to a valid request for vectors. */
export function embedReply(body: JsonObject): VendorReply {
  const { input, model } = body;
  const texts =
    typeof input === "string" ? [input] : asArray(input).map((text) => asString(text) ?? "");
  const embeddings = texts.map((text) => [
    ...embeddingOf(text, asNumber(body.dimensions) ?? defaultDimensions),
  ]);
  const { total_duration, load_duration } = durations;
  const counts = { prompt_eval_count: countTokens(texts.join(" ")) };
  return jsonReply(200, {
    model: asString(model) ?? "",
    embeddings,
    total_duration,
    load_duration,
    ...counts,
  });
}

/** Calls of tools end an answer as words do. */
function doneReason({ stop }: Answer): string {
  return stop === "length" || stop === "context_window" ? "length" : "stop";
}

/** The counts of the usage scenario. */
export const ollamaUsage = {
  prompt_eval_count: 2006,
  eval_count: 300,
} as const satisfies JsonObject;

function countsOf({ scenario, facts, answer }: OllamaTurn): JsonObject {
  if (scenario.name === "usage") return ollamaUsage;
  const written = answer.parts.map((part) =>
    part.type === "tool_call" ? part.name + part.argumentsJson : "text" in part ? part.text : "",
  );
  const eval_count = Math.max(1, countTokens(written.join("")));
  return {
    prompt_eval_count: countTokens(facts.promptText),
    eval_count,
    eval_duration: 6_286_536_118,
  };
}
