import type { Dialect } from "../core/dialect.ts";
import type { MessagesQuirks } from "./anthropic-messages/wire.ts";
import type { AzureQuirks } from "./azure-openai/path.ts";
import type { ConverseQuirks } from "./bedrock-converse/wire.ts";
import type { CohereQuirks } from "./cohere/wire.ts";
import { type DialectEntry, dialect, type FacadeEntry } from "./dialect-entry.ts";
import type { GeminiQuirks } from "./gemini/wire.ts";
import type { BatchQuirks } from "./huggingface-tei/wire.ts";
import type { GenerateQuirks } from "./huggingface-tgi/wire.ts";
import type { OpenAiChatQuirks } from "./openai-chat/wire.ts";
import type { ResponsesQuirks } from "./openai-responses/wire.ts";
import type { Reranker } from "./rerankers/reranker.ts";

/**
 * Every dialect that we call vendors in, by the name that rows of the catalog use. What hosts serve
 * in a dialect of others (`azure-...`, `vertex-...`) keeps the name of that dialect in calls, and
 * has another here.
 */
export const dialects = {
  "openai-chat": dialect<OpenAiChatQuirks>({
    load: openAiChat,
    operations: {
      chat: "/chat/completions",
      embed: "/embeddings",
      rerank: "/rerank",
      moderate: "/moderations",
      models: "/models",
    },
    operationEnds: ["/chat/completions", "/embeddings", "/rerank", "/moderations"],
  }),
  "openai-completions": dialect<OpenAiChatQuirks>({
    load: async () => (await import("./openai-completions/index.ts")).openAiCompletions,
    operations: { chat: "/completions" },
    operationEnds: ["/completions"],
  }),
  "fim-completions": dialect<OpenAiChatQuirks>({
    load: async () => (await import("./openai-completions/index.ts")).fimCompletions,
    operations: { chat: "/fim/completions" },
    operationEnds: ["/fim/completions"],
  }),
  "openai-responses": dialect<ResponsesQuirks>({
    load: openAiResponses,
    operations: {
      chat: "/responses",
      count_tokens: "/responses/input_tokens",
      models: "/models",
    },
    operationEnds: ["/responses"],
  }),
  "anthropic-messages": dialect<MessagesQuirks>({
    load: anthropicMessages,
    operations: {
      chat: "/v1/messages",
      count_tokens: "/v1/messages/count_tokens",
      models: "/v1/models",
    },
    operationEnds: ["/messages", "/messages/count_tokens"],
    ownVersion: /\/v1$/,
  }),
  gemini: dialect<GeminiQuirks>({
    load: gemini,
    operations: {
      chat: "/v1beta/models/{model}:generateContent",
      embed: "/v1beta/models/{model}:batchEmbedContents",
      count_tokens: "/v1beta/models/{model}:countTokens",
      models: "/v1beta/models",
    },
    operationEnds: ["/models"],
    ownVersion: /\/v1(beta1?|alpha)?$/,
  }),
  ollama: dialect({
    load: async () => (await import("./ollama/index.ts")).ollama,
    operations: { chat: "/api/chat", embed: "/api/embed", models: "/api/tags" },
    operationEnds: ["/chat", "/generate"],
    ownVersion: /\/(v1|api)$/,
  }),
  cohere: dialect<CohereQuirks>({
    load: async () => (await import("./cohere/index.ts")).cohere,
    operations: {
      chat: "/v2/chat",
      embed: "/v2/embed",
      rerank: "/v2/rerank",
      models: "/v1/models",
    },
    operationEnds: ["/chat", "/embed", "/rerank"],
    ownVersion: /\/v[12]$/,
  }),
  "huggingface-tgi": dialect<GenerateQuirks>({
    load: huggingfaceTgi,
    operations: { chat: "/generate", count_tokens: "/tokenize", models: "/v1/models" },
    operationEnds: ["/generate"],
  }),
  "huggingface-tei": dialect<BatchQuirks>({
    load: async () => (await import("./huggingface-tei/index.ts")).huggingfaceTei,
    operations: { embed: "/embed", rerank: "/rerank" },
    operationEnds: ["/embed", "/rerank"],
  }),
  "bedrock-converse": dialect<ConverseQuirks>({
    load: bedrockConverse,
    operations: {
      chat: "/model/{model}/converse",
      embed: "/model/{model}/invoke",
      count_tokens: "/model/{model}/count-tokens",
    },
    operationEnds: ["/model", "/converse", "/converse-stream"],
  }),
  "bedrock-invoke": dialect<MessagesQuirks>({
    load: async () => {
      const { createInvokeDialect } = await import("./bedrock-converse/invoke.ts");
      return createInvokeDialect(await anthropicMessages());
    },
    operations: { chat: "/model/{model}/invoke" },
    operationEnds: ["/model", "/invoke", "/invoke-with-response-stream"],
  }),
  "sagemaker-chat": dialect<OpenAiChatQuirks>({
    load: async () => {
      const { createEndpointDialect, serviceError } = await sageMaker();
      return createEndpointDialect({
        serviceError,
        name: "sagemaker-chat",
        container: await openAiChat(),
        quirks: {},
      });
    },
    operations: {
      chat: "/endpoints/{model}/invocations",
      embed: "/endpoints/{model}/invocations",
    },
    operationEnds: ["/endpoints", "/invocations"],
  }),
  "sagemaker-tgi": dialect<GenerateQuirks>({
    load: async () => {
      const { createEndpointDialect, serviceError } = await sageMaker();
      const container = await huggingfaceTgi();
      return createEndpointDialect({
        serviceError,
        name: "sagemaker-tgi",
        container,
        quirks: { singlePath: true },
      });
    },
    operations: { chat: "/endpoints/{model}/invocations" },
    operationEnds: ["/endpoints", "/invocations"],
  }),
  watsonx: dialect<OpenAiChatQuirks>({
    load: async () => (await import("./watsonx/index.ts")).createWatsonx(await openAiChat()),
    operations: {
      chat: "/ml/v1/text/chat",
      embed: "/ml/v1/text/embeddings",
      rerank: "/ml/v1/text/rerank",
    },
    operationEnds: ["/chat", "/chat_stream", "/embeddings", "/rerank"],
    ownVersion: /\/ml\/v1$/,
  }),
  replicate: dialect({
    load: async () => (await import("./replicate/index.ts")).replicate,
    operations: { chat: "/models/{model}/predictions" },
    operationEnds: ["/predictions", "/models"],
  }),
  "azure-openai": dialect<OpenAiChatQuirks & AzureQuirks>({
    load: async () => (await azure()).createAzureDialect(await openAiChat()),
    operations: { chat: "/openai/v1/chat/completions", embed: "/openai/v1/embeddings" },
    operationEnds: ["/chat/completions", "/embeddings"],
    ownVersion: /\/openai(\/v1)?$|\/models$|\/anthropic$/,
  }),
  "azure-openai-responses": dialect<ResponsesQuirks & AzureQuirks>({
    load: async () => (await azure()).createAzureDialect(await openAiResponses()),
    operations: {
      chat: "/openai/v1/responses",
      count_tokens: "/openai/v1/responses/input_tokens",
    },
    operationEnds: ["/responses"],
    ownVersion: /\/openai(\/v1)?$/,
  }),
  "vertex-messages": dialect<MessagesQuirks>({
    load: async () => {
      const { createVertexMessages } = await import("./vertex-ai/messages.ts");
      return createVertexMessages(await anthropicMessages(), await gemini());
    },
    operations: {
      chat: "/publishers/anthropic/models/{model}:rawPredict",
      count_tokens: "/publishers/anthropic/models/count-tokens:rawPredict",
    },
    operationEnds: [],
    ownVersion: /\/v1(beta1)?$/,
  }),
  "bedrock-rerank": dialect({
    load: async () =>
      rank((await import("./rerankers/bedrock.ts")).bedrockReranker, bedrockConverse),
    operations: { rerank: "/rerank" },
    operationEnds: ["/rerank"],
  }),
  "vertex-rerank": dialect({
    load: async () => rank((await import("./rerankers/vertex.ts")).vertexReranker, gemini),
    operations: { rerank: "/rankingConfigs/default_ranking_config:rank" },
    operationEnds: [],
  }),
  "dashscope-rerank": dialect({
    load: async () =>
      rank((await import("./rerankers/dashscope.ts")).dashscopeReranker, openAiChat),
    operations: { rerank: "/services/rerank/text-rerank/text-rerank" },
    operationEnds: [],
  }),
  "deepinfra-rerank": dialect({
    load: async () =>
      rank((await import("./rerankers/deepinfra.ts")).deepinfraReranker, openAiChat),
    operations: { rerank: "/inference/{model}" },
    operationEnds: ["/inference"],
  }),
  "nvidia-rerank": dialect({
    load: async () => rank((await import("./rerankers/nvidia.ts")).nvidiaReranker, openAiChat),
    operations: { rerank: "/retrieval/{model}/reranking" },
    operationEnds: ["/ranking", "/reranking"],
  }),
  "vertex-chat": dialect<OpenAiChatQuirks>({
    load: async () => (await import("./vertex-ai/chat.ts")).createVertexChat(await openAiChat()),
    operations: { chat: "/endpoints/openapi/chat/completions" },
    operationEnds: ["/chat/completions"],
    ownVersion: /\/v1(beta1)?$/,
  }),
  sim: dialect({
    operations: { chat: "", embed: "", count_tokens: "", rerank: "", moderate: "", models: "" },
    operationEnds: [],
  }),
};

