import type { Settings } from "../../config/settings.ts";
import { handleCall } from "../../core/attempt.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import { type Plan, refusable, type Sight, type Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Guard } from "../../core/guard/guard.ts";
import { answerByGuards } from "./answer-by-guards.ts";
import { type Bound, BoundGuards } from "./bound-guards.ts";
import type { Check } from "./check.ts";
import { answerOf, guardAnswer } from "./guard-answer.ts";
import { guardRequest } from "./guard-request.ts";
import { GuardRun, replacesTexts, requestStages } from "./guard-run.ts";
import { PassedTexts } from "./passed-texts.ts";

/** What guards act through. */
export interface GuardWorld {
  /** The guards of the settings by name, ready to check. */
  readonly guards: ReadonlyMap<string, Guard>;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
}

interface GuardParts {
  readonly bound: BoundGuards;
  readonly passed: PassedTexts;
}

function partsOf(settings: Settings, { guards, nowMs }: GuardWorld): GuardParts | undefined {
  if (guards.size === 0) return undefined;
  return { bound: new BoundGuards(guards, settings), passed: new PassedTexts(nowMs) };
}

/**
 * Has guards look at the requests of calls, once each, and puts back into answers what was masked.
 * Where there are no guards it refuses calls that shall have one.
 */
export function guardsPolicy(settings: Settings, world: GuardWorld): Stage {
  const parts = partsOf(settings, world);
  if (parts === undefined) return withoutGuards(new BoundGuards(world.guards, settings));
  return {
    name: "guards",
    sees: ({ guarded }) => (guarded?.restores === true ? "rewrites" : "usage"),
    layer: (next) => (call) => guard(parts, call, next),
    plan: (call) => plan(parts, call),
  };
}

function withoutGuards(bound: BoundGuards): Stage {
  const refuse = (call: Call): Call => {
    bound.ofCall(call);
    return call;
  };
  const none = new PassedTexts(() => 0);
  return {
    name: "guards",
    layer: (next) => (call) => {
      const own = bound.inPlaceOfModel(call);
      return own === undefined ? next(refuse(call)) : answerByGuards(call, own, none);
    },
    plan: (call) => refusable(call, () => refuse(call)),
  };
}

async function guard({ bound, passed }: GuardParts, call: Call, next: Handler): Promise<Reply> {
  const binding = bound.ofCall(call);
  const run = new GuardRun(call, binding.guards, passed);
  let looked: Call;
  try {
    looked = await guardRequest(call, run.requestChecks(), run.placeholders);
  } catch (error) {
    const instead = answerOf(call, error);
    if (instead === undefined) throw error;
    return instead;
  }
  return goOn(markGuarded(looked, run, binding), run, next);
}

/** The call as it goes on, with what guards have made of it. */
function markGuarded(call: Call, run: GuardRun, { guards, without }: Bound): Call {
  const names = new Set(guards.map(({ name }) => name));
  const answers = sightOf(guards) !== "usage";
  const restores = !run.placeholders.empty;
  const guarded = { request: call.request, names, without, answers, restores };
  return { ...call, guarded, ...(run.route === undefined ? undefined : { model: run.route }) };
}

function goOn(looked: Call, run: GuardRun, next: Handler): Promise<Reply> {
  const beside = run.checksBeside();
  const answered: Handler =
    beside.length === 0 ? next : (one) => checkMeanwhile(one, next, beside, run);
  if (run.placeholders.empty) return answered(looked);
  return guardAnswer(looked, answered, [run.restoring()]);
}

/** Has the model answer while checks of the request go on; the answer waits for them. */
async function checkMeanwhile(
  call: Call,
  next: Handler,
  checks: readonly Check[],
  { placeholders }: GuardRun,
): Promise<Reply> {
  const inside = call.life.child();
  const answering = handleCall({ ...call, life: inside }, next);
  try {
    await guardRequest(call, checks, placeholders);
  } catch (error) {
    inside.abort();
    leave(answering);
    throw error;
  }
  return answering;
}

