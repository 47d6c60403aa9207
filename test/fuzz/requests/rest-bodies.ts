import type { FacadeName } from "../../../src/adapters/registry.ts";
import type { OperationName } from "../../../src/core/operation.ts";
import type { Json, JsonObject } from "../../vendors/json-value.ts";

/** What a body is for. */
export interface BodyFacts {
  readonly model: string;
  readonly text: string;
  readonly stream: boolean;
}

type Body = (facts: BodyFacts) => Json;

const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const place: JsonObject = {
  type: "object",
  properties: {
    city: { type: "string" },
    days: { type: "integer", minimum: 1 },
    near: { $ref: "#/$defs/near" },
  },
  $defs: { near: { type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } } },
  required: ["city"],
  additionalProperties: false,
};
const called = { city: "Wien", days: 2 };
const usualKnobs = { temperature: 0.5, top_p: 0.9, stop: ["END"], metadata: { a: "b" }, user: "u" };

const openAiChat: Body = ({ model, text, stream }) => ({
  model,
  stream,
  ...(stream ? { stream_options: { include_usage: true } } : {}),
  messages: [
    { role: "system", content: "Be short." },
    {
      role: "user",
      content: [
        { type: "text", text },
        { type: "image_url", image_url: { url: `data:image/png;base64,${png}`, detail: "low" } },
      ],
      name: "n",
    },
    {
      role: "assistant",
      content: null,
      reasoning_content: "hm",
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "get_weather", arguments: JSON.stringify(called) },
        },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: "rain" },
    { role: "assistant", content: [{ type: "text", text: "It rains." }], refusal: null },
    { role: "user", content: text },
  ],
  tools: [
    {
      type: "function",
      function: { name: "get_weather", description: "d", parameters: place, strict: true },
    },
  ],
  tool_choice: "auto",
  parallel_tool_calls: false,
  response_format: {
    type: "json_schema",
    json_schema: { name: "place", schema: place, strict: true },
  },
  ...usualKnobs,
  max_completion_tokens: 64,
  n: 1,
  seed: 7,
  logit_bias: { "50256": -100 },
  logprobs: true,
  top_logprobs: 2,
  reasoning_effort: "low",
  frequency_penalty: 0.1,
  presence_penalty: 0.1,
  prediction: { type: "content", content: "x" },
  service_tier: "auto",
  store: false,
  verbosity: "low",
});

const responses: Body = ({ model, text, stream }) => ({
  model,
  stream,
  instructions: "Be short.",
  input: [
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text },
        { type: "input_image", image_url: `data:image/png;base64,${png}` },
      ],
    },
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "hm" }],
      encrypted_content: "AAAA",
    },
    {
      type: "function_call",
      call_id: "call_1",
      name: "get_weather",
      arguments: JSON.stringify(called),
    },
    { type: "function_call_output", call_id: "call_1", output: "rain" },
    { role: "assistant", content: [{ type: "output_text", text: "It rains.", annotations: [] }] },
    { role: "user", content: text },
  ],
  tools: [
    { type: "function", name: "get_weather", description: "d", parameters: place, strict: true },
  ],
  tool_choice: { type: "function", name: "get_weather" },
  text: {
    format: { type: "json_schema", name: "place", schema: place, strict: true },
    verbosity: "low",
  },
  reasoning: { effort: "low", summary: "auto" },
  include: ["reasoning.encrypted_content"],
  max_output_tokens: 64,
  temperature: 0.5,
  top_p: 0.9,
  parallel_tool_calls: false,
  metadata: { a: "b" },
  store: false,
  truncation: "disabled",
});

const anthropic: Body = ({ model, text, stream }) => ({
  model,
  stream,
  max_tokens: 2048,
  system: [{ type: "text", text: "Be short.", cache_control: { type: "ephemeral", ttl: "5m" } }],
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text },
        { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
        {
          type: "document",
          source: { type: "text", media_type: "text/plain", data: "x" },
          citations: { enabled: true },
        },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "AAAA" },
        { type: "tool_use", id: "toolu_1", name: "get_weather", input: called },
      ],
    },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "toolu_1",
          is_error: false,
          content: [{ type: "text", text: "rain" }],
        },
        { type: "text", text },
      ],
    },
  ],
  tools: [{ name: "get_weather", description: "d", input_schema: place }],
  tool_choice: { type: "auto", disable_parallel_tool_use: true },
  thinking: { type: "enabled", budget_tokens: 1024 },
  stop_sequences: ["END"],
  temperature: 1,
  top_k: 5,
  metadata: { user_id: "u" },
});

