import { type Cohere, CohereClient } from "cohere-ai";
import { asNumber, asObject } from "../vendors/json-value.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  failed,
  type Outcome,
  type Question,
  type ToolOffer,
} from "./client.ts";
import { asking, failureOf } from "./cohere-client.ts";
import { type RecordedFetch, recordFetch } from "./record-fetch.ts";

type Answer = Cohere.NonStreamedChatResponse;
type Event = Cohere.StreamedChatResponse;

/**
 * The official `cohere-ai` client of version 1. Its dialect has no ids of calls and tells two
 * counts.
 */
export function createCohereV1Client(url: string, key: string): Client {
  return {
    name: "cohere-ai v1",
    family: "cohere",
    uncounted: ["cacheWrite", "reasoning"],
    idless: true,
    open: (question) => open(url, key, question),
    close: () => undefined,
  };
}

function open(url: string, key: string, question: Question): Conversation {
  const wire = recordFetch();
  const client = new CohereClient({
    token: key,
    environment: url,
    maxRetries: 0,
    fetch: wire.fetch,
  });
  let message = question.text;
  let history: Cohere.Message[] = [];
  let results: Cohere.ToolResult[] = [];
  let calls: readonly Cohere.ToolCall[] = [];
  const request = () => ({
    ...settings(question),
    model: question.model,
    preamble: question.system,
    chatHistory: history,
    message,
    ...(results.length === 0 ? {} : { toolResults: results }),
  });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    return take(await client.chat(request(), asking(signal)), 1);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const events: Event[] = [];
    try {
      for await (const event of await client.chatStream(request(), asking(signal))) {
        events.push(event);
        onPiece?.();
      }
      const end = events.at(-1);
      if (end?.eventType !== "stream-end") throw new Error("a stream without its end");
      if (end.finishReason === "ERROR") throw new Error("error" in end ? String(end.error) : "");
      expectSame(events, end.response);
      return take({ ...end.response, finishReason: end.finishReason }, events.length);
    } catch (error) {
      const ended = events.some(
        (event) => event.eventType === "stream-end" && event.finishReason !== "ERROR",
      );
      return failed(failureOf(error, signal, wire), { pieces: events.length, ended });
    }
  }

  function take(answer: Answer, pieces: number): Outcome {
    history = answer.chatHistory ?? [];
    calls = answer.toolCalls ?? [];
    message = "";
    results = [];
    return outcome(answer, pieces, wire);
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(failureOf(error, options.signal, wire)),
      ),
    addToolAnswers: (answers) => {
      results = answers.map(({ id, text }) => {
        const call = calls[Number(id)];
        if (call === undefined) throw new Error(`there is no call ${id}`);
        return { call, outputs: [{ output: text }] };
      });
    },
    addUser: (text) => {
      message = text;
    },
  };
}

/** The end tells once more what the events before it have told. */
function expectSame(events: readonly Event[], { text, toolCalls = [] }: Answer): void {
  const told = events.map((event) => (event.eventType === "text-generation" ? event.text : ""));
  const calls = events.flatMap((event) =>
    event.eventType === "tool-calls-generation" ? event.toolCalls : [],
  );
  const chunks = new Map<number, string>();
  for (const event of events) {
    if (event.eventType !== "tool-calls-chunk") continue;
    const { index = 0, parameters = "" } = event.toolCallDelta;
    chunks.set(index, (chunks.get(index) ?? "") + parameters);
  }
  const inputs = toolCalls.map(({ parameters }) => JSON.stringify(parameters));
  const parsed = [...chunks.values()].map((each) => JSON.stringify(JSON.parse(each)));
  const same = told.join("") === text && JSON.stringify(calls) === JSON.stringify(toolCalls);
  if (!same || parsed.join() !== inputs.join()) throw new Error("the end tells another answer");
}

function settings({ tools, format }: Question) {
  return {
    maxTokens: 4096,
    ...(tools === undefined ? {} : { tools: tools.map(definition) }),
    ...(format === undefined
      ? {}
      : { responseFormat: { type: "json_object" as const, schema: { ...format.schema } } }),
  };
}

/** A tool with its parameters as version 1 defines them: each by a type and whether it must be. */
function definition({ name, description, schema }: ToolOffer): Cohere.Tool {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const entries = Object.entries(asObject(schema.properties) ?? {}).map(([key, property]) => {
    const { type, ...rest } = asObject(property) ?? {};
    const word = type === "integer" ? "int" : "str";
    return [key, { ...rest, type: word, required: required.includes(key) }] as const;
  });
  return { name, description, parameterDefinitions: Object.fromEntries(entries) };
}

function outcome(answer: Answer, pieces: number, wire: RecordedFetch): Outcome {
  const { text, toolCalls = [], finishReason, meta } = answer;
  return {
    text,
    toolCalls: toolCalls.map(({ name, parameters }, index) => ({
      id: String(index),
      name,
      argumentsJson: JSON.stringify(parameters),
    })),
    reasoning: undefined,
    finish: finishReason !== "COMPLETE" ? "other" : toolCalls.length > 0 ? "tool_calls" : "stop",
    usage: {
      input: meta?.tokens?.inputTokens,
      cacheRead: asNumber(meta?.cachedTokens),
      cacheWrite: undefined,
      output: meta?.tokens?.outputTokens,
      reasoning: undefined,
    },
    callId: wire.header("x-parlance-call-id"),
    pieces,
    ended: finishReason !== undefined,
    failure: undefined,
  };
}