/** Nobody reads an answer, if there is to be one. */
function leave(answering: Promise<Reply>): void {
  answering.then(
    ({ body }) => {
      if (body.kind === "stream") void body.pieces[Symbol.asyncIterator]().return?.();
    },
    () => undefined,
  );
}

/** What guards would make of a request. Services are not asked. */
function plan({ bound, passed }: GuardParts, call: Call): Promise<Plan> {
  return planned(call, async () => {
    const binding = bound.ofCall(call);
    const run = new GuardRun(call, binding.guards, passed);
    const looked = await guardRequest(call, run.localChecks(), run.placeholders);
    return markGuarded(looked, run, binding);
  });
}

/** What the guards of the model that would be tried would make of a request. */
function planTry({ bound, passed }: GuardParts, call: Call): Promise<Plan> {
  return planned(call, () => {
    const { guards, looked } = bound.ofTry(call);
    const before = guards.filter(({ name }) => !looked.has(name));
    const run = new GuardRun(call, before, passed);
    return guardRequest(call, run.localChecks(), run.placeholders);
  });
}

/** The plan that passes a call on as it is made, or refuses it. */
async function planned(call: Call, make: () => Promise<Call>): Promise<Plan> {
  try {
    return { call: await make(), report: [] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { call, report: [], refusal: error };
  }
}

/** Has the guards of a call look at its answer. Undefined where there are no guards. */
export function guardAnswersPolicy(settings: Settings, world: GuardWorld): Stage | undefined {
  const parts = partsOf(settings, world);
  if (parts === undefined) return undefined;
  const { bound, passed } = parts;
  const guardsOf = ({ guarded }: Call) =>
    guarded === undefined ? [] : bound.withNames(guarded.names);
  return {
    name: "guard_answers",
    sees: (call) => sightOf(guardsOf(call)),
    layer: (next) => (call) => {
      const run = new GuardRun(call, guardsOf(call), passed);
      return guardAnswer(call, next, run.answerChecks(), { passed: () => run.answered() });
    },
  };
}

/**
 * Has the guards of the model that is tried look at the request and the answer, where they have not
 * yet, and all of them at a request that was made for the try. Undefined where there are no guards.
 */
export function guardTriesPolicy(settings: Settings, world: GuardWorld): Stage | undefined {
  const parts = partsOf(settings, world);
  if (parts === undefined) return undefined;
  const { bound, passed } = parts;
  return {
    name: "guard_tries",
    plan: (call) => planTry(parts, call),
    sees: (call) => {
      const { guards, looked } = bound.ofTry(call);
      const masks = guards.some((guard) => !looked.has(guard.name) && replacesTexts(guard));
      return masks ? "rewrites" : sightOf(answering(call, guards));
    },
    layer: (next) => (call) => {
      const { guards, looked } = bound.ofTry(call);
      const before = guards.filter(({ name }) => !looked.has(name));
      const after = answering(call, guards);
      if (before.length === 0 && after.length === 0) return next(call);
      return guardTry(
        call,
        next,
        new GuardRun(call, before, passed),
        new GuardRun(call, after, passed),
      );
    },
  };
}

/** The guards that look at the answer of a try only there. */
function answering({ guarded }: Call, guards: readonly Guard[]): readonly Guard[] {
  return guards.filter(({ name }) => guarded?.names.has(name) !== true);
}

async function guardTry(
  call: Call,
  next: Handler,
  before: GuardRun,
  after: GuardRun,
): Promise<Reply> {
  const checks = [...before.requestChecks(), ...before.checksBeside()];
  const looked = await guardRequest(call, checks, before.placeholders);
  const { said } = call;
  const passed = (): void => after.answered();
  const answered: Handler = (one) => guardAnswer(one, next, after.answerChecks(), { passed, said });
  if (before.placeholders.empty) return answered(looked);
  return guardAnswer(looked, answered, [before.restoring()]);
}

/** What guards look at in answers. */
function sightOf(guards: readonly Guard[]): Sight {
  const looking = guards.filter(({ stages }) =>
    [...stages].some((stage) => !requestStages.has(stage)),
  );
  if (looking.length === 0) return "usage";
  return looking.some(replacesTexts) ? "rewrites" : "events";
}
