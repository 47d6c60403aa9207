import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel, Settings } from "../../config/settings.ts";
import { type AttemptPlan, attempt, planAttempt } from "../../core/attempt.ts";
import type { Call, Handler, Layer, Outlet, Reply } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { asksStrict, type LossPolicy } from "../../core/fidelity/loss-policy.ts";
import { pause } from "../../core/pause.ts";
import type { Target } from "../../core/target/target.ts";
import { type AdmitOptions, mayChoose, mayUse } from "../admit.ts";
import { pauseMs } from "./backoff.ts";
import { type Choice, chooseTargets, type TargetView } from "./choose-targets.ts";
import { createFailureClasses, type FailureClasses } from "./failure-classes.ts";
import { FallbackChain, type FallbackRule, specialFallbacks } from "./fallbacks.ts";
import type { HealthTracker } from "./health.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { type RetryRule, retryRuleOf } from "./retry-rule.ts";

/** What the route needs of the settings and the world. */
export interface RouteOptions extends AdmitOptions, TargetView {
  /** The model that a caller's name stands for. */
  readonly resolve: Settings["resolve"];
  /** The way out to a provider. Undefined where there is no such provider. */
  readonly outlet: (provider: string) => Outlet | undefined;
  readonly fallbackRule: FallbackRule;
  readonly classes: FailureClasses;
  readonly retryBudget: RetryBudget;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** What the route is made of beside the settings. */
export interface RouteWorld extends Pick<RouteOptions, "outlet" | "random" | "routingMembers"> {
  readonly health: Pick<HealthTracker, "circuit">;
  readonly retryBudget: RetryBudget;
  readonly wallMs: () => number;
}

/** A place in the order of attempts. */
export interface Candidate {
  readonly target: Target;
  /** The model that it is tried for. */
  readonly model: string;
  readonly losses: LossPolicy;
  /** Why it stands where it does, in words. */
  readonly why: string;
}

/** The parts of a call that the order of attempts depends on. */
export type RoutedCall = Pick<Call, "model" | "principal" | "header" | "origin" | "request">;

/** The stage of the layer below. */
export function routePolicy(settings: Settings, world: RouteWorld): Stage {
  return { name: "route", layer: route(routeOptions(settings, world)) };
}

/** What the settings and the world say of the route. */
export function routeOptions({ resolve, config }: Settings, world: RouteWorld): RouteOptions {
  const { outlet, random, routingMembers, health, retryBudget, wallMs } = world;
  return {
    resolve,
    outlet,
    random,
    routingMembers,
    retryBudget,
    wallMs,
    circuit: (target) => health.circuit(target),
    fallbackRule: config.routing,
    classes: createFailureClasses(config.routing),
  };
}

/**
 * Picks where a call goes. The targets of its model come first, in the order of its strategy; then
 * those of the fallbacks. The next is tried when a failure says that another target may do better
 * and the caller has seen nothing yet; where the model says so, targets are tried again after a
 * pause. When all fail the caller gets the first failure, which is about the model it named.
 */
export function route(options: RouteOptions): Layer {
  return (next) => (call) => tryModels(options, call, next);
}

/** A model that is tried, and how its targets are described. */
interface Group {
  readonly model: ConfiguredModel;
  readonly name: string;
  readonly label: string;
}

/** How every try of a model failed. */
interface ModelFailure {
  readonly first: GatewayError;
  readonly last: GatewayError;
}

async function tryModels(options: RouteOptions, call: Call, next: Handler): Promise<Reply> {
  let group = firstGroup(options, call.model);
  let failure: GatewayError | undefined;
  let chain: FallbackChain | undefined;
  for (;;) {
    const outcome = await tryModel(options, call, group, next);
    if (!("first" in outcome)) return outcome;
    failure ??= outcome.first;
    chain ??= new FallbackChain(options.fallbackRule, call.model);
    chain.failed(group.model, outcome.last.fault.reason);
    const following = nextGroup(options, call, chain);
    if (following === undefined || !waits(call) || !fallsBack(options, outcome.last)) throw failure;
    group = following;
  }
}

/** Throws UNKNOWN_MODEL. */
function firstGroup(options: RouteOptions, name: string): Group {
  const model = options.resolve(name);
  if (model === undefined) throw unknownModel(name);
  return { model, name, label: `model ${name}` };
}

/** The next model that the caller may use, and with such a call. */
function nextGroup(
  options: RouteOptions,
  call: RoutedCall,
  chain: FallbackChain,
): Group | undefined {
  const { principal } = call;
  let model: ConfiguredModel | undefined;
  const fallback = chain.take((name) => {
    model = options.resolve(name);
    if (model === undefined) return false;
    if (principal !== undefined && !mayUse(principal, name)) return false;
    return mayChoose(options, call, model);
  });
  if (fallback === undefined || model === undefined) return undefined;
  return { model, name: fallback.name, label: `fallback ${fallback.name} of ${fallback.of}` };
}

/** Tries the targets of a model. Throws what no other target or model would do better with. */
async function tryModel(
  options: RouteOptions,
  call: Call,
  group: Group,
  next: Handler,
): Promise<Reply | ModelFailure> {
  const { model, name } = group;
  const rule = retryRuleOf(call.header, model.settings.retry);
  if (rule !== undefined) options.retryBudget.called(name);
  const rounds = new Rounds(options, call, group, rule);
  for (let choice = rounds.begin(); choice !== undefined; choice = await rounds.next()) {
    try {
      return await attempt(call, next, planCandidate(options, call, choice));
    } catch (error) {
      rounds.failed(choice, error);
    }
  }
  return rounds.failure();
}

/** The tries of one model, in order, with what came of them. */
class Rounds {
  readonly #options: RouteOptions;
  readonly #call: Call;
  readonly #group: Group;
  readonly #rule: RetryRule | undefined;
  readonly #losses: LossPolicy;
  #queue: readonly Choice[] = [];
  #at = 0;
  #tries = 0;
  #again = 0;
  #mayRetry: Choice[] = [];
  #first: GatewayError | undefined;
  #last: GatewayError | undefined;
  #over = false;