const gemini: Body = ({ text }) => ({
  systemInstruction: { parts: [{ text: "Be short." }] },
  contents: [
    { role: "user", parts: [{ text }, { inlineData: { mimeType: "image/png", data: png } }] },
    {
      role: "model",
      parts: [
        { text: "hm", thought: true, thoughtSignature: "AAAA" },
        { functionCall: { id: "c1", name: "get_weather", args: called } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { id: "c1", name: "get_weather", response: { output: "rain" } } },
        { text },
      ],
    },
  ],
  tools: [
    {
      functionDeclarations: [
        { name: "get_weather", description: "d", parametersJsonSchema: place },
      ],
    },
  ],
  toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["get_weather"] } },
  safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
  generationConfig: {
    temperature: 0.5,
    topP: 0.9,
    topK: 5,
    maxOutputTokens: 64,
    stopSequences: ["END"],
    candidateCount: 1,
    seed: 7,
    responseMimeType: "application/json",
    responseJsonSchema: place,
    thinkingConfig: { includeThoughts: true, thinkingBudget: 512 },
  },
});

const ollama: Body = ({ model, text, stream }) => ({
  model,
  stream,
  messages: [
    { role: "system", content: "Be short." },
    { role: "user", content: text, images: [png] },
    {
      role: "assistant",
      content: "",
      thinking: "hm",
      tool_calls: [{ function: { name: "get_weather", arguments: called } }],
    },
    { role: "tool", content: "rain", tool_name: "get_weather" },
    { role: "user", content: text },
  ],
  tools: [
    { type: "function", function: { name: "get_weather", description: "d", parameters: place } },
  ],
  format: place,
  options: { temperature: 0.5, top_k: 5, num_predict: 64, stop: ["END"], seed: 7 },
  keep_alive: "5m",
  think: true,
});

