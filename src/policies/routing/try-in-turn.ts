import type { ConfiguredModel, WeightedTarget } from "../../config/settings.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import { priorityOf } from "../../core/caller/priority-of.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import type { Share } from "../queue/fair-queue.ts";
import type { ModelQueue, QueueBounds, Room, Seeker } from "../queue/model-queue.ts";
import type { Wants } from "./choose-targets.ts";
import type { Group, ModelFailure, RouteOptions, Turns } from "./rounds.ts";
import { wantsOf } from "./target-filters.ts";
import { tryModel } from "./try-model.ts";

/**
 * Tries the targets of a model, after the call has waited for its turn where the model has a queue
 * and every target that it may go to is busy. A call that cannot wait fails with RATE_LIMITED, and
 * goes to the fallbacks.
 */
export function tryInTurn(
  options: RouteOptions,
  call: Call,
  group: Group,
  next: Handler,
): Promise<Reply | ModelFailure> {
  const { turns } = options;
  return group.model.settings.queue === undefined || turns === undefined
    ? tryModel(options, call, group, next)
    : waitAndTry({ ...options, turns }, call, group, next);
}

/** The same where a model has a queue. */
type QueueOptions = RouteOptions & { readonly turns: Turns };

async function waitAndTry(
  options: QueueOptions,
  call: Call,
  group: Group,
  next: Handler,
): Promise<Reply | ModelFailure> {
  const queue = options.turns.queues.of(queueName(group), group.model.targets);
  const priority = priorityOf(call);
  const room = () => roomFor(options, group, wantsOf(options, call, group.model));
  for (;;) {
    const free = queue.idle ? freeGroup(options, call, group) : undefined;
    let waitedMs: number | undefined;
    if (free === undefined) {
      const seeker = { call, priority, shares: sharesOf(call), room };
      const waited = await enter(queue, seeker, boundsOf(group));
      if (typeof waited === "object") return waited;
      waitedMs = waited;
    }
    // It takes its slot before it waits for anything, so that the next in turn finds what is left.
    const trying = tryModel(options, call, free ?? afterWait(group, waitedMs), next);
    if (waitedMs !== undefined) queue.began();
    const outcome = await trying;
    const missed = "first" in outcome && outcome.refused && room().kind === "busy";
    if (!missed) return outcome;
  }
}

/** The model, with what is known of its targets; undefined where a call has to wait for one. */
function freeGroup(options: QueueOptions, call: Call, group: Group): Group | undefined {
  const wants = wantsOf(options, call, group.model);
  const { kind, target } = roomFor(options, group, wants);
  if (kind === "busy") return undefined;
  return { ...group, wants: target === undefined ? wants : { ...wants, admitted: target } };
}

/** For how long a call waited for its turn; undefined: it did not. A failure: it has none. */
async function enter(
  queue: ModelQueue,
  seeker: Seeker,
  bounds: QueueBounds,
): Promise<number | undefined | ModelFailure> {
  const { life, trace } = seeker.call;
  try {
    const waitedMs = await queue.enter(seeker, bounds);
    if (waitedMs !== undefined) trace.queued(waitedMs);
    return waitedMs;
  } catch (error) {
    if (!(error instanceof GatewayError) || life.reason !== undefined) throw error;
    return { first: error, last: error, refused: true };
  }
}

/** Arms wait for targets of their own. Kept for each model, so that it is hashed once. */
function queueName({ model, name, arm }: Group): string {
  if (arm === undefined) return name;
  const known = queueNames.get(model);
  if (known?.name === name && known.arm === arm) return known.queue;
  const queue = `${name}, arm ${arm}`;
  queueNames.set(model, { name, arm, queue });
  return queue;
}

const queueNames = new WeakMap<
  ConfiguredModel,
  { readonly name: string; readonly arm: string; readonly queue: string }
>();

function boundsOf({ model }: Group) {
  const { maxWaiting = 100, maxWait } = model.settings.queue ?? {};
  return { maxWaiting, maxWaitMs: maxWait === undefined ? 30_000 : durationMs(maxWait) };
}

function afterWait(group: Group, waitedMs: number | undefined): Group {
  if (waitedMs === undefined) return group;
  return { ...group, label: `${group.label}, after ${Math.round(waitedMs)} ms in its queue` };
}

/** Turns go to teams and to keys without one, and within a team to its keys. */
function sharesOf({ principal }: Call): readonly [Share, ...Share[]] {
  const key = { name: principal?.name ?? "", weight: principal?.queueWeight ?? 1 };
  const team = principal?.team;
  return team === undefined ? [key] : [{ name: team, weight: 1 }, key];
}

/** Whether a call could go to a target of a model now, but for those that are not for it. */
function roomFor(
  options: QueueOptions,
  { model }: Group,
  { excludes }: Wants,
): Room & { readonly target?: WeightedTarget } {
  let untilMs = Number.POSITIVE_INFINITY;
  let isBusy = false;
  for (const target of model.targets) {
    if (target.weight === 0) continue;
    const exclusion = excludes?.(target);
    if (exclusion !== undefined) {
      if (exclusion.busy === true) isBusy = true;
      untilMs = Math.min(untilMs, exclusion.untilMs ?? Number.POSITIVE_INFINITY);
      continue;
    }
    const circuit = options.circuit(target);
    if (!("untilMs" in circuit)) return { kind: "go", target };
    if (comesBack(options.turns, target, circuit)) untilMs = Math.min(untilMs, circuit.untilMs);
  }
  if (untilMs < Number.POSITIVE_INFINITY) return { kind: "busy", untilMs };
  return { kind: isBusy ? "busy" : "fail" };
}

/** Whether a target is left alone for its rate alone, so that calls may wait for it. */
function comesBack(
  { rateLimited }: Turns,
  target: WeightedTarget,
  { state }: ReturnType<RouteOptions["circuit"]>,
): boolean {
  return state === "used_up" || rateLimited(target);
}