  constructor(options: RouteOptions, call: Call, group: Group, rule: RetryRule | undefined) {
    this.#options = options;
    this.#call = call;
    this.#group = group;
    this.#rule = rule;
    this.#losses = lossesOf(call, group.model);
  }

  /** The first try; undefined where every target is left alone. */
  begin(): Candidate | undefined {
    const { order, openUntilMs } = chooseTargets(this.#group.model, this.#options);
    if (order.length === 0) this.#refuse(openUntilMs);
    this.#queue = order;
    return this.#candidate();
  }

  /** The next try, after a pause where it is of a target that was tried; undefined: no more. */
  async next(): Promise<Candidate | undefined> {
    if (this.#over || this.#tries >= (this.#rule?.attempts ?? Number.POSITIVE_INFINITY))
      return undefined;
    if (this.#at >= this.#queue.length && !(await this.#beginRound())) return undefined;
    return this.#candidate();
  }

  /** Notes a failure; throws it where nothing is gained by another try. */
  failed({ target }: Candidate, error: unknown): void {
    if (!(error instanceof GatewayError) || !waits(this.#call)) throw error;
    const { classes } = this.#options;
    const { fallsBack: elsewhere, retryable } = classes(error.fault.reason);
    const again = retryable && this.#rule !== undefined;
    if (!elsewhere && !again) throw error;
    this.#first ??= error;
    this.#last = error;
    const choice = this.#queue[this.#at - 1];
    if (again && choice?.target === target) this.#mayRetry.push(choice);
    // It says nothing of other targets, or they would fail alike.
    if (!elsewhere) this.#at = this.#queue.length;
    const { settings } = this.#group.model;
    if (specialFallbacks(settings, error.fault.reason).length > 0) this.#over = true;
  }

  /** How all tries failed. */
  failure(): ModelFailure {
    const { model, name } = this.#group;
    if (this.#first === undefined || this.#last === undefined)
      throw new Error(
        `route: model ${name} has ${model.targets.length} targets, none with a weight`,
      );
    return { first: this.#first, last: this.#last };
  }

  #candidate(): Candidate | undefined {
    const choice = this.#queue[this.#at];
    if (choice === undefined) return undefined;
    this.#at += 1;
    this.#tries += 1;
    return candidateOf(this.#group, choice, this.#losses);
  }

  /** Waits until targets that were tried may be tried again; false where they may not. */
  async #beginRound(): Promise<boolean> {
    const { random, retryBudget } = this.#options;
    const { life } = this.#call;
    if (this.#rule === undefined || this.#mayRetry.length === 0) return false;
    const delayMs = pauseMs({
      again: this.#again,
      maxMs: this.#rule.maxDelayMs,
      retryAfterMs: this.#last?.fault.retryAfterMs,
      random: random(),
    });
    if (delayMs === undefined || delayMs >= life.remainingMs) return false;
    if (!retryBudget.take(this.#group.name, this.#rule.budgetPercent)) return false;
    await pause(delayMs, life);
    const targets = this.#mayRetry.map(({ target }) => target);
    const { order } = chooseTargets({ ...this.#group.model, targets }, this.#options);
    this.#again += 1;
    this.#queue = order.map(({ target, why }) => ({ target, why: `tried again, ${why}` }));
    this.#at = 0;
    this.#mayRetry = [];
    return true;
  }

  #refuse(openUntilMs: number | undefined): void {
    if (openUntilMs === undefined) return;
    const retryAfterMs = Math.max(0, openUntilMs - this.#options.wallMs());
    const message = `every target of model ${this.#group.name} is left alone after failures`;
    const reason = ErrorReason.UPSTREAM_BUSY;
    this.#first = new GatewayError({ reason, message, retryAfterMs });
    this.#last = this.#first;
  }
}

/** Whether another model may do better. */
function fallsBack({ classes }: RouteOptions, { fault }: GatewayError): boolean {
  return classes(fault.reason).fallsBack;
}

/** Whether the caller still waits. */
function waits({ life }: Call): boolean {
  return life.reason === undefined;
}

/** The way a call would take to a candidate. */
export function planCandidate(
  options: Pick<RouteOptions, "outlet">,
  call: Call,
  { target, model, losses, why }: Candidate,
): AttemptPlan {
  const outlet = options.outlet(target.provider);
  if (outlet === undefined) throw new Error(`route: no provider ${target.provider}`);
  return { ...planAttempt(call, target, outlet, losses), model, why };
}

/**
 * The order in which targets would be tried if each failed in a way that another may do better in;
 * throws UNKNOWN_MODEL. Fallbacks that the caller may not use, or not with such a call, are left
 * out. Losses are refused where the caller, its key or the model asks for it.
 */
export function candidates(options: RouteOptions, call: RoutedCall): readonly Candidate[] {
  const all: Candidate[] = [];
  const chain = new FallbackChain(options.fallbackRule, call.model);
  let group: Group | undefined = firstGroup(options, call.model);
  while (group !== undefined) {
    const losses = lossesOf(call, group.model);
    const { order } = chooseTargets(group.model, options);
    for (const choice of order) all.push(candidateOf(group, choice, losses));
    chain.failed(group.model, ErrorReason.UPSTREAM_UNAVAILABLE);
    group = nextGroup(options, call, chain);
  }
  return all;
}

function candidateOf({ name, label }: Group, { target, why }: Choice, losses: LossPolicy) {
  return { target, model: name, losses, why: `${label}: ${why}` };
}

function lossesOf({ header, principal }: RoutedCall, { settings }: ConfiguredModel): LossPolicy {
  const strict = asksStrict(header) || principal?.strict === true;
  return strict ? { strict, unknownFields: settings.unknownFields } : settings;
}

function unknownModel(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `there is no model ${name}: list the models with GET /v1/models, or name one as provider/model`,
    fields: [{ field: "model", message: "no such model is configured" }],
  });
}
