import type { StoredAdmin } from "../../edge/gateway-api.ts";
import { modelMethods } from "./model-methods.ts";
import { ObjectChanges, type ObjectChangesOptions } from "./object-changes.ts";
import { type EffectivePrices, priceMethods } from "./price-methods.ts";
import { providerMethods } from "./provider-methods.ts";

/** Makes the admin of what the store adds to the configuration. */
export function createStoredAdmin(options: ObjectChangesOptions & EffectivePrices): StoredAdmin {
  const changes = new ObjectChanges(options);
  return {
    models: modelMethods(changes),
    providers: providerMethods(changes),
    prices: priceMethods(changes, options),
  };
}
