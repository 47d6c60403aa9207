import { type Cohere, CohereClientV2, CohereError } from "cohere-ai";
import { asNumber, asObject } from "../vendors/json-value.ts";
import {
  type AskOptions,
  type CalledTool,
  type Client,
  type Conversation,
  type Failure,
  failed,
  type Outcome,
  type Question,
  type TokenCounts,
} from "./client.ts";
import { type RecordedFetch, recordFetch } from "./record-fetch.ts";

type Message = Cohere.ChatMessageV2;
type Answer = Cohere.AssistantMessageResponse;
type Event = Cohere.V2ChatStreamResponse;

/** The official `cohere-ai` client. Its dialect does not tell what was written to a cache. */
export function createCohereClient(url: string, key: string): Client {
  return {
    name: "cohere-ai",
    family: "cohere",
    uncounted: ["cacheWrite"],
    open: (question) => open(url, key, question),
    close: () => undefined,
  };
}

function open(url: string, key: string, question: Question): Conversation {
  const wire = recordFetch();
  const client = new CohereClientV2({
    token: key,
    environment: url,
    maxRetries: 0,
    fetch: wire.fetch,
  });
  const messages: Message[] = [
    { role: "system", content: question.system },
    firstMessage(question),
  ];
  const request = () => ({ ...settings(question), model: question.model, messages });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const { message, finishReason, usage } = await client.chat(request(), asking(signal));
    return take(message, finishReason, usage, 1);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const events: Event[] = [];
    try {
      for await (const event of await client.chatStream(request(), asking(signal))) {
        events.push(event);
        onPiece?.();
      }
      const end = events.findLast((event) => event.type === "message-end")?.delta;
      if (end?.finishReason === "ERROR") throw new Error(end.error ?? "");
      if (end === undefined) throw new Error("a stream without its end");
      return take(foldAnswer(events), end.finishReason, end.usage, events.length);
    } catch (error) {
      return failed(failureOf(error, signal, wire), {
        pieces: events.length,
        ended: events.some(isEnd),
      });
    }
  }

  function take(
    message: Answer,
    finish: string | undefined,
    usage: Cohere.Usage | undefined,
    pieces: number,
  ): Outcome {
    messages.push(message);
    return outcome(message, finish, usage, pieces, wire);
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(failureOf(error, options.signal, wire)),
      ),
    addToolAnswers: (answers) => {
      for (const { id, text } of answers)
        messages.push({ role: "tool", toolCallId: id, content: text });
    },
    addUser: (text) => void messages.push({ role: "user", content: text }),
  };
}

