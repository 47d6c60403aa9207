import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelSchema, UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { fillModelDefaults } from "../../../src/config/defaults.ts";
import type { ConfiguredModel } from "../../../src/config/settings.ts";
import { attemptOf, handleCall } from "../../../src/core/attempt.ts";
import type { Principal } from "../../../src/core/call.ts";
import { errorBehaviour } from "../../../src/core/faults/error-behaviour.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { type LossPolicy, lenient } from "../../../src/core/fidelity/loss-policy.ts";
import type { Target } from "../../../src/core/target/target.ts";
import type { RouteOptions } from "../../../src/policies/routing/rounds.ts";
import { candidates, route } from "../../../src/policies/routing/route.ts";
import { createShareBudget } from "../../../src/policies/routing/share-budget.ts";
import { callOf, noOutlet, rejection, replyOf } from "../../calls.ts";

const model = (
  name: string,
  targets: ConfiguredModel["targets"],
  fallbacks: string[] = [],
): ConfiguredModel => ({
  settings: fillModelDefaults(create(ModelSchema, { name, fallbacks })),
  targets,
});
const fast = model(
  "fast",
  [
    { provider: "a", model: "m1", weight: 3 },
    { provider: "b", model: "m2", weight: 1 },
    { provider: "c", model: "m3", weight: 0 },
  ],
  ["smart"],
);
const smart = model("smart", [{ provider: "d", model: "m4", weight: 1 }]);
const single = model("single", [{ provider: "a", model: "m1", weight: 1 }]);
const models = new Map([fast, smart, single].map((one) => [one.settings.name, one]));

const options = (random: () => number): RouteOptions => ({
  resolve: (name) => models.get(name),
  outlet: () => noOutlet,
  random,
  routingMembers: () => [],
  underWay: () => 0,
  speed: () => undefined,
  usedShare: () => 0,
  prices: () => undefined,
  answerTokens: () => undefined,
  pinned: () => undefined,
  circuit: () => ({ state: "closed" }),
  filters: [],
  fallbackRule: { defaultFallbacks: [], maxFallbacks: 5 },
  classes: errorBehaviour,
  retryBudget: createShareBudget(() => 0),
  hedgeBudget: createShareBudget(() => 0),
  p95Ms: () => undefined,
  wallMs: () => 0,
});
const providers = ({ tried }: { readonly tried: readonly { readonly target: Target }[] }): string =>
  tried.map(({ target }) => target.provider).join("");

/** What the order of candidates depends on in a call. */
const asking = (
  model: string,
  who: {
    readonly principal?: Principal | undefined;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
) => ({
  model,
  request: callOf().request,
  header: (name: string) => who.headers?.[name],
  ...(who.principal === undefined ? {} : { principal: who.principal }),
});

describe("the order of candidates", () => {
  const limited: Principal = { name: "k", admin: false, models: new Set(["fast"]), strict: false };
  const cases: readonly (readonly [
    title: string,
    random: number,
    principal: Principal | undefined,
    expected: string,
  ])[] = [
    ["begins with the target whose share the draw falls in", 0, undefined, "abd"],
    ["gives the first target its whole share", 0.7499, undefined, "abd"],
    ["gives the rest to the second", 0.75, undefined, "bad"],
    ["leaves out fallbacks that the key may not use", 0, limited, "ab"],
  ];
  for (const [title, random, principal, expected] of cases) {
    it(title, () =>
      expect(
        providers(
          candidates(
            options(() => random),
            asking("fast", { principal }),
          ),
        ),
      ).toBe(expected),
    );
  }

  it("passes over targets that the call or a filter excludes, and says why", () => {
    const excluding = {
      ...options(() => 0),
      filters: [
        () => (target: Target) => (target.provider === "d" ? { why: "is in the us" } : undefined),
      ],
    };
    const call = {
      ...asking("fast"),
      excludes: (target: Target) => (target.provider === "a" ? { why: "is barred" } : undefined),
    };
    const { tried, passedOver } = candidates(excluding, call);
    expect(providers({ tried })).toBe("b");
    expect(passedOver.map(({ target, why }) => `${target.provider}: ${why}`)).toEqual([
      "a: model fast: is barred",
      "c: model fast: has weight 0",
      "d: fallback smart of fast: is in the us",
    ]);
  });

  it("holds every target with a weight exactly once, whatever is drawn", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 8 }),
        (draws) => {
          let at = 0;
          const order = candidates(
            options(() => draws[at++] ?? 0),
            asking("fast"),
          );
          return [...providers(order)].sort().join("") === "abd";
        },
      ),
    );
  });

  it("draws in proportion to the weights", () => {
    const draws = Array.from({ length: 4000 }, (_, index) => (index + 0.5) / 4000);
    const firsts = draws.map(
      (draw) =>
        providers(
          candidates(
            options(() => draw),
            asking("fast"),
          ),
        )[0],
    );
    expect(firsts.filter((first) => first === "a")).toHaveLength(3000);
  });

  it("says why each stands where it does", () => {
    expect(
      candidates(
        options(() => 0),
        asking("fast"),
      ).tried.map(({ why }) => why),
    ).toEqual([
      "model fast: drawn with weight 3 of 4",
      "model fast: drawn with weight 1 of 1",
      "fallback smart of fast: drawn with weight 1 of 1",
    ]);
  });

  it("refuses a name that stands for nothing", () => {
    expect(() =>
      candidates(
        options(() => 0),
        asking("nope"),
      ),
    ).toThrow("there is no model nope");
  });
});

