import type { Member, Place, Tree } from "../tree/tree.ts";
import type { Vendor } from "./vendor-of.ts";

/** An entry of `model_list` whose vendor is served. */
export interface Deployment {
  /** The name that callers write. */
  readonly name: string;
  /** Where the entry stands. */
  readonly at: Place;
  /** Where its name stands. */
  readonly namedAt: Place;
  /** Where `litellm_params.model` stands. */
  readonly modelAt: Place;
  /** `litellm_params`, with those of its credential, and the limits beside them. */
  readonly params: ReadonlyMap<string, Member>;
  /** `model_info`. */
  readonly info: ReadonlyMap<string, Member>;
  readonly vendor: Vendor;
  /** The name of the provider of ours that it is called at. */
  readonly provider: string;
}

/** The first of some keys that has a value. */
export function firstOf(
  members: ReadonlyMap<string, Member>,
  ...keys: readonly string[]
): Tree | undefined {
  for (const key of keys) {
    const value = members.get(key)?.value;
    if (value !== undefined && !(value.kind === "leaf" && value.value === null)) return value;
  }
  return undefined;
}
