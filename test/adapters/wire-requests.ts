import { anthropicMessagesFacade } from "../../src/adapters/anthropic-messages/index.ts";
import { cohereFacade } from "../../src/adapters/cohere/index.ts";
import { geminiFacade } from "../../src/adapters/gemini/index.ts";
import { ollamaFacade, ollamaGenerateFacade } from "../../src/adapters/ollama/index.ts";
import { openAiChatFacade } from "../../src/adapters/openai-chat/index.ts";
import { openAiResponsesFacade } from "../../src/adapters/openai-responses/index.ts";
import type { Decoded, Facade } from "../../src/core/dialect.ts";
import type { OperationName } from "../../src/core/operation.ts";
import type { JsonObject } from "../../src/json/json.ts";

/**
 * A request as clients of a facade send it, with everything in it that the facade reads, and how it
 * is read.
 */
export interface WireRequestSample {
  readonly title: string;
  /** The dialect of the vendors that the same bytes can go to. */
  readonly dialect: string;
  readonly operation: OperationName;
  readonly body: JsonObject;
  readonly decode: (json: JsonObject, body: Uint8Array) => Decoded<unknown>;
}

const schema = {
  type: "object",
  properties: { a: { anyOf: [{ type: "string", enum: ["x", "y"] }, { $ref: "#/$defs/b" }] } },
  required: ["a"],
  $defs: { b: { type: "number" } },
};
const picture = "data:image/png;base64,iVBORw0KGgo=";

const openAiChat: JsonObject = {
  model: "asked",
  messages: [
    { role: "system", content: [{ type: "text", text: "be brief" }] },
    {
      role: "user",
      name: "somebody",
      content: [
        { type: "text", text: "look", cache_control: { type: "ephemeral" } },
        { type: "image_url", image_url: { url: "https://a.example/a.png", detail: "low" } },
        { type: "image_url", image_url: { url: picture } },
        { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
        { type: "video_url", video_url: { url: "https://a.example/a.mp4" } },
        {
          type: "file",
          file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" },
        },
        { type: "thing", of: "tomorrow" },
      ],
    },
    {
      role: "assistant",
      content: [{ type: "text", text: "well" }],
      refusal: "no",
      reasoning_content: "let me think",
      reasoning_details: [
        {
          type: "reasoning.text",
          text: "a",
          signature: "c2ln",
          format: "anthropic-claude-v1",
          index: 0,
        },
        { type: "reasoning.summary", summary: "b", id: "rs_1" },
      ],
      annotations: [
        {
          type: "url_citation",
          url_citation: { url: "https://a.example", title: "A", start_index: 0 },
        },
      ],
      images: [{ type: "image_url", image_url: { url: picture } }],
      provider_specific_fields: {
        parts: [{ dialect: "gemini", part: { executableCode: { code: "1" } } }, { type: "thing" }],
        citations: [{ title: "A" }],
      },
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "lookup", arguments: "{}" } },
        { id: "call_2", type: "custom", custom: { name: "write", input: "a" } },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "found" }] },
    { role: "tool", tool_call_id: "call_2", content: "written" },
    { role: "assistant", content: null, function_call: { name: "old", arguments: "{}" } },
    { role: "function", name: "old", content: "found" },
    {
      role: "assistant",
      content: "ok",
      thinking_blocks: [{ type: "thinking", thinking: "a", signature: "c2ln" }],
    },
    { role: "user", content: "go on" },
  ],
  tools: [
    {
      type: "function",
      function: { name: "lookup", description: "Looks up.", parameters: schema, strict: true },
    },
    { type: "custom", custom: { name: "write", format: { type: "text" } } },
    { type: "web_search", filters: { allowed_domains: ["a.example"] } },
  ],
  functions: [{ name: "old", parameters: schema }],
  tool_choice: {
    type: "allowed_tools",
    allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "lookup" } }] },
  },
  response_format: { type: "json_schema", json_schema: { name: "answer", schema } },
  stop: ["END"],
  logit_bias: { 17: 1 },
  metadata: { label: "a" },
  modalities: ["text"],
  prediction: { type: "content", content: [{ type: "text", text: "likely" }] },
  web_search_options: { user_location: { type: "approximate", approximate: { city: "Bern" } } },
  reasoning: { effort: "low" },
  user: "somebody",
};

