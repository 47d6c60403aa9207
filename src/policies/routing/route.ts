import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredArm, ConfiguredModel, Settings } from "../../config/settings.ts";
import type { Call, Handler, Layer, Reply } from "../../core/call.ts";
import { takePriority } from "../../core/caller/priority-of.ts";
import type { Sight, Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { joinReports } from "../../core/fidelity/join-reports.ts";
import type { Target } from "../../core/target/target.ts";
import { mayChoose, mayUse } from "../admit.ts";
import { chooseTargets } from "./choose-targets.ts";
import { continues, tryContinued } from "./continue-answer.ts";
import { createFailureClasses } from "./failure-classes.ts";
import { FallbackChain } from "./fallbacks.ts";
import type { RoutedCall } from "./filters/call-filter.ts";
import { callFilters } from "./filters/call-filters.ts";
import { type FitWorld, fitFilters } from "./filters/fit-filters.ts";
import { learnModels } from "./filters/learn-models.ts";
import { rateFilters } from "./filters/rate-filter.ts";
import type { PricesOf } from "./hedge-waste.ts";
import { fullTargets } from "./limits/in-flight.ts";
import { noTarget } from "./no-target.ts";
import { orderFilter } from "./operator/order-filter.ts";
import type { PriceList } from "./price-list.ts";
import {
  type Candidate,
  candidateOf,
  type Group,
  lossesOf,
  type ModelFailure,
  type RouteOptions,
  waits,
} from "./rounds.ts";
import type { RoutingState } from "./routing-state.ts";
import { wantsOf } from "./target-filters.ts";
import { tryInTurn } from "./try-in-turn.ts";
import { tryOnce } from "./try-model.ts";

/** What the route is made of beside the settings. */
export interface RouteWorld
  extends RoutingState,
    FitWorld,
    Pick<RouteOptions, "outlet" | "random" | "routingMembers" | "wallMs"> {
  /** Absent: no price is known. */
  readonly priceList?: PriceList;
  readonly prices?: PricesOf;
}

/** The stage of the layer below. */
export function routePolicy(settings: Settings, world: RouteWorld): Stage {
  const layer = route(routeOptions(settings, world));
  const { models, resolve } = settings;
  if (![...models.values()].some((model) => continues({ model }))) return { name: "route", layer };
  // What goes on with a stream is no bytes of the vendor that began it.
  const sees = (call: Call): Sight => {
    const model = call.request.stream ? resolve(call.attempt?.model ?? call.model) : undefined;
    return model !== undefined && continues({ model }) ? "rewrites" : "usage";
  };
  return { name: "route", sees, layer };
}

/** What the settings and the world say of the route. */
export function routeOptions(settings: Settings, world: RouteWorld): RouteOptions {
  const { resolve, config } = settings;
  const { health, inFlight, latency, targetRates, orders, ...rest } = world;
  const fit = fitFilters(settings, rest);
  const queued = config.models.some((model) => model.queue !== undefined);
  const rateLimited = (target: Target) =>
    health.of(target)?.lastReason === ErrorReason.UPSTREAM_RATE_LIMITED;
  return {
    resolve,
    outlet: rest.outlet,
    random: rest.random,
    routingMembers: rest.routingMembers,
    retryBudget: rest.retryBudget,
    hedgeBudget: rest.hedgeBudget,
    hedgeWaste: rest.hedgeWaste,
    ...(rest.prices !== undefined && { pricesOf: rest.prices }),
    wallMs: rest.wallMs,
    circuit: (target) => health.circuit(target),
    claimProbe: (target, waiter) => health.claim(target, waiter),
    underWay: (target) => inFlight.of(target).held(),
    p95Ms: (target, stream) => latency.p95Ms(target, stream),
    speed: (target, stream) => latency.speed(target, stream),
    turns: queued ? { queues: rest.queues, rateLimited } : undefined,
    usedShare: (target) => targetRates.usedShare(target),
    prices: (target) => rest.priceList?.of(target),
    answerTokens: (target) => rest.answerLengths.expected(target),
    pinned: (key) => rest.stickyPins.of(key),
    cachedTokens: (key) => rest.seenPrefixes.of(key),
    learn: fit.learn,
    filters: [
      orderFilter(orders),
      ...callFilters(settings),
      ...fit.filters,
      ...rateFilters(settings, targetRates),
      ...(queued ? [fullTargets(inFlight)] : []),
    ],
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
  return (next) => (call) =>
    tryModels(options, options.turns !== undefined ? takePriority(call) : call, next);
}

async function tryModels(options: RouteOptions, call: Call, next: Handler): Promise<Reply> {
  let group = firstGroup(options, call);
  if (call.shadow === "copy") return tryOnce(options, call, group, next);
  let failure: GatewayError | undefined;
  let chain: FallbackChain | undefined;
  for (;;) {
    const pretended: ModelFailure | undefined =
      failure === undefined ? pretendedFailure(call) : undefined;
    const one = alter(group, call);
    const outcome = pretended ?? (await tryGroup(options, one, group, next));
    if (!("first" in outcome)) return withAltered(outcome, one);
    failure ??= outcome.first;
    chain ??= new FallbackChain(options.fallbackRule, call.model, call.recovery);
    chain.failed(group.model, outcome.last.fault.reason);
    const following = nextGroup(options, call, chain);
    if (following === undefined || !waits(call) || !fallsBack(options, outcome)) throw failure;
    group = following;
  }
}

/** Tries the targets of a model, once all is learnt that they are passed over for. */
function tryGroup(options: RouteOptions, call: Call, group: Group, next: Handler) {
  const tries = call.request.stream && continues(group) ? tryContinued : tryInTurn;
  const learning = options.learn?.(call, group.model);
  if (learning === undefined) return tries(options, call, group, next);
  return learning.then(() => tries(options, call, group, next));
}

/** The call that the targets of a model get. */
function alter<C extends RoutedCall>(group: Group, call: C): C {
  return group.alter?.(call) ?? call;
}

/** An answer with what rules changed of the request of its fallback. */
function withAltered(reply: Reply, { altered }: Call): Reply {
  return altered === undefined ? reply : { ...reply, report: joinReports(altered, reply.report) };
}

/** The failure that a caller wants in place of the tries of its model; undefined: none. */
function pretendedFailure({ recovery }: RoutedCall): ModelFailure | undefined {
  if (recovery?.pretended === undefined) return undefined;
  const message = "the caller tests its fallbacks: the model was not called";
  const failure = new GatewayError({ reason: recovery.pretended, message });
  return { first: failure, last: failure, refused: false };
}

/** The model that a call names, with the targets of its arm. Throws UNKNOWN_MODEL. */
function firstGroup(options: RouteOptions, { model: name, arm }: RoutedCall): Group {
  const model = options.resolve(name);
  if (model === undefined) throw unknownModel(name);
  if (arm === undefined) return { model, name, label: `model ${name}` };
  const label = `model ${name}, arm ${arm.name}`;
  return { model: withArm(model, arm.name), name, label, arm: arm.name };
}

/** A model as an arm of its experiment has it. The same for every call, as what is cached of it. */
export function withArm(model: ConfiguredModel, name: string): ConfiguredModel {
  const arm = model.experiment?.arms.find((one) => one.name === name);
  if (arm?.targets === undefined) return model;
  const known = modelsOfArms.get(arm);
  if (known !== undefined) return known;
  const made = { ...model, targets: arm.targets };
  modelsOfArms.set(arm, made);
  return made;
}

const modelsOfArms = new WeakMap<ConfiguredArm, ConfiguredModel>();

/** The next model that the caller may use, and with such a call. */
function nextGroup(
  options: RouteOptions,
  call: RoutedCall,
  chain: FallbackChain,
): Group | undefined {
  const { principal } = call;
  let model: ConfiguredModel | undefined;
  const fallback = chain.take((one) => {
    model = options.resolve(one.name);
    if (model === undefined) return false;
    if (principal !== undefined && !mayUse(principal, one.name)) return false;
    return mayChoose(options, call, model);
  });
  if (fallback === undefined || model === undefined) return undefined;
  const { name, of, alter: altered } = fallback;
  const label = `fallback ${name} ${of === "" ? "that the caller named" : `of ${of}`}`;
  const group: Group = { model, name, label, fallback: true };
  return altered === undefined ? group : { ...group, alter: altered };
}

/** Whether another model may do better. */
function fallsBack({ classes }: RouteOptions, { last, refused }: ModelFailure): boolean {
  return refused || last.fault.heldBack === true || classes(last.fault.reason).fallsBack;
}

/** The targets of a call, as it would meet them. */
export interface Candidates {
  readonly tried: readonly Candidate[];
  readonly passedOver: readonly Candidate[];
}

/**
 * The order in which targets would be tried if each failed in a way that another may do better in;
 * throws UNKNOWN_MODEL. Fallbacks that the caller may not use, or not with such a call, are left
 * out. Losses are refused where the caller, its key or the model asks for it.
 */
export function candidates(options: RouteOptions, call: RoutedCall): Candidates {
  const tried: Candidate[] = [];
  const passedOver: Candidate[] = [];
  const chain = new FallbackChain(options.fallbackRule, call.model, call.recovery);
  let group: Group | undefined = firstGroup(options, call);
  if (call.recovery?.pretended !== undefined) {
    chain.failed(group.model, call.recovery.pretended);
    group = nextGroup(options, call, chain);
  }
  while (group !== undefined) {
    const losses = lossesOf(call, group.model);
    const wants = wantsOf(options, alter(group, call), group.model);
    const { order, ...passed } = chooseTargets(group.model, wants, options);
    const { excluded } = passed;
    for (const choice of order) tried.push(candidateOf(group, choice, losses));
    for (const choice of excluded) passedOver.push(candidateOf(group, choice, losses));
    const refusal =
      order.length === 0 ? noTarget(group.name, passed, options.wallMs()).fault : undefined;
    chain.failed(group.model, refusal?.reason ?? ErrorReason.UPSTREAM_UNAVAILABLE);
    group = nextGroup(options, call, chain);
  }
  return { tried, passedOver };
}

/** The same once all is learnt that targets are passed over for. */
export async function learntCandidates(
  settings: Settings,
  world: RouteWorld,
  call: Call,
): Promise<Candidates> {
  const options = routeOptions(settings, world);
  if (options.learn !== undefined)
    await learnModels(settings, options.learn, call, firstGroup(options, call).model);
  return candidates(options, call);
}

function unknownModel(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `there is no model ${name}: list the models with GET /v1/models, or name one as provider/model`,
    fields: [{ field: "model", message: "no such model is configured" }],
  });
}
