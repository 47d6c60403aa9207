import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import { fillAddress, type RowVariable } from "../../adapters/catalog/row-variable.ts";

/**
 * A row's address with the provider's region and variables in it, those of Google Cloud left open;
 * "" where one is missing.
 */
export function ownAddress(
  address: string,
  variables: readonly RowVariable[],
  provider: Pick<Provider, "aws" | "variables">,
): string {
  return fillAddress(inRegion(address, provider.aws?.region ?? ""), variables, provider.variables);
}

/** An address that needs a region is none without one. */
function inRegion(address: string, region: string): string {
  if (!address.includes("{region}")) return address;
  return region === "" ? "" : address.replace("{region}", region);
}