const openAiResponses: JsonObject = {
  model: "asked",
  instructions: "be brief",
  input: [
    {
      role: "user",
      content: [
        { type: "input_text", text: "look" },
        { type: "input_image", image_url: picture, detail: "low" },
        { type: "input_file", file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" },
        { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
        { type: "thing", of: "tomorrow" },
      ],
    },
    {
      type: "reasoning",
      id: "rs_1",
      encrypted_content: "c2ln",
      summary: [{ type: "summary_text", text: "a" }],
    },
    {
      type: "message",
      role: "assistant",
      content: [
        {
          type: "output_text",
          text: "well",
          annotations: [
            {
              type: "url_citation",
              url: "https://a.example",
              title: "A",
              start_index: 0,
              end_index: 1,
            },
            { type: "thing" },
          ],
          logprobs: [{ token: "well", logprob: -1, top_logprobs: [{ token: "a", logprob: -2 }] }],
        },
        { type: "refusal", refusal: "no" },
      ],
    },
    { type: "function_call", call_id: "call_1", name: "lookup", arguments: "{}" },
    {
      type: "function_call_output",
      call_id: "call_1",
      output: [{ type: "input_text", text: "found" }],
    },
    { type: "custom_tool_call", call_id: "call_2", name: "write", input: "a" },
    { type: "custom_tool_call_output", call_id: "call_2", output: "written" },
    { type: "web_search_call", id: "ws_1", action: { queries: ["a"] } },
    { role: "user", content: "go on" },
  ],
  tools: [
    {
      type: "function",
      name: "lookup",
      description: "Looks up.",
      parameters: schema,
      strict: true,
    },
    { type: "custom", name: "write", format: { type: "text" } },
    { type: "file_search", vector_store_ids: ["vs_1"] },
  ],
  tool_choice: {
    type: "allowed_tools",
    mode: "auto",
    tools: [{ type: "function", name: "lookup" }],
  },
  text: { format: { type: "json_schema", name: "answer", schema }, verbosity: "low" },
  reasoning: { effort: "low", summary: "auto" },
  include: ["reasoning.encrypted_content"],
  metadata: { label: "a" },
};

const anthropicMessages: JsonObject = {
  model: "asked",
  max_tokens: 100,
  system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral" } }],
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
        {
          type: "document",
          source: { type: "content", content: [{ type: "text", text: "a" }] },
          title: "A",
          citations: { enabled: true },
        },
        { type: "search_result", source: "s", title: "t", content: [{ type: "text", text: "x" }] },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "a", signature: "c2ln" },
        { type: "redacted_thinking", data: "c2ln" },
        {
          type: "text",
          text: "well",
          citations: [
            {
              type: "char_location",
              cited_text: "a",
              document_index: 0,
              start_char_index: 0,
              end_char_index: 1,
            },
            { type: "thing" },
          ],
        },
        { type: "tool_use", id: "call_1", name: "lookup", input: { a: "x" } },
        { type: "server_tool_use", id: "srv_1", name: "web_search", input: { query: "a" } },
      ],
    },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "call_1",
          content: [{ type: "text", text: "found" }],
          is_error: false,
        },
        { type: "text", text: "go on" },
      ],
    },
  ],
  tools: [
    { name: "lookup", description: "Looks up.", input_schema: schema },
    { type: "web_search_20250305", name: "web_search", allowed_domains: ["a.example"] },
  ],
  tool_choice: { type: "tool", name: "lookup" },
  output_config: { format: { type: "json_schema", schema }, effort: "low" },
  thinking: { type: "enabled", budget_tokens: 1024 },
  stop_sequences: ["END"],
  metadata: { user_id: "somebody" },
};

