/**
 * How long the choice of a target takes by each strategy: `node bench/choose-targets.ts [TARGETS]`,
 * 1,000 unless said otherwise. Prints a Markdown table of microseconds of CPU time a choice, over
 * the state that one thread keeps and the one that threads share.
 */
import { create } from "@bufbuild/protobuf";
import { ModelSchema } from "../gen/parlance/config/v1/model_pb.js";
import { Strategy } from "../gen/parlance/config/v1/strategy_pb.js";
import { PricesSchema } from "../gen/parlance/model/v1/model_facts_pb.js";
import { fillModelDefaults } from "../src/config/defaults.ts";
import type { ConfiguredModel } from "../src/config/settings.ts";
import { beginChoice, type TargetView } from "../src/policies/routing/choose-targets.ts";
import { createRoutingState } from "../src/policies/routing/routing-state.ts";
import { createLocalRateWindows } from "../src/state/local-rate-window.ts";
import { createSharedState, createStateMemory } from "../src/state/shared-state.ts";
import { createMemoryState, type State } from "../src/state/state.ts";
import { median } from "./statistics.ts";

const count = Number(process.argv[2] ?? 1000);
const targets = Array.from({ length: count }, (_, index) => ({
  provider: `p${index}`,
  model: "m",
  weight: 1 + (index % 3),
  rates: { name: `p${index}/m`, requests: 600, tokens: 100_000 },
}));

function viewOf(state: State): TargetView {
  const wallMs = () => Date.now();
  const rates = createLocalRateWindows(state, wallMs);
  const clocks = { state, nowMs: () => performance.now(), wallMs, rates };
  const { health, inFlight, latency, targetRates, answerLengths, stickyPins } =
    createRoutingState(clocks);
  for (const [index, target] of targets.entries()) {
    health.succeeded(target);
    inFlight.of(target).take(1000, 1 + (index % 5));
    const size = () => ({ inputTokens: 100 * (1 + (index % 7)), maxOutputTokens: 100 });
    void targetRates.take(target, size, target);
    latency.note({
      target,
      stream: true,
      waitedMs: 100 + (index % 50),
      answered: true,
      outputTokens: undefined,
      streamed: { ms: 1_000 + (index % 30), tokens: 100, whole: true },
    });
  }
  return {
    random: Math.random,
    circuit: (target) => health.circuit(target),
    underWay: (target) => inFlight.of(target).held(),
    speed: (target, stream) => latency.speed(target, stream),
    usedShare: (target) => targetRates.usedShare(target),
    prices: (target) => prices[Number(target.provider.slice(1)) % prices.length],
    answerTokens: (target) => answerLengths.expected(target),
    pinned: (key) => stickyPins.of(key),
  };
}

function microseconds(strategy: Strategy, view: TargetView): number {
  const settings = fillModelDefaults(create(ModelSchema, { name: "m", strategy }));
  const model: ConfiguredModel = { settings, targets };
  const rounds: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    const before = process.cpuUsage();
    for (let call = 0; call < callsOfRound; call += 1)
      beginChoice(model, { stream: true, size, key: String(call) }, view).next();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / callsOfRound);
  }
  return median(rounds);
}

/** Twenty price lists, as of many deployments of some models. */
const prices = Array.from({ length: 20 }, (_, index) =>
  create(PricesSchema, { tokens: { input: BigInt(100 + index), output: BigInt(900 - index) } }),
);
const size = { inputTokens: 1_000, maxOutputTokens: 500 };
const callsOfRound = 5_000;
const strategies = [
  Strategy.WEIGHTED,
  Strategy.PRIORITY,
  Strategy.LEAST_BUSY,
  Strategy.LOWEST_LATENCY,
  Strategy.USAGE,
  Strategy.LOWEST_COST,
  Strategy.STICKY,
];
const views = [createMemoryState(), createSharedState(createStateMemory(2), 0)].map(viewOf);
process.stdout.write(`| ${count} targets | one thread, us | shared, us |\n| --- | --- | --- |\n`);
for (const strategy of strategies) {
  const times = views.map((view) => microseconds(strategy, view).toFixed(2));
  process.stdout.write(`| ${Strategy[strategy]} | ${times.join(" | ")} |\n`);
}
