import type { ConfiguredArm, ConfiguredExperiment, Settings } from "../../config/settings.ts";
import type { Call, Layer } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import type { End } from "../../core/life.ts";
import { countCall, countCost } from "./arm-tally.ts";
import { type ArmCall, armAt, armOf, unitOf, whole } from "./choose-arm.ts";
import { costOfAttempts, type FindPrices } from "./cost-of-attempts.ts";
import type { ExperimentBook } from "./experiment-book.ts";

/** What experiments act through beside the settings. */
export interface ExperimentWorld {
  readonly experiments: ExperimentBook;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** The prices of the model at a target; undefined: they are not known. */
  readonly prices: FindPrices;
}

/** What the layer needs of the settings and the world. */
export interface ExperimentOptions extends ExperimentWorld {
  /** The experiment of the model that a caller's name stands for. */
  readonly experimentOf: (model: string) => ConfiguredExperiment | undefined;
  /** Whether callers have keys. */
  readonly keyed: boolean;
}

/** The stage of the layer below; undefined where no model has an experiment. */
export function experimentPolicy(
  { models, resolve, auth }: Settings,
  world: ExperimentWorld,
): Stage | undefined {
  const has = [...models.values()].some(({ experiment }) => experiment !== undefined);
  if (!has) return undefined;
  const { experiments, random, nowMs, prices } = world;
  const experimentOf = (model: string) => resolve(model)?.experiment;
  const options = { experiments, random, nowMs, prices, experimentOf, keyed: auth.required };
  return { name: "experiment", layer: experiment(options), plan: planExperiment(options) };
}

/**
 * Gives a call an arm of the experiment of its model, and counts what becomes of it for the arm.
 * Calls that were answered without trying a target and those that count tokens are no trial of the
 * arm, and those that come after the experiment was decided would compare times that differ: they
 * are not counted.
 */
export function experiment(options: ExperimentOptions): Layer {
  return (next) => (call) => {
    const chosen = chooseArm(options, call);
    if (chosen === undefined) return next(call);
    const { arm, among } = chosen;
    call.trace.enterArm(arm.name);
    const routed = { ...call, arm: { experiment: among.name, name: arm.name } };
    const counts = call.request.operation.name !== "count_tokens";
    if (!counts || options.experiments.decision(among).kind !== "running") return next(routed);
    let answeredMs: number | undefined;
    call.life.atEnd((end) => count(options, call, chosen, { end, answeredMs }));
    const reply = next(routed);
    if (!call.request.stream) return reply;
    return reply.then((answer) => {
      answeredMs = options.nowMs();
      return answer;
    });
  };
}

/** The arm that a call would have. */
export function planExperiment(options: ExperimentOptions): (call: Call) => Plan | undefined {
  return (call) => {
    const chosen = chooseArm(options, call);
    if (chosen === undefined) return undefined;
    const { arm, among } = chosen;
    const planned = { ...call, arm: { experiment: among.name, name: arm.name } };
    return { call: planned, report: [] };
  };
}

/** An arm and the experiment that it is of. */
interface Chosen {
  readonly arm: ConfiguredArm;
  readonly among: ConfiguredExperiment;
}

function chooseArm(
  options: ExperimentOptions,
  call: ArmCall & Pick<Call, "model">,
): Chosen | undefined {
  const among = options.experimentOf(call.model);
  if (among === undefined) return undefined;
  const decision = options.experiments.decision(among);
  if (decision.kind === "running") {
    const { id } = unitOf(among, call, options.keyed);
    const arm = id === undefined ? armAt(among.arms, options.random() * whole) : armOf(among, id);
    return { arm, among };
  }
  const name = decision.kind === "promoted" ? decision.arm : among.arms[0]?.name;
  const arm = among.arms.find((one) => one.name === name);
  return arm === undefined ? undefined : { arm, among };
}

/** How a call came out. */
interface Outcome {
  readonly end: End;
  /** When its first content was there. */
  readonly answeredMs: number | undefined;
}

function count(
  options: ExperimentOptions,
  { trace }: Call,
  { arm, among }: Chosen,
  { end, answeredMs }: Outcome,
): void {
  if (end.kind === "whole" && trace.attempts.length === 0) return;
  const { experiments, nowMs, prices } = options;
  const counted = {
    failure: end.kind === "broken" ? end.fault.reason : undefined,
    left: end.kind === "left",
    durationMs: nowMs() - trace.startedMs,
    firstTokenMs: answeredMs === undefined ? undefined : answeredMs - trace.startedMs,
    inputTokens: Number(end.usage?.inputTokens ?? 0n),
    outputTokens: Number(end.usage?.outputTokens ?? 0n),
  };
  experiments.count(among, arm.name, (tally) => countCall(tally, counted));
  // What failed without a word of its usage mostly cost nothing, but nobody knows.
  if (end.usage === undefined && end.kind !== "whole") return;
  void costOfAttempts(prices, trace.attempts).then((nanoUsd) =>
    experiments.count(among, arm.name, (tally) => countCost(tally, nanoUsd)),
  );
}
