import { AllOpen } from "../../../gen/parlance/config/v1/breaker_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel, WeightedTarget } from "../../config/settings.ts";
import type { CallSize } from "../../core/facts/call-size.ts";
import type { Exclusion, TargetFilter } from "../../core/target/exclusion.ts";
import type { Target } from "../../core/target/target.ts";
import type { Choice, Picks, StrategyView } from "./choice/level.ts";
import { levelsOf } from "./choice/levels.ts";
import { pickBy } from "./choice/strategies.ts";
import type { Circuit } from "./circuits/circuit.ts";
import type { UsedUp } from "./limits/used-rates.ts";

/** What the choice depends on beside the model: the same view gives the same choice. */
export interface TargetView extends StrategyView {
  readonly circuit: (target: Target) => Circuit | UsedUp;
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
  /** How large it is. Absent: the strategy of the model does not go by it. */
  readonly size?: CallSize;
  /** The bound on its answer that it sets, in tokens. Absent: the strategy does not go by it. */
  readonly outputBound?: () => number | undefined;
  /** What calls stay at one target by, or what is cached of their prompt. Absent: nothing. */
  readonly key?: string;
  /** A target that was found in the same turn to be one that may be tried. Absent: none was. */
  readonly admitted?: WeightedTarget;
}

/** Targets that are passed over. */
export interface PassedOver {
  readonly excluded: readonly Excluded[];
  /** When the first that is left alone may be called, in milliseconds since 1970. */
  readonly openUntilMs?: number;
}

/** The targets of a model in the order in which a call tries them. */
export interface Choices extends PassedOver {
  readonly order: readonly Choice[];
}

/** The choice among the targets of a model, made one at a time. */
export interface Choosing {
  /** The next target to try; undefined: no more. */
  next(): Choice | undefined;
  /** Those that were passed over until now; all of them once `next` gave undefined. */
  passedOver(): PassedOver;
}

/**
 * Orders the targets of a model: by their `order`, then by the strategy. Targets without a weight,
 * those that the call excludes and those whose circuit is open are passed over; where all circuits
 * are open, the target that is called again first is tried, unless the model's settings say
 * otherwise.
 */
export function chooseTargets(model: ConfiguredModel, wants: Wants, view: TargetView): Choices {
  const choosing = beginChoice(model, wants, view);
  const order: Choice[] = [];
  for (let one = choosing.next(); one !== undefined; one = choosing.next()) order.push(one);
  return { order, ...choosing.passedOver() };
}

/**
 * The same order, of which only so much is made as is requested: a call that its first target
 * answers looks at no other, however many there are.
 */
export function beginChoice(model: ConfiguredModel, wants: Wants, view: TargetView): Choosing {
  const sole = wants.excludes === undefined ? soleTarget(model) : undefined;
  return sole === undefined
    ? new TargetChoice(model, wants, view)
    : soleChoice(model, sole, view.circuit);
}

/** A target whose circuit is open, or whose rate at the vendor is used up. */
interface LeftAlone {
  readonly target: WeightedTarget;
  readonly state: "open" | "probing" | "used_up";
  readonly untilMs: number;
}

class TargetChoice implements Choosing {
  readonly #model: ConfiguredModel;
  readonly #wants: Wants;
  readonly #view: TargetView;
  readonly #excluded: Excluded[] = [];
  readonly #left: LeftAlone[] = [];
  #level = 0;
  #picks: Picks | undefined;
  #picked = false;
  #over: PassedOver | undefined;
  /** Until the first choice: what was found of it may change while that is tried. */
  #known: WeightedTarget | undefined;

  constructor(model: ConfiguredModel, wants: Wants, view: TargetView) {
    this.#model = model;
    this.#wants = wants;
    this.#view = view;
    this.#known = wants.admitted;
  }

