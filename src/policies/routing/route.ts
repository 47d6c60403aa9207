import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel, Settings } from "../../config/settings.ts";
import { appendAll } from "../../core/append-all.ts";
import { type AttemptPlan, attempt, planAttempt } from "../../core/attempt.ts";
import type { Call, Layer, Outlet } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { asksStrict, type LossPolicy } from "../../core/fidelity/loss-policy.ts";
import type { Target } from "../../core/target/target.ts";
import { type AdmitOptions, mayChoose, mayUse } from "../admit.ts";

/** What the route needs of the world. */
export interface RouteOptions extends AdmitOptions {
  /** The model that a caller's name stands for. */
  readonly resolve: Settings["resolve"];
  /** The way out to a provider. Undefined where there is no such provider. */
  readonly outlet: (provider: string) => Outlet | undefined;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

/** A place in the order of attempts. */
export interface Candidate {
  readonly target: Target;
  readonly losses: LossPolicy;
  /** Why it stands where it does, in words. */
  readonly why: string;
}

/** The stage of the layer below. */
export function routePolicy(
  { resolve }: Settings,
  { outlet, random, routingMembers }: Omit<RouteOptions, "resolve">,
): Stage {
  return { name: "route", layer: route({ resolve, outlet, random, routingMembers }) };
}

/**
 * Picks where a call goes. The targets of its model come first, drawn by weight without
 * replacement; then those of the fallbacks. The next is tried when a failure says that another
 * target may do better and the caller has seen nothing yet. When all fail the caller gets the first
 * failure, which is about the model it named.
 */
export function route(options: RouteOptions): Layer {
  return (next) => async (call) => {
    const order = candidates(options, call);
    let first: GatewayError | undefined;
    for (const candidate of order) {
      try {
        return await attempt(call, next, planCandidate(options, call, candidate));
      } catch (error) {
        if (!fallsBack(error, call)) throw error;
        first ??= error;
      }
    }
    throw first ?? new Error(`route: model ${call.model} has no target with a weight`);
  };
}

/** Whether another target may do better, and the caller still waits. */
function fallsBack(error: unknown, { life }: Call): error is GatewayError {
  return error instanceof GatewayError && error.behaviour.fallsBack && life.reason === undefined;
}

/** The way a call would take to a candidate. */
export function planCandidate(
  options: Pick<RouteOptions, "outlet">,
  call: Call,
  { target, losses }: Candidate,
): AttemptPlan {
  const outlet = options.outlet(target.provider);
  if (outlet === undefined) throw new Error(`route: no provider ${target.provider}`);
  return planAttempt(call, target, outlet, losses);
}

/**
 * The order in which targets would be tried; throws UNKNOWN_MODEL. Fallbacks that the caller may
 * not use, or not with such a call, are left out. Losses are refused where the caller, its key or
 * the model asks for it.
 */
export function candidates(
  options: RouteOptions,
  call: Pick<Call, "model" | "principal" | "header" | "origin" | "request">,
): readonly Candidate[] {
  const { model: name, principal, header } = call;
  const model = options.resolve(name);
  if (model === undefined) throw unknownModel(name);
  const strict = asksStrict(header) || principal?.strict === true;
  const order = drawn(
    model,
    strict,
    options.random,
    (share) => `model ${name}: drawn with ${share}`,
  );
  for (const fallbackName of model.settings.fallbacks) {
    const fallback = options.resolve(fallbackName);
    if (fallback === undefined || (principal !== undefined && !mayUse(principal, fallbackName)))
      continue;
    if (!mayChoose(options, call, fallback)) continue;
    const why = (share: string): string =>
      `fallback ${fallbackName} of ${name}: drawn with ${share}`;
    appendAll(order, drawn(fallback, strict, options.random, why));
  }
  return order;
}

function drawn(
  model: ConfiguredModel,
  strict: boolean,
  random: () => number,
  why: (share: string) => string,
): Candidate[] {
  const { unknownFields } = model.settings;
  const losses: LossPolicy = strict ? { strict, unknownFields } : model.settings;
  const [sole] = model.targets;
  if (sole !== undefined && sole.weight > 0 && model.targets.length === 1)
    return [{ target: sole, losses, why: why(`weight ${sole.weight} of ${sole.weight}`) }];
  const left = model.targets.filter((target) => target.weight > 0);
  const order: Candidate[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, target) => sum + target.weight, 0);
    let at = 0;
    for (
      let point = random() * total - (left[0]?.weight ?? 0);
      point >= 0 && at < left.length - 1;
    ) {
      at += 1;
      point -= left[at]?.weight ?? 0;
    }
    const [picked] = left.splice(at, 1);
    if (picked === undefined) break;
    order.push({ target: picked, losses, why: why(`weight ${picked.weight} of ${total}`) });
  }
  return order;
}

function unknownModel(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `there is no model ${name}: list the models with GET /v1/models, or name one as provider/model`,
    fields: [{ field: "model", message: "no such model is configured" }],
  });
}
