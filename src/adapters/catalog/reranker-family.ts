import type { DialectName } from "../registry.ts";
import type { DeclaredFamily } from "./catalog-row.ts";

/** Rankings that vendors serve in words of their own. */
export type RerankerDialect = Extract<DialectName, `${string}-rerank`>;

/**
 * Models that rank documents, by what their names have in common, where a vendor asks for rankings
 * in words of its own.
 */
export function rerankerFamily(
  dialect: RerankerDialect,
  example: string,
  baseUrl: string,
  models = /rerank/i,
): DeclaredFamily {
  return { models, example, dialect, baseUrl, operations: ["rerank"], quirks: {} };
}
