import { printEvent, printException, printMessage, word } from "../upstream/print-event-stream.ts";
import type { Json } from "../vendors/json-value.ts";

/** Pieces of a vendor's stream, each of whole frames, and how its vendor is called. */
export interface OpeningRow {
  /** The dialect of the vendor. */
  readonly name: string;
  /** The provider but for its address. */
  readonly provider: { readonly kind: string; readonly [member: string]: Json };
  /** What stands between the vendor's origin and its paths. Absent: nothing. */
  readonly basePath?: string;
  readonly contentType: string;
  /** All frames that come before the first content. */
  readonly opener: Buffer;
  /** What holds a connection open and is no frame of the dialect. */
  readonly comment: Buffer;
  /** The vendor's own word for that. Absent: it has none. */
  readonly ping?: Buffer;
  readonly unknown: Buffer;
  /** A delta of nothing. */
  readonly empty: Buffer;
  readonly error: Buffer;
  /** What the first content may be, by what it is. */
  readonly contents: Readonly<Record<string, Buffer>>;
  /** The end of an answer without content. */
  readonly finish: Buffer;
  /** How a client of the same dialect asks. Absent: there is no such client. */
  readonly client?: { readonly path: string; readonly body: { readonly [member: string]: Json } };
}

const sse = (json: Json, event = ""): Buffer =>
  Buffer.from(`${event === "" ? "" : `event: ${event}\n`}data: ${JSON.stringify(json)}\n\n`);
const typed = (type: string, members: { readonly [member: string]: Json } = {}): Buffer =>
  sse({ type, ...members }, type);
const line = (json: Json): Buffer => Buffer.from(`${JSON.stringify(json)}\n`);
const join = (...pieces: readonly Buffer[]): Buffer => Buffer.concat(pieces);
const eventStream = "application/vnd.amazon.eventstream";
const comment = Buffer.from(": PROCESSING\n\n");
const emptyMessage = printMessage(
  [word(":event-type", "keepAlive"), word(":message-type", "event")],
  "",
);
const ask = { model: "both", stream: true, messages: [{ role: "user", content: "hi" }] };

const chunkOf = (choice: { readonly [member: string]: Json } | undefined, model = "m"): Json => ({
  id: "slow-1",
  object: "chat.completion.chunk",
  created: 1,
  model,
  choices: choice === undefined ? [] : [{ index: 0, finish_reason: null, ...choice }],
});
const delta = (members: { readonly [member: string]: Json }): Buffer =>
  sse(chunkOf({ delta: members }));
const call = {
  index: 0,
  id: "call_1",
  type: "function",
  function: { name: "look", arguments: "" },
};

const openAiChat: OpeningRow = {
  name: "openai-chat",
  provider: { kind: "openai", api_key: { value: "k" } },
  basePath: "/v1",
  contentType: "text/event-stream",
  opener: delta({ role: "assistant", content: "", refusal: null }),
  comment,
  unknown: sse({ id: "slow-1", object: "keepalive", choices: [], x: { y: 1 } }),
  empty: delta({ content: "" }),
  error: sse({ error: { message: "overloaded", type: "server_error", code: null } }),
  contents: {
    text: delta({ content: "slow" }),
    "a tool call": delta({ tool_calls: [call] }),
    reasoning: delta({ reasoning_content: "hm" }),
    "a refusal": delta({ refusal: "no" }),
    sound: delta({ audio: { id: "a", transcript: "oh" } }),
    "a picture": delta({
      images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
    }),
  },
  finish: join(sse(chunkOf({ delta: {}, finish_reason: "stop" })), Buffer.from("data: [DONE]\n\n")),
  client: { path: "/v1/chat/completions", body: ask },
};

const response = {
  id: "resp_slow",
  object: "response",
  created_at: 1,
  model: "m",
  status: "in_progress",
  output: [],
};
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "in_progress",
  content: [],
};
const reasoning = { id: "rs_1", type: "reasoning", summary: [] };
const ownCall = { id: "fc_1", type: "function_call", call_id: "call_1", name: "look" };
const picture = { id: "ig_1", type: "image_generation_call", result: null };
const at = { item_id: "msg_1", output_index: 1, content_index: 0 };
const responseEvent = (
  sequence_number: number,
  type: string,
  members: { readonly [member: string]: Json },
): Buffer => typed(type, { sequence_number, ...members });
const added = (
  number: number,
  output_index: number,
  item: { readonly [member: string]: Json },
): Buffer => responseEvent(number, "response.output_item.added", { output_index, item });
const done = (
  number: number,
  output_index: number,
  item: { readonly [member: string]: Json },
): Buffer => responseEvent(number, "response.output_item.done", { output_index, item });
const saidIn = (delta: string, number: number): Buffer =>
  responseEvent(number, "response.output_text.delta", { ...at, delta });

