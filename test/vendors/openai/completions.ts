import {
  asArray,
  asNumber,
  asObject,
  asString,
  isSet,
  type Json,
  type JsonObject,
  parseJson,
} from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens, wordPieces } from "../text-pieces.ts";
import { lastWords, mediaOf } from "../tgi/read-prompt.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { openAiUsage } from "./chat-usage.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";
import { openAiHeaders } from "./response-headers.ts";

const known = [
  "model",
  "prompt",
  "suffix",
  "max_tokens",
  "n",
  "best_of",
  "echo",
  "logprobs",
  "logit_bias",
  "stop",
  "stream",
  "stream_options",
  "seed",
  "temperature",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "user",
];

/**
 * The fault OpenAI finds in a request for a legacy completion, or undefined.
 * https://platform.openai.com/docs/api-reference/completions/create (2026-11)
 */
export function validateCompletion(body: JsonObject, lenient: boolean): OpenAiError | undefined {
  const model = asString(body.model);
  if (model === undefined) return invalidRequest("you must provide a model parameter");
  if (/^gpt-[45]/.test(model))
    return invalidRequest(
      "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?",
      "model",
    );
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined && !lenient)
    return invalidRequest(`Unrecognized request argument supplied: ${unknown}`);
  if (promptsOf(body.prompt) === undefined) return invalidRequest("'$.prompt' is invalid.");
  const n = asNumber(body.n) ?? 1;
  if (isSet(body.best_of) && (asNumber(body.best_of) ?? 0) < n)
    return invalidRequest(
      "You requested that the server return more choices than it will generate",
    );
  const types: readonly (readonly [key: string, type: string])[] = [
    ["suffix", "string"],
    ["echo", "boolean"],
    ["stream", "boolean"],
    ["logprobs", "number"],
    ["max_tokens", "number"],
  ];
  const wrong = types.find(([key, type]) => isSet(body[key]) && typeof body[key] !== type);
  if (wrong !== undefined) return invalidRequest(`${body[wrong[0]]} is not of type '${wrong[1]}'`);
  if (isSet(body.stream_options) && body.stream !== true)
    return invalidRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    );
  return undefined;
}

/**
 * The reply to a valid request: `n` choices of each prompt, in the order of the prompts.
 * `scenario`: what a conversation is answered with. Absent: the prompt is gone on with.
 */
export function completionReply(
  body: JsonObject,
  ordinal: number,
  scenario?: Scenario,
): VendorReply {
  const prompts = promptsOf(body.prompt) ?? [];
  const n = asNumber(body.n) ?? 1;
  const choices = prompts.flatMap((prompt, at) =>
    Array.from({ length: n }, (_, of) =>
      choiceOf(body, prompt, at * n + of, scenario && saidTo(prompt, scenario, ordinal)),
    ),
  );
  const input = prompts.reduce((sum, prompt) => sum + countTokens(prompt), 0);
  const output = choices.reduce((sum, { text }) => sum + countTokens(text), 0);
  const counted = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
  };
  const usage = scenario?.name === "usage" ? openAiUsage : counted;
  const head = {
    id: `cmpl-${ordinal}`,
    object: "text_completion",
    created: 1_700_000_000,
    model: asString(body.model) ?? "",
  };
  return body.stream === true
    ? streamed(head, choices, usage, body, ordinal)
    : whole({ ...head, choices, usage }, ordinal);
}

/** What the model of a scenario says to a conversation. */
function saidTo(prompt: string, scenario: Scenario, ordinal: number): string {
  const { parts } = planAnswer(
    scenario,
    {
      model: "",
      stream: false,
      lastUserText: lastWords(prompt),
      promptText: prompt,
      media: mediaOf(prompt),
      tools: [],
      toolChoice: "auto",
      parallelToolCalls: false,
      toolResults: [],
      outputSchema: schemaIn(prompt),
      stopSequence: undefined,
    },
    ordinal,
  );
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** The schema that a prompt names for the answer; undefined: none. */
function schemaIn(prompt: string): Json | undefined {
  const [, schema] = /follows this JSON Schema[^\n]*:\n(\{.*\})$/m.exec(prompt) ?? [];
  return schema === undefined ? undefined : parseJson(schema);
}

function choiceOf(body: JsonObject, prompt: string, index: number, answer?: string) {
  const suffix = asString(body.suffix);
  const said = answer ?? (suffix === undefined ? ` and ${prompt}` : ` up to ${suffix}`);
  const text = `${body.echo === true ? prompt : ""}${said}`;
  const top = asNumber(body.logprobs);
  const tokens = wordPieces(text);
  const logprobs = {
    tokens,
    token_logprobs: tokens.map(() => -0.5),
    top_logprobs: tokens.map((token) => ({ [token]: -0.5 })),
    text_offset: tokens.map((_, at) => tokens.slice(0, at).join("").length),
  };
  return {
    text,
    index,
    logprobs: top === undefined ? null : logprobs,
    finish_reason: "stop",
  };
}

function whole(body: Json, ordinal: number): VendorReply {
  return {
    status: 200,
    headers: openAiHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(body, null, 2))],
    ending: "end",
  };
}

function streamed(
  head: JsonObject,
  choices: readonly ReturnType<typeof choiceOf>[],
  usage: JsonObject,
  body: JsonObject,
  ordinal: number,
): VendorReply {
  const wantsUsage = asObject(body.stream_options)?.include_usage === true;
  const chunk = (members: JsonObject) =>
    Buffer.from(
      `data: ${JSON.stringify({ ...head, ...(wantsUsage ? { usage: null } : {}), ...members })}\n\n`,
    );
  const frames = choices.flatMap(({ index, text }) => [
    ...wordPieces(text).map((piece) =>
      chunk({ choices: [{ text: piece, index, logprobs: null, finish_reason: null }] }),
    ),
    chunk({ choices: [{ text: "", index, logprobs: null, finish_reason: "stop" }] }),
  ]);
  const last = wantsUsage ? [chunk({ choices: [], usage })] : [];
  return {
    status: 200,
    headers: { ...openAiHeaders(ordinal), "content-type": "text/event-stream" },
    frames: [...frames, ...last, Buffer.from("data: [DONE]\n\n")],
    ending: "end",
  };
}

/** The prompts as texts; tokens are written as their ids. Undefined where they are none. */
function promptsOf(prompt: Json | undefined): readonly string[] | undefined {
  if (typeof prompt === "string") return [prompt];
  const items = asArray(prompt);
  if (items.length === 0) return undefined;
  if (items.every((item) => typeof item === "number")) return [items.join(" ")];
  return items.map((item) => (typeof item === "string" ? item : asArray(item).join(" ")));
}
