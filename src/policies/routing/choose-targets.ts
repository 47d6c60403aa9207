import { AllOpen } from "../../../gen/parlance/config/v1/breaker_pb.js";
import type { ConfiguredModel, WeightedTarget } from "../../config/settings.ts";
import type { Exclusion, TargetFilter } from "../../core/target/exclusion.ts";
import type { Target } from "../../core/target/target.ts";
import type { Circuit } from "./circuit.ts";
import { type Choice, orderBy, type StrategyView } from "./strategies.ts";

/** What the choice depends on beside the model: the same view gives the same choice. */
export interface TargetView extends StrategyView {
  readonly circuit: (target: Target) => Circuit;
}

/** A target that is not tried, with the reason. */
export interface Excluded extends Exclusion {
  readonly target: WeightedTarget;
}

/** What one call wants of the targets of a model. */
export interface Wants {
  readonly stream: boolean;
  /** Absent: every target may be tried. */
  readonly excludes?: TargetFilter | undefined;
}

/** The targets of a model in the order in which a call tries them. */
export interface Choices {
  readonly order: readonly Choice[];
  /** Those that are passed over, with the reason. */
  readonly excluded: readonly Excluded[];
  /** When the first that is left alone may be called, in milliseconds since 1970. */
  readonly openUntilMs?: number;
}

/**
 * Orders the targets of a model: by their `order`, then by the strategy. Targets without a weight,
 * those that the call excludes and those whose circuit is open are passed over; where all circuits
 * are open, the target that is called again first is tried, unless the model's settings say
 * otherwise.
 */
export function chooseTargets(model: ConfiguredModel, wants: Wants, view: TargetView): Choices {
  const { stream, excludes } = wants;
  const sole = soleTarget(model);
  if (sole !== undefined && excludes === undefined) return soleChoice(model, sole, view);
  const called: WeightedTarget[] = [];
  const left: LeftAlone[] = [];
  const excluded: Excluded[] = [];
  for (const target of model.targets) {
    const exclusion = target.weight === 0 ? withoutWeight : excludes?.(target);
    if (exclusion !== undefined) {
      excluded.push({ target, ...exclusion });
      continue;
    }
    const circuit = view.circuit(target);
    if ("untilMs" in circuit) left.push({ target, ...circuit });
    else called.push(target);
  }
  if (called.length === 0) return allLeftAlone(model, left, excluded);
  for (const one of left) excluded.push({ target: one.target, why: whyLeftAlone(one) });
  const { strategy } = model.settings;
  const order: Choice[] = [];
  for (const targets of levels(called))
    for (const choice of orderBy({ targets, strategy, stream }, view)) order.push(choice);
  return { order, excluded };
}

const withoutWeight: Exclusion = { why: "has weight 0" };

/** A target whose circuit is open. */
interface LeftAlone {
  readonly target: WeightedTarget;
  readonly state: "open" | "probing";
  readonly untilMs: number;
}

function soleTarget({ targets }: ConfiguredModel): WeightedTarget | undefined {
  const [first] = targets;
  return targets.length === 1 && first !== undefined && first.weight > 0 ? first : undefined;
}

/** The one target of a model is called whatever its circuit, unless the settings say otherwise. */
function soleChoice(model: ConfiguredModel, target: WeightedTarget, view: TargetView): Choices {
  if (model.settings.breaker.allOpen === AllOpen.REFUSE) {
    const circuit = view.circuit(target);
    if ("untilMs" in circuit) return allLeftAlone(model, [{ target, ...circuit }], []);
  }
  const kept = soleChoices.get(target);
  if (kept !== undefined) return kept;
  const { weight } = target;
  const why = `drawn with weight ${weight} of ${weight}`;
  const choices: Choices = { order: [{ target, why }], excluded: [] };
  soleChoices.set(target, choices);
  return choices;
}

/** Most models have one target, whose choice is the same for every call. */
const soleChoices = new WeakMap<WeightedTarget, Choices>();

function allLeftAlone(
  { settings }: ConfiguredModel,
  left: readonly LeftAlone[],
  excluded: readonly Excluded[],
): Choices {
  const sorted = [...left].sort((one, other) => one.untilMs - other.untilMs);
  const [first] = sorted;
  if (first === undefined) return allExcluded(excluded);
  const tried = settings.breaker.allOpen !== AllOpen.REFUSE;
  const passed = tried ? sorted.slice(1) : sorted;
  return {
    order: tried
      ? [{ target: first.target, why: "every circuit is open, and it is called again first" }]
      : [],
    excluded: [
      ...excluded,
      ...passed.map((one) => ({ target: one.target, why: whyLeftAlone(one) })),
    ],
    openUntilMs: first.untilMs,
  };
}

/** Those that may be tried later say when the first of them may. */
function allExcluded(excluded: readonly Excluded[]): Choices {
  let openUntilMs: number | undefined;
  for (const { untilMs } of excluded)
    if (untilMs !== undefined) openUntilMs = Math.min(untilMs, openUntilMs ?? untilMs);
  return { order: [], excluded, ...(openUntilMs !== undefined && { openUntilMs }) };
}

function whyLeftAlone({ state, untilMs }: LeftAlone): string {
  return state === "probing"
    ? "its circuit is open, and another call probes it"
    : `its circuit is open until ${new Date(untilMs).toISOString()}`;
}

/** The targets by their `order`, the lowest first; those without one come last. */
function levels(targets: readonly WeightedTarget[]): readonly (readonly WeightedTarget[])[] {
  if (targets.every(({ order }) => order === undefined)) return [targets];
  const byOrder = new Map<number, WeightedTarget[]>();
  for (const target of targets) {
    const order = target.order ?? Number.POSITIVE_INFINITY;
    const level = byOrder.get(order);
    if (level === undefined) byOrder.set(order, [target]);
    else level.push(target);
  }
  return [...byOrder].sort(([one], [other]) => one - other).map(([, level]) => level);
}
