import type { JsonObject } from "../../src/json/json.ts";

const schema: JsonObject = { type: "object", properties: { city: { type: "string" } } };
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const dataUrl = `data:image/png;base64,${png}`;
const ephemeral: JsonObject = { type: "ephemeral", ttl: "1h" };

const converse: readonly JsonObject[] = [
  {
    model: "m",
    system: [{ text: "be brief" }, { cachePoint: { type: "default", ttl: "1h" } }],
    messages: [
      {
        role: "user",
        content: [
          { text: "look" },
          { cachePoint: { type: "default" } },
          { image: { format: "png", source: { bytes: png } } },
          { video: { format: "mp4", source: { s3Location: { uri: "s3://a/b.mp4" } } } },
          { audio: { format: "wav", source: { bytes: "AAAA" } } },
          {
            document: {
              format: "txt",
              name: "notes",
              source: { text: "hi" },
              context: "c",
              citations: { enabled: true },
            },
          },
          { document: { format: "txt", name: "more", source: { content: [{ text: "hi" }] } } },
          { document: { format: "pdf", name: "file", source: { bytes: "aGk=" } } },
          { guardContent: { text: { text: "guard", qualifiers: ["query"] } } },
        ],
      },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "hm", signature: "AA==" } } },
          { reasoningContent: { redactedContent: "AA==" } },
          {
            citationsContent: {
              content: [{ text: "it" }],
              citations: [
                {
                  title: "t",
                  sourceContent: [{ text: "s" }],
                  location: { documentChar: { documentIndex: 0, start: 0, end: 1 } },
                },
              ],
            },
          },
          { toolUse: { toolUseId: "t1", name: "get_weather", input: { city: "x" } } },
          { toolUse: { toolUseId: "t2", name: "search", type: "server_tool_use", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          {
            toolResult: {
              toolUseId: "t1",
              status: "success",
              content: [
                { text: "sunny" },
                { json: { sky: "blue" } },
                { image: { format: "png", source: { bytes: png } } },
              ],
            },
          },
        ],
      },
    ],
    inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ["a"] },
    toolConfig: {
      tools: [
        { toolSpec: { name: "get_weather", description: "d", inputSchema: { json: schema } } },
        { cachePoint: { type: "default" } },
        { systemTool: { name: "nova_grounding" } },
      ],
      toolChoice: { tool: { name: "get_weather" } },
    },
    additionalModelRequestFields: {
      thinking: { type: "enabled", budget_tokens: 2048 },
      inferenceConfig: { topK: 5 },
    },
    requestMetadata: { team: "a" },
    serviceTier: { type: "flex" },
    outputConfig: {
      effort: "high",
      textFormat: {
        type: "json_schema",
        structure: { jsonSchema: { schema: JSON.stringify(schema), name: "n", description: "d" } },
      },
    },
    guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
    performanceConfig: { latency: "standard" },
  },
  {
    model: "m",
    messages: [{ role: "user", content: [{ text: "hi" }] }],
    toolConfig: {
      tools: [{ toolSpec: { name: "get_weather", inputSchema: { json: schema } } }],
      toolChoice: { auto: {} },
    },
    additionalModelRequestFields: {
      reasoningConfig: { type: "enabled", maxReasoningEffort: "low" },
    },
  },
];

