import type { Labels } from "../target/target.ts";
import type { Tenant } from "./tenant.ts";

/** Somebody whom calls are for, with bounds of its own. */
export interface EndUser {
  /** The name by which calls say whom they are for. */
  readonly id: string;
  /** Its bounds; the same list until it changes. */
  readonly tenants: readonly Tenant[];
  /** What a target needs for its calls, beside the labels of the key. Absent: nothing. */
  readonly labels?: Labels;
  /** The model that its calls go to where no target of the wanted one has the labels. "": none. */
  readonly defaultModel: string;
  /** Whether every call for it is refused. */
  readonly blocked: boolean;
}

/** Finds an end user by its name; undefined for one that nobody has made. */
export type FindEndUser = (name: string) => EndUser | undefined;

/** End users whose names begin with the same characters, so many, are one. */
export const maxEndUserName = 256;
