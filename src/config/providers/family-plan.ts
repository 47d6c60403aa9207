import type { ModelFamily } from "../../adapters/catalog/catalog-row.ts";

/** A family of a provider's models, and where calls for them go. */
export interface FamilyPlan extends Omit<ModelFamily, "baseUrl"> {
  /** The scheme, host and port of an address, and the path without a slash at its end. */
  readonly baseUrl: { readonly origin: string; readonly path: string };
}
