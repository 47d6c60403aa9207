import { type ChatResponse, type Message, Ollama } from "ollama";
import { asNumber, asObject, asString } from "../vendors/json-value.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  type Failure,
  failed,
  type Outcome,
  type Question,
} from "./client.ts";
import { type RecordedFetch, recordFetch } from "./record-fetch.ts";

/**
 * The official `ollama` client. Its dialect tells two counts and whole calls, and its tool results
 * name tools, not calls.
 */
export function createOllamaClient(url: string, key: string): Client {
  return {
    name: "ollama",
    family: "ollama",
    uncounted: ["cacheRead", "cacheWrite", "reasoning"],
    callsWhole: true,
    answersByName: true,
    open: (question) => open(url, key, question),
    close: () => undefined,
  };
}

function open(url: string, key: string, question: Question): Conversation {
  const wire = recordFetch();
  const messages: Message[] = [
    { role: "system", content: question.system },
    firstMessage(question),
  ];
  const names = new Map<string, string>();
  const request = () => ({ ...settings(question), model: question.model, messages });

  /** The client takes no signal for a call: applications bind one to its fetch. */
  function clientOf(signal: AbortSignal | undefined): Ollama {
    const bound: typeof fetch = (input, init) => {
      const signals = [signal, init?.signal].filter((each) => each !== undefined && each !== null);
      return wire.fetch(input, { ...init, signal: AbortSignal.any(signals) });
    };
    return new Ollama({ host: url, headers: { authorization: `Bearer ${key}` }, fetch: bound });
  }

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const response = await clientOf(signal).chat(request());
    return take(response.message, [response]);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const lines: ChatResponse[] = [];
    try {
      for await (const line of await clientOf(signal).chat({ ...request(), stream: true })) {
        lines.push(line);
        onPiece?.();
      }
      return take(foldMessage(lines), lines);
    } catch (error) {
      const ended = lines.some(({ done }) => done);
      return failed(failureOf(error, signal, wire), { pieces: lines.length, ended });
    }
  }

  function take(message: Message, lines: readonly ChatResponse[]): Outcome {
    messages.push(message);
    const answer = outcome(message, lines, wire);
    for (const { id, name } of answer.toolCalls) names.set(id, name);
    return answer;
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(failureOf(error, options.signal, wire)),
      ),
    addToolAnswers: (answers) => {
      for (const { id, text } of answers)
        messages.push({ role: "tool", tool_name: names.get(id) ?? "", content: text });
    },
    addUser: (text) => void messages.push({ role: "user", content: text }),
  };
}

function firstMessage({ text, image }: Question): Message {
  return { role: "user", content: text, ...(image === undefined ? {} : { images: [image.bytes] }) };
}

function settings({ tools, format, reasoning }: Question) {
  const offered = tools?.map(({ name, description, schema }) => ({
    type: "function",
    function: { name, description, parameters: { ...schema } },
  }));
  return {
    options: { num_predict: 4096 },
    ...(offered === undefined ? {} : { tools: offered }),
    ...(format === undefined ? {} : { format: format.schema }),
    ...(reasoning === true ? { think: "low" as const } : {}),
  };
}

/** What the lines of a stream say together. */
function foldMessage(lines: readonly ChatResponse[]): Message {
  const said = lines.map(({ message }) => message);
  const thinking = said.map((message) => message.thinking ?? "").join("");
  const calls = said.flatMap((message) => message.tool_calls ?? []);
  return {
    role: "assistant",
    content: said.map(({ content }) => content).join(""),
    ...(thinking === "" ? {} : { thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function outcome(
  { content, thinking, tool_calls: calls }: Message,
  lines: readonly ChatResponse[],
  wire: RecordedFetch,
): Outcome {
  const last = lines.findLast(({ done }) => done);
  const finish = (calls ?? []).length > 0 ? "tool_calls" : "stop";
  return {
    text: content,
    // The client's types name no id, but it hands on what it is given.
    toolCalls: (calls ?? []).map((call) => ({
      id: asString(asObject({ ...call })?.id) ?? "",
      name: call.function.name,
      argumentsJson: JSON.stringify(call.function.arguments),
    })),
    reasoning: thinking === undefined ? undefined : { text: thinking, signature: "" },
    finish: last?.done_reason === "stop" ? finish : "other",
    usage: {
      input: asNumber(last?.prompt_eval_count),
      cacheRead: undefined,
      cacheWrite: undefined,
      output: asNumber(last?.eval_count),
      reasoning: undefined,
    },
    callId: wire.header("x-parlance-call-id"),
    pieces: lines.length,
    ended: last !== undefined,
    failure: undefined,
  };
}

function failureOf(error: unknown, signal: AbortSignal | undefined, wire: RecordedFetch): Failure {
  const shown = error instanceof Error ? error : undefined;
  // The class of the client's errors is not exported.
  const told = shown !== undefined && "status_code" in shown ? shown.status_code : undefined;
  const status = typeof told === "number" ? told : undefined;
  const midStream = status === undefined && wire.status() === 200;
  const retryAfter = wire.header("retry-after");
  return {
    kind: signal?.aborted === true ? "cancelled" : midStream ? "mid_stream" : kindOf(status),
    status,
    // The dialect has a message and a status, and no other word.
    type: "",
    message: shown?.message ?? String(error),
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    callId: wire.header("x-parlance-call-id"),
  };
}

function kindOf(status: number | undefined): Failure["kind"] {
  if (status === 400 || status === 422) return "invalid_request";
  if (status === 429) return "rate_limited";
  return status !== undefined && status >= 500 ? "server" : "other";
}