const openAiResponses: OpeningRow = {
  name: "openai-responses",
  provider: { kind: "openai_responses_compatible", api_key: { value: "k" } },
  basePath: "/v1",
  contentType: "text/event-stream",
  opener: join(
    responseEvent(0, "response.created", { response }),
    responseEvent(1, "response.in_progress", { response }),
    added(2, 0, reasoning),
    added(3, 1, message),
    responseEvent(4, "response.content_part.added", {
      ...at,
      part: { type: "output_text", text: "", annotations: [] },
    }),
  ),
  comment,
  ping: typed("keepalive", { sequence_number: 3 }),
  unknown: typed("response.of_the_future", { sequence_number: 5, text: "?" }),
  empty: saidIn("", 6),
  error: typed("error", { code: "server_error", message: "overloaded", param: null }),
  contents: {
    text: saidIn("slow", 8),
    "a tool call": join(
      added(8, 2, { ...ownCall, status: "in_progress", arguments: "" }),
      responseEvent(9, "response.function_call_arguments.delta", {
        item_id: "fc_1",
        output_index: 2,
        delta: "{}",
      }),
      done(10, 2, { ...ownCall, status: "completed", arguments: "{}" }),
    ),
    reasoning: join(
      responseEvent(8, "response.reasoning_summary_part.added", {
        item_id: "rs_1",
        output_index: 0,
        summary_index: 0,
        part: { type: "summary_text", text: "" },
      }),
      responseEvent(9, "response.reasoning_summary_text.delta", {
        item_id: "rs_1",
        output_index: 0,
        summary_index: 0,
        delta: "hm",
      }),
    ),
    "a refusal": responseEvent(8, "response.refusal.delta", { ...at, delta: "no" }),
    "a picture that is being made": join(
      added(8, 2, { ...picture, status: "in_progress" }),
      done(9, 2, { ...picture, status: "completed" }),
    ),
  },
  finish: join(
    done(11, 0, reasoning),
    done(12, 1, { ...message, status: "completed" }),
    responseEvent(13, "response.completed", {
      response: { ...response, status: "completed", output: [reasoning, message] },
    }),
  ),
  client: { path: "/v1/responses", body: { model: "both", stream: true, input: "hi" } },
};

const started = {
  id: "msg_slow",
  type: "message",
  role: "assistant",
  model: "m",
  content: [],
  stop_reason: null,
  usage: { input_tokens: 3, output_tokens: 1 },
};
const block = (index: number, content: { readonly [member: string]: Json }) =>
  ["content_block_start", { index, content_block: content }] as const;
const blockDelta = (members: { readonly [member: string]: Json }) =>
  ["content_block_delta", { index: 0, delta: members }] as const;
type Spoken = readonly [type: string, members: { readonly [member: string]: Json }];

