import type { CatalogDialect, CatalogRow, Operation } from "./catalog-row.ts";

const dialectPaths: Readonly<Record<CatalogDialect, Readonly<Partial<Record<Operation, string>>>>> =
  {
    "openai-chat": {
      chat: "/chat/completions",
      embed: "/embeddings",
      rerank: "/rerank",
      models: "/models",
    },
    "anthropic-messages": {
      chat: "/v1/messages",
      count_tokens: "/v1/messages/count_tokens",
      models: "/v1/models",
    },
    "openai-responses": {
      chat: "/responses",
      count_tokens: "/responses/input_tokens",
      models: "/models",
    },
    "azure-openai": { chat: "/openai/v1/chat/completions", embed: "/openai/v1/embeddings" },
    "azure-openai-responses": {
      chat: "/openai/v1/responses",
      count_tokens: "/openai/v1/responses/input_tokens",
    },
    "vertex-messages": {
      chat: "/publishers/anthropic/models/{model}:rawPredict",
      count_tokens: "/publishers/anthropic/models/count-tokens:rawPredict",
    },
    "vertex-chat": { chat: "/endpoints/openapi/chat/completions" },
    gemini: {
      chat: "/v1beta/models/{model}:generateContent",
      embed: "/v1beta/models/{model}:batchEmbedContents",
      count_tokens: "/v1beta/models/{model}:countTokens",
      models: "/v1beta/models",
    },
    ollama: { chat: "/api/chat", embed: "/api/embed", models: "/api/tags" },
    "huggingface-tgi": { chat: "/generate", count_tokens: "/tokenize", models: "/v1/models" },
    "huggingface-tei": { embed: "/embed", rerank: "/rerank" },
    cohere: { chat: "/v2/chat", embed: "/v2/embed", rerank: "/v2/rerank", models: "/v1/models" },
    "bedrock-converse": {
      chat: "/model/{model}/converse",
      embed: "/model/{model}/invoke",
      count_tokens: "/model/{model}/count-tokens",
    },
    "bedrock-invoke": { chat: "/model/{model}/invoke" },
    "sagemaker-chat": {
      chat: "/endpoints/{model}/invocations",
      embed: "/endpoints/{model}/invocations",
    },
    "sagemaker-tgi": { chat: "/endpoints/{model}/invocations" },
    replicate: { chat: "/models/{model}/predictions" },
    watsonx: {
      chat: "/ml/v1/text/chat",
      embed: "/ml/v1/text/embeddings",
      rerank: "/ml/v1/text/rerank",
    },
    "bedrock-rerank": { rerank: "/rerank" },
    "vertex-rerank": { rerank: "/rankingConfigs/default_ranking_config:rank" },
    "dashscope-rerank": { rerank: "/services/rerank/text-rerank/text-rerank" },
    "deepinfra-rerank": { rerank: "/inference/{model}" },
    "nvidia-rerank": { rerank: "/retrieval/{model}/reranking" },
    sim: {},
  };

/**
 * The path of an operation after a provider's base URL path: the row's own,
 * else the dialect's. Undefined when the row does not serve the operation.
 */
export function endpointPath(row: CatalogRow, operation: Operation): string | undefined {
  if (!row.operations.includes(operation)) return undefined;
  if (operation === "chat" && row.chatPath !== undefined) return row.chatPath;
  if (operation === "embed" && row.embeddingsPath !== undefined) return row.embeddingsPath;
  if (operation === "rerank" && row.rerankPath !== undefined) return row.rerankPath;
  return dialectPaths[row.dialect][operation];
}
