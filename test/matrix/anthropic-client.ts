import Anthropic from "@anthropic-ai/sdk";
import { asObject, asString, parseJson } from "../vendors/json-value.ts";
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

/** The official `@anthropic-ai/sdk` client; streams through its `messages.stream`. */
export function createAnthropicClient(url: string, key: string): Client {
  return createWith("anthropic SDK", url, key, readHelper);
}

/** The same client; streams through the raw iterator of `messages.create`. */
export function createAnthropicRawClient(url: string, key: string): Client {
  return createWith("anthropic SDK, raw events", url, key, readRaw);
}

/** Reads a stream to its end and gives the whole message. */
type ReadStream = (
  client: Anthropic,
  body: Anthropic.MessageCreateParamsNonStreaming,
  signal: AbortSignal | undefined,
  onEvent: () => void,
) => Promise<Anthropic.Message>;

const readHelper: ReadStream = async (client, body, signal, onEvent) => {
  const stream = client.messages.stream(body, signal === undefined ? {} : { signal });
  // A failure rejects both the iteration and the final answer; only one of them is looked at.
  const final = stream.finalMessage();
  final.catch(() => undefined);
  for await (const _event of stream) onEvent();
  return final;
};

const readRaw: ReadStream = async (client, body, signal, onEvent) => {
  const options = signal === undefined ? {} : { signal };
  const stream = await client.messages.create({ ...body, stream: true }, options);
  const events: Anthropic.RawMessageStreamEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    onEvent();
  }
  // The iterator ends quietly when its signal is aborted.
  if (signal?.aborted === true) throw new Anthropic.APIUserAbortError();
  return foldRaw(events);
};

function createWith(name: string, url: string, key: string, read: ReadStream): Client {
  return {
    name,
    family: "anthropic",
    open: (question) => open(url, key, question, read),
    close: () => undefined,
  };
}

function open(url: string, key: string, question: Question, read: ReadStream): Conversation {
  const wire = recordFetch();
  const client = new Anthropic({ apiKey: key, baseURL: url, maxRetries: 0, fetch: wire.fetch });
  const messages = firstMessages(question);
  const body = () => ({ ...settings(question), model: question.model, messages });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const message = await client.messages.create(body(), signal === undefined ? {} : { signal });
    messages.push({ role: "assistant", content: message.content });
    return outcome(message, 1, true, wire);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    let pieces = 0;
    try {
      const message = await read(client, body(), signal, () => {
        pieces += 1;
        onPiece?.();
      });
      messages.push({ role: "assistant", content: message.content });
      return outcome(message, pieces, wire.body().includes("event: message_stop\n"), wire);
    } catch (error) {
      return failed(failureOf(error, wire), {
        pieces,
        ended: wire.body().includes("event: message_stop\n"),
      });
    }
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(failureOf(error, wire)),
      ),
    addToolAnswers: (answers) => {
      const content = answers.map(({ id, text }) => ({
        type: "tool_result" as const,
        tool_use_id: id,
        content: text,
      }));
      messages.push({ role: "user", content });
    },
    addUser: (text) => void messages.push({ role: "user", content: text }),
  };
}

/**
 * Adds raw events up, as their documentation says:
 * https://platform.claude.com/docs/en/build-with-claude/streaming (2026-11).
 */
export function foldRaw(events: readonly Anthropic.RawMessageStreamEvent[]): Anthropic.Message {
  const [first] = events;
  if (first?.type !== "message_start")
    throw new Error("a stream that does not start with message_start");
  let { message } = first;
  const content: Anthropic.ContentBlock[] = [];
  const inputs = new Map<number, string>();
  for (const event of events) {
    if (event.type === "content_block_start") content[event.index] = { ...event.content_block };
    if (event.type === "content_block_delta") addDelta(content[event.index], event, inputs);
    if (event.type === "message_delta") {
      const told = Object.entries(event.usage).filter(([, value]) => value !== null);
      message = {
        ...message,
        ...event.delta,
        usage: { ...message.usage, ...Object.fromEntries(told) },
      };
    }
  }
  for (const [index, json] of inputs) {
    const block = content[index];
    if (block?.type === "tool_use" && json !== "") block.input = JSON.parse(json);
  }
  return { ...message, content };
}

