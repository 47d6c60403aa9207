import { type AttemptRecord, OpenAttempt } from "./attempt-record.ts";
import type { CacheFacts } from "./cache/cache-facts.ts";
import type { RateFacts } from "./caller/rate-facts.ts";
import type { Tenant } from "./caller/tenant.ts";
import { addGuardNote, type GuardNote } from "./guard/guard-note.ts";
import type { CallContent, ContentToStore } from "./ledger/call-content.ts";
import type { End } from "./life.ts";
import { type Cost, sumCosts } from "./money/cost.ts";
import type { Target } from "./target/target.ts";
import { type CallTimes, callTimes } from "./time/call-times.ts";

/** Whom a call is charged to, and the tags that its key gives it. */
export interface TracedCaller {
  readonly team?: string;
  readonly tenants?: readonly Tenant[];
  readonly tags?: readonly string[];
}

/** What is recorded of one call as it goes: the one mutable thing about it. Times are monotonic. */
export interface Trace {
  readonly startedMs: number;
  /** The stages entered, in order; a stage that is entered for each attempt is there for each. */
  readonly stages: readonly string[];
  /** In the order in which they began. */
  readonly attempts: readonly AttemptRecord[];
  /** The name of who calls; undefined until that is known. */
  readonly principal: string | undefined;
  /** What the response cache did; undefined where the model has none. */
  readonly cache: CacheFacts | undefined;
  /** The names of the rules that acted on the call, in order. */
  readonly rules: readonly string[];
  /** What is known of who calls; undefined until that is known. */
  readonly caller: TracedCaller | undefined;
  identify(principal: string, caller?: TracedCaller): void;
  /** Tags that rules gave it. */
  readonly addedTags: readonly string[];
  /** Notes the rules that act on the call, and the tags that they give it. */
  ruled(rules: readonly string[], addedTags?: readonly string[]): void;
  /** The arm of an experiment that it has; undefined: its model is not split. */
  readonly arm: string | undefined;
  enterArm(arm: string): void;
  /** What limits leave to the caller; undefined where none holds for it. */
  readonly rates: RateFacts | undefined;
  limited(rates: RateFacts): void;
  /**
   * What the tightest budget leaves, in nano-USD: while the call goes on without what is held for
   * it, then without what it cost. Undefined where none holds for the caller.
   */
  readonly budgetLeft: bigint | undefined;
  /** Notes what the tightest budget leaves while `held` is held for the call. */
  budgeted(left: bigint, held: bigint): void;
  /** The budgets that are spent as far as they warn of; undefined: none is. */
  readonly budgetWarning: string | undefined;
  warnOfBudgets(warning: string): void;
  /** What guards made of it, one note for each guard and stage. */
  readonly guards: readonly GuardNote[];
  guarded(note: GuardNote): void;
  /** For how long guards held back a piece of its answer at most, in microseconds; 0: none. */
  readonly heldBackUs: number;
  /** Notes that guards held back a piece of its answer for some milliseconds. */
  heldBack(ms: number): void;
  enter(stage: string): void;
  /** What was said; undefined where nobody is to have it. */
  readonly content: CallContent | undefined;
  said(content: CallContent): void;
  /** What was said, where it is stored; undefined where it is not. */
  readonly toStore: ContentToStore | undefined;
  store(content: ContentToStore): void;
  /** Notes what the response cache did; the last note counts. */
  cached(facts: CacheFacts): void;
  /** Notes that the call waited for its turn in a queue, in milliseconds. */
  queued(ms: number): void;
  /** How long the call waited for its turn in queues, in whole microseconds. */
  readonly queuedUs: number;
  /** Begins a try. One that only passes further tries on is replaced by those: see `replaces`. */
  begin(target: Target, replaces?: AttemptRecord): OpenAttempt;
  /** The tries as they are if those that run end now. */
  attemptsIfEnded(end: End): readonly AttemptRecord[];
  /**
   * Time since the start that was not spent waiting for a vendor or a turn, in whole microseconds.
   */
  overheadUs(): number;
  /** The parts of the time until `nowMs`, of a call whose answer is streamed or is not. */
  times(nowMs: number, stream: boolean): CallTimes;
}