const openAiChat: readonly JsonObject[] = [
  {
    model: "m",
    messages: [
      { role: "system", content: "be brief", cache_control: ephemeral },
      { role: "developer", content: [{ type: "text", text: "be kind" }] },
      {
        role: "user",
        name: "ann",
        content: [
          { type: "text", text: "look", cache_control: ephemeral },
          { type: "text", text: "more", prompt_cache_breakpoint: { mode: "explicit" } },
          { type: "image_url", image_url: { url: "https://x.example/a.png", detail: "low" } },
          { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
          { type: "file", file: { file_data: "data:text/plain;base64,aGk=", filename: "a.txt" } },
          { type: "video_url", video_url: { url: "https://x.example/a.mp4" } },
          { type: "audio_url", audio_url: { url: "https://x.example/a.mp3" } },
          { type: "document_url", document_url: "https://x.example/a.pdf" },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "text", text: "hm" },
          { type: "refusal", refusal: "no" },
        ],
        refusal: null,
        annotations: [
          {
            type: "url_citation",
            url_citation: { url: "https://x.example", title: "x", start_index: 0, end_index: 1 },
          },
          { type: "file_citation", file: "a" },
        ],
        reasoning_details: [
          { type: "reasoning.summary", summary: "s", index: 0, format: "unknown" },
          { type: "reasoning.text", text: "t", signature: "p", index: 1, format: "unknown" },
          { type: "reasoning.encrypted", data: "AA==", index: 2, id: "r", format: "unknown" },
        ],
        tool_calls: [
          {
            id: "call_1",
            type: "function",
            index: 0,
            function: { name: "look_up", arguments: "{}" },
            extra_content: { google: { thought_signature: "AA==" } },
          },
          { id: "call_2", type: "custom", custom: { name: "write", input: "x" } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "sunny" }] },
      { role: "tool", tool_call_id: "call_2", content: "done" },
      {
        role: "assistant",
        content: "well",
        thinking_blocks: [
          { type: "thinking", thinking: "t", signature: "p" },
          { type: "redacted_thinking", data: "AA==" },
        ],
        audio: { id: "audio_1", transcript: "well" },
        provider_specific_fields: { parts: [{ dialect: "gemini", part: { x: 1 } }] },
      },
      { role: "assistant", content: null, function_call: { name: "look_up", arguments: "{}" } },
      { role: "function", name: "look_up", content: "sunny" },
    ],
    tools: [
      {
        type: "function",
        function: { name: "look_up", description: "d", parameters: schema, strict: false },
        cache_control: ephemeral,
      },
      {
        type: "custom",
        custom: { name: "write", description: "d", format: { type: "grammar", grammar: {} } },
      },
      { type: "openrouter:web_search", parameters: { a: 1 } },
    ],
    functions: [{ name: "former", parameters: schema }],
    tool_choice: { type: "function", function: { name: "look_up" } },
    response_format: {
      type: "json_schema",
      json_schema: { name: "answer", description: "d", schema, strict: true },
    },
    stream: false,
    stream_options: { include_usage: true },
    reasoning: { effort: "low", summary: "auto" },
    thinking: { type: "enabled", budget_tokens: 1024 },
    modalities: ["text", "audio"],
    audio: { voice: { id: "v" }, format: "mp3" },
    prediction: { type: "content", content: [{ type: "text", text: "p" }] },
    web_search_options: {
      search_context_size: "low",
      user_location: { type: "approximate", approximate: { city: "Wien", country: "AT" } },
    },
    logit_bias: { "5": 1 },
    metadata: { a: "b" },
    provider: { order: ["a"] },
  },
  {
    model: "m",
    messages: [{ role: "user", content: "hi" }],
    response_format: { type: "json_object" },
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
    },
    thinking: { type: "disabled" },
    cache_control: ephemeral,
  },
  {
    model: "m",
    messages: [{ role: "user", content: "hi" }],
    response_format: { type: "text" },
    function_call: { name: "f" },
  },
];

