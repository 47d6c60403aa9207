import fc from "fast-check";
import { expect, test } from "vitest";
import { LocalReservations } from "../../../src/state/reserve/local-reservations.ts";
import { settleScript } from "../../../src/state/reserve/redis-steps.ts";
import type { Bound, Lease, Reservations } from "../../../src/state/reserve/reservations.ts";
import { SharedReservations } from "../../../src/state/reserve/shared-reservations.ts";
import {
  createSharedState,
  createStateMemory,
  releaseThread,
} from "../../../src/state/shared-state.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { linked } from "../../redis/linked.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";

/** Two that take of the same bounds, of which one may die. */
interface Pair {
  readonly living: Reservations;
  readonly mortal: Reservations;
  /** What the mortal one holds is free again. */
  readonly expire: () => Promise<void>;
}

const limits = [10, 40] as const;

function boundsOf(run: number): readonly Bound[] {
  const span = { kind: "period", startMs: 0, endMs: Number.POSITIVE_INFINITY } as const;
  return limits.map((limit, at) => ({ scope: `${run} ${at}`, span, limit }));
}

const wallMs = () => 1_000_000;

/** Opens a pair for a run, whose bounds have names of their own. */
type OpenPair = (bounds: readonly Bound[]) => Pair;

async function inMemory(): Promise<OpenPair> {
  return () => {
    const one = new LocalReservations({ state: createMemoryState(), wallMs });
    const leases: Lease[] = [];
    return {
      living: one,
      // A thread has no other that could die: its calls may all end without having taken anything.
      mortal: {
        used: (bound) => one.used(bound),
        taken: (bound) => one.taken(bound),
        seed: (bound, taken) => one.seed(bound, taken),
        reserve(portions) {
          const outcome = one.reserve(portions);
          if (outcome.ok) leases.push(outcome);
          return outcome;
        },
      },
      async expire() {
        for (const lease of leases) lease.settle(limits.map(() => 0));
      },
    };
  };
}

async function overThreads(): Promise<OpenPair> {
  return () => {
    const memory = createStateMemory(2);
    const [living, mortal] = [0, 1].map(
      (thread) => new LocalReservations({ state: createSharedState(memory, thread), wallMs }),
    );
    if (living === undefined || mortal === undefined) throw new Error("no threads");
    return { living, mortal, expire: async () => releaseThread(memory, 1) };
  };
}

async function overGateways(): Promise<OpenPair> {
  const { url } = await startRedis();
  const { link } = linked({ url: { value: url }, timeout: "0.05s" });
  await until(() => link.isUp());
  // From here on the server knows the script, so that steps come to it in order.
  await link.run(settleScript, { keys: [], args: ["", 0, 0] });
  let gateways = 0;
  return (bounds) => {
    const open = (gateway: number, holdMs: number) =>
      new SharedReservations({
        redis: link,
        local: new LocalReservations({ state: createMemoryState(), wallMs }),
        wallMs,
        random: () => 0.5,
        holdMs,
        gateway: () => gateway,
        schedule: () => () => undefined,
      });
    gateways += 2;
    const [living, mortal] = [open(gateways, 60_000), open(gateways + 1, 60_000)];
    return {
      living,
      mortal,
      async expire() {
        // The same holder says that what it holds lasts for a millisecond.
        await open(gateways + 1, 1).reserve(bounds.map((bound) => ({ bound, amount: 0 })));
        await afterMs(link);
      },
    };
  };
}

/** Waits until some milliseconds have passed at the server, which a key shows that lasts so long. */
async function afterMs(link: ReturnType<typeof linked>["link"]): Promise<void> {
  const key = link.key("test", "clock", "tick");
  await link.call(["SET", key, "1", "PX", 3]);
  await until(async () => {
    const got = await link.call(["GET", key]);
    return got.ok && got.value === null;
  });
}

/** What is taken, and what each of the two holds. */
interface Model {
  readonly taken: number[];
  readonly leases: { readonly mortal: boolean; readonly amounts: readonly number[] }[];
  /** Whether the mortal one has died, and does nothing more. */
  dead: boolean;
}

/** The same, of the real ones. */
interface Real {
  readonly pair: Pair;
  readonly bounds: readonly Bound[];
  readonly leases: (Lease | undefined)[];
}

function usedOf({ taken, leases }: Model): readonly number[] {
  return taken.map((sum, at) => leases.reduce((all, { amounts }) => all + (amounts[at] ?? 0), sum));
}

type Command = fc.AsyncCommand<Model, Real>;

const reserve = (mortal: boolean, amounts: readonly number[]): Command => ({
  check: ({ dead }) => !(mortal && dead),
  async run(model, { pair, bounds, leases }) {
    const used = usedOf(model);
    const at = amounts.findIndex(
      (amount, place) => amount > 0 && (used[place] ?? 0) + amount > (limits[place] ?? 0),
    );
    const portions = bounds.map((bound, place) => ({ bound, amount: amounts[place] ?? 0 }));
    const outcome = await (mortal ? pair.mortal : pair.living).reserve(portions);
    if (at >= 0) {
      expect(outcome).toMatchObject({ ok: false, at, used: used[at] });
      return;
    }
    expect(outcome).toMatchObject({
      ok: true,
      used: used.map((sum, place) => sum + (amounts[place] ?? 0)),
    });
    model.leases.push({ mortal, amounts });
    leases.push(outcome.ok ? outcome : undefined);
  },
  toString: () => `${mortal ? "mortal" : "living"} reserves ${amounts.join(" and ")}`,
});

const settle = (place: number, shares: readonly number[]): Command => ({
  check: ({ leases }) => leases.length > 0,
  async run(model, { leases }) {
    const at = place % model.leases.length;
    const [held] = model.leases.splice(at, 1);
    const [lease] = leases.splice(at, 1);
    const took = (held?.amounts ?? []).map((amount, which) =>
      Math.floor(amount * (shares[which] ?? 0)),
    );
    lease?.settle(took);
    for (const [which, amount] of took.entries())
      model.taken[which] = (model.taken[which] ?? 0) + amount;
  },
  toString: () => `settles ${place} to ${shares.join(" and ")}`,
});

const expire = (): Command => ({
  check: ({ leases }) => leases.some(({ mortal }) => mortal),
  async run(model, { pair, leases }) {
    await pair.expire();
    model.dead = true;
    for (let at = model.leases.length - 1; at >= 0; at -= 1)
      if (model.leases[at]?.mortal === true) {
        model.leases.splice(at, 1);
        leases.splice(at, 1);
      }
  },
  toString: () => "the mortal one dies",
});

const amount = fc.integer({ min: 0, max: 12 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const commands = fc.commands(
  [
    fc.tuple(fc.boolean(), fc.tuple(amount, amount)).map((args) => reserve(...args)),
    fc.tuple(fc.nat(20), fc.tuple(share, share)).map((args) => settle(...args)),
    fc.constant(expire()),
  ],
  { maxCommands: 40 },
);

const ways: readonly (readonly [string, () => Promise<OpenPair>, number])[] = [
  ["in memory", inMemory, 200],
  ["over threads", overThreads, 30],
  ["over gateways", overGateways, 25],
];

test.each(ways)("reserve, settle and expire %s follow a model", async (_, prepare, numRuns) => {
  const open = await prepare();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(commands, (steps) => {
      run += 1;
      const bounds = boundsOf(run);
      const setup = () => ({
        model: { taken: limits.map(() => 0), leases: [], dead: false },
        real: { pair: open(bounds), bounds, leases: [] },
      });
      return fc.asyncModelRun(setup, steps);
    }),
    { numRuns },
  );
});