/** Pieces of a stream of Messages, in frames of the vendor's own or of a host's. */
function messagesPieces(frame: (...spoken: Spoken) => Buffer) {
  return {
    opener: join(
      frame("message_start", { message: started }),
      frame(...block(0, { type: "text", text: "" })),
    ),
    ping: frame("ping", {}),
    unknown: frame("event_of_the_future", { text: "?" }),
    empty: frame(...blockDelta({ type: "text_delta", text: "" })),
    contents: {
      text: frame(...blockDelta({ type: "text_delta", text: "slow" })),
      "a tool call": frame(
        ...block(1, { type: "tool_use", id: "toolu_1", name: "look", input: {} }),
      ),
      reasoning: join(
        frame(...block(1, { type: "thinking", thinking: "", signature: "" })),
        frame("content_block_delta", {
          index: 1,
          delta: { type: "thinking_delta", thinking: "hm" },
        }),
      ),
      "a search that is being made": frame(
        ...block(1, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
      ),
    },
    finish: join(
      frame("content_block_stop", { index: 0 }),
      frame("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }),
      frame("message_stop", {}),
    ),
  };
}

const anthropicMessages: OpeningRow = {
  name: "anthropic-messages",
  provider: { kind: "anthropic", api_key: { value: "k" } },
  contentType: "text/event-stream",
  comment,
  ...messagesPieces(typed),
  error: typed("error", { error: { type: "overloaded_error", message: "Overloaded" } }),
  client: { path: "/v1/messages", body: { ...ask, max_tokens: 9 } },
};

const invokeChunk = (type: string, members: { readonly [member: string]: Json }): Buffer =>
  printEvent("chunk", {
    bytes: Buffer.from(JSON.stringify({ type, ...members })).toString("base64"),
    p: "ab",
  });

const bedrockInvoke: OpeningRow = {
  name: "bedrock-invoke",
  provider: { kind: "bedrock_invoke", api_key: { value: "k" }, aws: { region: "eu-west-1" } },
  contentType: eventStream,
  comment: emptyMessage,
  ...messagesPieces(invokeChunk),
  error: printException("throttlingException", { message: "slow down" }),
};

const bedrockConverse: OpeningRow = {
  name: "bedrock-converse",
  provider: { kind: "bedrock", api_key: { value: "k" }, aws: { region: "eu-west-1" } },
  contentType: eventStream,
  opener: join(
    printEvent("initial-response", {}),
    printEvent("messageStart", { role: "assistant" }),
  ),
  comment: emptyMessage,
  unknown: printEvent("eventOfTheFuture", { text: "?" }),
  empty: printEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "" } }),
  error: printException("throttlingException", { message: "slow down" }),
  contents: {
    text: printEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "slow" } }),
    "a tool call": printEvent("contentBlockStart", {
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: "tooluse_1", name: "look" } },
    }),
    reasoning: printEvent("contentBlockDelta", {
      contentBlockIndex: 0,
      delta: { reasoningContent: { text: "hm" } },
    }),
    "a picture that is being made": printEvent("contentBlockStart", {
      contentBlockIndex: 0,
      start: { image: { format: "png" } },
    }),
  },
  finish: join(
    printEvent("messageStop", { stopReason: "end_turn" }),
    printEvent("metadata", { usage: { inputTokens: 3, outputTokens: 0, totalTokens: 3 } }),
  ),
};

const answer = (parts: readonly Json[], more: { readonly [member: string]: Json } = {}): Buffer =>
  sse({
    candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
    modelVersion: "m",
    responseId: "slow-1",
  });

const gemini: OpeningRow = {
  name: "gemini",
  provider: { kind: "gemini", api_key: { value: "k" } },
  contentType: "text/event-stream",
  opener: sse({
    usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    modelVersion: "m",
    responseId: "slow-1",
  }),
  comment,
  unknown: sse({ ofTheFuture: { text: "?" } }),
  empty: answer([{ text: "" }]),
  error: sse({ error: { code: 503, message: "overloaded", status: "UNAVAILABLE" } }),
  contents: {
    text: answer([{ text: "slow" }]),
    "a tool call": answer([{ functionCall: { name: "look", args: {} } }]),
    reasoning: answer([{ text: "hm", thought: true }]),
    "a picture": answer([{ inlineData: { mimeType: "image/png", data: "AAAA" } }]),
  },
  finish: answer([], { finishReason: "STOP" }),
  client: {
    path: "/v1beta/models/both:streamGenerateContent?alt=sse",
    body: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
  },
};

const contentOf = (content: { readonly [member: string]: Json }, type = "content-delta"): Buffer =>
  typed(type, { index: 0, delta: { message: { content } } });

const cohere: OpeningRow = {
  name: "cohere",
  provider: { kind: "cohere", api_key: { value: "k" } },
  contentType: "text/event-stream",
  opener: join(
    typed("message-start", {
      id: "slow-1",
      delta: { message: { role: "assistant", content: [] } },
    }),
    contentOf({ type: "text", text: "" }, "content-start"),
  ),
  comment,
  unknown: typed("frame-of-the-future", { text: "?" }),
  empty: contentOf({ text: "" }),
  error: typed("error", { message: "overloaded" }),
  contents: {
    text: contentOf({ text: "slow" }),
    "a tool call": typed("tool-call-start", {
      index: 0,
      delta: {
        message: {
          tool_calls: { id: "look_1", type: "function", function: { name: "look", arguments: "" } },
        },
      },
    }),
    reasoning: typed("tool-plan-delta", { delta: { message: { tool_plan: "hm" } } }),
  },
  finish: join(
    typed("content-end", { index: 0 }),
    typed("message-end", { id: "slow-1", delta: { finish_reason: "COMPLETE" } }),
  ),
  client: { path: "/v2/chat", body: ask },
};