const openAiResponses: readonly JsonObject[] = [
  {
    model: "m",
    instructions: "be brief",
    input: [
      { role: "developer", content: "be kind" },
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "look", prompt_cache_breakpoint: { mode: "explicit" } },
          { type: "input_image", image_url: "https://x.example/a.png", detail: "low" },
          { type: "input_file", file_data: "data:text/plain;base64,aGk=", filename: "a.txt" },
          { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
          { type: "input_new", new: { a: 1 } },
        ],
      },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "s" }],
        content: [{ type: "reasoning_text", text: "t" }],
        encrypted_content: "AA==",
      },
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        content: [
          {
            type: "output_text",
            text: "hm",
            annotations: [
              { type: "url_citation", url: "https://x.example", title: "x", start_index: 0 },
              { type: "file_citation", file_id: "f", filename: "a", index: 0 },
              { type: "container_file_citation", file_id: "f" },
            ],
          },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "function_call", id: "fc_1", call_id: "c1", name: "look_up", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "x" }] },
      { type: "custom_tool_call", call_id: "c2", name: "write", input: "x" },
      { type: "custom_tool_call_output", call_id: "c2", output: "done" },
      { type: "web_search_call", id: "ws_1", action: { type: "search" } },
    ],
    tools: [
      { type: "function", name: "look_up", parameters: schema, strict: true },
      { type: "custom", name: "write", format: { type: "text" } },
      { type: "code_interpreter", container: { type: "auto" } },
    ],
    tool_choice: { type: "function", name: "look_up" },
    text: { format: { type: "json_schema", name: "answer", schema }, verbosity: "low" },
    reasoning: { effort: "low", summary: "auto" },
    metadata: { a: "b" },
    context_management: [{ type: "compaction" }],
  },
  {
    model: "m",
    input: "hi",
    text: { format: { type: "json_object" } },
    tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] },
    reasoning: { effort: "unheard-of" },
  },
  { model: "m", input: "hi", text: { format: { type: "text" } } },
];

const anthropic: readonly JsonObject[] = [
  {
    model: "m",
    max_tokens: 2048,
    system: [{ type: "text", text: "be brief", cache_control: ephemeral }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
          { type: "image", source: { type: "url", url: "https://x.example/a.png" } },
          {
            type: "document",
            title: "t",
            context: "c",
            citations: { enabled: true },
            source: { type: "text", media_type: "text/plain", data: "x" },
          },
          {
            type: "document",
            source: { type: "content", content: [{ type: "text", text: "piece" }] },
          },
          { type: "search_result", content: [{ type: "text", text: "found" }] },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "t", signature: "p" },
          { type: "redacted_thinking", data: "AA==" },
          {
            type: "text",
            text: "hm",
            citations: [
              { type: "char_location", cited_text: "x", document_index: 0, start_char_index: 0 },
              { type: "page_location", cited_text: "x", document_index: 0, start_page_number: 1 },
              { type: "content_block_location", cited_text: "x", document_index: 0 },
              { type: "search_result_location", cited_text: "x", source: "s", title: "t" },
              { type: "web_search_result_location", url: "https://x.example", cited_text: "x" },
              { type: "new_location" },
            ],
          },
          { type: "tool_use", id: "tu_1", name: "look_up", input: { city: "Wien" } },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "tu_1",
            content: [
              { type: "text", text: "sunny" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
            ],
          },
          { type: "text", text: "and?", cache_control: ephemeral },
        ],
      },
    ],
    tools: [
      { name: "look_up", input_schema: schema, cache_control: ephemeral },
      { type: "custom", name: "write", input_schema: schema },
      { type: "web_search_20250305", name: "web_search", user_location: { type: "approximate" } },
    ],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    thinking: { type: "enabled", budget_tokens: 1024 },
    output_config: { effort: "low", format: { type: "json_schema", schema } },
    metadata: { user_id: "u" },
    cache_control: ephemeral,
    mcp_servers: [{ type: "url", url: "https://x.example", tool_configuration: { enabled: true } }],
  },
  {
    model: "m",
    max_tokens: 5,
    messages: [{ role: "user", content: "hi" }],
    tool_choice: { type: "tool", name: "f" },
    thinking: { type: "adaptive", display: "summarized" },
    output_format: { type: "json_schema", schema },
  },
  {
    model: "m",
    max_tokens: 5,
    messages: [{ role: "user", content: "hi" }],
    tool_choice: { type: "none" },
    thinking: { type: "unheard-of" },
    output_config: { effort: "unheard-of" },
  },
];

