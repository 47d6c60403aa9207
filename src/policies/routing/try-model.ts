import { type AttemptPlan, attempt, planAttempt } from "../../core/attempt.ts";
import type { RaceEntry } from "../../core/attempt-record.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import {
  hedgeDelayMs,
  mayAct,
  type Outcome,
  outcomeWithin,
  type Runner,
  startRunner,
} from "./hedge.ts";
import { retryRuleOf } from "./retry-rule.ts";
import {
  type Candidate,
  type Group,
  type ModelFailure,
  Rounds,
  type RouteOptions,
  waits,
} from "./rounds.ts";

/** Tries the targets of a model. Throws what no other target or model would do better with. */
export async function tryModel(
  options: RouteOptions,
  call: Call,
  group: Group,
  next: Handler,
): Promise<Reply | ModelFailure> {
  const { model, name } = group;
  const rule = retryRuleOf(call, model.settings.retry);
  if (rule !== undefined) options.retryBudget.called(name);
  const rounds = new Rounds(options, call, group, rule);
  if (model.settings.hedge !== undefined) hedged(options, call, group);
  const trying: Trying = { options, call, group, next, rounds };
  for (let one = rounds.begin(); one !== undefined; one = await rounds.next()) {
    const claiming = options.claimProbe?.(one.target, call.trace);
    if (claiming !== undefined && !(await claiming)) one = await elsewhere(trying, one);
    const racers = { first: one.target, second: () => rounds.following() };
    const delayMs = hedgeDelayMs(model, racers, call.request.stream, options);
    const reply = await (delayMs === undefined ? tryOne(trying, one) : race(trying, one, delayMs));
    if (reply !== undefined) return reply;
  }
  return rounds.failure();
}

/**
 * A candidate in place of one that another gateway probes: the call must not be a second probe. The
 * same one where there is no other, for then it is called whatever its circuit.
 */
async function elsewhere({ options, call, rounds }: Trying, first: Candidate): Promise<Candidate> {
  for (let one = rounds.instead(); one !== undefined; one = rounds.instead()) {
    const claiming = options.claimProbe?.(one.target, call.trace);
    if (claiming === undefined || (await claiming)) return one;
  }
  return first;
}

/** Tries the first target of a model that a call may go to, and no other. */
export async function tryOnce(
  options: RouteOptions,
  call: Call,
  group: Group,
  next: Handler,
): Promise<Reply> {
  const rounds = new Rounds(options, call, group, undefined);
  const one = rounds.begin();
  if (one === undefined) throw rounds.failure().first;
  return attempt(call, next, planCandidate(options, call, one));
}

/** Counts a call that may be raced, and what it cost where the cost is bounded. */
function hedged(
  { hedgeBudget, hedgeWaste, pricesOf }: RouteOptions,
  call: Call,
  group: Group,
): void {
  const { model, name } = group;
  hedgeBudget.called(name);
  if (model.settings.hedge?.maxCostPercent === undefined || hedgeWaste === undefined) return;
  const { attempts } = call.trace;
  call.life.atEnd(() => void hedgeWaste.note(name, attempts, pricesOf ?? unpriced));
}

function unpriced(): undefined {
  return undefined;
}

/** The tries of a model that are under way. */
interface Trying {
  readonly options: RouteOptions;
  readonly call: Call;
  readonly group: Group;
  readonly next: Handler;
  readonly rounds: Rounds;
}

/** Undefined where the try failed and another may do better. */
async function tryOne({ options, call, next, rounds }: Trying, one: Candidate) {
  try {
    return await attempt(call, next, planCandidate(options, call, one));
  } catch (error) {
    rounds.failed(one, error);
    return undefined;
  }
}

/**
 * Tries a candidate, and where it is slow the next one beside it. The first answer wins; the other
 * try is cancelled. Undefined where what was tried failed and another may do better.
 */
async function race(trying: Trying, first: Candidate, delayMs: number): Promise<Reply | undefined> {
  const { options, call, rounds } = trying;
  const one = startCandidate(trying, first, { hedge: false, lost: false });
  const early = await outcomeWithin(one, delayMs, call.life);
  const second = early === undefined ? hedgeCandidate(trying) : undefined;
  const claiming = second && options.claimProbe?.(second.target, call.trace);
  if (second === undefined || (claiming !== undefined && !(await claiming)))
    return settled(rounds, first, early ?? (await one.outcome));
  const other = startCandidate(trying, second, { hedge: true, lost: false });
  const isFirst = await Promise.race([
    one.outcome.then(() => true),
    other.outcome.then(() => false),
  ]);
  const [ahead, behind] = isFirst ? [one, other] : [other, one];
  const [leader, follower] = isFirst ? [first, second] : [second, first];
  try {
    const reply = settled(rounds, leader, await ahead.outcome);
    if (reply === undefined) return settled(rounds, follower, await behind.outcome);
    behind.lose();
    return reply;
  } catch (error) {
    behind.lose();
    throw error;
  }
}

function startCandidate({ options, call, next }: Trying, one: Candidate, race: RaceEntry): Runner {
  return startRunner(call, race, (life) =>
    attempt(call, next, { ...planCandidate(options, call, one), race }, life),
  );
}

/** The candidate that races a slow one; undefined where none may. */
function hedgeCandidate({ options, call, group, rounds }: Trying): Candidate | undefined {
  const { model, name } = group;
  if (!waits(call) || rounds.following() === undefined || mayAct(call)) return undefined;
  const { maxPercent: percent = 10, maxCostPercent } = model.settings.hedge ?? {};
  if (maxCostPercent !== undefined && options.hedgeWaste?.allows(name, maxCostPercent) === false)
    return undefined;
  if (!options.hedgeBudget.take(name, percent)) return undefined;
  const next = rounds.hedge();
  return next === undefined ? undefined : { ...next, why: `${next.why}, beside a slow one` };
}

/** The reply of a try; undefined where it failed and another may do better. */
function settled(rounds: Rounds, one: Candidate, outcome: Outcome): Reply | undefined {
  if ("reply" in outcome) return outcome.reply;
  rounds.failed(one, outcome.error);
  return undefined;
}

/** The way a call would take to a candidate. */
export function planCandidate(
  options: Pick<RouteOptions, "outlet">,
  call: Call,
  { target, model, losses, why, fallback, continues }: Candidate,
): AttemptPlan {
  const outlet = options.outlet(target.provider);
  if (outlet === undefined) throw new Error(`route: no provider ${target.provider}`);
  const ruled = call.ruling?.why ?? "";
  const reason = ruled === "" ? why : `${ruled}; ${why}`;
  const plan = planAttempt(call, target, outlet, losses);
  return { ...plan, model, why: reason, fallback, continues };
}
