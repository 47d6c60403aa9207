import type { ModelFamily, RerankerDialect } from "./catalog-row.ts";

/**
 * Models that rank documents, by what their names have in common, where a vendor asks for rankings
 * in words of its own.
 */
export function rerankerFamily(
  dialect: RerankerDialect,
  example: string,
  baseUrl: string,
  models = /rerank/i,
): ModelFamily {
  return { models, example, dialect, baseUrl, operations: ["rerank"], quirks: {} };
}