const gemini: JsonObject = {
  model: "asked",
  systemInstruction: { parts: [{ text: "be brief" }] },
  contents: [
    {
      role: "user",
      parts: [
        { text: "look" },
        { inlineData: { mimeType: "image/png", data: "AAAA" } },
        { fileData: { mimeType: "application/pdf", fileUri: "https://a.example/a.pdf" } },
        { thing: { of: "tomorrow" } },
      ],
    },
    {
      role: "model",
      parts: [
        { text: "let me think", thought: true, thoughtSignature: "c2ln" },
        { text: "well" },
        { functionCall: { name: "lookup", args: { a: "x" } }, thoughtSignature: "c2ln" },
        { functionCall: { id: "call_2", name: "lookup", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { name: "lookup", response: { output: "found" } } },
        {
          functionResponse: {
            id: "call_2",
            name: "lookup",
            response: { a: "x" },
            parts: [{ text: "a" }],
          },
        },
      ],
    },
  ],
  tools: [
    {
      functionDeclarations: [
        {
          name: "lookup",
          description: "Looks up.",
          parameters: {
            type: "OBJECT",
            properties: { a: { type: "STRING", enum: ["x"] } },
            required: ["a"],
          },
        },
        { name: "other", parametersJsonSchema: schema },
      ],
    },
    { googleSearch: {} },
    { codeExecution: { of: "tomorrow" } },
  ],
  toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["lookup", "other"] } },
  generationConfig: {
    stopSequences: ["END"],
    responseModalities: ["TEXT"],
    responseMimeType: "application/json",
    responseSchema: {
      type: "OBJECT",
      properties: { a: { anyOf: [{ type: "STRING" }], nullable: true } },
    },
    thinkingConfig: { thinkingBudget: 100 },
    speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "a" } } },
  },
  safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
  labels: { label: "a" },
};

const ollamaOptions = { temperature: 1, stop: ["END"], num_ctx: 100 };

const ollama: JsonObject = {
  model: "asked",
  messages: [
    { role: "system", content: "be brief" },
    { role: "user", content: "look", images: ["iVBORw0KGgo="] },
    {
      role: "assistant",
      content: "well",
      thinking: "let me think",
      tool_calls: [
        { id: "call_1", function: { name: "lookup", arguments: { a: "x" } } },
        { function: { name: "lookup", arguments: {} } },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: "found" },
    { role: "tool", tool_name: "lookup", content: "found" },
    { role: "tool", content: "found" },
  ],
  tools: [
    {
      type: "function",
      function: { name: "lookup", description: "Looks up.", parameters: schema },
    },
  ],
  format: schema,
  options: ollamaOptions,
};

const ollamaGenerate: JsonObject = {
  model: "asked",
  prompt: "look",
  system: "be brief",
  images: ["iVBORw0KGgo="],
  context: [1, 2],
  format: schema,
  options: ollamaOptions,
};

const cohere: JsonObject = {
  model: "asked",
  messages: [
    { role: "system", content: "be brief" },
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: picture, detail: "low" } },
        { type: "document", document: { id: "a", data: { text: "a", title: "A" } } },
        { type: "thing", of: "tomorrow" },
      ],
    },
    {
      role: "assistant",
      tool_plan: "look it up",
      content: [
        { type: "text", text: "well" },
        { type: "thinking", thinking: "let me think" },
      ],
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "lookup", arguments: "{}" } },
      ],
      citations: [
        {
          start: 0,
          end: 1,
          text: "w",
          content_index: 0,
          sources: [{ type: "document", id: "doc:0", document: { title: "A" } }],
        },
        {
          start: 0,
          end: 1,
          text: "w",
          sources: [{ type: "tool", id: "call_1:0", tool_output: { output: "{}" } }],
        },
      ],
    },
    {
      role: "tool",
      tool_call_id: "call_1",
      content: [{ type: "document", document: { id: "a", data: "found" } }],
    },
    { role: "user", content: "go on" },
  ],
  documents: ["a", { id: "b", data: { text: "a", of: "tomorrow" } }],
  tools: [
    {
      type: "function",
      function: { name: "lookup", description: "Looks up.", parameters: schema },
    },
    { type: "thing" },
  ],
  response_format: { type: "json_object", json_schema: schema },
  stop_sequences: ["END"],
  citation_options: { mode: "FAST" },
};

