import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { CacheFacts } from "./cache/cache-facts.ts";
import type { RateFacts } from "./caller/rate-facts.ts";
import type { Tenant } from "./caller/tenant.ts";
import type { Fault } from "./faults/fault.ts";
import type { End } from "./life.ts";
import { type Bill, type Billing, billOfTry } from "./money/billing.ts";
import { type Cost, nothing, sumCosts, unpriced } from "./money/cost.ts";
import type { Target } from "./target/target.ts";

/** One try at one target, as callers, logs and the ledger see it. */
export interface AttemptRecord {
  readonly target: Target;
  /** Why this target was tried, in words; "" where nothing chose it. */
  readonly why: string;
  /** The dialect that the target was called in; "" where it was not called. */
  readonly dialect: string;
  /** The vendor's HTTP status; 0 where there was none. */
  readonly status: number;
  /**
   * From the request sent to the first content in hand, or to the failure; in whole microseconds. 0
   * where nothing was sent.
   */
  readonly durationUs: number;
  /**
   * From the request sent to the first content in hand, in whole microseconds; undefined where none
   * came.
   */
  readonly firstTokenUs: number | undefined;
  /** How it ended; undefined while it runs. */
  readonly end: End | undefined;
  /** What broke it; undefined while it runs, where it was whole, and where it was left. */
  readonly fault: Fault | undefined;
  /** What it took, as far as the vendor says. */
  readonly usage: Usage | undefined;
  /** What it took, where that had to be estimated. */
  readonly estimate: Usage | undefined;
  /**
   * The model that answered, in the vendor's words; where it does not say, as it was requested. "":
   * none has answered.
   */
  readonly answeredModel: string;
  /**
   * What it cost; undefined while it runs. Estimated where it was cut off before the vendor said
   * what it took.
   */
  readonly cost: Cost | undefined;
  /** Whether it was called beside one that was slow. */
  readonly hedged: boolean;
  /** Whether it lost a race, so that what it took was for nothing. */
  readonly wasted: boolean;
  /** Whether it goes on with the text of a try that broke off. */
  readonly continues: boolean;
  /** When waiting for its first content ended, on the monotonic clock. Absent: it is not known. */
  readonly waitedUntilMs?: number;
}

/** A try in a race of two. The race says in `lost` how it came out. */
export interface RaceEntry {
  /** Whether it is the one that was called beside a slow one. */
  readonly hedge: boolean;
  lost: boolean;
}

/** The record of a try while it is being made. A class, because there is one for each call. */
export class OpenAttempt implements AttemptRecord {
  readonly target: Target;
  why = "";
  continues = false;
  race: RaceEntry | undefined;
  dialect = "";
  status = 0;
  end: End | undefined;
  cost: Cost | undefined;
  estimate: Usage | undefined;
  /** For how long its reader had no room, in milliseconds. */
  heldUpMs = 0;
  /** What it is billed by. Undefined: it costs nothing. */
  billing: Billing | undefined;
  #model: string | undefined;
  #cutPrompts = 0;
  readonly #nowMs: () => number;
  #frames = 0;
  #frameBytes = 0;
  #minFrameBytes = 0;
  #sentMs: number | undefined;
  #handedMs: number | undefined;
  #answeredMs: number | undefined;
  /** When the first content was in hand, or nobody waited for it any more. */
  #waitedUntilMs: number | undefined;

  constructor(target: Target, nowMs: () => number) {
    this.target = target;
    this.#nowMs = nowMs;
  }

  /** Notes that a request is sent; of several requests of one attempt the first counts. */
  sent(dialect: string): void {
    this.dialect = dialect;
    this.#sentMs ??= this.#nowMs();
  }

  /** Notes the status of the reply whose head has come. */
  replied(status: number): void {
    this.status = status;
  }

  /** Notes that the first content is there; of several replies in one attempt the last counts. */
  answered(): void {
    this.#answeredMs = this.#nowMs();
    this.#waitedUntilMs = this.#answeredMs;
  }