const gemini: readonly JsonObject[] = [
  {
    model: "m",
    systemInstruction: { role: "user", parts: [{ text: "be brief" }] },
    contents: [
      {
        role: "user",
        parts: [
          { text: "look" },
          { inlineData: { mimeType: "image/png", data: png, displayName: "a" } },
          { fileData: { mimeType: "video/mp4", fileUri: "https://x.example/a.mp4" } },
          { newData: { a: 1 } },
        ],
      },
      {
        role: "model",
        parts: [
          { text: "t", thought: true, thoughtSignature: "AA==" },
          { text: "hm" },
          { functionCall: { id: "1", name: "f", args: { a: 1 } }, thoughtSignature: "AA==" },
        ],
      },
      {
        role: "user",
        parts: [{ functionResponse: { id: "1", name: "f", response: { result: 1 } } }],
      },
    ],
    tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: schema }] }],
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
    generationConfig: {
      temperature: 0.5,
      responseMimeType: "application/json",
      responseJsonSchema: schema,
      thinkingConfig: { thinkingBudget: 1024, includeThoughts: true },
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
    },
    safetySettings: [{ category: "a", threshold: "b" }],
  },
  {
    model: "m",
    system_instruction: { parts: [{ text: "be brief" }] },
    contents: [
      {
        role: "user",
        parts: [
          { inline_data: { mime_type: "image/png", data: png } },
          { file_data: { mime_type: "video/mp4", file_uri: "https://x.example/a.mp4" } },
        ],
      },
      { role: "model", parts: [{ function_call: { name: "f", args: {} } }] },
      { role: "user", parts: [{ function_response: { name: "f", response: { a: 1 } } }] },
    ],
    tools: [{ function_declarations: [{ name: "f", parameters: schema }] }, { google_search: {} }],
    tool_config: { function_calling_config: { mode: "AUTO" } },
    generation_config: { top_p: 0.5, thinking_config: { thinking_level: "LOW" } },
  },
];

const cohereV1: readonly JsonObject[] = [
  {
    model: "m",
    message: "and now?",
    preamble: "be brief",
    chat_history: [
      { role: "USER", message: "weather?" },
      { role: "SYSTEM", message: "be kind" },
      {
        role: "CHATBOT",
        message: "I will look.",
        tool_calls: [{ name: "look_up", parameters: { city: "x" } }],
      },
      {
        role: "TOOL",
        tool_results: [
          {
            call: { name: "look_up", parameters: { city: "x" } },
            outputs: [{ sky: "blue", more: { a: 1 } }],
          },
        ],
      },
    ],
    tools: [
      {
        name: "look_up",
        description: "d",
        parameter_definitions: { city: { description: "c", type: "str", required: true } },
      },
    ],
    documents: [{ id: "d1", title: "t", text: "one" }],
    response_format: { type: "json_object", schema },
    citation_quality: "FAST",
    safety_mode: "NONE",
    prompt_truncation: "AUTO",
    max_input_tokens: 100,
    raw_prompting: true,
    force_single_step: true,
  },
  {
    model: "m",
    message: "weather?",
    tools: [{ name: "look_up", description: "d" }],
    tool_results: [{ call: { name: "look_up", parameters: { city: "x" } }, outputs: [{ a: "b" }] }],
    response_format: { type: "text" },
  },
];

const cohere: readonly JsonObject[] = [
  {
    model: "m",
    messages: [
      { role: "system", content: "be brief" },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: dataUrl, detail: "low" } },
          { type: "new", new: { a: 1 } },
        ],
      },
      {
        role: "assistant",
        tool_plan: "p",
        content: [
          { type: "text", text: "hm" },
          { type: "thinking", thinking: "t" },
        ],
        tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
        citations: [{ start: 0, end: 1, text: "h", sources: [{ type: "tool", id: "1" }] }],
      },
      {
        role: "tool",
        tool_call_id: "1",
        content: [{ type: "document", document: { data: { text: "x" } } }],
      },
    ],
    documents: [{ data: { text: "x", title: "t" } }],
    tools: [{ type: "function", function: { name: "f", parameters: schema } }],
    response_format: { type: "json_object", json_schema: schema },
    thinking: { type: "enabled", token_budget: 100 },
    citation_options: { mode: "FAST" },
  },
  {
    model: "m",
    messages: [{ role: "user", content: "hi" }],
    response_format: { type: "text" },
  },
];

