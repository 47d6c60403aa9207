import { createDraw, exponential, lognormal, pareto } from "./draws.ts";
import type { Condition, VendorModel } from "./simulated-vendor.ts";

/** A time of trouble, or of none, that strategies are compared in. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What happens, in a sentence or two. */
  readonly about: string;
  readonly vendors: readonly VendorModel[];
  /** When the calls begin, in milliseconds from the start, in order. */
  readonly arrivals: (seed: number) => readonly number[];
  /** How long a try may take to its first token, in the words of the config. */
  readonly firstToken: string;
  /** From when to when something is wrong, in milliseconds. Absent: all the time. */
  readonly trouble?: readonly [fromMs: number, toMs: number];
}

/** How long calls begin in each scenario, in milliseconds. */
export const lengthMs = 150_000;

const well: Condition = {
  slow: 1,
  errors: 0,
  silent: false,
  slots: 12,
  callsPerSecond: Number.POSITIVE_INFINITY,
};
const limited: Condition = { ...well, callsPerSecond: 12 };
const usual = lognormal(300, 0.35);
const prices = { a: 1, b: 1, c: 1, d: 1.2 };
type VendorName = keyof typeof prices;
const names: readonly VendorName[] = ["a", "b", "c", "d"];

/** A vendor with calls that take far longer than others; more of them with a smaller `alpha`. */
function heavyTailed(alpha: number): Partial<VendorModel> {
  return { firstToken: pareto(150, { scale: 150, alpha, max: 30_000 }) };
}

/** The four vendors of a scenario; those that `changed` names differ from one that is well. */
function vendorsOf(
  changed: Partial<Record<VendorName, Partial<VendorModel>>>,
): readonly VendorModel[] {
  return names.map((name) => ({
    name,
    firstToken: usual,
    price: { input: prices[name], output: 4 * prices[name] },
    conditionAt: () => well,
    ...changed[name],
  }));
}

/** A vendor that is always in another condition. */
function always(change: Partial<Condition>): Partial<VendorModel> {
  const changed = { ...well, ...change };
  return { conditionAt: () => changed };
}

/** A vendor that is in another condition for a while. */
function between(
  [fromMs, toMs]: readonly [number, number],
  change: Partial<Condition>,
  before = well,
): Partial<VendorModel> {
  const changed = { ...before, ...change };
  return { conditionAt: (ms) => (ms >= fromMs && ms < toMs ? changed : before) };
}

/** Calls that begin at random, so many a second. */
function steady(perSecond: number): Scenario["arrivals"] {
  const next = exponential(1000 / perSecond);
  return (seed) => {
    const draw = createDraw(seed, 1);
    const times: number[] = [];
    for (let ms = next(draw); ms < lengthMs; ms += next(draw)) times.push(ms);
    return times;
  };
}

/** The same, with so many more within half a second. */
function withHerd(perSecond: number, atMs: number, count: number): Scenario["arrivals"] {
  return (seed) => {
    const draw = createDraw(seed, 2);
    const herd = Array.from({ length: count }, () => atMs + 500 * draw());
    return [...steady(perSecond)(seed), ...herd].sort((one, other) => one - other);
  };
}

const brownOut = [40_000, 80_000] as const;
const dead = [30_000, 120_000] as const;
const storm = [40_000, 90_000] as const;
const down = [30_000, 50_000] as const;
const recovering = [50_000, 110_000] as const;
const herdMs = 50_000;

/** A vendor that is down, and then takes a minute until it is as fast and as big as before. */
function recoversSlowly(ms: number): Condition {
  if (ms >= down[0] && ms < down[1]) return { ...well, errors: 1 };
  if (ms < recovering[0] || ms >= recovering[1]) return well;
  const share = (ms - recovering[0]) / (recovering[1] - recovering[0]);
  const slots = Math.max(1, Math.round(well.slots * share));
  return { ...well, slots, slow: 5 - 4 * share };
}

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  {
    name: "heavy_tail",
    title: "Heavy tail",
    about:
      "The time to the first token has a heavy tail at every target: half of the calls have it in 0.4 s, one of a hundred waits ten times as long. At two targets the tail is heavier.",
    vendors: vendorsOf({
      a: heavyTailed(1.2),
      b: heavyTailed(1.2),
      c: heavyTailed(2.2),
      d: heavyTailed(2.2),
    }),
    firstToken: "20s",
    arrivals: steady(22),
  },
  {
    name: "brown_out",
    title: "Brown-out",
    about: "For 40 s one target takes six times as long, and fails one call of ten.",
    vendors: vendorsOf({ b: between(brownOut, { slow: 6, errors: 0.1 }) }),
    firstToken: "3s",
    arrivals: steady(24),
    trouble: brownOut,
  },
  {
    name: "dead_target",
    title: "Dead target",
    about: "For 90 s one target takes calls and never answers; each is given up after 3 s.",
    vendors: vendorsOf({ b: between(dead, { silent: true }) }),
    firstToken: "3s",
    arrivals: steady(24),
    trouble: dead,
  },
  {
    name: "storm_429",
    title: "Storm of 429",
    about:
      "Targets take 12 calls a second each. For 50 s two of them take 3, of which one takes four times as long.",
    vendors: vendorsOf({
      a: between(storm, { callsPerSecond: 3, slow: 4 }, limited),
      b: between(storm, { callsPerSecond: 3 }, limited),
      c: always(limited),
      d: always(limited),
    }),
    firstToken: "3s",
    arrivals: steady(22),
    trouble: storm,
  },
  {
    name: "slow_recovery",
    title: "Slow recovery",
    about:
      "One target fails for 20 s, and then takes a minute to be as fast as before, and to take as many calls at once.",
    vendors: vendorsOf({ b: { conditionAt: recoversSlowly } }),
    firstToken: "3s",
    arrivals: steady(24),
    trouble: [down[0], recovering[1]],
  },
  {
    name: "thundering_herd",
    title: "Thundering herd",
    about:
      "200 calls come within half a second. The targets answer 48 at once; each lets 50 wait, and refuses more.",
    vendors: vendorsOf({ a: always({ slots: 6 }), d: always({ slots: 18 }) }),
    firstToken: "10s",
    arrivals: withHerd(20, herdMs, 200),
    trouble: [herdMs, herdMs + 10_000],
  },
];
