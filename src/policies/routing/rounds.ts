import type { ConfiguredModel, Settings, WeightedTarget } from "../../config/settings.ts";
import type { AlterCall, Call, Outlet } from "../../core/call.ts";
import { concernsCredential } from "../../core/faults/error-behaviour.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { asksStrict, type LossPolicy } from "../../core/fidelity/loss-policy.ts";
import type { Target } from "../../core/target/target.ts";
import { pause } from "../../core/time/pause.ts";
import type { AdmitOptions } from "../admit.ts";
import type { Queues } from "../queue/queues.ts";
import { pauseMs } from "./backoff.ts";
import type { Choice } from "./choice/level.ts";
import {
  beginChoice,
  type Choosing,
  type PassedOver,
  type TargetView,
  type Wants,
} from "./choose-targets.ts";
import type { FailureClasses } from "./failure-classes.ts";
import { type FallbackRule, specialFallbacks } from "./fallbacks.ts";
import type { CallFilter, RoutedCall } from "./filters/call-filter.ts";
import type { FitFilters } from "./filters/fit-filters.ts";
import type { HedgeView } from "./hedge.ts";
import type { HedgeWaste, PricesOf } from "./hedge-waste.ts";
import { noTarget } from "./no-target.ts";
import type { RetryRule } from "./retry-rule.ts";
import type { ShareBudget } from "./share-budget.ts";
import { wantsOf } from "./target-filters.ts";

/** What the route needs of the settings and the world. */
export interface RouteOptions extends AdmitOptions, TargetView, HedgeView {
  /** The model that a caller's name stands for. */
  readonly resolve: Settings["resolve"];
  /** The way out to a provider. Undefined where there is no such provider. */
  readonly outlet: (provider: string) => Outlet | undefined;
  readonly fallbackRule: FallbackRule;
  readonly classes: FailureClasses;
  readonly retryBudget: ShareBudget;
  readonly hedgeBudget: ShareBudget;
  /** Learns what filters go by for a call to a model. Absent: there is nothing to learn. */
  readonly learn?: FitFilters["learn"];
  /** See HealthTracker.claim. Absent: nothing is shared. */
  readonly claimProbe?: (target: Target, waiter: object) => Promise<boolean> | undefined;
  /** What races cost. Absent: it is not counted. */
  readonly hedgeWaste?: HedgeWaste;
  /** Absent: no prices are known. */
  readonly pricesOf?: PricesOf;
  /** Where calls wait for a target. Absent: no model has a queue. */
  readonly turns?: Turns | undefined;
  /** What keeps calls from targets. */
  readonly filters: readonly CallFilter[];
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** The queues, and what calls in them wait for beside other calls. */
export interface Turns {
  readonly queues: Queues;
  /** Whether the last failure of a target was that its rate is used up. */
  readonly rateLimited: (target: Target) => boolean;
}

/** A place in the order of attempts. */
export interface Candidate {
  readonly target: WeightedTarget;
  /** The model that it is tried for. */
  readonly model: string;
  readonly losses: LossPolicy;
  /** True: that model is a fallback. */
  readonly fallback?: true;
  /** Why it stands where it does, in words. */
  readonly why: string;
  /** What the strategy compares, the lower first. Absent: it compares nothing. */
  readonly score?: number;
  /** Makes the call that it gets. Absent: the same. */
  readonly alter?: AlterCall;
  /** True: it goes on with an answer that was broken off. */
  readonly continues?: true;
}

/** A model that is tried, and how its targets are described. */
export interface Group {
  /** The arm of the model's experiment whose targets are tried. Absent: its model is not split. */
  readonly arm?: string;
  readonly model: ConfiguredModel;
  readonly name: string;
  readonly label: string;
  /** True: it is a fallback of the model that the call names. */
  readonly fallback?: true;
  /** Makes the call that its targets get. Absent: the same. */
  readonly alter?: AlterCall;
  /** True: its targets go on with an answer that was broken off. */
  readonly continues?: true;
  /** What the call wants of them, where that was found out in the same turn. Absent: it was not. */
  readonly wants?: Wants;
}

/** How every try of a model failed. */
export interface ModelFailure {
  readonly first: GatewayError;
  readonly last: GatewayError;
  /** Whether no target was tried, for none may take the call: those of another model may. */
  readonly refused: boolean;
}

const ANOTHER_CREDENTIAL = "tried again with another of its provider's credentials";

/** The tries of one model, in order, with what came of them. */
export class Rounds {
  readonly #options: RouteOptions;
  readonly #call: Call;
  readonly #group: Group;
  readonly #rule: RetryRule | undefined;
  readonly #losses: LossPolicy;
  /** The targets of the round; undefined once it says no more. */
  #choosing: Choosing | undefined;
  /** Tried ahead of those, in order. */
  readonly #ahead: Choice[] = [];
  /** Set before the reasons of targets that are tried again. */
  #prefix = "";
  #tries = 0;
  /** The tries before this round. */
  #triesBefore = 0;
  #again = 0;
  #mayRetry: WeightedTarget[] = [];
  #first: GatewayError | undefined;
  #last: GatewayError | undefined;
  #over = false;
  #refused = false;