describe("what a call may lose", () => {
  const forward: LossPolicy = { strict: false, unknownFields: UnknownFields.FORWARD };
  const strict: LossPolicy = { strict: true, unknownFields: lenient.unknownFields };
  const careful: Principal = { name: "k", admin: false, models: undefined, strict: true };
  const cases: readonly (readonly [
    title: string,
    call: Parameters<typeof asking>[1],
    losses: LossPolicy,
    expected: LossPolicy,
  ])[] = [
    ["is what the model says", {}, forward, forward],
    ["is nothing where the model is strict", {}, strict, strict],
    [
      "is nothing where the key is strict",
      { principal: careful },
      forward,
      { ...forward, strict: true },
    ],
    [
      "is nothing where the caller asks",
      { headers: { "x-parlance-strict": "true" } },
      lenient,
      strict,
    ],
    [
      "is what the model says where the caller asks for no more",
      { headers: { "x-parlance-strict": "0" } },
      strict,
      strict,
    ],
  ];
  for (const [title, who, losses, expected] of cases) {
    it(title, () => {
      const settings = { ...single.settings, ...losses };
      const resolve = () => ({ ...single, settings });
      const order = candidates({ ...options(() => 0), resolve }, asking("single", who));
      expect(order.tried.map((candidate) => candidate.losses)).toMatchObject([expected]);
    });
  }

  it("is not guessed from a word that is neither", () => {
    const asked = asking("single", { headers: { "x-parlance-strict": "very" } });
    expect(() =>
      candidates(
        options(() => 0),
        asked,
      ),
    ).toThrow("x-parlance-strict: must be true or false");
  });
});

describe("the route", () => {
  const run = async (model: string, faults: Readonly<Record<string, ErrorReason>>) => {
    const tried: string[] = [];
    const handler = route(options(() => 0))(async (call) => {
      const { target } = attemptOf(call);
      tried.push(target.provider);
      const reason = faults[target.provider];
      if (reason !== undefined)
        throw new GatewayError({ reason, message: `failed at ${target.provider}` });
      return replyOf(target, call.life);
    });
    const call = callOf({ model });
    const outcome = await handleCall(call, handler).then(
      (reply) => reply.target.provider,
      (error: unknown) => error,
    );
    const trail = call.trace.attempts.map(
      ({ target, end, fault }) => [target.provider, end?.kind, fault?.reason] as const,
    );
    return { tried: tried.join(""), outcome, trail };
  };
  const limited = ErrorReason.UPSTREAM_RATE_LIMITED;

  it("stops at the first target that answers", async () => {
    expect(await run("fast", {})).toMatchObject({ tried: "a", outcome: "a" });
  });
  it("goes on to the next target and then to the fallback", async () => {
    expect(await run("fast", { a: limited, b: ErrorReason.UPSTREAM_CONTEXT_LENGTH })).toMatchObject(
      {
        tried: "abd",
        outcome: "d",
      },
    );
  });
  it("tries nothing else after a failure that is the caller's own", async () => {
    const { tried, outcome } = await run("fast", { a: ErrorReason.UPSTREAM_INVALID_REQUEST });
    expect([tried, (outcome as GatewayError).message]).toEqual(["a", "failed at a"]);
  });
  it("tries nothing else once the caller has left", async () => {
    expect((await run("fast", { a: ErrorReason.CANCELLED })).tried).toBe("a");
  });
  it("tells the first failure and the trail of all when every target fails", async () => {
    const { tried, outcome, trail } = await run("fast", {
      a: limited,
      b: ErrorReason.UPSTREAM_INTERNAL,
      d: ErrorReason.UPSTREAM_CUT,
    });
    const error = outcome as GatewayError;
    expect(tried).toBe("abd");
    expect(error.message).toBe("failed at a");
    expect(trail).toEqual([
      ["a", "broken", limited],
      ["b", "broken", ErrorReason.UPSTREAM_INTERNAL],
      ["d", "broken", ErrorReason.UPSTREAM_CUT],
    ]);
  });
  it("hands a bug on as it is", async () => {
    const bug = new TypeError("impossible");
    const handler = route(options(() => 0))(() => Promise.reject(bug));
    expect(await rejection(handler(callOf({ model: "single" })))).toBe(bug);
  });
});