function addDelta(
  block: Anthropic.ContentBlock | undefined,
  { index, delta }: Anthropic.RawContentBlockDeltaEvent,
  inputs: Map<number, string>,
): void {
  if (block?.type === "text" && delta.type === "text_delta") block.text += delta.text;
  else if (block?.type === "thinking" && delta.type === "thinking_delta")
    block.thinking += delta.thinking;
  else if (block?.type === "thinking" && delta.type === "signature_delta")
    block.signature = delta.signature;
  else if (block?.type === "tool_use" && delta.type === "input_json_delta") {
    inputs.set(index, (inputs.get(index) ?? "") + delta.partial_json);
  } else throw new Error(`a ${delta.type} for a block of type ${block?.type}`);
}

/** The first turn, of text and a picture. */
export function firstMessages({ text, image }: Question): Anthropic.MessageParam[] {
  if (image === undefined) return [{ role: "user", content: text }];
  if (image.mediaType !== "image/png") throw new Error("only PNG is asked about");
  const data = Buffer.from(image.bytes).toString("base64");
  const source = { type: "base64", media_type: image.mediaType, data } as const;
  return [
    {
      role: "user",
      content: [
        { type: "text", text },
        { type: "image", source },
      ],
    },
  ];
}

/** What is asked, beside the model and the turns. */
export function settings({ system, tools, format, reasoning }: Question) {
  return {
    system,
    max_tokens: 4096,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, schema }) => ({
            name,
            description,
            input_schema: { ...schema, type: "object" as const },
          })),
        }),
    ...(format === undefined
      ? {}
      : {
          output_config: { format: { type: "json_schema" as const, schema: { ...format.schema } } },
        }),
    ...(reasoning === true ? { thinking: { type: "enabled" as const, budget_tokens: 1024 } } : {}),
  };
}

/** An answer as an outcome. */
export function outcome(
  message: Anthropic.Message,
  pieces: number,
  ended: boolean,
  wire: Pick<RecordedFetch, "header">,
): Outcome {
  const texts = message.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const thinking = message.content.find((block) => block.type === "thinking");
  const toolCalls = message.content.flatMap((block) =>
    block.type === "tool_use"
      ? [{ id: block.id, name: block.name, argumentsJson: JSON.stringify(block.input) }]
      : [],
  );
  return {
    text: texts.join(""),
    toolCalls,
    reasoning:
      thinking === undefined
        ? undefined
        : { text: thinking.thinking, signature: proofOf(thinking.signature) },
    finish: finishOf(message.stop_reason),
    usage: counts(message.usage),
    callId: wire.header("x-parlance-call-id"),
    pieces,
    ended,
    failure: undefined,
  };
}

/**
 * The proof itself; the gateway seals that of other vendors, for this client takes every signature
 * for Anthropic's.
 */
function proofOf(signature: string): string {
  const sealed = /^parlance\.([\w-]+)$/.exec(signature)?.[1];
  if (sealed === undefined) return signature;
  return asString(asObject(parseJson(Buffer.from(sealed, "base64url")))?.signature) ?? "";
}

function finishOf(reason: string | null): Outcome["finish"] {
  if (reason === "end_turn") return "stop";
  return reason === "tool_use" ? "tool_calls" : "other";
}

function counts(usage: Anthropic.Usage): TokenCounts {
  const read = usage.cache_read_input_tokens;
  const written = usage.cache_creation_input_tokens;
  return {
    input: usage.input_tokens + (read ?? 0) + (written ?? 0),
    cacheRead: read ?? undefined,
    cacheWrite: written ?? undefined,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details?.thinking_tokens,
  };
}

function failureOf(error: unknown, wire: RecordedFetch): Failure {
  const shown = error instanceof Anthropic.APIError ? error : undefined;
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
  if (
    error instanceof Anthropic.BadRequestError ||
    error instanceof Anthropic.UnprocessableEntityError
  ) {
    return "invalid_request";
  }
  if (error instanceof Anthropic.RateLimitError) return "rate_limited";
  if (error instanceof Anthropic.InternalServerError) return "server";
  if (error instanceof Anthropic.APIUserAbortError) return "cancelled";
  // A connection that broke is a subclass; the error event of a stream is the bare class, without a
  // status.
  const isBare =
    error instanceof Anthropic.APIError && !(error instanceof Anthropic.APIConnectionError);
  return isBare && error.status === undefined ? "mid_stream" : "other";
}
