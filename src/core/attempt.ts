import type { Attempt, Call, CallRequest, Handler, Outlet, Reply } from "./call.ts";
import { sizeOf } from "./facts/call-size.ts";
import type { Fit } from "./fidelity/fit.ts";
import type { LossPolicy } from "./fidelity/loss-policy.ts";
import { endOf, type Life } from "./life.ts";
import type { WireOutlet } from "./target/outlet.ts";
import { fitOf, outletFor } from "./target/outlet-for.ts";
import type { Target } from "./target/target.ts";

/** An attempt that has not begun. */
export type AttemptPlan = Omit<Attempt, "record">;

/** The way a call would take to a target behind `outlet`. */
export function planAttempt(
  call: Call,
  target: Target,
  outlet: Outlet,
  losses: LossPolicy,
): AttemptPlan {
  if (outlet.kind === "local") return planOf(target, outlet, losses, undefined);
  const serving = outletFor(outlet, call, target);
  return planOf(target, serving, losses, fitOf(serving, call, target));
}

/** All members, in one order: every attempt has the same shape, which is read faster. */
function planOf(
  target: Target,
  outlet: Outlet,
  losses: LossPolicy,
  fit: Fit | undefined,
): AttemptPlan {
  return {
    target,
    outlet,
    passes: fit !== undefined && fit !== "encoded" && fit !== "translated",
    fit,
    losses,
    model: undefined,
    fallback: undefined,
    why: undefined,
    race: undefined,
    continues: undefined,
  };
}

/**
 * Tries a call once: with a life and a record of its own. A rejection ends the life; where there is
 * a reply, its end is that of the try. `plan` absent: the same target as the try that the call is
 * part of, whose record this one replaces. `life`: a child of the call's; default: a new one.
 */
export async function attempt(
  call: Call,
  next: Handler,
  plan?: AttemptPlan,
  life = call.life.child(),
): Promise<Reply> {
  const chosen = plan ?? attemptOf(call);
  const record = call.trace.begin(chosen.target, call.attempt?.record);
  record.why = chosen.why ?? "";
  record.model = chosen.model ?? "";
  record.fallback = chosen.fallback === true;
  record.race = chosen.race;
  record.continues = chosen.continues === true;
  // A part of a try is billed by the same prices.
  const billing = call.attempt?.record.billing;
  if (plan === undefined && billing !== undefined)
    record.billing = { entry: billing.entry, inputTokens: () => sizeOf(call).inputTokens };
  life.atEndFirst((end) => record.ended(end));
  // The cost of a call is that of all tries, also of one that has just lost a race.
  life.endWhenLeft();
  try {
    const reply = await next({ ...call, life, attempt: { ...chosen, record } });
    return ending(reply, life);
  } catch (error) {
    life.end(endOf(error, life));
    throw error;
  }
}

/** Handles a call: its life ends with its reply, or with what it was rejected with. */
export async function handleCall(call: Call, handler: Handler): Promise<Reply> {
  try {
    const reply = await handler(call);
    return ending(reply, call.life);
  } catch (error) {
    call.life.end(endOf(error, call.life));
    throw error;
  }
}

/**
 * A reply in hand ends the life that it was made in: with its own end, or with the abort of that
 * life, for nobody may ever read it then.
 */
function ending(reply: Reply, life: Life): Reply {
  if (reply.life !== life) reply.life.atEnd((end) => life.end(end));
  if (life.ended === undefined) life.onAbort((reason) => life.end(endOf(reason, life)));
  return reply;
}

/** The attempt that a call is in. Throws where a stage before the route asks for it. */
export function attemptOf(call: Call): Attempt {
  if (call.attempt === undefined) throw new Error("the call is not in an attempt");
  return call.attempt;
}

/** The vendor behind HTTP that a call's attempt goes to; undefined: one in this process. */
export function wireOutletOf(call: Call): WireOutlet | undefined {
  const { outlet } = attemptOf(call);
  return outlet.kind === "wire" ? outlet : undefined;
}

/** The call with another request, which the caller's bytes no longer match. */
export function withRequest<C extends Pick<Call, "origin" | "request" | "attempt">>(
  call: C,
  changed: CallRequest,
): C {
  const { origin: _, ...rest } = call;
  const { edit: __, ...request } = changed;
  const attempt = call.attempt && { attempt: { ...call.attempt, passes: false } };
  return { ...rest, request, ...attempt } as C; // an optional member is left out
}