/** The name of a dialect that we call vendors in. */
export type DialectName = keyof typeof dialects;

type OwnQuirks<Name extends DialectName> =
  (typeof dialects)[Name] extends DialectEntry<infer Quirks> ? Quirks : never;

type QuirkName = { [Name in DialectName]: keyof OwnQuirks<Name> }[DialectName];

/** The quirks that a row of a dialect may declare; those of other dialects alone are `never`. */
export type QuirksOf<Name extends DialectName> = {
  readonly [Quirk in keyof OwnQuirks<Name>]?: OwnQuirks<Name>[Quirk];
} & {
  readonly [Quirk in Exclude<QuirkName, keyof OwnQuirks<Name>>]?: never;
};

/** The entry of a name, which may be data that no compiler has seen; undefined: there is none. */
export function dialectEntry(name: string): DialectEntry<object> | undefined {
  const entries: Readonly<Record<string, DialectEntry<object>>> = dialects;
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** Every dialect that clients call us in. */
export const facades = {
  "openai-chat": {
    load: async () => (await import("./openai-chat/index.ts")).openAiChatFacade,
    posts: {
      "/v1/chat/completions": "chat",
      "/v1/embeddings": "embed",
      "/v1/moderations": "moderate",
      "/openai/deployments/{model}/chat/completions": "chat",
      "/openai/deployments/{model}/embeddings": "embed",
    },
    lists: ["/v1/models", "/v1/models/{model}"],
  },
  "openai-completions": {
    load: async () => (await import("./openai-completions/index.ts")).openAiCompletionsFacade,
    posts: { "/v1/completions": "chat" },
  },
  "fim-completions": {
    load: async () => (await import("./openai-completions/index.ts")).fimCompletionsFacade,
    posts: { "/v1/fim/completions": "chat" },
  },
  "openai-responses": {
    load: async () => (await import("./openai-responses/index.ts")).openAiResponsesFacade,
    posts: { "/v1/responses": "chat", "/v1/responses/input_tokens": "count_tokens" },
  },
  "anthropic-messages": {
    load: messagesFacade,
    posts: { "/v1/messages": "chat", "/v1/messages/count_tokens": "count_tokens" },
    lists: ["/v1/models", "/v1/models/{model}"],
    folders: ["/v1/messages", "/v1/complete"],
  },
  // https://ai.google.dev/api/generate-content. Vertex AI's clients write more before the model.
  gemini: {
    load: async () => (await import("./gemini/index.ts")).geminiFacade,
    posts: {
      "/v1beta/models/{model}:generateContent": { operation: "chat", stream: false },
      "/v1beta/models/{model}:streamGenerateContent": { operation: "chat", stream: true },
      "/v1beta/models/{model}:countTokens": "count_tokens",
      "/v1beta/models/{model}:embedContent": "embed",
      "/v1beta/models/{model}:batchEmbedContents": "embed",
      "/v1beta/models/{model}:predict": "embed",
    },
    lists: ["/v1beta/models", "/v1beta/models/{model}"],
    folders: ["/v1beta", "/v1beta1", "/v1alpha", "/v1/projects", "/v1/publishers", "/upload"],
    keyInQuery: true,
  },
  // Rankings at `/v1/rerank` are asked for by clients of any vendor.
  cohere: {
    load: async () => (await import("./cohere/index.ts")).cohereFacade,
    posts: {
      "/v2/chat": "chat",
      "/v2/embed": "embed",
      "/v2/rerank": "rerank",
      "/v1/rerank": "rerank",
    },
    lists: ["/v1/models", "/v1/models/{model}"],
    folders: ["/v2", "/v1/embed-jobs", "/v1/datasets", "/v1/connectors"],
  },
  "cohere-v1": {
    load: async () => (await import("./cohere/index.ts")).cohereV1Facade,
    posts: { "/v1/chat": "chat", "/v1/embed": "embed" },
  },
  ollama: {
    load: async () => (await import("./ollama/index.ts")).ollamaFacade,
    posts: { "/api/chat": "chat", "/api/embed": "embed" },
    lists: ["/api/tags", "/api/version", "/api/ps"],
    folders: ["/api"],
  },
  "ollama-generate": {
    load: async () => (await import("./ollama/index.ts")).ollamaGenerateFacade,
    posts: { "/api/generate": "chat", "/api/embeddings": "embed" },
  },
  "bedrock-converse": {
    load: async () =>
      (await import("./bedrock-converse/index.ts")).createConverseFacade(await messagesFacade()),
    posts: {
      "/model/{model}/converse": { operation: "chat", stream: false },
      "/model/{model}/converse-stream": { operation: "chat", stream: true },
      "/model/{model}/count-tokens": "count_tokens",
    },
    lists: ["/foundation-models", "/foundation-models/{model}", "/inference-profiles"],
    folders: ["/model", "/guardrail", "/async-invoke", "/foundation-models", "/inference-profiles"],
    signed: true,
  },
  "bedrock-invoke": {
    load: async () =>
      (await import("./bedrock-converse/client/invoke.ts")).invokeFacade(await messagesFacade()),
    posts: {
      "/model/{model}/invoke": { operation: "chat", others: ["embed"], stream: false },
      "/model/{model}/invoke-with-response-stream": { operation: "chat", stream: true },
    },
    signed: true,
  },
  "vertex-messages": {
    load: async () =>
      (await import("./vertex-ai/messages.ts")).createVertexMessagesFacade(await messagesFacade()),
    posts: {
      "/v1beta/models/{model}:rawPredict": "chat",
      "/v1beta/models/{model}:streamRawPredict": { operation: "chat", stream: true },
    },
  },
} as const satisfies Readonly<Record<string, FacadeEntry>>;

/** The name of a dialect that clients call us in. */
export type FacadeName = keyof typeof facades;

/** Whether a text is the name of a facade. */
export function isFacadeName(name: string): name is FacadeName {
  return Object.hasOwn(facades, name);
}

async function openAiChat() {
  return (await import("./openai-chat/index.ts")).openAiChat;
}

async function openAiResponses() {
  return (await import("./openai-responses/index.ts")).openAiResponses;
}

async function anthropicMessages() {
  return (await import("./anthropic-messages/index.ts")).anthropicMessages;
}

async function messagesFacade() {
  return (await import("./anthropic-messages/index.ts")).anthropicMessagesFacade;
}

async function gemini() {
  return (await import("./gemini/index.ts")).gemini;
}

async function huggingfaceTgi() {
  return (await import("./huggingface-tgi/index.ts")).huggingfaceTgi;
}

async function bedrockConverse() {
  return (await import("./bedrock-converse/index.ts")).bedrockConverse;
}

async function azure() {
  return import("./azure-openai/index.ts");
}

async function sageMaker() {
  const { createEndpointDialect } = await import("./sagemaker/index.ts");
  return { createEndpointDialect, serviceError: (await bedrockConverse()).decodeError };
}

/** A ranking in a vendor's own words, with the dialect that reads the vendor's errors. */
async function rank(reranker: Reranker, vendor: () => Promise<Dialect>): Promise<Dialect> {
  const { createRerankDialect } = await import("./rerankers/create-reranker.ts");
  return createRerankDialect(reranker, await vendor());
}
