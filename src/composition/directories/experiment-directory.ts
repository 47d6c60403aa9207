import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ArmResult,
  ArmResultSchema,
  DifferenceSchema,
  type Experiment,
  ExperimentSchema,
  ExperimentState,
  type TimeQuantiles,
  TimeQuantilesSchema,
} from "../../../gen/parlance/admin/v1/experiment_pb.js";
import type { ConfiguredExperiment, Settings } from "../../config/settings.ts";
import type { ExperimentDirectory } from "../../edge/gateway-api.ts";
import { type ArmCounts, readCounts, type Times } from "../../policies/experiment/arm-tally.ts";
import {
  type Difference,
  meanDifference,
  proportionDifference,
} from "../../policies/experiment/difference.ts";
import type { Decision, ExperimentBook } from "../../policies/experiment/experiment-book.ts";

/** An experiment and the model that it splits. */
interface Split {
  readonly model: string;
  readonly experiment: ConfiguredExperiment;
}

/** The experiments of the settings in force, with what the book knows of them. */
export function createExperimentDirectory(
  settings: () => Settings,
  book: ExperimentBook,
): ExperimentDirectory {
  const all = (): readonly Split[] => {
    const splits: Split[] = [];
    for (const [model, { experiment }] of settings().models)
      if (experiment !== undefined) splits.push({ model, experiment });
    return splits.sort(({ experiment: one }, { experiment: other }) =>
      one.name < other.name ? -1 : 1,
    );
  };
  const find = (name: string) => all().find(({ experiment }) => experiment.name === name);
  return {
    names: () => all().map(({ experiment }) => experiment.name),
    has(name, arm) {
      const arms = find(name)?.experiment.arms;
      return arms !== undefined && (arm === undefined || arms.some((one) => one.name === arm));
    },
    async get(name) {
      const split = find(name);
      return split === undefined ? undefined : describe(split, book);
    },
    async decide(name, decision) {
      const split = find(name);
      if (split === undefined) return undefined;
      book.decide(split.experiment, decision);
      return describe(split, book);
    },
  };
}

async function describe({ model, experiment }: Split, book: ExperimentBook): Promise<Experiment> {
  const { name, unit, arms } = experiment;
  const { sinceMs, allGateways, tallies } = await book.results(experiment);
  const decision = book.decision(experiment);
  const counts = tallies.map(readCounts);
  const [first] = counts;
  return create(ExperimentSchema, {
    name,
    model,
    unit,
    state: states[decision.kind],
    decidedArm: decidedArm(decision, experiment),
    since: timestampFromMs(sinceMs),
    allGateways,
    arms: arms.flatMap((arm, index) => {
      const own = counts[index];
      if (own === undefined) return [];
      const result = describeArm(own, index === 0 ? undefined : first);
      return { ...result, name: arm.name, percent: arm.share / 100 };
    }),
  });
}

const states: Readonly<Record<Decision["kind"], ExperimentState>> = {
  running: ExperimentState.RUNNING,
  promoted: ExperimentState.PROMOTED,
  stopped: ExperimentState.STOPPED,
};

function decidedArm(decision: Decision, { arms }: ConfiguredExperiment): string {
  if (decision.kind === "promoted") return decision.arm;
  return decision.kind === "stopped" ? (arms[0]?.name ?? "") : "";
}

/** What was counted of an arm, and how it differs from the first; undefined: it is that one. */
function describeArm(own: ArmCounts, first: ArmCounts | undefined): ArmResult {
  const { total, first: firstToken, cost } = own;
  return create(ArmResultSchema, {
    calls: whole(own.whole + own.broken),
    errors: whole(own.broken),
    errorsByReason: own.reasons.map(([reason, count]) => ({ reason, count: whole(count) })),
    left: whole(own.left),
    ...(total.count > 0 && { latency: describeTimes(total) }),
    ...(firstToken.count > 0 && { firstToken: describeTimes(firstToken) }),
    inputTokens: whole(own.inputTokens),
    outputTokens: whole(own.outputTokens),
    costNanoUsd: whole(cost.sum),
    pricedCalls: whole(cost.count),
    unpricedCalls: whole(own.unpriced),
    ...(first !== undefined && describeDifferences(own, first)),
  });
}

function describeTimes(times: Times): TimeQuantiles {
  const { count, sum, quantile } = times;
  return create(TimeQuantilesSchema, {
    count: whole(count),
    meanMs: sum / count,
    p50Ms: quantile(0.5) ?? 0,
    p90Ms: quantile(0.9) ?? 0,
    p95Ms: quantile(0.95) ?? 0,
    p99Ms: quantile(0.99) ?? 0,
  });
}

function describeDifferences(own: ArmCounts, first: ArmCounts) {
  const shareOf = ({ whole: answered, broken }: ArmCounts) => ({
    hits: broken,
    of: answered + broken,
  });
  const errors = proportionDifference(shareOf(own), shareOf(first));
  const latency = meanDifference(own.total, first.total);
  const cost = meanDifference(own.cost, first.cost);
  return {
    ...(errors && { errorRateDifference: describeDifference(errors) }),
    ...(latency && { latencyDifferenceMs: describeDifference(latency) }),
    ...(cost && { costDifferenceNanoUsd: describeDifference(cost) }),
  };
}

function describeDifference(difference: Difference) {
  return create(DifferenceSchema, difference);
}

function whole(count: number): bigint {
  return BigInt(Math.round(count));
}
