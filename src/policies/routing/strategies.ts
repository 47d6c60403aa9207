import { Strategy } from "../../../gen/parlance/config/v1/model_pb.js";
import type { WeightedTarget } from "../../config/settings.ts";
import type { Target } from "../../core/target/target.ts";

/** What strategies know of targets. The same view gives the same order. */
export interface StrategyView {
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** How many calls are under way at a target. */
  readonly underWay: (target: Target) => number;
  /** What a call is expected to wait at a target, in milliseconds; undefined: nothing is known. */
  readonly expectedMs: (target: Target, stream: boolean) => number | undefined;
}

/** A target with the reason why it stands where it does. */
export interface Choice {
  readonly target: WeightedTarget;
  readonly why: string;
}

/** Targets of one model and one `order` that may be called, by a strategy. */
export interface Level {
  readonly targets: readonly WeightedTarget[];
  readonly strategy: Strategy;
  /** Whether the call wants a stream. */
  readonly stream: boolean;
}

/** Whether a strategy goes by the calls under way, which are counted for it. */
export function countsCalls(strategy: Strategy): boolean {
  return strategy === Strategy.LEAST_BUSY || strategy === Strategy.LOWEST_LATENCY;
}

/** Orders targets by a strategy: the first is tried first. */
export function orderBy(level: Level, view: StrategyView): Choice[] {
  switch (level.strategy) {
    case Strategy.PRIORITY:
      return inTurn(level.targets);
    case Strategy.LEAST_BUSY:
      return leisurely(level.targets, view);
    case Strategy.LOWEST_LATENCY:
      return fastest(level, view);
    default:
      return drawn(level.targets, view.random);
  }
}

function inTurn(targets: readonly WeightedTarget[]): Choice[] {
  return targets.map((target, at) => ({ target, why: `place ${at + 1} of ${targets.length}` }));
}

/** Draws by weight without replacement. */
function drawn(targets: readonly WeightedTarget[], random: () => number): Choice[] {
  const left = [...targets];
  const order: Choice[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, target) => sum + target.weight, 0);
    const [picked] = left.splice(drawAt(left, random() * total), 1);
    if (picked === undefined) break;
    order.push({ target: picked, why: `drawn with weight ${picked.weight} of ${total}` });
  }
  return order;
}

/** The index of the target whose share of the weights a point falls into. */
function drawAt(targets: readonly WeightedTarget[], point: number): number {
  let rest = point - (targets[0]?.weight ?? 0);
  let at = 0;
  while (rest >= 0 && at < targets.length - 1) {
    at += 1;
    rest -= targets[at]?.weight ?? 0;
  }
  return at;
}

/** By the calls under way for each weight; drawn where several are alike. */
function leisurely(targets: readonly WeightedTarget[], view: StrategyView): Choice[] {
  const busy = new Map(targets.map((target) => [target, view.underWay(target)]));
  const load = (target: WeightedTarget) => (busy.get(target) ?? 0) / target.weight;
  return drawn(targets, view.random)
    .map(({ target }) => ({ target, why: `${busy.get(target)} calls under way` }))
    .sort((one, other) => load(one.target) - load(other.target));
}

/** A target with what a call there is expected to cost in time. */
interface Scored extends Choice {
  readonly score: number;
}

/**
 * The better of two that are drawn, again and again: as good as the best of all within a few
 * percent, without sending every call to one target until its numbers change
 * (https://www.eecs.harvard.edu/~michaelm/postscripts/mythesis.pdf).
 */
function fastest({ targets, stream }: Level, view: StrategyView): Choice[] {
  const left = drawn(targets, view.random).map(({ target }) => scored(target, stream, view));
  const order: Choice[] = [];
  while (left.length > 0) {
    const [one, other] = left;
    const second = one !== undefined && other !== undefined && other.score < one.score;
    const [picked] = left.splice(second ? 1 : 0, 1);
    if (picked !== undefined) order.push({ target: picked.target, why: picked.why });
  }
  return order;
}

function scored(target: WeightedTarget, stream: boolean, view: StrategyView): Scored {
  const expectedMs = view.expectedMs(target, stream);
  const underWay = view.underWay(target);
  const what = stream ? "the first token" : "each token";
  if (expectedMs === undefined) {
    const score = underWay === 0 ? -1 : Number.POSITIVE_INFINITY;
    return { target, score, why: `not known how fast, ${underWay} calls under way` };
  }
  const why = `${printMs(expectedMs)} ms for ${what}, ${underWay} calls under way`;
  return { target, score: expectedMs * (underWay + 1), why };
}

function printMs(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
