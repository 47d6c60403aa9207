import OpenAI from "openai";
import { asObjects, asString, type Json } from "../vendors/json-value.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  type Failure,
  failed,
  type Outcome,
  type Question,
  type TokenCounts,
} from "./client.ts";
import { type RecordedFetch, recordFetch } from "./record-fetch.ts";

type Message = OpenAI.Chat.ChatCompletionMessage;
type Delta = OpenAI.Chat.ChatCompletionChunk.Choice.Delta;

/** Members beside OpenAI's own that carry signed reasoning through its client. */
interface Reasoned {
  readonly reasoning_content?: string;
  readonly thinking_blocks?: Json;
  readonly reasoning_details?: Json;
}

/** The official `openai` client. */
export function createOpenAiClient(url: string, key: string): Client {
  return {
    name: "openai SDK",
    family: "openai",
    open: (question) => open(url, key, question),
    close: () => undefined,
  };
}

function open(url: string, key: string, question: Question): Conversation {
  const wire = recordFetch();
  const client = new OpenAI({
    apiKey: key,
    baseURL: `${url}/v1`,
    maxRetries: 0,
    fetch: wire.fetch,
  });
  const messages = firstMessages(question);
  const body = () => ({ ...settings(question), model: question.model, messages });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const completion = await client.chat.completions.create(
      body(),
      signal === undefined ? {} : { signal },
    );
    const [choice] = completion.choices;
    if (choice === undefined) throw new Error("an answer without a choice");
    messages.push(choice.message);
    return outcome(choice.message, choice.finish_reason, completion.usage, 1, true, wire);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    let pieces = 0;
    const reasoned = collectReasoning();
    const asked = { ...body(), stream_options: { include_usage: true } };
    const stream = client.chat.completions.stream(asked, signal === undefined ? {} : { signal });
    // A failure rejects both the iteration and the final answer; only one of them is looked at.
    const final = stream.finalChatCompletion();
    final.catch(() => undefined);
    try {
      for await (const chunk of stream) {
        pieces += 1;
        onPiece?.();
        reasoned.add(chunk.choices[0]?.delta);
      }
      const { choices, usage } = await final;
      const [choice] = choices;
      if (choice === undefined) throw new Error("an answer without a choice");
      const { content, refusal, tool_calls: calls } = choice.message;
      // The client adds `parsed` and `parsed_arguments`, which OpenAI does not take back.
      const message = {
        role: "assistant" as const,
        content,
        refusal,
        ...(calls === undefined ? {} : { tool_calls: calls.map(withoutParsed) }),
        ...reasoned.members(),
      };
      messages.push(message);
      const ended = wire.body().trimEnd().endsWith("data: [DONE]");
      return outcome(message, choice.finish_reason, usage, pieces, ended, wire);
    } catch (error) {
      return failed(openAiFailure(error, wire), { pieces, ended: wire.body().includes("[DONE]") });
    }
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(openAiFailure(error, wire)),
      ),
    addToolAnswers: (answers) => {
      for (const { id, text } of answers)
        messages.push({ role: "tool", tool_call_id: id, content: text });
    },
    addUser: (text) => void messages.push({ role: "user", content: text }),
  };
}

/** Adds up what deltas tell of reasoning, in members of the message. */
function collectReasoning() {
  let words = "";
  const blocks: Json[] = [];
  const details: Json[] = [];
  return {
    add(delta: (Delta & Reasoned) | undefined): void {
      words += delta?.reasoning_content ?? "";
      blocks.push(...asObjects(delta?.thinking_blocks));
      details.push(...asObjects(delta?.reasoning_details));
    },
    members: (): Reasoned => ({
      ...(words === "" ? {} : { reasoning_content: words }),
      ...(blocks.length === 0 ? {} : { thinking_blocks: blocks }),
      ...(details.length === 0 ? {} : { reasoning_details: details }),
    }),
  };
}

