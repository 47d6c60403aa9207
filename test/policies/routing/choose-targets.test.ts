import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AllOpen } from "../../../gen/parlance/config/v1/breaker_pb.js";
import { ModelSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { Strategy } from "../../../gen/parlance/config/v1/strategy_pb.js";
import { fillModelDefaults } from "../../../src/config/defaults.ts";
import type { ConfiguredModel, WeightedTarget } from "../../../src/config/settings.ts";
import { chooseTargets } from "../../../src/policies/routing/choose-targets.ts";
import type { Circuit } from "../../../src/policies/routing/circuits/circuit.ts";

const at = (provider: string, more: Partial<WeightedTarget> = {}): WeightedTarget => ({
  provider,
  model: "m",
  weight: 1,
  ...more,
});

function modelOf(
  targets: readonly WeightedTarget[],
  strategy = Strategy.WEIGHTED,
  allOpen = AllOpen.TRY,
): ConfiguredModel {
  const settings = create(ModelSchema, { name: "m", strategy, breaker: { allOpen } });
  return { settings: fillModelDefaults(settings), targets };
}

const open = (untilMs: number): Circuit => ({ state: "open", untilMs });

function choose(
  model: ConfiguredModel,
  circuits: Readonly<Record<string, Circuit>> = {},
  random = 0,
  admitted?: WeightedTarget,
) {
  const choices = chooseTargets(
    model,
    { stream: false, ...(admitted !== undefined && { admitted }) },
    {
      underWay: () => 0,
      speed: () => undefined,
      usedShare: () => 0,
      prices: () => undefined,
      answerTokens: () => undefined,
      pinned: () => undefined,
      circuit: ({ provider }) => circuits[provider] ?? { state: "closed" },
      random: () => random,
    },
  );
  const names = (list: typeof choices.order) => list.map(({ target }) => target.provider).join("");
  return { ...choices, tried: names(choices.order), passed: names(choices.excluded) };
}

describe("the choice of targets", () => {
  const three = [at("a"), at("b"), at("c")];
  const ordered = [at("a"), at("b", { order: 2 }), at("c", { order: 1 }), at("d", { order: 2 })];
  const cases: readonly (readonly [
    title: string,
    model: ConfiguredModel,
    circuits: Readonly<Record<string, Circuit>>,
    tried: string,
    passed: string,
  ])[] = [
    ["takes all that are called", modelOf(three), {}, "abc", ""],
    [
      "passes over those without a weight",
      modelOf([at("a", { weight: 0 }), at("b")]),
      {},
      "b",
      "a",
    ],
    ["begins with the lowest order", modelOf(ordered), {}, "cbda", ""],
    ["takes them in turn by priority", modelOf(three, Strategy.PRIORITY), {}, "abc", ""],
    ["has the order before the place", modelOf(ordered, Strategy.PRIORITY), {}, "cbda", ""],
    ["passes over an open circuit", modelOf(three), { a: open(5) }, "bc", "a"],
    ["tries what is to be probed", modelOf(three), { a: { state: "half_open" } }, "abc", ""],
    ["leaves a probe alone", modelOf(three), { a: { state: "probing", untilMs: 5 } }, "bc", "a"],
    [
      "tries the target that is called again first where all are open",
      modelOf(three),
      { a: open(9), b: open(5), c: open(7) },
      "b",
      "ca",
    ],
    [
      "tries none where the settings say so",
      modelOf(three, Strategy.WEIGHTED, AllOpen.REFUSE),
      { a: open(9), b: open(5), c: open(7) },
      "",
      "bca",
    ],
    [
      "tries the only target though its circuit is open",
      modelOf([at("a")]),
      { a: open(5) },
      "a",
      "",
    ],
    [
      "does not where the settings say so",
      modelOf([at("a")], Strategy.WEIGHTED, AllOpen.REFUSE),
      { a: open(5) },
      "",
      "a",
    ],
  ];
  for (const [title, model, circuits, tried, passed] of cases)
    it(title, () => expect(choose(model, circuits)).toMatchObject({ tried, passed }));

  it("takes a target that was found free as it is, for the first choice alone", () => {
    const [a, b, c] = three;
    const model = modelOf(three, Strategy.PRIORITY);
    const circuits = { a: open(5), b: open(5) };
    expect(choose(model, circuits, 0, a)).toMatchObject({ tried: "ac", passed: "b" });
    expect(choose(model, circuits, 0, c)).toMatchObject({ tried: "c", passed: "ab" });
    expect(choose(model, { b: open(5) }, 0, b)).toMatchObject({ tried: "ac", passed: "b" });
  });

  it("says until when a circuit is open", () => {
    const { excluded, openUntilMs } = choose(modelOf(three, Strategy.WEIGHTED, AllOpen.REFUSE), {
      a: open(9000),
      b: open(5000),
      c: { state: "probing", untilMs: 7000 },
    });
    expect(openUntilMs).toBe(5000);
    expect(excluded.map(({ why }) => why)).toEqual([
      "its circuit is open until 1970-01-01T00:00:05.000Z",
      "its circuit is open, and another call probes it",
      "its circuit is open until 1970-01-01T00:00:09.000Z",
    ]);
  });

  it("holds each target once, tried or passed over, and only lower orders before higher ones", () => {
    const target = fc.record({
      weight: fc.nat(3),
      order: fc.integer({ min: 1, max: 4 }),
      open: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(target, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (rows, random) => {
          const targets = rows.map(({ weight, order }, index) =>
            at(String(index), { weight, order }),
          );
          const circuits = Object.fromEntries(
            rows.map((row, index) => [
              String(index),
              row.open ? open(5 + index) : { state: "closed" as const },
            ]),
          );
          const { order, excluded } = choose(modelOf(targets), circuits, random);
          const all = [...order, ...excluded].map((choice) => choice.target.provider).sort();
          expect(all).toEqual(targets.map(({ provider }) => provider).sort());
          const orders = order.map((choice) => choice.target.order ?? 0);
          expect(orders).toEqual([...orders].sort((one, other) => one - other));
          expect(order.length > 0).toBe(targets.some(({ weight }) => weight > 0));
        },
      ),
    );
  });
});