/** The options of one call. */
export function asking(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function isEnd(event: Event): boolean {
  return event.type === "message-end" && event.delta?.finishReason !== "ERROR";
}

function firstMessage({ text, image }: Question): Message {
  if (image === undefined) return { role: "user", content: text };
  const url = `data:${image.mediaType};base64,${Buffer.from(image.bytes).toString("base64")}`;
  return {
    role: "user",
    content: [
      { type: "text", text },
      { type: "image_url", imageUrl: { url } },
    ],
  };
}

function settings({ tools, format, reasoning }: Question) {
  const offered = tools?.map(({ name, description, schema }) => ({
    type: "function" as const,
    function: { name, description, parameters: { ...schema } },
  }));
  return {
    maxTokens: 4096,
    ...(offered === undefined ? {} : { tools: offered }),
    ...(format === undefined
      ? {}
      : { responseFormat: { type: "json_object" as const, jsonSchema: { ...format.schema } } }),
    ...(reasoning === true ? { thinking: { type: "enabled" as const, tokenBudget: 1024 } } : {}),
  };
}

/** The message that events tell: each piece of content and each call by its number. */
function foldAnswer(events: readonly Event[]): Answer {
  const contents: Cohere.AssistantMessageResponseContentItem[] = [];
  const calls: Cohere.ToolCallV2[] = [];
  let plan = "";
  for (const event of events) {
    if (event.type === "tool-plan-delta") plan += event.delta?.message?.toolPlan ?? "";
    else if (event.type === "tool-call-start") addCall(calls, event);
    else if (event.type === "tool-call-delta") addArguments(calls, event);
    else if (event.type === "content-start" || event.type === "content-delta")
      addContent(contents, event);
  }
  return {
    role: "assistant",
    ...(plan === "" ? {} : { toolPlan: plan }),
    ...(contents.length === 0 ? {} : { content: contents }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
  };
}

type ContentEvent =
  | Cohere.V2ChatStreamResponse.ContentStart
  | Cohere.V2ChatStreamResponse.ContentDelta;

function addContent(
  contents: Cohere.AssistantMessageResponseContentItem[],
  event: ContentEvent,
): void {
  const index = event.index ?? 0;
  const told = event.delta?.message?.content;
  if (event.type === "content-start") {
    if (index !== contents.length)
      throw new Error(`content ${index} begins after ${contents.length}`);
    const thinking = event.delta?.message?.content?.type === "thinking";
    contents.push(thinking ? { type: "thinking", thinking: "" } : { type: "text", text: "" });
  }
  const content = contents[index];
  if (content === undefined) throw new Error(`content ${index} did not begin`);
  if (content.type === "text") content.text += told?.text ?? "";
  else content.thinking += told?.thinking ?? "";
}

function addCall(
  calls: Cohere.ToolCallV2[],
  { index, delta }: Cohere.ChatToolCallStartEvent,
): void {
  const call = delta?.message?.toolCalls;
  if (call === undefined || index !== calls.length)
    throw new Error(`call ${index} begins after ${calls.length}`);
  calls.push({ ...call, function: { ...call.function } });
}

function addArguments(
  calls: Cohere.ToolCallV2[],
  { index, delta }: Cohere.ChatToolCallDeltaEvent,
): void {
  const call = calls[index ?? 0]?.function;
  if (call === undefined) throw new Error(`call ${index} did not begin`);
  call.arguments = (call.arguments ?? "") + (delta?.message?.toolCalls?.function?.arguments ?? "");
}

function outcome(
  { content, toolCalls: calls }: Answer,
  finish: string | undefined,
  usage: Cohere.Usage | undefined,
  pieces: number,
  wire: RecordedFetch,
): Outcome {
  const thoughts = (content ?? []).flatMap((item) =>
    item.type === "thinking" ? [item.thinking] : [],
  );
  const toolCalls = (calls ?? []).map(
    ({ id, function: called }): CalledTool => ({
      id,
      name: called?.name ?? "",
      argumentsJson: called?.arguments ?? "",
    }),
  );
  const reasons = { COMPLETE: "stop", TOOL_CALL: "tool_calls" } as const;
  return {
    text: (content ?? []).map((item) => (item.type === "text" ? item.text : "")).join(""),
    toolCalls,
    reasoning: thoughts.length === 0 ? undefined : { text: thoughts.join(""), signature: "" },
    finish: finish === "COMPLETE" || finish === "TOOL_CALL" ? reasons[finish] : "other",
    usage: usage === undefined ? undefined : counts(usage),
    callId: wire.header("x-parlance-call-id"),
    pieces,
    ended: finish !== undefined,
    failure: undefined,
  };
}

/** The client hands on what its types do not name, in the vendor's own spelling. */
function counts({ tokens, cachedTokens }: Cohere.Usage): TokenCounts {
  return {
    input: tokens?.inputTokens,
    cacheRead: cachedTokens,
    cacheWrite: undefined,
    output: tokens?.outputTokens,
    reasoning: asNumber(asObject({ ...tokens })?.reasoning_tokens),
  };
}

/** A failure as the client shows it. */
export function failureOf(
  error: unknown,
  signal: AbortSignal | undefined,
  wire: RecordedFetch,
): Failure {
  const status = error instanceof CohereError ? error.statusCode : undefined;
  const midStream = status === undefined && wire.status() === 200;
  const retryAfter = wire.header("retry-after");
  return {
    kind: signal?.aborted === true ? "cancelled" : midStream ? "mid_stream" : kindOf(status),
    status,
    // The client has classes by status, and no other word.
    type: "",
    message: error instanceof Error ? error.message : String(error),
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    callId: wire.header("x-parlance-call-id"),
  };
}

function kindOf(status: number | undefined): Failure["kind"] {
  if (status === 400 || status === 422) return "invalid_request";
  if (status === 429) return "rate_limited";
  return status !== undefined && status >= 500 ? "server" : "other";
}
