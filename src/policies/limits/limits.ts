import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { Call, Layer, Reply } from "../../core/call.ts";
import type { PlannedBound } from "../../core/caller/planned-bound.ts";
import type { RateFacts } from "../../core/caller/rate-facts.ts";
import { kindOfOwner } from "../../core/caller/tenant-parts.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { type CallSize, sizeOf } from "../../core/facts/call-size.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { End } from "../../core/life.ts";
import type { Lease, Portion, Refusal, Reservations } from "../../state/reserve/reservations.ts";
import { mayMakeTenants } from "../made-tenants.ts";
import { type AnswerTokens, createAnswerTokens } from "./answer-tokens.ts";
import {
  type BoundsOfCall,
  countsTries,
  createBoundsOfCall,
  createBoundsOfTry,
} from "./bounds-of-call.ts";
import type { CallBound, Quantity } from "./call-bounds.ts";

/** What the layer needs of the world. */
export interface LimitsWorld {
  readonly reservations: Reservations;
}

/** The stage of the layer below; undefined where nothing of the config has limits. */
export function limitsPolicy(settings: Settings, { reservations }: LimitsWorld): Stage | undefined {
  const { config, keys, teams } = settings;
  const limited =
    config.limits.length > 0 ||
    keys.some(({ settings }) => settings.limits !== undefined) ||
    [...teams.values()].some((team) => team.limits !== undefined);
  if (!limited && !mayMakeTenants(settings)) return undefined;
  const options = {
    reservations,
    boundsOf: createBoundsOfCall(config.limits.filter((limit) => !countsTries(limit))),
    answerTokens: createAnswerTokens(),
  };
  return { name: "limits", layer: limitCalls(options), plan: planLimits(options) };
}

/**
 * The same for tries at targets: one without room is not made, and the call goes on to its next
 * target. Undefined where no limit of the config counts tries.
 */
export function targetLimitsPolicy(
  { config }: Settings,
  { reservations }: LimitsWorld,
): Stage | undefined {
  const limits = config.limits.filter(countsTries);
  if (limits.length === 0) return undefined;
  const boundsOf = createBoundsOfTry(limits);
  const options = { reservations, boundsOf, answerTokens: createAnswerTokens(), tries: true };
  return { name: "target_limits", layer: limitCalls(options), plan: planLimits(options) };
}

/** What limits are kept with. */
export interface LimitOptions extends LimitsWorld {
  readonly boundsOf: BoundsOfCall;
  readonly answerTokens: AnswerTokens;
  /** Whether tries are counted, of which callers hear nothing. Default: calls are. */
  readonly tries?: boolean;
}

/**
 * Holds calls to the limits of whom they are charged to and of the config: takes of all of them in
 * one step, or refuses the call with RATE_LIMITED and takes of none. Tokens are taken by an
 * estimate of the prompt and the bound on the answer, and settled at the end of the call.
 */
export function limitCalls(options: LimitOptions): Layer {
  const { reservations, boundsOf, answerTokens, tries = false } = options;
  return (next) => {
    const go = (call: Call, bounds: readonly CallBound[], outcome: Lease | Refusal) => {
      if (!tries) call.trace.limited(factsOf(bounds, reservations, outcome));
      if (!outcome.ok) throw refusalOf(bounds, outcome, sizeOf(call));
      call.life.atEnd((end) => {
        answerTokens.note(call, end);
        outcome.settle(bounds.map(({ quantity }) => takenOf(quantity, call, end)));
      });
      return next(call);
    };
    return (call): Promise<Reply> => {
      const bounds = boundsOf(call);
      if (bounds.length === 0) return next(call);
      const outcome = reservations.reserve(portionsOf(call, bounds, answerTokens), call.trace);
      return outcome instanceof Promise
        ? outcome.then((one) => go(call, bounds, one))
        : go(call, bounds, outcome);
    };
  };
}

/** What a call would take of its limits, or that it would be refused now. Takes nothing. */
export function planLimits(options: LimitOptions): (call: Call) => Plan | undefined {
  const { reservations, boundsOf, answerTokens } = options;
  return (call) => {
    const bounds = boundsOf(call);
    if (bounds.length === 0) return undefined;
    const planned: PlannedBound[] = [];
    for (const [at, { bound, amount }] of portionsOf(call, bounds, answerTokens).entries()) {
      const used = reservations.used(bound);
      if (amount === 0 || used + amount <= bound.limit) {
        planned.push(plannedBound(bounds[at], { used, amount, limit: bound.limit }));
        continue;
      }
      const refused = { ok: false, at, used, freeInMs: undefined } as const;
      const refusal = refusalOf(bounds, refused, sizeOf(call));
      return { call, report: [], refusal };
    }
    return { call, report: [], bounds: planned };
  };
}

function plannedBound(
  bound: CallBound | undefined,
  {
    used,
    amount,
    limit,
  }: { readonly used: number; readonly amount: number; readonly limit: number },
): PlannedBound {
  const { owner = "", allows = "" } = bound ?? {};
  const remains = String(limit - used - amount);
  return { owner, allows, used: String(used), holds: String(amount), remains };
}

