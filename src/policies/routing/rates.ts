import type { CallSize } from "../../core/call-size.ts";
import type { RateLimits, Target } from "../../core/target/target.ts";
import type { State } from "../../state/state.ts";
import type { AnswerLengths } from "./answer-lengths.ts";

/** Counts what targets get in a minute, and holds them to their bounds. */
export interface Rates {
  /** When a target can take a call of a size; undefined: now, or it has no bounds. */
  full(target: Target, size: () => CallSize): Full | undefined;
  /**
   * Counts a call where the bounds leave room for it. Gives what settles its tokens, or why there is
   * no room. Undefined: the target has no bounds.
   */
  take(target: Target, size: () => CallSize): Taken | Full | undefined;
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

/** A call that is counted. */
export interface Taken {
  /** Says how many tokens the call took; undefined: what was expected stands. */
  settle(tokens: number | undefined): void;
}

type RateWindow = ReturnType<State["rateWindow"]>;

/** The windows of a target. */
interface Windows {
  readonly requests: RateWindow;
  readonly tokens: RateWindow;
}

/** Targets that are counted at most; the config bounds them. */
const maxTargets = 10_000;

/** What counts are made over. */
export interface RatesWorld extends Pick<State, "rateWindow"> {
  readonly answerLengths: AnswerLengths;
  /** The time of day in milliseconds since 1970, which all threads share. */
  readonly wallMs: () => number;
}

/** Makes counts for all threads of the gateway. */
export function createRates({ rateWindow, answerLengths, wallMs }: RatesWorld): Rates {
  const known = new Map<string, Windows>();
  const windowsOf = (name: string): Windows => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= maxTargets) known.clear();
    const made = {
      requests: rateWindow(`requests\n${name}`),
      tokens: rateWindow(`tokens\n${name}`),
    };
    known.set(name, made);
    return made;
  };
  return {
    full(target, size) {
      const { rates } = target;
      if (rates === undefined) return undefined;
      const expected = expectedTokens(rates, size, answerLengths.expected(target));
      return fullOf(windowsOf(rates.name), rates, expected, wallMs());
    },
    take(target, size) {
      const { rates } = target;
      if (rates === undefined) return undefined;
      const of = windowsOf(rates.name);
      const expected = expectedTokens(rates, size, answerLengths.expected(target));
      const nowMs = wallMs();
      const { requests = Number.POSITIVE_INFINITY, tokens = Number.POSITIVE_INFINITY } = rates;
      if (!of.requests.take(1, requests, nowMs))
        return fullOf(of, rates, expected, nowMs) ?? racing(nowMs);
      if (!of.tokens.take(expected, tokens, nowMs)) {
        of.requests.correct(-1, nowMs, nowMs);
        return fullOf(of, rates, expected, nowMs) ?? racing(nowMs);
      }
      return {
        settle(took) {
          if (took !== undefined) of.tokens.correct(took - expected, nowMs, wallMs());
        },
      };
    },
    usedShare({ rates }) {
      if (rates === undefined) return 0;
      const of = windowsOf(rates.name);
      const nowMs = wallMs();
      const share = (window: RateWindow, limit: number | undefined) =>
        limit === undefined ? 0 : Math.min(1, window.used(nowMs) / limit);
      return Math.max(share(of.requests, rates.requests), share(of.tokens, rates.tokens));
    },
  };
}

/**
 * The tokens that a call is expected to take: those of its prompt, and the bound on its answer or, of
 * a call without one, an average answer. A call that may take more than the bound takes the whole
 * minute.
 */
function expectedTokens({ tokens }: RateLimits, size: () => CallSize, answerTokens = 0): number {
  if (tokens === undefined) return 0;
  const { inputTokens, maxOutputTokens = Math.round(answerTokens) } = size();
  return inputTokens > tokens ? inputTokens : Math.min(tokens, inputTokens + maxOutputTokens);
}

function fullOf(
  { requests, tokens }: Windows,
  limits: RateLimits,
  expected: number,
  nowMs: number,
): Full | undefined {
  if (limits.requests !== undefined) {
    const freeMs = requests.freeAtMs(1, limits.requests, nowMs) ?? nowMs;
    if (freeMs > nowMs)
      return {
        why: `gets ${limits.requests} requests a minute, and has had them`,
        untilMs: freeMs,
      };
  }
  if (limits.tokens === undefined) return undefined;
  const freeMs = tokens.freeAtMs(expected, limits.tokens, nowMs);
  if (freeMs === undefined)
    return {
      why: `takes ${limits.tokens} tokens a minute, and the prompt alone has about ${expected}`,
      untilMs: undefined,
    };
  if (freeMs <= nowMs) return undefined;
  return {
    why: `takes ${limits.tokens} tokens a minute, of which too few are left for about ${expected}`,
    untilMs: freeMs,
  };
}

/** Another call took the last place, and has given it back since. */
function racing(nowMs: number): Full {
  return { why: "has had what it gets in a minute", untilMs: nowMs + 1_000 };
}
