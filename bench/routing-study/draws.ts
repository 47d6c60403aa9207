/** A source of numbers from 0 up to but not including 1. */
export type Draw = () => number;

/**
 * Makes a source that always gives the same numbers for the same seeds, which are whole numbers:
 * mulberry32 (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c).
 */
export function createDraw(...seeds: readonly number[]): Draw {
  let state = 0;
  for (const seed of seeds) state = scramble((state + seed + 0x9e3779b9) | 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Changes every bit of a number about half the time where one bit changes: murmur3's finalizer. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A number of a distribution, drawn. */
export type Distribution = (draw: Draw) => number;

/** Times as most services have them: `median`, and `sigma` of the logarithm. */
export function lognormal(median: number, sigma: number): Distribution {
  return (draw) => {
    // Box and Muller's way to a normal distribution; 1 - x is never 0.
    const radius = Math.sqrt(-2 * Math.log(1 - draw()));
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * draw()));
  };
}

/**
 * Times with a heavy tail: `base` and something that is at least `scale`, and above x with the
 * probability (scale / x) ^ alpha; never above `max`.
 */
export function pareto(
  base: number,
  { scale, alpha, max }: { readonly scale: number; readonly alpha: number; readonly max: number },
): Distribution {
  return (draw) => Math.min(max, base + scale * (1 - draw()) ** (-1 / alpha));
}

/** Times between events that know nothing of each other, `mean` apart on average. */
export function exponential(mean: number): Distribution {
  return (draw) => -mean * Math.log(1 - draw());
}