/** Operations whose calls take no tokens. */
function takesNoTokens({ request }: Call): boolean {
  return request.operation.name === "count_tokens" || request.operation.name === "guard";
}

/**
 * What a call is expected to take. One whose prompt is longer than a bound on tokens never fits,
 * nor does one that may have a longer answer; an answer that it does not bound counts as expected.
 */
function portionsOf(
  call: Call,
  bounds: readonly CallBound[],
  answerTokens: AnswerTokens,
): readonly Portion[] {
  return bounds.map(({ quantity, bound }) => {
    if (quantity === "requests" || quantity === "concurrent") return { bound, amount: 1 };
    if (takesNoTokens(call)) return { bound, amount: 0 };
    const { inputTokens, maxOutputTokens } = sizeOf(call);
    if (quantity === "input_tokens") return { bound, amount: inputTokens };
    const input = quantity === "tokens" ? inputTokens : 0;
    if (maxOutputTokens !== undefined) return { bound, amount: input + maxOutputTokens };
    const expected = input + answerTokens.expected(call);
    return { bound, amount: Math.min(expected, Math.max(bound.limit, input)) };
  });
}

/**
 * What a call took. Undefined: nobody knows, as where the caller left, and what was expected
 * stands. A failure without an answer and a stored answer took no tokens.
 */
function takenOf(quantity: Quantity, call: Call, { kind, usage }: End): number | undefined {
  const { attempts } = call.trace;
  const untried = attempts.length === 0;
  // A failure without a try is a refusal of the gateway's own, which takes nothing.
  if (quantity === "requests") return untried && kind === "broken" ? 0 : 1;
  if (quantity === "concurrent" || untried || takesNoTokens(call)) return 0;
  if (usage?.inputTokens === undefined && usage?.outputTokens === undefined) {
    const answered = attempts.some(({ firstTokenUs }) => firstTokenUs !== undefined);
    return kind === "broken" && !answered ? 0 : undefined;
  }
  const { inputTokens = 0n, outputTokens = 0n } = usage;
  if (quantity === "input_tokens") return Number(inputTokens);
  return Number(quantity === "output_tokens" ? outputTokens : inputTokens + outputTokens);
}

function refusalOf(bounds: readonly CallBound[], refusal: Refusal, size: CallSize): GatewayError {
  const { at, used, freeInMs, silent } = refusal;
  const { owner = "limit", allows = "", quantity = "requests", bound } = bounds[at] ?? {};
  const limitScope = kindOfOwner(owner);
  const never = silent === true ? undefined : neverFits(quantity, bound?.limit ?? 0, size);
  if (never !== undefined)
    return new GatewayError({
      reason: ErrorReason.RATE_LIMITED,
      limitScope,
      message: `rate limit: ${owner} may have ${allows}, and ${never}`,
    });
  const why = silent === true ? "what gateways share is out of reach" : wordsOf(quantity, used);
  return new GatewayError({
    reason: ErrorReason.RATE_LIMITED,
    limitScope,
    message: `rate limit reached: ${owner} may have ${allows}, and ${why}`,
    ...(freeInMs === undefined ? {} : { retryAfterMs: Math.ceil(freeInMs) }),
  });
}

function wordsOf(quantity: Quantity, used: number): string {
  if (quantity === "concurrent") return `${used} are under way`;
  if (quantity === "requests") return "has had them";
  return `has used ${used}`;
}

/** Why a call never has room, whenever it comes. Undefined: it may have. */
function neverFits(quantity: Quantity, limit: number, size: CallSize): string | undefined {
  if (quantity === "requests" || quantity === "concurrent") return undefined;
  const { inputTokens, maxOutputTokens = 0 } = size;
  if (quantity !== "output_tokens" && inputTokens > limit)
    return `this prompt alone has about ${inputTokens}, which can never fit: send a shorter one`;
  const input = quantity === "tokens" ? inputTokens : 0;
  if (quantity === "input_tokens" || input + maxOutputTokens <= limit) return undefined;
  return `this call may take ${input + maxOutputTokens} with its max_tokens, which can never fit: lower max_tokens`;
}

/** What is said to callers: of requests and of tokens the bound that leaves the smallest share. */
function factsOf(
  bounds: readonly CallBound[],
  reservations: Reservations,
  outcome: Lease | Refusal,
): RateFacts {
  const facts: { -readonly [Name in keyof RateFacts]: RateFacts[Name] } = {};
  for (const [at, { quantity, bound }] of bounds.entries()) {
    if (quantity === "concurrent" || bound.span.kind !== "sliding") continue;
    const name = quantity === "requests" ? "requests" : "tokens";
    const used = outcome.ok ? (outcome.used[at] ?? 0) : reservations.used(bound);
    const { limit } = bound;
    const remaining = Math.max(0, Math.floor(limit - used));
    const before = facts[name];
    if (before !== undefined && before.remaining / before.limit <= remaining / limit) continue;
    facts[name] = { limit, remaining, resetMs: used === 0 ? 0 : bound.span.ms };
  }
  return facts;
}
