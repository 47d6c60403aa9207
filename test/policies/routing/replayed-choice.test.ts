import { create, fromJson, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ModelSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { Strategy } from "../../../gen/parlance/config/v1/strategy_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Prices, PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { fillModelDefaults } from "../../../src/config/defaults.ts";
import type { ConfiguredModel } from "../../../src/config/settings.ts";
import { attemptOf } from "../../../src/core/attempt.ts";
import { errorBehaviour } from "../../../src/core/faults/error-behaviour.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import type { Target } from "../../../src/core/target/target.ts";
import { chooseTargets, type TargetView } from "../../../src/policies/routing/choose-targets.ts";
import type { RouteOptions } from "../../../src/policies/routing/rounds.ts";
import { candidates, route } from "../../../src/policies/routing/route.ts";
import { createShareBudget } from "../../../src/policies/routing/share-budget.ts";
import { callOf, noOutlet, rejection } from "../../calls.ts";
import { seededRandom } from "../../seeded-random.ts";

/** A target, and what is known of it when the call is made. */
const someTarget = fc.record({
  weight: fc.integer({ min: 0, max: 3 }),
  order: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
  open: fc.boolean(),
  usedUp: fc.boolean(),
  underWay: fc.nat(5),
  speed: fc.option(
    fc.record({
      firstTokenMs: fc.integer({ min: 1, max: 900 }),
      tokenMs: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    }),
    { nil: undefined },
  ),
  usedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  price: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
});
const situation = fc.record({
  targets: fc.array(someTarget, { minLength: 1, maxLength: 6 }),
  strategy: fc.constantFrom(
    Strategy.WEIGHTED,
    Strategy.PRIORITY,
    Strategy.LEAST_BUSY,
    Strategy.LOWEST_LATENCY,
    Strategy.LOWEST_COST,
    Strategy.USAGE,
    Strategy.STICKY,
  ),
  pinned: fc.option(fc.nat(5), { nil: undefined }),
  seed: fc.integer(),
});

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

function modelOf({ targets, strategy }: Situation): ConfiguredModel {
  return {
    settings: fillModelDefaults(create(ModelSchema, { name: "m", strategy })),
    targets: targets.map(({ weight, order }, at) => ({
      provider: String(at),
      model: "x",
      weight,
      ...(order !== undefined && { order }),
    })),
  };
}

function optionsOf(some: Situation): RouteOptions {
  const model = modelOf(some);
  const of = ({ provider }: Target) => {
    const found = some.targets[Number(provider)];
    if (found === undefined) throw new Error(`no target ${provider}`);
    return found;
  };
  const pricesOf = (target: Target): Prices | undefined => {
    const { price } = of(target);
    if (price === undefined) return undefined;
    return create(PricesSchema, { tokens: { input: BigInt(price), output: 1n } });
  };
  return {
    resolve: () => model,
    outlet: () => noOutlet,
    random: seededRandom(some.seed),
    routingMembers: () => [],
    underWay: (target) => of(target).underWay,
    speed: (target) => of(target).speed,
    usedShare: (target) => of(target).usedShare,
    prices: pricesOf,
    answerTokens: () => undefined,
    pinned: () => (some.pinned === undefined ? undefined : model.targets[some.pinned]),
    circuit: (target) =>
      of(target).open ? { state: "open", untilMs: Number(target.provider) } : { state: "closed" },
    filters: [
      () => (target) =>
        of(target).usedUp ? { why: "is used up", reason: ErrorReason.RATE_LIMITED } : undefined,
    ],
    fallbackRule: { defaultFallbacks: [], maxFallbacks: 5 },
    classes: errorBehaviour,
    retryBudget: createShareBudget(() => 0),
    hedgeBudget: createShareBudget(() => 0),
    p95Ms: () => undefined,
    wallMs: () => 0,
  };
}

const planned = (some: Situation) =>
  candidates(optionsOf(some), callOf()).tried.map(({ target }) => target.provider);

it("the plan of a call is the order of its tries, whatever is known of the targets", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (some) => {
      const tried: string[] = [];
      const layer = route(optionsOf(some));
      const failing = layer((call) => {
        tried.push(attemptOf(call).target.provider);
        const reason = ErrorReason.UPSTREAM_UNAVAILABLE;
        return Promise.reject(new GatewayError({ reason, message: "it is down" }));
      });
      await rejection(failing(callOf()));
      expect(tried).toEqual(planned(some));
    }),
    { numRuns: 300 },
  );
});

/** What a choice has read, each by its name and its target, and the draws in order. */
interface Reads {
  readonly draws: number[];
  readonly facts: Record<string, unknown>;
}

/** A view that notes in `reads` what is read of another. */
function recording(view: TargetView, reads: Reads): TargetView {
  const noted = <T>(name: string, value: T): T => {
    reads.facts[name] = value;
    return value;
  };
  return {
    random() {
      const draw = view.random();
      reads.draws.push(draw);
      return draw;
    },
    underWay: (target) => noted(`underWay ${target.provider}`, view.underWay(target)),
    speed: (target, stream) => noted(`speed ${target.provider}`, view.speed(target, stream)),
    usedShare: (target) => noted(`usedShare ${target.provider}`, view.usedShare(target)),
    answerTokens: (target) => noted(`answerTokens ${target.provider}`, view.answerTokens(target)),
    circuit: (target) => noted(`circuit ${target.provider}`, view.circuit(target)),
    pinned: (key) => noted("pinned", view.pinned(key)),
    prices(target) {
      const prices = view.prices(target);
      noted(`prices ${target.provider}`, prices && toJson(PricesSchema, prices));
      return prices;
    },
  };
}

/** A view of what was read before, as JSON has it. */
function replaying(text: string): TargetView {
  const { draws, facts } = JSON.parse(text);
  return {
    random: () => draws.shift(),
    underWay: ({ provider }) => facts[`underWay ${provider}`],
    speed: ({ provider }) => facts[`speed ${provider}`],
    usedShare: ({ provider }) => facts[`usedShare ${provider}`],
    answerTokens: ({ provider }) => facts[`answerTokens ${provider}`],
    circuit: ({ provider }) => facts[`circuit ${provider}`],
    pinned: () => facts.pinned,
    prices({ provider }) {
      const json = facts[`prices ${provider}`];
      return json === undefined ? undefined : fromJson(PricesSchema, json);
    },
  };
}

it("what a choice has read can be written down, and gives the same order again", () => {
  fc.assert(
    fc.property(situation, (some) => {
      const wants = { stream: false, size: { inputTokens: 9, maxOutputTokens: 9 }, key: "k" };
      const reads: Reads = { draws: [], facts: {} };
      const chosen = chooseTargets(modelOf(some), wants, recording(optionsOf(some), reads));
      const again = chooseTargets(modelOf(some), wants, replaying(JSON.stringify(reads)));
      expect(again).toEqual(chosen);
    }),
    { numRuns: 200 },
  );
});
