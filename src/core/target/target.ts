import type { ModelFacts } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { ModelTraits } from "../../../gen/parlance/model/v1/model_traits_pb.js";

/** A model at a provider. */
export interface Target {
  /** The provider's name in the configuration. */
  readonly provider: string;
  /** The model, in the vendor's words. */
  readonly model: string;
  /** The model that the deployment serves, where `model` does not name it. */
  readonly baseModel?: string;
  /** The facts of the model in the config. */
  readonly facts?: ModelFacts;
  /** How many calls may be under way at it at once. Absent: no bound. */
  readonly maxInFlight?: number;
  /** How much may be sent to it in a minute. Absent: no bound. */
  readonly rates?: RateLimits;
  /** Bounds on each try, over those of the provider. */
  readonly timeouts?: TargetTimeouts;
  /** What is true of it, such as its region, by name. Absent: nothing is said. */
  readonly labels?: Labels;
  /** The tags of calls that it is for. Absent: none. */
  readonly tags?: readonly string[];
  /** What the model takes of requests. Absent: nothing is known of it. */
  readonly traits?: ModelTraits;
}

/** What a target may get in any minute; at least one of the two. */
export interface RateLimits {
  /** `provider/model` as the file has it: what is counted under one name shares the bound. */
  readonly name: string;
  /** Absent: no bound. */
  readonly requests?: number;
  /** Tokens of requests and answers. Absent: no bound. */
  readonly tokens?: number;
}

/** What is true of targets, by name: `region` is `eu`. */
export type Labels = Readonly<Record<string, string>>;

/** Bounds on a try in milliseconds. Absent: those of the provider hold. */
export interface TargetTimeouts {
  readonly connectMs?: number;
  readonly firstTokenMs?: number;
  readonly idleMs?: number;
  readonly totalMs?: number;
}
