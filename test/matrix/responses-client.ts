import OpenAI from "openai";
import { asObject, asString, parseJson } from "../vendors/json-value.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  failed,
  type Outcome,
  type Question,
  type TokenCounts,
} from "./client.ts";
import { openAiFailure } from "./openai-client.ts";
import { type RecordedFetch, recordFetch } from "./record-fetch.ts";

type Item = OpenAI.Responses.ResponseInputItem;
type Event = OpenAI.Responses.ResponseStreamEvent;

/**
 * The official `openai` client by its `responses.create`; it keeps its history itself, item by
 * item.
 */
export function createResponsesClient(url: string, key: string): Client {
  return {
    name: "openai SDK, responses",
    family: "responses",
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
  const input: Item[] = [firstMessage(question)];
  const body = () => ({ ...settings(question), model: question.model, input });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const response = await client.responses.create(body(), signal === undefined ? {} : { signal });
    return take(response, 1);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const events: Event[] = [];
    try {
      const options = signal === undefined ? {} : { signal };
      const stream = await client.responses.create({ ...body(), stream: true }, options);
      for await (const event of stream) {
        events.push(event);
        onPiece?.();
      }
      // The iterator ends quietly when its signal is aborted.
      if (signal?.aborted === true) throw new OpenAI.APIUserAbortError();
      return take(wholeOf(events), events.length);
    } catch (error) {
      const ended = events.some(({ type }) => type === "response.completed");
      return failed(openAiFailure(error, wire), { pieces: events.length, ended });
    }
  }

  function take(response: OpenAI.Responses.Response, pieces: number): Outcome {
    input.push(...response.output.map(asInput));
    return outcome(response, pieces, wire);
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(openAiFailure(error, wire)),
      ),
    addToolAnswers: (answers) => {
      for (const { id, text } of answers)
        input.push({ type: "function_call_output", call_id: id, output: text });
    },
    addUser: (text) => void input.push({ role: "user", content: text }),
  };
}

/** The response that a stream ends with, once its events are found to count and to say the same. */
function wholeOf(events: readonly Event[]): OpenAI.Responses.Response {
  for (const [index, { sequence_number: number }] of events.entries()) {
    if (number !== index) throw new Error(`event ${index} has the number ${number}`);
  }
  const last = events.at(-1);
  if (last?.type !== "response.completed") throw new Error(`a stream that ends with ${last?.type}`);
  const { response } = last;
  const texts = events.map((event) =>
    event.type === "response.output_text.delta" ? event.delta : "",
  );
  if (texts.join("") !== textOf(response))
    throw new Error("deltas of another text than that of the response");
  const calls = response.output.flatMap((item) => (item.type === "function_call" ? [item] : []));
  const inputOf = (id: string | undefined): string =>
    events
      .flatMap((event) =>
        event.type === "response.function_call_arguments.delta" && event.item_id === id
          ? [event.delta]
          : [],
      )
      .join("");
  if (calls.some((call) => call.arguments !== inputOf(call.id)))
    throw new Error("deltas of other arguments than those of the response");
  return response;
}

/** The client adds `output_text` to whole answers only. */
function textOf({ output }: OpenAI.Responses.Response): string {
  const contents = output.flatMap((item) => (item.type === "message" ? item.content : []));
  return contents.map((content) => (content.type === "output_text" ? content.text : "")).join("");
}

/**
 * An item of an output goes back as it came. The compiler sees kinds that only tools of the
 * vendor's make.
 */
function asInput(item: OpenAI.Responses.ResponseOutputItem): Item {
  return item as Item;
}

function firstMessage({ text, image }: Question): Item {
  if (image === undefined) return { role: "user", content: text };
  const url = `data:${image.mediaType};base64,${Buffer.from(image.bytes).toString("base64")}`;
  return {
    role: "user",
    content: [
      { type: "input_text", text },
      { type: "input_image", image_url: url, detail: "auto" },
    ],
  };
}

function settings({ system, tools, format, reasoning }: Question) {
  return {
    instructions: system,
    max_output_tokens: 4096,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, schema }) => ({
            type: "function" as const,
            name,
            description,
            parameters: { ...schema },
            strict: true,
          })),
        }),
    ...(format === undefined
      ? {}
      : {
          text: {
            format: {
              type: "json_schema" as const,
              name: format.name,
              strict: true,
              schema: { ...format.schema },
            },
          },
        }),
    ...(reasoning === true
      ? { reasoning: { effort: "low" as const, summary: "auto" as const } }
      : {}),
  };
}

function outcome(
  response: OpenAI.Responses.Response,
  pieces: number,
  wire: RecordedFetch,
): Outcome {
  const toolCalls = response.output.flatMap((item) =>
    item.type === "function_call"
      ? [{ id: item.call_id, name: item.name, argumentsJson: item.arguments }]
      : [],
  );
  const reasoning = response.output.find((item) => item.type === "reasoning");
  const finish = toolCalls.length > 0 ? "tool_calls" : "stop";
  return {
    text: textOf(response),
    toolCalls,
    reasoning: reasoning === undefined ? undefined : readReasoning(reasoning),
    finish: response.status === "completed" ? finish : "other",
    usage: response.usage ? counts(response.usage) : undefined,
    callId: wire.header("x-parlance-call-id"),
    pieces,
    ended: true,
    failure: undefined,
  };
}

/**
 * The words are those of the model, or a summary. The proof of another vendor is sealed into what
 * the client keeps unread.
 */
function readReasoning(item: OpenAI.Responses.ResponseReasoningItem): Outcome["reasoning"] {
  const words = [...(item.content ?? []), ...item.summary].map(({ text }) => text);
  const sealed = (item.encrypted_content ?? "").replace(/^parlance\./, "");
  const opened = asObject(parseJson(Buffer.from(sealed, "base64url")));
  return { text: words.join(""), signature: asString(opened?.signature) ?? "" };
}

function counts(usage: OpenAI.Responses.ResponseUsage): TokenCounts {
  return {
    input: usage.input_tokens,
    cacheRead: usage.input_tokens_details.cached_tokens,
    cacheWrite: usage.input_tokens_details.cache_write_tokens,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details.reasoning_tokens,
  };
}