  /** Notes a frame of a stream, by the length of its data in bytes. */
  received(bytes: number): void {
    this.#frames += 1;
    this.#frameBytes += bytes;
    if (this.#frames === 1 || bytes < this.#minFrameBytes) this.#minFrameBytes = bytes;
  }

  /** Notes the model that answers, in the vendor's words; "": it does not say. */
  named(model: string): void {
    if (model !== "") this.#model = model;
  }

  /** Notes that a part with a share of its prompt was cut off before the vendor said its usage. */
  partCut(share: number): void {
    this.#cutPrompts += share;
  }

  /** Notes that a piece of it is handed to its reader, who has yet to want another; gives it. */
  handed<T>(piece: T): T {
    this.#handedMs = this.#nowMs();
    return piece;
  }

  /** Notes that its reader wants the next piece. */
  wanted(): void {
    if (this.#handedMs !== undefined) this.heldUpMs += this.#nowMs() - this.#handedMs;
    this.#handedMs = undefined;
  }

  /** Notes that its reader has no room until then; gives what to wait for. */
  heldUp(room: Promise<void>): Promise<void> {
    const sinceMs = this.#nowMs();
    return room.then(() => {
      this.heldUpMs += this.#nowMs() - sinceMs;
    });
  }

  /** Notes how it ended. */
  ended(end: End): void {
    this.end = end;
    if (end.kind === "broken" && end.fault.upstreamStatus !== undefined)
      this.status = end.fault.upstreamStatus;
    this.#waitedUntilMs ??= this.#nowMs();
    // A whole answer ends the try before it is handed on.
    if (end.kind === "whole") this.#answeredMs ??= this.#waitedUntilMs;
    const { cost, estimate } = this.#billOf(end);
    this.cost = cost;
    this.estimate = estimate;
  }

  #billOf(end: End): Bill {
    const { billing, status } = this;
    if (billing === undefined)
      return {
        cost: end.usage === undefined ? nothing : unpriced("no prices are known of the model"),
      };
    // The request is not kept for as long as the record is.
    this.billing = undefined;
    return billOfTry(billing, {
      end,
      sent: this.#sentMs !== undefined,
      status,
      receivedTokens: this.receivedTokens,
      cutPrompts: this.#cutPrompts,
    });
  }

  /**
   * About how many tokens the frames of a stream brought: at least one each, and one for four bytes
   * of what is in them beside what all have.
   */
  get receivedTokens(): number {
    const text = this.#frameBytes - this.#frames * this.#minFrameBytes;
    return Math.max(this.#frames, Math.ceil(text / 4));
  }

  get durationUs(): number {
    return Math.round((this.waitedUntilMs - this.waitedSinceMs) * 1000);
  }

  get firstTokenUs(): number | undefined {
    if (this.#sentMs === undefined || this.#answeredMs === undefined) return undefined;
    return Math.round((this.#answeredMs - this.#sentMs) * 1000);
  }

  get fault(): Fault | undefined {
    return this.end?.kind === "broken" ? this.end.fault : undefined;
  }

  get usage(): Usage | undefined {
    return this.end?.usage;
  }

  get answeredModel(): string {
    return this.#model ?? (this.#answeredMs === undefined ? "" : this.target.model);
  }

  get hedged(): boolean {
    return this.race?.hedge === true;
  }

  get wasted(): boolean {
    return this.race?.lost === true;
  }

  /** When waiting for the vendor began, on the monotonic clock. */
  get waitedSinceMs(): number {
    return this.#sentMs ?? this.waitedUntilMs;
  }

  /** When waiting for the first content ended; now while it goes on. */
  get waitedUntilMs(): number {
    return this.#waitedUntilMs ?? this.#nowMs();
  }
}

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
  enter(stage: string): void;
  /** Notes what the response cache did; the last note counts. */
  cached(facts: CacheFacts): void;
  /** Notes that the call waited for its turn in a queue, in milliseconds. */
  queued(ms: number): void;
  /** How long the call waited for its turn in queues, in whole microseconds. */
  readonly queuedUs: number;
  /** Begins a try. One that only passes further tries on is replaced by those: see `replaces`. */
  begin(target: Target, replaces?: AttemptRecord): OpenAttempt;
  /**
   * Time since the start that was not spent waiting for a vendor or a turn, in whole microseconds.
   */
  overheadUs(): number;
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
  rates: RateFacts | undefined;
  #budget: { readonly left: bigint; readonly held: bigint } | undefined;
  budgetWarning: string | undefined;
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
    if (at < 0) this.attempts.push(attempt);
    else this.attempts[at] = attempt;
    return attempt;
  }

  overheadUs(): number {
    const busyMs = this.#nowMs() - this.startedMs - this.#waitedMs();
    return Math.max(0, Math.round(busyMs * 1000) - this.queuedUs);
  }

  /** Tries that run side by side are waited for once. They are in the order of their beginnings. */
  #waitedMs(): number {
    let waitedMs = 0;
    let untilMs = this.startedMs;
    for (const attempt of this.attempts) {
      const sinceMs = Math.max(untilMs, attempt.waitedSinceMs);
      untilMs = Math.max(untilMs, attempt.waitedUntilMs);
      waitedMs += Math.max(0, untilMs - sinceMs);
    }
    return waitedMs;
  }
}
