import type { JsonObject } from "../json-value.ts";
import { createdSeconds } from "../openai/chat-replies.ts";
import { openAiHeaders } from "../openai/response-headers.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { isIncomplete, outputItems } from "./output-items.ts";
import { responsesUsage } from "./responses-usage.ts";
import { itemEvents, type StreamEvent } from "./stream-items.ts";

/** Everything a reply of the Responses API is made of. */
export interface ResponsesTurn {
  readonly body: JsonObject;
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
  readonly ordinal: number;
}

/** The unary reply, pretty-printed with two spaces as OpenAI sends it. */
export function unaryReply(turn: ResponsesTurn): VendorReply {
  return {
    status: 200,
    headers: openAiHeaders(turn.ordinal),
    frames: [Buffer.from(JSON.stringify(finished(turn), null, 2))],
    ending: "end",
  };
}

/**
 * The streamed reply: every event named and numbered, the first and the last with the response as
 * it then is.
 */
export function streamReply(turn: ResponsesTurn): VendorReply {
  const begun = { ...envelope(turn), status: "in_progress", output: [], usage: null };
  const response = finished(turn);
  const events: StreamEvent[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...outputItems(turn).flatMap((item, index) => itemEvents(item, index)),
    {
      type: response.status === "incomplete" ? "response.incomplete" : "response.completed",
      response,
    },
  ];
  return {
    status: 200,
    headers: openAiHeaders(turn.ordinal, "text/event-stream; charset=utf-8"),
    frames: events.map(eventFrame),
    ending: "end",
  };
}

/** An event with its place in the stream. */
export function eventFrame({ type, ...members }: StreamEvent, sequenceNumber: number): Buffer {
  return Buffer.from(
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members, sequence_number: sequenceNumber })}\n\n`,
  );
}

/** The response as it is told at the end. */
function finished(turn: ResponsesTurn): JsonObject {
  const { answer, facts, scenario } = turn;
  const incomplete = isIncomplete(answer.stop);
  const reason = answer.stop === "content_filter" ? "content_filter" : "max_output_tokens";
  return {
    ...envelope(turn),
    status: incomplete ? "incomplete" : "completed",
    completed_at: incomplete ? null : createdSeconds,
    incomplete_details: incomplete ? { reason } : null,
    output: outputItems(turn).map(({ whole }) => whole),
    usage: responsesUsage(scenario, facts, answer),
  };
}

/**
 * The request's settings come back with every response, the vendor's defaults where it named none.
 */
function envelope({ body, ordinal }: ResponsesTurn): JsonObject {
  const settings = Object.entries(defaults).map(([name, value]) => [name, body[name] ?? value]);
  return {
    id: `resp_sim${ordinal}`,
    object: "response",
    created_at: createdSeconds,
    status: "in_progress",
    completed_at: null,
    error: null,
    incomplete_details: null,
    model: body.model,
    output: [],
    usage: null,
    ...Object.fromEntries(settings),
    service_tier: "default",
  };
}

const defaults: JsonObject = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  store: true,
  temperature: 1,
  text: { format: { type: "text" }, verbosity: "medium" },
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null,
  metadata: {},
};