function withoutParsed(
  call: OpenAI.Chat.ChatCompletionMessageToolCall,
): OpenAI.Chat.ChatCompletionMessageToolCall {
  if (call.type !== "function") return call;
  const { name, arguments: given } = call.function;
  return { id: call.id, type: call.type, function: { name, arguments: given } };
}

function firstMessages({
  system,
  text,
  image,
}: Question): OpenAI.Chat.ChatCompletionMessageParam[] {
  const spoken = { type: "text", text } as const;
  const content =
    image === undefined
      ? text
      : [
          spoken,
          {
            type: "image_url" as const,
            image_url: {
              url: `data:${image.mediaType};base64,${Buffer.from(image.bytes).toString("base64")}`,
            },
          },
        ];
  return [
    { role: "system", content: system },
    { role: "user", content },
  ];
}

function settings({ tools, format, reasoning }: Question) {
  return {
    max_completion_tokens: 4096,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, schema }) => ({
            type: "function" as const,
            function: { name, description, parameters: { ...schema } },
          })),
        }),
    ...(format === undefined
      ? {}
      : {
          response_format: {
            type: "json_schema" as const,
            json_schema: { name: format.name, strict: true, schema: { ...format.schema } },
          },
        }),
    ...(reasoning === true ? { reasoning_effort: "low" as const } : {}),
  };
}

function outcome(
  message: Message & Reasoned,
  finish: string,
  usage: OpenAI.CompletionUsage | undefined,
  pieces: number,
  ended: boolean,
  wire: RecordedFetch,
): Outcome {
  // A detail without words proves something else than them.
  const details = asObjects(message.reasoning_details).filter((detail) => detail.text !== "");
  const carriers = [...asObjects(message.thinking_blocks), ...details];
  const words = message.reasoning_content ?? "";
  const signature = carriers.map((carrier) => asString(carrier.signature) ?? "").join("");
  const toolCalls = (message.tool_calls ?? []).flatMap((call) =>
    call.type === "function"
      ? [{ id: call.id, name: call.function.name, argumentsJson: call.function.arguments }]
      : [],
  );
  return {
    text: message.content ?? "",
    toolCalls,
    reasoning: words === "" && signature === "" ? undefined : { text: words, signature },
    finish: finish === "stop" || finish === "tool_calls" ? finish : "other",
    usage: usage ? counts(usage) : undefined,
    callId: wire.header("x-parlance-call-id"),
    pieces,
    ended,
    failure: undefined,
  };
}

function counts(usage: OpenAI.CompletionUsage): TokenCounts {
  return {
    input: usage.prompt_tokens,
    cacheRead: usage.prompt_tokens_details?.cached_tokens,
    cacheWrite: usage.prompt_tokens_details?.cache_write_tokens,
    output: usage.completion_tokens,
    reasoning: usage.completion_tokens_details?.reasoning_tokens,
  };
}

/** A failure as the `openai` client shows it, whichever of its APIs was called. */
export function openAiFailure(error: unknown, wire: RecordedFetch): Failure {
  const shown = error instanceof OpenAI.APIError ? error : undefined;
  const retryAfter = wire.header("retry-after");
  return {
    kind: kindOf(error),
    status: shown?.status,
    type: shown?.type ?? "",
    message: error instanceof Error ? error.message : String(error),
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    callId: wire.header("x-parlance-call-id"),
  };
}

function kindOf(error: unknown): Failure["kind"] {
  if (error instanceof OpenAI.BadRequestError || error instanceof OpenAI.UnprocessableEntityError)
    return "invalid_request";
  if (error instanceof OpenAI.RateLimitError) return "rate_limited";
  if (error instanceof OpenAI.InternalServerError) return "server";
  if (error instanceof OpenAI.APIUserAbortError) return "cancelled";
  // A connection that broke is a subclass; the error event of a stream is the bare class, without a
  // status.
  const isBare = error instanceof OpenAI.APIError && !(error instanceof OpenAI.APIConnectionError);
  return isBare && error.status === undefined ? "mid_stream" : "other";
}
