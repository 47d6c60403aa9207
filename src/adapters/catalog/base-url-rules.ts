import type { CatalogDialect } from "./catalog-row.ts";

/** What people write at the end of a base URL although the dialect appends it itself. */
export interface BaseUrlRule {
  /** Ends that name an operation: they are refused. */
  readonly operations: readonly string[];
  /** A version: it is taken off. */
  readonly ownVersion: RegExp;
}

const noVersion = /(?!)/;

/** The rule of each dialect. */
export const baseUrlRules: Readonly<Record<CatalogDialect, BaseUrlRule>> = {
  "openai-chat": {
    operations: ["/chat/completions", "/embeddings", "/rerank"],
    ownVersion: noVersion,
  },
  "openai-responses": { operations: ["/responses"], ownVersion: noVersion },
  "azure-openai": {
    operations: ["/chat/completions", "/embeddings"],
    ownVersion: /\/openai(\/v1)?$|\/models$|\/anthropic$/,
  },
  "azure-openai-responses": { operations: ["/responses"], ownVersion: /\/openai(\/v1)?$/ },
  "anthropic-messages": {
    operations: ["/messages", "/messages/count_tokens"],
    ownVersion: /\/v1$/,
  },
  "vertex-messages": { operations: [], ownVersion: /\/v1(beta1)?$/ },
  "vertex-chat": { operations: ["/chat/completions"], ownVersion: /\/v1(beta1)?$/ },
  gemini: { operations: ["/models"], ownVersion: /\/v1(beta1?|alpha)?$/ },
  ollama: { operations: ["/chat", "/generate"], ownVersion: /\/(v1|api)$/ },
  "huggingface-tgi": { operations: ["/generate"], ownVersion: noVersion },
  "huggingface-tei": { operations: ["/embed", "/rerank"], ownVersion: noVersion },
  cohere: { operations: ["/chat", "/embed", "/rerank"], ownVersion: /\/v[12]$/ },
  "bedrock-converse": {
    operations: ["/model", "/converse", "/converse-stream"],
    ownVersion: noVersion,
  },
  "bedrock-invoke": {
    operations: ["/model", "/invoke", "/invoke-with-response-stream"],
    ownVersion: noVersion,
  },
  "sagemaker-chat": { operations: ["/endpoints", "/invocations"], ownVersion: noVersion },
  "sagemaker-tgi": { operations: ["/endpoints", "/invocations"], ownVersion: noVersion },
  replicate: { operations: ["/predictions", "/models"], ownVersion: noVersion },
  watsonx: {
    operations: ["/chat", "/chat_stream", "/embeddings", "/rerank"],
    ownVersion: /\/ml\/v1$/,
  },
  "bedrock-rerank": { operations: ["/rerank"], ownVersion: noVersion },
  "vertex-rerank": { operations: [], ownVersion: noVersion },
  "dashscope-rerank": { operations: [], ownVersion: noVersion },
  "deepinfra-rerank": { operations: ["/inference"], ownVersion: noVersion },
  "nvidia-rerank": { operations: ["/ranking", "/reranking"], ownVersion: noVersion },
  sim: { operations: [], ownVersion: noVersion },
};