const cohere: Body = ({ model, text, stream }) => ({
  model,
  stream,
  messages: [
    { role: "system", content: "Be short." },
    {
      role: "user",
      content: [
        { type: "text", text },
        { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
      ],
    },
    {
      role: "assistant",
      tool_plan: "hm",
      tool_calls: [
        {
          id: "c1",
          type: "function",
          function: { name: "get_weather", arguments: JSON.stringify(called) },
        },
      ],
    },
    {
      role: "tool",
      tool_call_id: "c1",
      content: [{ type: "document", document: { data: "rain" } }],
    },
    {
      role: "assistant",
      content: "It rains.",
      citations: [{ start: 0, end: 2, text: "It", sources: [{ type: "tool", id: "c1" }] }],
    },
    { role: "user", content: text },
  ],
  documents: ["one", { id: "d", data: { title: "t" } }],
  tools: [
    { type: "function", function: { name: "get_weather", description: "d", parameters: place } },
  ],
  response_format: { type: "json_object", json_schema: place },
  max_tokens: 64,
  temperature: 0.5,
  k: 5,
  p: 0.9,
  seed: 7,
  stop_sequences: ["END"],
  safety_mode: "NONE",
});

/** Claude's body as clouds take it. */
const hosted: Body = ({ model, text, stream }) => ({
  model,
  stream,
  max_tokens: 64,
  messages: [{ role: "user", content: [{ type: "text", text }] }],
  anthropic_version: "bedrock-2023-05-31",
  anthropic_beta: ["context-1m-2025-08-07"],
});

const converse: Body = ({ text }) => ({
  system: [{ text: "Be short." }, { cachePoint: { type: "default" } }],
  messages: [
    {
      role: "user",
      content: [
        { text },
        { image: { format: "png", source: { bytes: png } } },
        { document: { format: "txt", name: "notes", source: { bytes: "aGk=" } } },
      ],
    },
    {
      role: "assistant",
      content: [
        { reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } },
        { toolUse: { toolUseId: "t1", name: "get_weather", input: { city: "Oslo" } } },
      ],
    },
    {
      role: "user",
      content: [
        {
          toolResult: { toolUseId: "t1", content: [{ json: { sky: "rain" } }], status: "success" },
        },
        { text },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 64, temperature: 0.5, topP: 0.9, stopSequences: ["END"] },
  toolConfig: {
    tools: [
      { toolSpec: { name: "get_weather", description: "d", inputSchema: { json: place } } },
      { cachePoint: { type: "default" } },
    ],
    toolChoice: { auto: {} },
  },
  additionalModelRequestFields: { top_k: 5, thinking: { type: "enabled", budget_tokens: 1024 } },
  requestMetadata: { team: "a" },
  serviceTier: { type: "default" },
  performanceConfig: { latency: "standard" },
});

/**
 * A rich and valid body for each of the callers' operations. A new facade needs its bodies, or this
 * does not compile.
 */
export const restBodies: Readonly<Record<FacadeName, Partial<Record<OperationName, Body>>>> = {
  "openai-chat": {
    chat: openAiChat,
    embed: ({ model, text }) => ({
      model,
      input: [text, "two"],
      encoding_format: "float",
      dimensions: 2,
      user: "u",
    }),
    moderate: ({ model, text }) => ({
      model,
      input: [
        { type: "text", text },
        { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
      ],
    }),
  },
  "openai-completions": {
    chat: ({ model, text, stream }) => ({
      model,
      prompt: [text, "two"],
      suffix: "end",
      echo: true,
      best_of: 2,
      n: 2,
      logprobs: 1,
      max_tokens: 5,
      stream,
      stream_options: { include_usage: true },
      temperature: 0.5,
    }),
  },
  "fim-completions": {
    chat: ({ model, text, stream }) => ({
      model,
      prompt: text,
      suffix: "end",
      random_seed: 1,
      min_tokens: 1,
      max_tokens: 5,
      stream,
      stop: ["END"],
    }),
  },
  "bedrock-converse": {
    chat: converse,
    count_tokens: (facts) => ({ input: { converse: converse(facts) } }),
  },
  "bedrock-invoke": {
    chat: hosted,
    embed: ({ text }) => ({
      inputText: text,
      dimensions: 2,
      normalize: true,
      embeddingTypes: ["float", "binary"],
    }),
  },
  "vertex-messages": { chat: hosted },
  "openai-responses": { chat: responses, count_tokens: responses },
  "anthropic-messages": { chat: anthropic, count_tokens: anthropic },
  gemini: {
    chat: gemini,
    count_tokens: gemini,
    embed: ({ model, text }) => {
      const one = {
        model,
        content: { parts: [{ text }] },
        taskType: "RETRIEVAL_QUERY",
        outputDimensionality: 2,
      };
      return { ...one, requests: [one, one] };
    },
  },
  ollama: {
    chat: ollama,
    embed: ({ model, text }) => ({ model, input: [text, "two"], truncate: true, dimensions: 2 }),
  },
  "ollama-generate": {
    chat: ({ model, text, stream }) => ({
      model,
      stream,
      prompt: text,
      system: "Be short.",
      images: [png],
      format: "json",
      suffix: "",
      raw: false,
      options: { temperature: 0.5 },
    }),
    embed: ({ model, text }) => ({ model, prompt: text, keep_alive: "5m" }),
  },
  "cohere-v1": {
    chat: ({ model, text, stream }) => ({
      model,
      stream,
      message: text,
      preamble: "Be short.",
      chat_history: [
        { role: "USER", message: "weather?" },
        {
          role: "CHATBOT",
          message: "I will look.",
          tool_calls: [{ name: "get_weather", parameters: { city: "Oslo" } }],
        },
        {
          role: "TOOL",
          tool_results: [
            { call: { name: "get_weather", parameters: {} }, outputs: [{ output: "rain" }] },
          ],
        },
      ],
      tools: [
        {
          name: "get_weather",
          description: "d",
          parameter_definitions: { city: { description: "c", type: "List[str]", required: true } },
        },
      ],
      documents: [{ id: "d1", title: "t", text: "one", _excludes: ["title"] }],
      citation_quality: "ACCURATE",
      safety_mode: "NONE",
      prompt_truncation: "AUTO",
      max_input_tokens: 1000,
      temperature: 0.5,
      k: 5,
      p: 0.9,
      seed: 1,
      stop_sequences: ["END"],
      response_format: { type: "json_object", schema: place },
    }),
    embed: ({ model, text }) => ({ model, texts: [text, "two"], input_type: "search_query" }),
  },
  cohere: {
    chat: cohere,
    embed: ({ model, text }) => ({
      model,
      texts: [text, "two"],
      input_type: "search_query",
      embedding_types: ["float"],
      truncate: "END",
      output_dimension: 2,
    }),
    rerank: ({ model, text }) => ({
      model,
      query: text,
      documents: ["one", { text: "two", title: "t" }],
      top_n: 1,
      return_documents: true,
      rank_fields: ["text"],
      max_tokens_per_doc: 10,
    }),
  },
};
