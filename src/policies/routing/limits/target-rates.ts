import type { CallSize } from "../../../core/facts/call-size.ts";
import type { RateLimits, Target } from "../../../core/target/target.ts";
import type { RateWindow, RateWindows } from "../../../state/rate-window.ts";
import type { AnswerLengths } from "./answer-lengths.ts";

/** Counts what targets get in a minute, and holds them to their bounds. */
export interface TargetRates {
  /** Why a target can not take a call of a size now; undefined: it can, or it has no bounds. */
  full(target: Target, size: () => CallSize): Full | undefined;
  /**
   * Counts a call where the bounds leave room for it. Gives what settles its tokens, or why there
   * is no room; a promise where gateways share the count. Undefined: the target has no bounds.
   */
  take(target: Target, size: () => CallSize, waiter: object): Take | Promise<Take> | undefined;
  /** What a target has used of its bounds, from 0 to 1: the higher of the two shares. */
  usedShare(target: Target): number;
}

/** Why a target can take no more. */
export interface Full {
  /** The reason, in words. */
  readonly why: string;
  /** When it can, in milliseconds since 1970; undefined: it never can take a call of that size. */
  readonly untilMs: number | undefined;
}

/** A call that is counted, or why it is not. */
export type Take = Taken | Full;

/** A call that is counted. */
export interface Taken {
  /** Says how many tokens the call took; undefined: what was expected stands. */
  settle(tokens: number | undefined): void;
}

/** The windows of a target. */
interface Windows {
  readonly requests: RateWindow;
  readonly tokens: RateWindow;
}

/** What is to be taken of a target's windows. */
interface Demand {
  readonly windows: Windows;
  readonly limits: RateLimits;
  readonly expected: number;
}

const minuteMs = 60_000;

/** Targets that are counted at most; the config bounds them. */
const maxTargets = 10_000;

/** What counts are made over. */
export interface TargetRatesWorld {
  readonly rates: RateWindows;
  readonly answerLengths: AnswerLengths;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Makes counts for all threads of the gateway, and for all gateways that share its windows. */
export function createTargetRates({ rates, answerLengths, wallMs }: TargetRatesWorld): TargetRates {
  const known = new Map<string, Windows>();
  /** Kept for each target: its windows are looked for several times in a call. */
  const ofLimits = new WeakMap<RateLimits, Windows>();
  const open = (name: string): Windows => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= maxTargets) known.clear();
    const made = {
      requests: rates.open(`target requests\n${name}`, minuteMs),
      tokens: rates.open(`target tokens\n${name}`, minuteMs),
    };
    known.set(name, made);
    return made;
  };
  const windowsOf = (limits: RateLimits): Windows => {
    const found = ofLimits.get(limits);
    if (found !== undefined) return found;
    const made = open(limits.name);
    ofLimits.set(limits, made);
    return made;
  };
  const demandOf = (limits: RateLimits, target: Target, size: () => CallSize): Demand => ({
    windows: windowsOf(limits),
    limits,
    expected: expectedTokens(limits, size, answerLengths.expected(target)),
  });
  return {
    full(target, size) {
      const { rates: limits } = target;
      return limits === undefined ? undefined : fullOf(demandOf(limits, target, size), wallMs);
    },
    take(target, size, waiter) {
      const { rates: limits } = target;
      if (limits === undefined) return undefined;
      return takeAll(demandOf(limits, target, size), waiter, wallMs);
    },
    usedShare({ rates: limits }) {
      if (limits === undefined) return 0;
      const { requests, tokens } = windowsOf(limits);
      return Math.max(shareOf(requests, limits.requests), shareOf(tokens, limits.tokens));
    },
  };
}

function shareOf(window: RateWindow, limit: number | undefined): number {
  return limit === undefined ? 0 : Math.min(1, window.used() / limit);
}

/**
 * The tokens that a call is expected to take: those of its prompt, and the bound on its answer or,
 * of a call without one, an average answer. A call that may take more than the bound takes the
 * whole minute.
 */