const said = (
  members: { readonly [member: string]: Json },
  more: { readonly [member: string]: Json } = {},
): Buffer =>
  line({
    model: "m",
    created_at: "2026-11-22T00:00:00Z",
    message: { role: "assistant", content: "", ...members },
    done: false,
    ...more,
  });

const ollama: OpeningRow = {
  name: "ollama",
  provider: { kind: "ollama", api_key: { value: "k" } },
  contentType: "application/x-ndjson",
  opener: said({}),
  comment: Buffer.from("\n"),
  unknown: line({ status: "pulling", done: false }),
  empty: said({ content: "" }),
  error: line({ error: "server busy" }),
  contents: {
    text: said({ content: "slow" }),
    "a tool call": said({ tool_calls: [{ function: { name: "look", arguments: {} } }] }),
    reasoning: said({ thinking: "hm" }),
    "a picture": said({ images: ["iVBORw0KGgo="] }),
  },
  finish: said({}, { done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 0 }),
  client: { path: "/api/chat", body: ask },
};

const token = (
  text: string,
  special = false,
  more: { readonly [member: string]: Json } = {},
): Json => ({
  index: 1,
  token: { id: 1, text, logprob: -1, special },
  generated_text: null,
  details: null,
  ...more,
});
const lastToken = {
  generated_text: "",
  details: { finish_reason: "eos_token", generated_tokens: 1, input_length: 3 },
};

const huggingfaceTgi: OpeningRow = {
  name: "huggingface-tgi",
  provider: { kind: "huggingface_tgi", api_key: { value: "k" } },
  contentType: "text/event-stream",
  opener: sse(token("<s>", true)),
  comment,
  unknown: sse({ ofTheFuture: { text: "?" }, generated_text: null }),
  empty: sse(token("")),
  error: sse({ error: "overloaded", error_type: "overloaded" }),
  contents: { text: sse(token("slow")) },
  finish: sse(token("</s>", true, lastToken)),
};

/** A row whose vendor has no client of its own dialect. */
function hosted({ client: _, ping: __, ...row }: OpeningRow): OpeningRow {
  return { ...row, basePath: "" };
}

/** Each piece as a part of the service's own stream. */
function inParts(row: OpeningRow, name: string, kind: string): OpeningRow {
  const headers = [word(":event-type", "PayloadPart"), word(":message-type", "event")];
  const part = (piece: Buffer): Buffer => printMessage(headers, piece);
  return {
    ...hosted(row),
    name,
    provider: { kind, api_key: { value: "k" }, aws: { region: "eu-west-1" } },
    contentType: eventStream,
    opener: part(row.opener),
    comment: part(row.comment),
    unknown: part(row.unknown),
    empty: part(row.empty),
    error: printException("ModelStreamError", { Message: "overloaded" }),
    contents: Object.fromEntries(
      Object.entries(row.contents).map(([title, piece]) => [title, part(piece)]),
    ),
    finish: part(row.finish),
  };
}

const watsonx: OpeningRow = {
  ...hosted(openAiChat),
  name: "watsonx",
  provider: { kind: "watsonx", api_key: { value: "k" }, variables: { project_id: "p", host: "h" } },
  error: sse({ errors: [{ code: "model_no_support", message: "overloaded" }] }, "error"),
};

const replicate: OpeningRow = {
  name: "replicate",
  provider: { kind: "replicate", api_key: { value: "k" } },
  basePath: "/v1",
  contentType: "text/event-stream",
  opener: Buffer.from("event: logs\ndata: starting\n\n"),
  comment,
  unknown: Buffer.from("event: of-the-future\ndata: ?\n\n"),
  empty: Buffer.from("event: output\ndata:\n\n"),
  error: Buffer.from('event: error\ndata: {"detail":"overloaded"}\n\n'),
  contents: { text: Buffer.from("event: output\ndata: slow\n\n") },
  finish: Buffer.from("event: done\ndata: {}\n\n"),
};

/** A row for each dialect in which vendors stream. */
export const openingRows: readonly OpeningRow[] = [
  openAiChat,
  openAiResponses,
  anthropicMessages,
  gemini,
  cohere,
  ollama,
  huggingfaceTgi,
  bedrockConverse,
  bedrockInvoke,
  inParts(openAiChat, "sagemaker-chat", "sagemaker_chat"),
  inParts(huggingfaceTgi, "sagemaker-tgi", "sagemaker"),
  watsonx,
  replicate,
];
