import type { WeightedTarget } from "../../../config/settings.ts";
import { expectedOutput } from "../../../core/facts/call-price.ts";
import type { Speed } from "../latency/latency.ts";
import { Draws } from "./draws.ts";
import type { Choice, Level, Picks, StrategyView } from "./level.ts";

/** A target that is compared, with what is known of it. */
interface Racer {
  readonly target: WeightedTarget;
  readonly underWay: number;
  readonly speed: Speed | undefined;
}

/**
 * The faster of two targets that are drawn by weight, again and again: by the time that the whole
 * answer is expected to take, times the calls under way, as each slows the others
 * (https://twitter.github.io/finagle/guide/Clients.html#power-of-two-choices-p2c-peak-ewma).
 */
export function byLatency(level: Level, view: StrategyView): Picks {
  const draws = new Draws(level.list, view.random, level.admits);
  const hand: Racer[] = [];
  return () => {
    while (hand.length < 2) {
      const target = draws.next();
      if (target === undefined) break;
      const speed = view.speed(target, level.stream);
      hand.push({ target, underWay: view.underWay(target), speed });
    }
    const [one, other] = hand;
    if (one === undefined) return undefined;
    const first = compared(one, other, level, view);
    const second = other === undefined ? undefined : compared(other, one, level, view);
    if (second === undefined || first.score <= second.score) {
      hand.shift();
      return choiceOf(first, level);
    }
    hand.pop();
    return choiceOf(second, level);
  };
}

/** What is compared of a target. */
interface Compared {
  readonly racer: Racer;
  readonly score: number;
  /** Milliseconds for each token. Undefined: not known. */
  readonly tokenMs: number | undefined;
  /** The tokens of the answer; 0 where it is not known how long one takes. */
  readonly tokens: number;
}

/**
 * Compares a target. One of which nothing is known comes first while no call is under way there,
 * and last while one finds out.
 */
function compared(
  racer: Racer,
  other: Racer | undefined,
  level: Level,
  view: StrategyView,
): Compared {
  const { target, underWay, speed } = racer;
  if (speed === undefined) {
    const score = underWay === 0 ? -1 : Number.POSITIVE_INFINITY;
    return { racer, score, tokenMs: undefined, tokens: 0 };
  }
  // Until its first stream is over, it is taken to be as fast as the other.
  const tokenMs = speed.tokenMs ?? other?.speed?.tokenMs;
  const tokens = tokenMs === undefined ? 0 : tokensOf(target, level, view);
  const ms = speed.firstTokenMs + (tokenMs ?? 0) * tokens;
  return { racer, score: ms * (underWay + 1), tokenMs, tokens };
}

/** The target that is chosen, with the words for it, which no other needs. */
function choiceOf({ racer, score, tokenMs, tokens }: Compared, level: Level): Required<Choice> {
  const { target, underWay, speed } = racer;
  if (speed === undefined)
    return { target, score, why: `not known how fast, ${underWay} calls under way` };
  const first = level.stream ? `${printMs(speed.firstTokenMs)} ms for the first token, ` : "";
  const each = tokens > 0 ? `${printMs(tokenMs ?? 0)} ms for each of ${tokens} tokens, ` : "";
  return { target, score, why: `${first}${each}${underWay} calls under way` };
}

/** How long the answer is expected to be; 1 for a whole answer that has no tokens. */
function tokensOf(target: WeightedTarget, level: Level, view: StrategyView): number {
  const maxOutputTokens = level.outputBound?.();
  const tokens = expectedOutput({ inputTokens: 0, maxOutputTokens }, view.answerTokens(target));
  return Math.max(1, Math.round(tokens));
}

function printMs(ms: number): string {
  if (ms >= 10) return String(Math.round(ms));
  const tenths = Math.round(ms * 10);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}
