import { asObject, asObjects, type Json, type JsonObject } from "../../vendors/json-value.ts";
import { type Script, whole } from "../answers/start-scripted-vendor.ts";

type Members = JsonObject;

/** A history whose result has no call, or whose call has no result. */
export type Orphan = "result" | "call";

/** How a client of a dialect sends such a history. */
export interface ClientForm {
  readonly name: string;
  readonly path: (model: string) => string;
  readonly body: (model: string, orphan: Orphan) => Json;
}

const parameters: Json = { type: "object", properties: {} };
const question = { role: "user", content: "q" };
const goOn = { role: "user", content: "go on" };
const between = (orphan: Orphan, call: Json, result: Json): Json =>
  orphan === "call" ? call : result;

const chatTools: Json = [{ type: "function", function: { name: "f", parameters } }];
const chatCall = {
  role: "assistant",
  content: null,
  tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
};
const partCall = { role: "model", parts: [{ functionCall: { id: "c1", name: "f", args: {} } }] };
const partResult = {
  role: "user",
  parts: [{ functionResponse: { id: "c1", name: "f", response: { result: "r" } } }],
};

/** One for each dialect. */
export const clients: readonly ClientForm[] = [
  {
    name: "Chat Completions",
    path: () => "/v1/chat/completions",
    body: (model, orphan) => ({
      model,
      tools: chatTools,
      messages: [
        question,
        between(orphan, chatCall, { role: "tool", tool_call_id: "c1", content: "r" }),
        goOn,
      ],
    }),
  },
  {
    name: "Responses",
    path: () => "/v1/responses",
    body: (model, orphan) => ({
      model,
      input: [
        question,
        between(
          orphan,
          { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
          { type: "function_call_output", call_id: "c1", output: "r" },
        ),
        goOn,
      ],
    }),
  },
  {
    name: "Messages",
    path: () => "/v1/messages",
    body: (model, orphan) => ({
      model,
      max_tokens: 16,
      tools: [{ name: "f", input_schema: parameters }],
      messages: [
        question,
        between(
          orphan,
          { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "f", input: {} }] },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: "c1", content: "r" }],
          },
        ),
        goOn,
      ],
    }),
  },
  {
    name: "Gemini",
    path: (model) => `/v1beta/models/${model}:generateContent`,
    body: (_model, orphan) => ({
      tools: [{ functionDeclarations: [{ name: "f", parameters }] }],
      contents: [
        { role: "user", parts: [{ text: "q" }] },
        between(orphan, partCall, partResult),
        { role: "user", parts: [{ text: "go on" }] },
      ],
    }),
  },
  {
    name: "Cohere",
    path: () => "/v2/chat",
    body: (model, orphan) => ({
      model,
      tools: chatTools,
      messages: [
        question,
        between(
          orphan,
          { role: "assistant", tool_calls: chatCall.tool_calls },
          { role: "tool", tool_call_id: "c1", content: "r" },
        ),
        goOn,
      ],
    }),
  },
  {
    name: "Ollama",
    path: () => "/api/chat",
    body: (model, orphan) => ({
      model,
      stream: false,
      tools: chatTools,
      messages: [
        question,
        between(
          orphan,
          {
            role: "assistant",
            content: "",
            tool_calls: [{ function: { name: "f", arguments: {} } }],
          },
          { role: "tool", tool_name: "f", content: "r" },
        ),
        goOn,
      ],
    }),
  },
  {
    name: "Converse",
    path: (model) => `/model/${encodeURIComponent(model)}/converse`,
    body: (_model, orphan) => ({
      toolConfig: { tools: [{ toolSpec: { name: "f", inputSchema: { json: parameters } } }] },
      messages: [
        { role: "user", content: [{ text: "q" }] },
        between(
          orphan,
          {
            role: "assistant",
            content: [{ toolUse: { toolUseId: "c1", name: "f", input: {} } }],
          },
          {
            role: "user",
            content: [{ toolResult: { toolUseId: "c1", content: [{ text: "r" }] } }],
          },
        ),
        { role: "user", content: [{ text: "go on" }] },
      ],
    }),
  },
  {
    name: "the contract",
    path: () => "/parlance.chat.v1.ChatService/Complete",
    body: (model, orphan) => ({
      chat: {
        model,
        tools: [{ function: { name: "f", parameters_json: JSON.stringify(parameters) } }],
        messages: [
          { role: "ROLE_USER", parts: [{ text: { text: "q" } }] },
          between(
            orphan,
            {
              role: "ROLE_ASSISTANT",
              parts: [{ tool_call: { id: "c1", name: "f", arguments_json: "{}" } }],
            },
            {
              role: "ROLE_TOOL",
              parts: [{ tool_result: { tool_call_id: "c1", content: [{ text: { text: "r" } }] } }],
            },
          ),
          { role: "ROLE_USER", parts: [{ text: { text: "go on" } }] },
        ],
      },
    }),
  },
];

