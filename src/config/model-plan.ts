import type { ModelFacts } from "../../gen/parlance/model/v1/model_facts_pb.js";
import type { LossPolicy } from "../core/fidelity/loss-policy.ts";

/** What one model name stands for. */
export interface ModelPlan {
  readonly name: string;
  /** "" when none was given. */
  readonly description: string;
  /** At least one, with a positive sum of weights. */
  readonly targets: readonly TargetPlan[];
  /**
   * Names to try in turn when every target fails; each is known to `resolve`, and there is no
   * cycle.
   */
  readonly fallbacks: readonly string[];
  /** What its calls may lose on their way to a vendor of another dialect. */
  readonly losses: LossPolicy;
  /**
   * Whether calls of keys with a list of models may choose models or upstreams by other members
   * than `model`.
   */
  readonly callerRouting: boolean;
  /** The deadline of a call that brings none of its own. */
  readonly timeoutMs?: number;
}

/** One place where a model is served. */
export interface TargetPlan {
  /** A key of `Plan.providers`. */
  readonly provider: string;
  /** The model's name at the vendor. */
  readonly model: string;
  /** Share of the calls, relative to its siblings. 0 receives none. */
  readonly weight: number;
  /** The model that the deployment serves, where `model` does not tell. */
  readonly baseModel?: string;
  /** What the config says of the model here, the target's word over the model's. */
  readonly facts?: ModelFacts;
}