/**
 * What all tries of a call cost together; undefined while one of them runs. Nothing where there are
 * none.
 */
export function costOfCall({ attempts }: Pick<Trace, "attempts">): Cost | undefined {
  const costs: Cost[] = [];
  for (const { cost } of attempts) {
    if (cost === undefined) return undefined;
    costs.push(cost);
  }
  return sumCosts(costs);
}

/** Starts a trace. `nowMs` is a monotonic clock in milliseconds with fractions. */
export function createTrace(nowMs: () => number): Trace {
  return new CallTrace(nowMs);
}

const none: readonly string[] = [];
const noGuards: readonly GuardNote[] = [];

class CallTrace implements Trace {
  queuedUs = 0;
  readonly stages: string[] = [];
  readonly attempts: OpenAttempt[] = [];
  principal: string | undefined;
  caller: TracedCaller | undefined;
  cache: CacheFacts | undefined;
  rules: readonly string[] = none;
  addedTags: readonly string[] = none;
  arm: string | undefined;
  guards: readonly GuardNote[] = noGuards;
  heldBackUs = 0;
  rates: RateFacts | undefined;
  #budget: { readonly left: bigint; readonly held: bigint } | undefined;
  budgetWarning: string | undefined;
  content: CallContent | undefined;
  toStore: ContentToStore | undefined;
  readonly startedMs: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.startedMs = nowMs();
  }

  identify(principal: string, caller?: TracedCaller): void {
    this.principal = principal;
    this.caller = caller;
  }

  ruled(rules: readonly string[], addedTags: readonly string[] = none): void {
    this.rules = rules;
    this.addedTags = addedTags;
  }

  enterArm(arm: string): void {
    this.arm = arm;
  }

  guarded(note: GuardNote): void {
    this.guards = addGuardNote(this.guards, note);
  }

  heldBack(ms: number): void {
    this.heldBackUs = Math.max(this.heldBackUs, Math.round(ms * 1000));
  }

  limited(rates: RateFacts): void {
    this.rates = rates;
  }

  get budgetLeft(): bigint | undefined {
    if (this.#budget === undefined) return undefined;
    const { left, held } = this.#budget;
    const cost = costOfCall(this);
    const now = cost?.kind === "priced" ? left + held - cost.nanoUsd : left;
    return now < 0n ? 0n : now;
  }

  budgeted(left: bigint, held: bigint): void {
    this.#budget = { left, held };
  }

  warnOfBudgets(warning: string): void {
    this.budgetWarning = warning;
  }

  said(content: CallContent): void {
    this.content = content;
  }

  store(content: ContentToStore): void {
    this.toStore = content;
  }

  enter(stage: string): void {
    this.stages.push(stage);
  }

  cached(facts: CacheFacts): void {
    this.cache = facts;
  }

  queued(ms: number): void {
    this.queuedUs += Math.round(ms * 1000);
  }

  begin(target: Target, replaces?: AttemptRecord): OpenAttempt {
    const attempt = new OpenAttempt(target, this.#nowMs);
    const at = replaces === undefined ? -1 : this.attempts.findIndex((one) => one === replaces);
    attempt.part = at < 0 && replaces !== undefined;
    if (at < 0) this.attempts.push(attempt);
    else this.attempts[at] = attempt;
    return attempt;
  }

  attemptsIfEnded(end: End): readonly AttemptRecord[] {
    return this.attempts.map((attempt) => attempt.ifEnded(end));
  }

  overheadUs(): number {
    const { policyMs, translateMs } = this.times(this.#nowMs(), false);
    return Math.round((policyMs + translateMs) * 1000);
  }

  times(nowMs: number, stream: boolean): CallTimes {
    const { startedMs, attempts } = this;
    return callTimes({ startedMs, nowMs, queuedMs: this.queuedUs / 1000, stream, attempts });
  }
}