/** What a vendor of a dialect answers, and how it reads a history. */
export interface VendorForm {
  readonly kind: string;
  readonly basePath: string;
  readonly answer: Script;
  /** Its conversation: calls and results, and "words" for all else. */
  readonly turns: (body: Members) => readonly Turn[];
}

/** A part of a history. */
export type Turn = "words" | { readonly call: string } | { readonly result: string };

const list = (json: Json | undefined): readonly Members[] =>
  Array.isArray(json) ? asObjects(json) : [];
const chatTurns = ({ messages }: Members): readonly Turn[] =>
  list(messages).flatMap((message): readonly Turn[] => {
    if (message.role === "tool")
      return [{ result: String(message.tool_call_id ?? message.tool_name) }];
    const calls = list(message.tool_calls);
    if (calls.length === 0) return ["words"];
    return calls.map((call) => ({ call: String(call.id ?? asObject(call.function)?.name) }));
  });
const chatAnswer = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
};

/** One for each dialect. */
export const vendors: readonly VendorForm[] = [
  {
    kind: "openai_compatible",
    basePath: "/v1",
    answer: whole(chatAnswer),
    turns: chatTurns,
  },
  {
    kind: "openai_responses_compatible",
    basePath: "/v1",
    answer: whole({
      id: "resp_1",
      object: "response",
      created_at: 1,
      model: "m",
      status: "completed",
      output: [
        {
          id: "i",
          type: "message",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "ok", annotations: [] }],
        },
      ],
    }),
    turns: ({ input }) =>
      list(input).map(({ type, call_id: id }): Turn => {
        if (type === "function_call") return { call: String(id) };
        return type === "function_call_output" ? { result: String(id) } : "words";
      }),
  },
  {
    kind: "anthropic",
    basePath: "",
    answer: whole({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text: "ok" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
    turns: ({ messages }) =>
      list(messages).flatMap(({ content }) => {
        if (typeof content === "string") return ["words"];
        return list(content).map((block): Turn => {
          if (block.type === "tool_use") return { call: String(block.id) };
          return block.type === "tool_result" ? { result: String(block.tool_use_id) } : "words";
        });
      }),
  },
  {
    kind: "gemini",
    basePath: "",
    answer: whole({
      candidates: [
        { content: { role: "model", parts: [{ text: "ok" }] }, finishReason: "STOP", index: 0 },
      ],
    }),
    turns: ({ contents }) =>
      list(contents).flatMap(({ parts }) =>
        list(parts).map((part): Turn => {
          const call = asObject(part.functionCall);
          const result = asObject(part.functionResponse);
          if (call !== undefined) return { call: String(call.name) };
          return result === undefined ? "words" : { result: String(result.name) };
        }),
      ),
  },
  {
    kind: "cohere",
    basePath: "",
    answer: whole({
      id: "c",
      message: { role: "assistant", content: [{ type: "text", text: "ok" }] },
      finish_reason: "COMPLETE",
    }),
    turns: chatTurns,
  },
  {
    kind: "ollama",
    basePath: "",
    answer: whole({
      model: "m",
      created_at: "2026-01-01T00:00:00Z",
      message: { role: "assistant", content: "ok" },
      done: true,
      done_reason: "stop",
    }),
    turns: chatTurns,
  },
  {
    kind: "bedrock",
    basePath: "",
    answer: whole({
      output: { message: { role: "assistant", content: [{ text: "ok" }] } },
      stopReason: "end_turn",
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      metrics: { latencyMs: 1 },
    }),
    turns: ({ messages }) =>
      list(messages).flatMap(({ content }) =>
        list(content).map((block): Turn => {
          const call = asObject(block.toolUse);
          const result = asObject(block.toolResult);
          if (call !== undefined) return { call: String(call.toolUseId) };
          return result === undefined ? "words" : { result: String(result.toolUseId) };
        }),
      ),
  },
];

/** Whether each call has its result right behind it, and each result its call before it. */
export function isPaired(turns: readonly Turn[]): boolean {
  const open = new Set<string>();
  for (const turn of turns) {
    if (turn === "words") {
      if (open.size > 0) return false;
    } else if ("call" in turn) open.add(turn.call);
    else if (!open.delete(turn.result)) return false;
  }
  return open.size === 0;
}
