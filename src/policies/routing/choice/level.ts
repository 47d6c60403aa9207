import type { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { Prices } from "../../../../gen/parlance/model/v1/model_facts_pb.js";
import type { WeightedTarget } from "../../../config/settings.ts";
import type { CallSize } from "../../../core/facts/call-size.ts";
import type { Target } from "../../../core/target/target.ts";
import type { Speed } from "../latency/latency.ts";
import type { Admits, WeightedList } from "./draws.ts";
import type { CachedTokens } from "./seen-prefixes.ts";

/** What strategies know of targets. The same view gives the same order. */
export interface StrategyView {
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** How many calls are under way at a target. */
  readonly underWay: (target: Target) => number;
  /** How fast a target is; undefined: nothing is known. */
  readonly speed: (target: Target, stream: boolean) => Speed | undefined;
  /**
   * What a target has used of what it may get in a minute, from 0 to 1; 0 where nothing bounds it.
   */
  readonly usedShare: (target: Target) => number;
  /** The prices of the model at a target; undefined: they are not known. */
  readonly prices: (target: Target) => Prices | undefined;
  /** The tokens of an average answer of the model at a target; undefined: none is known. */
  readonly answerTokens: (target: Target) => number | undefined;
  /** Where calls of a key stay for a while; undefined: nowhere yet. */
  readonly pinned: (key: string) => Target | undefined;
  /** What targets have cached of the prompts of a key. Absent, or undefined: nothing is known. */
  readonly cachedTokens?: (key: string) => CachedTokens | undefined;
}

/** A target with the reason why it stands where it does. */
export interface Choice {
  readonly target: WeightedTarget;
  readonly why: string;
  /** What the strategy compares, the lower first. Absent: it compares nothing. */
  readonly score?: number;
}

/** Targets of one model and one `order`, by a strategy. */
export interface Level {
  readonly list: WeightedList;
  readonly strategy: Strategy;
  /** Whether the call wants a stream. */
  readonly stream: boolean;
  readonly admits: Admits;
  /** How large the call is. Absent: the strategy does not go by it. */
  readonly size?: CallSize | undefined;
  /** The bound on the answer that the call sets, in tokens. Absent: the strategy does not go by it. */
  readonly outputBound?: (() => number | undefined) | undefined;
  /** What calls stay at one target by, or what is cached of their prompt. Absent: nothing. */
  readonly key?: string | undefined;
}

/** Gives the targets of a level one at a time, in the order in which they are tried. */
export type Picks = () => Choice | undefined;
