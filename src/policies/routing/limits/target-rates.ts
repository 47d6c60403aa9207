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
interface Demand extends Windows {
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
  const windowsOf = (name: string): Windows => {
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
  const demandOf = (limits: RateLimits, target: Target, size: () => CallSize): Demand => ({
    ...windowsOf(limits.name),
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
      const { requests, tokens } = windowsOf(limits.name);
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
  const { requests, tokens, limits, expected } = demand;
  const takenMs = Math.round(wallMs());
  if (limits.tokens !== undefined && expected > limits.tokens) return tooLong(limits, expected);
  const settle = (took: number | undefined): void => {
    if (took !== undefined && limits.tokens !== undefined) tokens.add(took - expected, takenMs);
  };
  const tokensTaken = (took: boolean): Take => {
    if (took) return { settle };
    if (limits.requests !== undefined) requests.add(-1, takenMs);
    return fullOf(demand, wallMs) ?? passed(takenMs);
  };
  const requestTaken = (took: boolean): Take | Promise<Take> => {
    if (!took) return fullOf(demand, wallMs) ?? passed(takenMs);
    if (limits.tokens === undefined) return { settle };
    const taken = tokens.take(expected, limits.tokens, waiter);
    return typeof taken === "boolean" ? tokensTaken(taken) : taken.then(tokensTaken);
  };
  const taken = limits.requests === undefined ? true : requests.take(1, limits.requests, waiter);
  return typeof taken === "boolean" ? requestTaken(taken) : taken.then(requestTaken);
}

function fullOf(
  { requests, tokens, limits, expected }: Demand,
  wallMs: () => number,
): Full | undefined {
  if (limits.tokens !== undefined && expected > limits.tokens) return tooLong(limits, expected);
  if (limits.requests !== undefined) {
    const freeInMs = requests.freeInMs(1, limits.requests);
    if (freeInMs > 0) {
      const why = `gets ${limits.requests} requests a minute, and has had them`;
      return { why, untilMs: wallMs() + freeInMs };
    }
  }
  if (limits.tokens === undefined) return undefined;
  const freeInMs = tokens.freeInMs(expected, limits.tokens);
  if (freeInMs <= 0) return undefined;
  const why = `takes ${limits.tokens} tokens a minute, of which too few are left for about ${expected}`;
  return { why, untilMs: wallMs() + freeInMs };
}

function tooLong({ tokens }: RateLimits, expected: number): Full {
  const why = `takes ${tokens} tokens a minute, and the prompt alone has about ${expected}`;
  return { why, untilMs: undefined };
}

/** The last place was another call's, at another gateway or for a moment. */
function passed(nowMs: number): Full {
  return { why: "has had what it gets in a minute", untilMs: nowMs + 1_000 };
}