  constructor(options: RouteOptions, call: Call, group: Group, rule: RetryRule | undefined) {
    this.#options = options;
    this.#call = call;
    this.#group = group;
    this.#rule = rule;
    this.#losses = lossesOf(call, group.model);
  }

  /** The first try; undefined where every target is left alone. */
  begin(): Candidate | undefined {
    const { model, wants = this.#wants() } = this.#group;
    this.#choosing = beginChoice(model, wants, this.#options);
    const first = this.#candidate();
    if (first === undefined) this.#refuse(this.#choosing.passedOver());
    return first;
  }

  /** The next try, after a pause where it is of a target that was tried; undefined: no more. */
  async next(): Promise<Candidate | undefined> {
    if (this.#isOver()) return undefined;
    return this.#candidate() ?? ((await this.#beginRound()) ? this.#candidate() : undefined);
  }

  /** The next target that was not tried yet in this round; undefined: there is none. */
  following(): WeightedTarget | undefined {
    return this.#isOver() ? undefined : this.#peek()?.target;
  }

  /** The next target in place of one that is not tried; undefined: there is none. */
  instead(): Candidate | undefined {
    this.#tries -= 1;
    const other = this.#candidate();
    if (other === undefined) this.#tries += 1;
    return other;
  }

  /** The next target, to be tried beside another. */
  hedge(): Candidate | undefined {
    return this.#candidate();
  }

  /**
   * Notes a failure; throws it where nothing is gained by another try. One that the gateway held
   * back is no try: there may be more full targets than tries.
   */
  failed({ target }: Candidate, error: unknown): void {
    if (!(error instanceof GatewayError) || !waits(this.#call)) throw error;
    const { classes } = this.#options;
    const { fallsBack, retryable } = classes(error.fault.reason);
    // What a target was held back from says nothing of others.
    const elsewhere = fallsBack || error.fault.heldBack === true;
    const again = retryable && error.fault.final !== true && this.#rule !== undefined;
    if (!elsewhere && !again) throw error;
    if (error.fault.heldBack === true) this.#tries -= 1;
    this.#first ??= error;
    this.#last = error;
    if (concernsCredential(error.fault.reason) && this.#hasCredential(target)) {
      // The same target with another credential, at once.
      this.#ahead.unshift({ target, why: ANOTHER_CREDENTIAL });
      return;
    }
    if (again) this.#mayRetry.push(target);
    // It says nothing of other targets, or they would fail alike.
    if (!elsewhere) this.#endRound();
    const { settings } = this.#group.model;
    const special = specialFallbacks(settings, error.fault.reason, this.#call.recovery);
    if (special.length > 0) this.#over = true;
  }

  /** How all tries failed. */
  failure(): ModelFailure {
    if (this.#first === undefined || this.#last === undefined)
      throw new Error(`route: model ${this.#group.name} was not tried`);
    return { first: this.#first, last: this.#last, refused: this.#refused };
  }

  #wants(): Wants {
    return wantsOf(this.#options, this.#call, this.#group.model);
  }

  #hasCredential({ provider }: WeightedTarget): boolean {
    const outlet = this.#options.outlet(provider);
    return outlet?.kind === "wire" && outlet.hasCredential?.() === true;
  }

  #isOver(): boolean {
    return this.#over || this.#tries >= (this.#rule?.attempts ?? Number.POSITIVE_INFINITY);
  }

  #candidate(): Candidate | undefined {
    const choice = this.#ahead.shift() ?? this.#choosing?.next();
    if (choice === undefined) return undefined;
    this.#tries += 1;
    const { why } = choice;
    const one = this.#prefix === "" ? choice : { ...choice, why: `${this.#prefix}${why}` };
    return candidateOf(this.#group, one, this.#losses);
  }

  #peek(): Choice | undefined {
    const known = this.#ahead[0];
    if (known !== undefined) return known;
    const next = this.#choosing?.next();
    if (next !== undefined) this.#ahead.push(next);
    return next;
  }

  #endRound(): void {
    this.#choosing = undefined;
    this.#ahead.length = 0;
  }

  /** Waits until targets that were tried may be tried again; false where they may not. */
  async #beginRound(): Promise<boolean> {
    const { random, retryBudget } = this.#options;
    const { life } = this.#call;
    if (this.#rule === undefined || this.#mayRetry.length === 0) return false;
    // A round in which every target held the call back is a try, or there would be no last one.
    if (this.#tries === this.#triesBefore) this.#tries += 1;
    if (this.#isOver()) return false;
    const delayMs = pauseMs({
      again: this.#again,
      maxMs: this.#rule.maxDelayMs,
      retryAfterMs: this.#last?.fault.retryAfterMs,
      random: random(),
    });
    if (delayMs === undefined || delayMs >= life.remainingMs) return false;
    if (!retryBudget.take(this.#group.name, this.#rule.budgetPercent)) return false;
    await pause(delayMs, life);
    const targets = this.#mayRetry;
    const model = { ...this.#group.model, targets };
    this.#endRound();
    this.#choosing = beginChoice(model, this.#wants(), this.#options);
    this.#prefix = "tried again, ";
    this.#again += 1;
    this.#triesBefore = this.#tries;
    this.#mayRetry = [];
    return true;
  }

  #refuse(passed: PassedOver): void {
    this.#refused = true;
    this.#first = this.#last = noTarget(this.#group.name, passed, this.#options.wallMs());
  }
}

/** Whether the caller still waits. */
export function waits({ life }: Call): boolean {
  return life.reason === undefined;
}

/** A choice among the targets of a model, as a place in the order of attempts. */
export function candidateOf(
  { name, label, fallback, alter, continues }: Group,
  { target, why, score }: Choice,
  losses: LossPolicy,
): Candidate {
  const candidate = { target, model: name, losses, why: `${label}: ${why}` };
  if (score === undefined && fallback === undefined && continues === undefined) return candidate;
  return {
    ...candidate,
    ...(fallback && { fallback }),
    ...(score !== undefined && { score }),
    ...(alter && { alter }),
    ...(continues && { continues }),
  };
}

/** What a call may lose on its way to a model: nothing where it, its key or the model is strict. */
export function lossesOf(call: RoutedCall, { settings }: ConfiguredModel): LossPolicy {
  const { principal } = call;
  const strict = asksStrict(call) || principal?.strict === true;
  return strict ? { strict, unknownFields: settings.unknownFields } : settings;
}
