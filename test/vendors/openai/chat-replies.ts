import { asNumber, asObject, type JsonObject } from "../json-value.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { evenPieces, wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { chatUsage } from "./chat-usage.ts";
import {
  type ChoiceContent,
  choiceContent,
  finishReason,
  logprobsContent,
  toolCall,
  wantedLogprobs,
} from "./render-choice.ts";
import { openAiHeaders } from "./response-headers.ts";

/** Everything a chat reply is made of. */
export interface ChatTurn {
  readonly body: JsonObject;
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
  readonly ordinal: number;
}

/** The `created` second of every reply: 2026-01-01T00:00:00Z. */
export const createdSeconds = 1767225600;

/** The unary reply, pretty-printed with two spaces as OpenAI sends it. */
export function unaryReply(turn: ChatTurn): VendorReply {
  const { body, facts, scenario, answer, ordinal } = turn;
  const count = asNumber(body.n) ?? 1;
  const completion = {
    ...envelope(turn, "chat.completion"),
    choices: Array.from({ length: count }, (_, index) => unaryChoice(turn, index)),
    usage: chatUsage(scenario, facts, answer, count),
    service_tier: "default",
    system_fingerprint: "fp_sim",
  };
  return {
    status: 200,
    headers: openAiHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(completion, null, 2))],
    ending: "end",
  };
}

function unaryChoice(turn: ChatTurn, index: number): JsonObject {
  const { text, refusal, reasoning, annotations, toolCalls } = choiceContent(turn.answer, index);
  const wanted = wantedLogprobs(turn.body, turn.scenario.name === "logprobs");
  return {
    index,
    message: {
      role: "assistant",
      content: text,
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCall) }),
      refusal,
      annotations,
    },
    logprobs:
      wanted === undefined ? null : { content: logprobsContent(text ?? "", wanted), refusal: null },
    finish_reason: finishReason(turn.answer.stop),
  };
}

/** The streamed reply: a frame per chunk, the usage chunk when it is asked for, then [DONE]. */
export function streamReply(turn: ChatTurn): VendorReply {
  const options = asObject(turn.body.stream_options);
  const withUsage = options?.include_usage === true;
  const count = asNumber(turn.body.n) ?? 1;
  const frame = (
    choices: readonly JsonObject[],
    usage: JsonObject | null,
    position: number,
  ): Buffer => {
    const obfuscation =
      options?.include_obfuscation === false
        ? {}
        : { obfuscation: "obfuscation".slice(0, (position * 5) % 11) };
    const members = {
      ...envelope(turn, "chat.completion.chunk"),
      service_tier: "default",
      system_fingerprint: "fp_sim",
      choices,
      ...(withUsage ? { usage } : {}),
      ...obfuscation,
    };
    return Buffer.from(`data: ${JSON.stringify(members)}\n\n`);
  };
  const chunks = interleave(Array.from({ length: count }, (_, index) => choiceChunks(turn, index)));
  const frames = chunks.map((chunk, position) => frame([chunk], null, position));
  if (withUsage)
    frames.push(frame([], chatUsage(turn.scenario, turn.facts, turn.answer, count), frames.length));
  frames.push(Buffer.from("data: [DONE]\n\n"));
  return {
    status: 200,
    headers: openAiHeaders(turn.ordinal, "text/event-stream; charset=utf-8"),
    frames,
    ending: "end",
  };
}

function choiceChunks(turn: ChatTurn, index: number): readonly JsonObject[] {
  const content = choiceContent(turn.answer, index);
  const wanted = wantedLogprobs(turn.body, turn.scenario.name === "logprobs");
  const chunk = (delta: JsonObject, text = ""): JsonObject => ({
    index,
    delta,
    logprobs:
      wanted === undefined || text === ""
        ? null
        : { content: logprobsContent(text, wanted), refusal: null },
    finish_reason: null,
  });
  const pieces = wordPieces(content.text ?? "");
  return [
    chunk({ role: "assistant", content: content.text === null ? null : "", refusal: null }),
    ...wordPieces(content.reasoning ?? "").map((piece) => chunk({ reasoning_content: piece })),
    ...pieces.map((piece) => chunk({ content: piece }, piece)),
    ...(content.annotations.length === 0 ? [] : [chunk({ annotations: content.annotations })]),
    ...wordPieces(content.refusal ?? "").map((piece) => chunk({ refusal: piece })),
    ...toolDeltas(content, turn.answer.interleaved).map((call) => chunk({ tool_calls: [call] })),
    { index, delta: {}, logprobs: null, finish_reason: finishReason(turn.answer.stop) },
  ];
}

/**
 * Each call starts with its id, name and empty arguments; argument deltas follow with the index
 * alone.
 */
function toolDeltas(content: ChoiceContent, interleaved: boolean): readonly JsonObject[] {
  const calls = content.toolCalls.map((call, index) => [
    { index, id: call.id, type: "function", function: { name: call.name, arguments: "" } },
    ...evenPieces(call.argumentsJson, 6).map((piece) => ({
      index,
      function: { arguments: piece },
    })),
  ]);
  return interleaved ? interleave(calls) : calls.flat();
}

/** The first of every list, then the second of every list, and so on. */
function interleave<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, position) =>
    lists.flatMap((list) => list.slice(position, position + 1)),
  ).flat();
}

function envelope(turn: ChatTurn, object: string): JsonObject {
  return {
    id: `chatcmpl-sim${turn.ordinal}`,
    object,
    created: createdSeconds,
    model: turn.facts.model,
  };
}
