import type { CatalogDialect, CatalogRow, Operation } from "./catalog-row.ts";

const dialectPaths: Readonly<Record<CatalogDialect, Readonly<Partial<Record<Operation, string>>>>> = {
  "openai-chat": { chat: "/chat/completions", embed: "/embeddings", rerank: "/rerank", models: "/models" },
  "anthropic-messages": { chat: "/v1/messages", count_tokens: "/v1/messages/count_tokens", models: "/v1/models" },
  cohere: { chat: "/v2/chat", embed: "/v2/embed", rerank: "/v2/rerank", models: "/v1/models" },
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

/** How the paths of a dialect's operations end: what a base URL must not end with. */
export const operationEnds: Readonly<Record<CatalogDialect, readonly string[]>> = {
  "openai-chat": ["/chat/completions", "/embeddings", "/rerank"],
  "anthropic-messages": ["/messages", "/messages/count_tokens"],
  cohere: ["/chat", "/embed", "/rerank"],
  sim: [],
};

/** The versions that the paths of a dialect begin with themselves: at the end of a base URL they are left out. */
export const pathVersions: Readonly<Partial<Record<CatalogDialect, RegExp>>> = {
  "anthropic-messages": /\/v1$/,
  cohere: /\/v[12]$/,
};
