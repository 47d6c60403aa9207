import { isMessage } from "@bufbuild/protobuf";
import { CompletionSchema } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { AnswerFailure } from "../../../gen/parlance/config/v1/mid_stream_pb.js";
import { MidStream } from "../../../gen/parlance/config/v1/mid_stream_pb.js";
import type { ConfiguredModel, Settings } from "../../config/settings.ts";
import { attemptOf, handleCall } from "../../core/attempt.ts";
import type { Call, Handler, Piece, Reply } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Clock } from "../../core/life.ts";
import type { FlowingIterator } from "../../core/reply/flow.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { explode } from "../../events/explode.ts";
import { type AnswerJudge, createAnswerJudge } from "./answer-judge.ts";
import { resumeStream } from "./resume-stream.ts";

/** What is held back of an answer, and what makes it a failure. */
interface HoldRule {
  readonly failures: ReadonlySet<AnswerFailure>;
  /** Undefined: until the first content. */
  readonly bounds: { readonly tokens: number; readonly timeMs: number } | undefined;
}

/**
 * The stage of the attempts that holds back the beginning of an answer, where the settings of a
 * model say so: until it is seen whether it counts as a failure (`failures_in_answers`), and for
 * `mid_stream: HOLD` until enough of it is there. What fails before that is a failed attempt, of
 * which the caller has seen nothing.
 */
export function holdAnswersPolicy({ models, resolve }: Settings): Stage | undefined {
  if (![...models.values()].some((model) => ruleOf(model) !== undefined)) return undefined;
  const rules = new WeakMap<ConfiguredModel["settings"], { rule: HoldRule | undefined }>();
  const find = (call: Call): HoldRule | undefined => {
    if (call.request.operation.name !== "chat") return undefined;
    const model = resolve(attemptOf(call).model ?? call.model);
    if (model === undefined) return undefined;
    const known = rules.get(model.settings) ?? { rule: ruleOf(model) };
    rules.set(model.settings, known);
    const { rule } = known;
    const acts = rule !== undefined && (rule.failures.size > 0 || call.request.stream);
    return acts ? rule : undefined;
  };
  return {
    name: "hold_answers",
    sees: (call) => (find(call) === undefined ? "usage" : "events"),
    layer: (next) => (call) => {
      const rule = find(call);
      return rule === undefined ? next(call) : holdAnswer(call, next, rule);
    },
  };
}

function ruleOf({ settings }: ConfiguredModel): HoldRule | undefined {
  const { failuresInAnswers, midStream, hold } = settings;
  const holds = midStream === MidStream.HOLD && hold !== undefined;
  if (failuresInAnswers.length === 0 && !holds) return undefined;
  return {
    failures: new Set(failuresInAnswers),
    bounds: holds ? { tokens: hold.tokens, timeMs: durationMs(hold.time) } : undefined,
  };
}

/** The answer has a life of its own, for it may be whole and yet no success. */
async function holdAnswer(call: Call, next: Handler, rule: HoldRule): Promise<Reply> {
  const inside = call.life.child();
  const reply = await handleCall({ ...call, life: inside }, next);
  const { body } = reply;
  const judge = createAnswerJudge(rule.failures);
  if (body.kind === "whole") {
    const result = body.result();
    if (!isMessage(result, CompletionSchema)) return reply;
    for (const event of explode(result)) judge.see(event);
    throwFault(call, judge.fault());
    return reply;
  }
  const iterator = body.pieces[Symbol.asyncIterator]();
  const held = await hold(iterator, { judge, rule, clock: call.life.clock });
  if (held.fault !== undefined) {
    await drain(iterator);
    inside.abort();
    throwFault(call, held.fault);
  }
  const resumed = resumeStream(iterator, held.pieces, held.pending);
  return { ...reply, body: { ...body, pieces: { [Symbol.asyncIterator]: () => resumed } } };
}

function throwFault(call: Call, fault: Fault | undefined): void {
  if (fault === undefined) return;
  throw new GatewayError({ provider: attemptOf(call).target.provider, ...fault });
}

interface Holding {
  readonly judge: AnswerJudge;
  readonly rule: HoldRule;
  readonly clock: Clock;
}

/** The beginning of a stream. */
interface HeldStream {
  readonly pieces: readonly Piece[];
  /** The step that is waited for. Undefined: none is. */
  readonly pending: Promise<IteratorResult<Piece>> | undefined;
  readonly fault: Fault | undefined;
}

/** Pieces without any content count too, so that what is held is bounded. */
const maxPieces = 10_000;
const maxHeldBytes = 4 * 1024 * 1024;

async function hold(
  iterator: FlowingIterator<Piece>,
  { judge, rule: { bounds }, clock }: Holding,
): Promise<HeldStream> {
  const pieces: Piece[] = [];
  let bytes = 0;
  const timer = bounds === undefined ? undefined : startTimer(clock, bounds.timeMs);
  try {
    while (pieces.length < maxPieces && bytes < maxHeldBytes) {
      const pending = iterator.next();
      const step = await firstOf(pending, timer);
      if (step === undefined) {
        pending.catch(nothing);
        return { pieces, pending, fault: undefined };
      }
      if (step.done === true)
        return { pieces, pending: Promise.resolve(step), fault: judge.fault() };
      pieces.push(step.value);
      bytes += bytesOf(step.value);
      for (const event of step.value.events) judge.see(event);
      const fault = judge.fault();
      if (fault !== undefined || isEnough(judge, bounds))
        return { pieces, pending: undefined, fault };
    }
    return { pieces, pending: undefined, fault: undefined };
  } finally {
    timer?.callOff();
  }
}

function bytesOf({ wire }: Piece): number {
  return wire === undefined ? 0 : wire.length;
}

function isEnough(judge: AnswerJudge, bounds: HoldRule["bounds"]): boolean {
  return bounds === undefined ? judge.hasContent() : judge.tokens() >= bounds.tokens;
}

/** Who takes the pieces gets the failure of the one that is waited for. */
function nothing(): void {
  // It is the reader's to meet.
}

/** The step, or undefined where the time is up before. */
function firstOf<T>(pending: Promise<T>, timer: Timer | undefined): Promise<T | undefined> {
  return timer === undefined ? pending : Promise.race([pending, timer.up]);
}

interface Timer {
  readonly up: Promise<undefined>;
  readonly callOff: () => void;
}

function startTimer(clock: Clock, ms: number): Timer {
  let callOff = (): void => undefined;
  const up = new Promise<undefined>((resolve) => {
    callOff = clock.schedule(() => resolve(undefined), ms);
  });
  return { up, callOff: () => callOff() };
}

/** Pieces behind a finish that are read for the usage that they tell. */
const maxTail = 16;

/** Reads on behind a finish: many vendors tell the usage last, and it is billed all the same. */
async function drain(iterator: FlowingIterator<Piece>): Promise<void> {
  for (let piece = 0; piece < maxTail; piece += 1) {
    const step = await iterator.next().catch(() => undefined);
    if (step === undefined || step.done === true) return;
  }
  await iterator.return?.();
}
