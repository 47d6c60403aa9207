import type { CatalogOperation } from "../dialect-entry.ts";
import { dialects } from "../registry.ts";
import type { CatalogRow } from "./catalog-row.ts";

/**
 * The path of an operation after a provider's base URL path: the row's own,
 * else the dialect's. Undefined when the row does not serve the operation.
 */
export function endpointPath(row: CatalogRow, operation: CatalogOperation): string | undefined {
  if (!row.operations.includes(operation)) return undefined;
  if (operation === "chat" && row.chatPath !== undefined) return row.chatPath;
  if (operation === "embed" && row.embeddingsPath !== undefined) return row.embeddingsPath;
  if (operation === "rerank" && row.rerankPath !== undefined) return row.rerankPath;
  return dialects[row.dialect].operations[operation] || undefined;
}