  next(): Choice | undefined {
    if (this.#over !== undefined) return undefined;
    const { levels, weightless } = levelsOf(this.#model);
    while (this.#level < levels.length) {
      const list = levels[this.#level];
      if (list === undefined) break;
      const { strategy } = this.#model.settings;
      const { stream, size, outputBound, key } = this.#wants;
      const admits = this.#admits;
      const level = { list, strategy, stream, size, outputBound, key, admits };
      this.#picks ??= pickBy(level, this.#view);
      const choice = this.#picks();
      this.#known = undefined;
      if (choice !== undefined) {
        this.#picked = true;
        return choice;
      }
      this.#level += 1;
      this.#picks = undefined;
    }
    for (const target of weightless) this.#excluded.push({ target, why: "has weight 0" });
    return this.#end();
  }

  passedOver(): PassedOver {
    return this.#over ?? { excluded: [...this.#excluded, ...this.#left.map(excludedFor)] };
  }

  /** Where no target could be tried, the one whose circuit closes first may be. */
  #end(): Choice | undefined {
    if (this.#picked || this.#left.length === 0) {
      const over = this.passedOver();
      this.#over = this.#picked ? over : { ...over, ...openUntil(over.excluded) };
      return undefined;
    }
    const sorted = this.#left.toSorted((one, other) => one.untilMs - other.untilMs);
    const { choice, ...over } = allLeftAlone(this.#model, sorted, this.#excluded);
    this.#over = over;
    return choice;
  }

  readonly #admits = (target: WeightedTarget): boolean => {
    if (target === this.#known) return true;
    const exclusion = this.#wants.excludes?.(target);
    if (exclusion !== undefined) {
      this.#excluded.push({ target, ...exclusion });
      return false;
    }
    const circuit = this.#view.circuit(target);
    if (!("untilMs" in circuit)) return true;
    this.#left.push({ target, ...circuit });
    return false;
  };
}

function soleTarget({ targets }: ConfiguredModel): WeightedTarget | undefined {
  const [first] = targets;
  return targets.length === 1 && first !== undefined && first.weight > 0 ? first : undefined;
}

/** The one target of a model is called whatever its circuit, unless the settings say otherwise. */
function soleChoice(
  model: ConfiguredModel,
  target: WeightedTarget,
  circuitOf: TargetView["circuit"],
): Choosing {
  if (model.settings.breaker.allOpen === AllOpen.REFUSE) {
    const circuit = circuitOf(target);
    if ("untilMs" in circuit) {
      const { choice, ...over } = allLeftAlone(model, [{ target, ...circuit }], []);
      return { next: () => choice, passedOver: () => over };
    }
  }
  let choice = soleChoices.get(target);
  if (choice === undefined) {
    const { weight } = target;
    choice = { target, why: `drawn with weight ${weight} of ${weight}` };
    soleChoices.set(target, choice);
  }
  return new SoleChoice(choice);
}

/** Most models have one target, whose choice is the same for every call. */
const soleChoices = new WeakMap<WeightedTarget, Choice>();

const none: PassedOver = { excluded: [] };

class SoleChoice implements Choosing {
  #choice: Choice | undefined;

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  next(): Choice | undefined {
    const choice = this.#choice;
    this.#choice = undefined;
    return choice;
  }

  passedOver(): PassedOver {
    return none;
  }
}

/**
 * What is tried where every circuit is open. `sorted`: the one that is called again first, first.
 */
function allLeftAlone(
  { settings }: ConfiguredModel,
  sorted: readonly LeftAlone[],
  excluded: readonly Excluded[],
): PassedOver & { readonly choice: Choice | undefined } {
  const [first] = sorted;
  const tried = first !== undefined && settings.breaker.allOpen !== AllOpen.REFUSE;
  const passed = tried ? sorted.slice(1) : sorted;
  return {
    choice: tried
      ? { target: first.target, why: `${whyAll(sorted)}, and it is called again first` }
      : undefined,
    excluded: [...excluded, ...passed.map(excludedFor)],
    ...openUntil(first === undefined ? excluded : [first, ...excluded]),
  };
}

/** Those that may be tried later say when the first of them may. */
function openUntil(
  excluded: readonly Pick<Excluded, "untilMs">[],
): Pick<PassedOver, "openUntilMs"> {
  let openUntilMs: number | undefined;
  for (const { untilMs } of excluded)
    if (untilMs !== undefined) openUntilMs = Math.min(untilMs, openUntilMs ?? untilMs);
  return openUntilMs === undefined ? {} : { openUntilMs };
}

function whyAll(all: readonly LeftAlone[]): string {
  return all.some(({ state }) => state === "used_up")
    ? "every target is left alone for now"
    : "every circuit is open";
}

function excludedFor({ target, state, untilMs }: LeftAlone): Excluded {
  if (state === "used_up") {
    const why = `has used up its rate at the vendor until ${new Date(untilMs).toISOString()}`;
    return { target, why, untilMs, reason: ErrorReason.RATE_LIMITED };
  }
  const why =
    state === "probing"
      ? "its circuit is open, and another call probes it"
      : `its circuit is open until ${new Date(untilMs).toISOString()}`;
  return { target, why };
}
