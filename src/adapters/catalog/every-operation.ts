import type { CatalogOperation } from "../dialect-entry.ts";
import type { CatalogRow } from "./catalog-row.ts";

/**
 * What a vendor serves for one model or another: the operations of its row, then those that only
 * families of its models have.
 */
export function everyOperation({
  operations,
  families = [],
}: Pick<CatalogRow, "operations" | "families">): readonly CatalogOperation[] {
  return [...new Set([...operations, ...families.flatMap((family) => family.operations)])];
}
