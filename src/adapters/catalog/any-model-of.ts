import type { CatalogRow } from "./catalog-row.ts";

/**
 * What `provider/*` stands for, in words: `any model of Anthropic`, `any model of any server that
 * speaks OpenAI's dialect`.
 */
export function anyModelOf({ name }: CatalogRow): string {
  return `any model of ${name.replace(/^Any /, "any ")}`;
}