function expectedTokens(
  { tokens }: RateLimits,
  size: () => CallSize,
  answerTokens: number | undefined,
): number {
  if (tokens === undefined) return 0;
  const { inputTokens, maxOutputTokens = Math.round(answerTokens ?? 0) } = size();
  return inputTokens > tokens ? inputTokens : Math.min(tokens, inputTokens + maxOutputTokens);
}

/** Takes the request, then the tokens; without room for both, neither. */
function takeAll(demand: Demand, waiter: object, wallMs: () => number): Take | Promise<Take> {
  const { windows, limits, expected } = demand;
  const takenMs = Math.round(wallMs());
  if (limits.tokens !== undefined && expected > limits.tokens) return tooLong(limits, expected);
  const taking: Taking = { demand, waiter, wallMs, takenMs };
  const taken = limits.requests === undefined || windows.requests.take(1, limits.requests, waiter);
  return typeof taken === "boolean"
    ? requestTaken(taking, taken)
    : taken.then((took) => requestTaken(taking, took));
}

/** What is being taken, in what is left of the time that its call may wait. */
interface Taking {
  readonly demand: Demand;
  readonly waiter: object;
  readonly wallMs: () => number;
  readonly takenMs: number;
}

function requestTaken(taking: Taking, took: boolean): Take | Promise<Take> {
  const { demand, waiter, wallMs, takenMs } = taking;
  const { windows, limits, expected } = demand;
  if (!took) return fullOf(demand, wallMs) ?? passed(takenMs);
  if (limits.tokens === undefined) return new Counted(demand, takenMs);
  const taken = windows.tokens.take(expected, limits.tokens, waiter);
  return typeof taken === "boolean"
    ? tokensTaken(taking, taken)
    : taken.then((one) => tokensTaken(taking, one));
}

function tokensTaken({ demand, wallMs, takenMs }: Taking, took: boolean): Take {
  if (took) return new Counted(demand, takenMs);
  if (demand.limits.requests !== undefined) demand.windows.requests.add(-1, takenMs);
  return fullOf(demand, wallMs) ?? passed(takenMs);
}

/** A call that is counted. A class, because there is one for each call. */
class Counted implements Taken {
  readonly #demand: Demand;
  readonly #takenMs: number;

  constructor(demand: Demand, takenMs: number) {
    this.#demand = demand;
    this.#takenMs = takenMs;
  }

  settle(tokens: number | undefined): void {
    const { windows, limits, expected } = this.#demand;
    if (tokens === undefined || limits.tokens === undefined) return;
    windows.tokens.add(tokens - expected, this.#takenMs);
  }
}

function fullOf({ windows, limits, expected }: Demand, wallMs: () => number): Full | undefined {
  const { requests, tokens } = windows;
  if (limits.tokens !== undefined && expected > limits.tokens) return tooLong(limits, expected);
  const nowMs = wallMs();
  if (limits.requests !== undefined) {
    const freeInMs = requests.freeInMs(1, limits.requests, nowMs);
    if (freeInMs > 0) {
      const why = `gets ${limits.requests} requests a minute, and has had them`;
      return { why, untilMs: nowMs + freeInMs };
    }
  }
  if (limits.tokens === undefined) return undefined;
  const freeInMs = tokens.freeInMs(expected, limits.tokens, nowMs);
  if (freeInMs <= 0) return undefined;
  const why = `takes ${limits.tokens} tokens a minute, of which too few are left for about ${expected}`;
  return { why, untilMs: nowMs + freeInMs };
}

function tooLong({ tokens }: RateLimits, expected: number): Full {
  const why = `takes ${tokens} tokens a minute, and the prompt alone has about ${expected}`;
  return { why, untilMs: undefined };
}

/** The last place was another call's, at another gateway or for a moment. */
function passed(nowMs: number): Full {
  return { why: "has had what it gets in a minute", untilMs: nowMs + 1_000 };
}