const ollama: readonly JsonObject[] = [
  {
    model: "m",
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", content: "look", images: [png] },
      {
        role: "assistant",
        content: "hm",
        thinking: "t",
        tool_calls: [{ id: "1", function: { index: 0, name: "f", arguments: { a: 1 } } }],
      },
      { role: "tool", content: "x", tool_name: "f", tool_call_id: "1" },
    ],
    tools: [{ type: "function", function: { name: "f", description: "d", parameters: schema } }],
    format: schema,
    options: { temperature: 0.5 },
    stream: false,
  },
];

/** Bodies of the Messages API as clouds take them. */
function hosted(version: string): (body: JsonObject) => JsonObject {
  return (body) => ({ ...body, anthropic_version: version });
}

/** A facade's requests that together hold every kind of object its readers know. */
export const plantedBodies: readonly (readonly [
  facade: string,
  operation: "chat" | "count_tokens" | "embed" | "rerank" | "moderate",
  bodies: readonly JsonObject[],
])[] = [
  ["openai-chat", "chat", openAiChat],
  ["openai-responses", "chat", openAiResponses],
  ["anthropic-messages", "chat", anthropic],
  ["gemini", "chat", gemini],
  ["cohere", "chat", cohere],
  ["cohere-v1", "chat", cohereV1],
  ["ollama", "chat", ollama],
  ["openai-completions", "chat", [{ model: "m", prompt: "hi", stream_options: {} }]],
  ["openai-chat", "embed", [{ model: "m", input: ["a"] }]],
  [
    "openai-chat",
    "moderate",
    [
      {
        model: "m",
        input: [
          { type: "text", text: "a" },
          { type: "image_url", image_url: { url: dataUrl } },
        ],
      },
    ],
  ],
  [
    "gemini",
    "embed",
    [
      { model: "m", content: { parts: [{ text: "a" }] } },
      {
        model: "m",
        instances: [{ content: "a", task_type: "CLUSTERING" }],
        parameters: { outputDimensionality: 8, autoTruncate: true },
      },
      {
        model: "m",
        requests: [
          {
            model: "m",
            content: { parts: [{ inlineData: { mimeType: "image/png", data: png } }] },
          },
          { model: "m", content: { parts: [{ text: "a" }] } },
        ],
      },
    ],
  ],
  [
    "cohere",
    "embed",
    [
      {
        model: "m",
        inputs: [
          { content: [{ type: "text", text: "a" }] },
          { content: [{ type: "image_url", image_url: { url: dataUrl } }] },
        ],
      },
    ],
  ],
  ["cohere-v1", "embed", [{ model: "m", texts: ["a"], input_type: "search_query" }]],
  ["bedrock-converse", "chat", converse],
  [
    "bedrock-converse",
    "count_tokens",
    converse.map(({ model = "m", ...body }) => ({ model, input: { converse: body } })),
  ],
  ["bedrock-invoke", "chat", anthropic.map(hosted("bedrock-2023-05-31"))],
  [
    "bedrock-invoke",
    "embed",
    [
      { model: "m", inputText: "a", dimensions: 8, normalize: true, embeddingTypes: ["float"] },
      { model: "m", inputImage: png, embeddingConfig: { outputEmbeddingLength: 8 } },
      { model: "m", texts: ["a"], input_type: "search_query", embedding_types: ["float"] },
      {
        model: "m",
        inputs: [{ content: [{ type: "image_url", image_url: { url: dataUrl } }] }],
        input_type: "search_document",
      },
      {
        model: "m",
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "GENERIC_INDEX",
          text: { truncationMode: "END", value: "a" },
        },
      },
      {
        model: "m",
        singleEmbeddingParams: { image: { format: "png", source: { bytes: png } } },
      },
    ],
  ],
  ["vertex-messages", "chat", anthropic.map(hosted("vertex-2023-10-16"))],
  ["cohere", "rerank", [{ model: "m", query: "q", documents: [{ text: "a" }, { a: "b" }] }]],
  ["ollama", "embed", [{ model: "m", input: ["a"] }]],
];