const prompt: JsonObject = {
  model: "asked",
  messages: [{ role: "user", content: [{ type: "text", text: "look" }] }],
};

const samples: readonly (readonly [
  title: string,
  facade: Facade,
  operation: OperationName,
  body: JsonObject,
])[] = [
  ["a chat by clients of Chat Completions", openAiChatFacade, "chat", openAiChat],
  [
    "embeddings by clients of Chat Completions",
    openAiChatFacade,
    "embed",
    { model: "asked", input: ["a", "b"] },
  ],
  [
    "embeddings of tokens",
    openAiChatFacade,
    "embed",
    { model: "asked", input: [[1, 2], [3]], metadata: { of: "a" } },
  ],
  [
    "moderations by clients of OpenAI",
    openAiChatFacade,
    "moderate",
    {
      model: "asked",
      input: [
        { type: "text", text: "a" },
        { type: "image_url", image_url: { url: picture } },
      ],
    },
  ],
  ["a chat by clients of Responses", openAiResponsesFacade, "chat", openAiResponses],
  [
    "a token count by clients of Responses",
    openAiResponsesFacade,
    "count_tokens",
    { model: "asked", input: [{ role: "user", content: [{ type: "input_text", text: "look" }] }] },
  ],
  ["a chat by clients of Messages", anthropicMessagesFacade, "chat", anthropicMessages],
  ["a token count by clients of Messages", anthropicMessagesFacade, "count_tokens", prompt],
  ["a chat by clients of Gemini", geminiFacade, "chat", gemini],
  [
    "a token count by clients of Gemini",
    geminiFacade,
    "count_tokens",
    {
      model: "asked",
      generateContentRequest: { contents: [{ role: "user", parts: [{ text: "look" }] }] },
    },
  ],
  [
    "embeddings by clients of Gemini",
    geminiFacade,
    "embed",
    {
      model: "asked",
      requests: [
        { model: "asked", content: { parts: [{ text: "a" }] }, taskType: "RETRIEVAL_QUERY" },
      ],
    },
  ],
  ["a chat by clients of Ollama", ollamaFacade, "chat", ollama],
  ["a text by clients of Ollama", ollamaGenerateFacade, "chat", ollamaGenerate],
  [
    "embeddings by clients of Ollama",
    ollamaFacade,
    "embed",
    { model: "asked", input: ["a", "b"], options: ollamaOptions },
  ],
  ["a chat by clients of Cohere", cohereFacade, "chat", cohere],
  [
    "embeddings by clients of Cohere",
    cohereFacade,
    "embed",
    {
      model: "asked",
      texts: ["a"],
      images: [picture],
      inputs: [{ content: [{ type: "text", text: "a" }] }],
      embedding_types: ["float"],
      input_type: "search_query",
    },
  ],
  [
    "a ranking by clients of Cohere",
    cohereFacade,
    "rerank",
    {
      model: "asked",
      query: "which",
      documents: ["a", { text: "b" }, { title: "c" }],
      rank_fields: ["title"],
    },
  ],
];

/** A request of every operation of every facade. */
export const wireRequests: readonly WireRequestSample[] = samples.map(
  ([title, facade, operation, body]) => ({
    title,
    dialect: facade.name,
    operation,
    body,
    decode: decoderOf(facade, operation),
  }),
);

function decoderOf(facade: Facade, operation: OperationName): WireRequestSample["decode"] {
  const codec = facade.codecs[operation];
  if (codec === undefined) throw new Error(`the facade ${facade.name} has no ${operation}`);
  return (json, bytes) => codec.decodeRequest({ json, bytes });
}
