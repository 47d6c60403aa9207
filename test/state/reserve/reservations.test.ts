import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { LocalReservations } from "../../../src/state/reserve/local-reservations.ts";
import { settleScript } from "../../../src/state/reserve/redis-steps.ts";
import type {
  Bound,
  Lease,
  Refusal,
  Reservations,
} from "../../../src/state/reserve/reservations.ts";
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

const ever = { kind: "period", startMs: 0, endMs: Number.POSITIVE_INFINITY } as const;
const total = (scope: string, limit: number, more: Partial<Bound> = {}): Bound => {
  return { scope, span: ever, limit, ...more };
};
const minute = (scope: string, limit: number): Bound => {
  return { scope, span: { kind: "sliding", ms: 60_000 }, limit };
};

function leaseOf(outcome: Lease | Refusal): Lease {
  if (!outcome.ok) throw new Error(`refused at ${outcome.at}`);
  return outcome;
}

let gateways = 0;

/** A gateway's reservations by a Redis at a URL. */
async function sharedAt(url: string, holdMs = 60_000) {
  const { link } = linked({ url: { value: url }, timeout: "0.05s" });
  await until(() => link.isUp());
  const wallMs = () => Date.now();
  gateways += 1;
  const gateway = gateways;
  let signs: (() => void)[] = [];
  const reservations = new SharedReservations({
    redis: link,
    local: new LocalReservations({ state: createMemoryState(), wallMs }),
    wallMs,
    random: Math.random,
    holdMs,
    gateway: () => gateway,
    schedule: (run) => {
      signs.push(run);
      return () => undefined;
    },
  });
  const sign = () => {
    const due = signs;
    signs = [];
    for (const run of due) run();
  };
  // From here on the server knows the script, so that steps come to it in order.
  await link.run(settleScript, { keys: [], args: ["", 0, 0] });
  return { link, reservations, sign };
}

/** Each way of counting, at the time of a clock where it can be set. */
const ways: readonly (readonly [string, (clock: { ms: number }) => Promise<Reservations>])[] = [
  [
    "in memory",
    async (clock) => new LocalReservations({ state: createMemoryState(), wallMs: () => clock.ms }),
  ],
  [
    "over threads",
    async (clock) => {
      const state = createSharedState(createStateMemory(2), 1);
      return new LocalReservations({ state, wallMs: () => clock.ms });
    },
  ],
  ["over gateways", async () => (await sharedAt((await startRedis()).url)).reservations],
];

describe.each(ways)("reservations %s", (_, open) => {
  it("take all portions or none", async () => {
    const some = await open({ ms: 1_000_000 });
    const [key, team] = [total("key", 10), total("team", 5)];
    const both = [
      { bound: key, amount: 3 },
      { bound: team, amount: 3 },
    ];
    expect(leaseOf(await some.reserve(both)).used).toEqual([3, 3]);
    expect(await some.reserve(both)).toMatchObject({ ok: false, at: 1, used: 3 });
    expect([some.used(key), some.used(team)]).toEqual([3, 3]);
  });

  it("give back what was not taken, and count what was taken beyond a limit", async () => {
    const some = await open({ ms: 1_000_000 });
    const bound = total("key", 10);
    const first = leaseOf(await some.reserve([{ bound, amount: 10 }]));
    expect(await some.reserve([{ bound, amount: 1 }])).toMatchObject({ ok: false, used: 10 });
    first.settle([4]);
    first.settle([0]);
    const second = leaseOf(await some.reserve([{ bound, amount: 6 }]));
    expect(second.used).toEqual([10]);
    second.settle([9]);
    expect(await some.reserve([{ bound, amount: 1 }])).toMatchObject({ ok: false, used: 13 });
  });

  it("take what is settled as expected where nothing is known", async () => {
    const some = await open({ ms: 1_000_000 });
    const bound = minute("tokens", 10);
    leaseOf(await some.reserve([{ bound, amount: 10 }])).settle([undefined]);
    const refused = await some.reserve([{ bound, amount: 1 }]);
    expect(refused).toMatchObject({ ok: false, used: 10 });
    expect(refused.ok ? 0 : refused.freeInMs).toBeGreaterThan(50_000);
  });

  it("say that there is never room for more than a limit", async () => {
    const some = await open({ ms: 1_000_000 });
    const refused = await some.reserve([{ bound: minute("tokens", 10), amount: 11 }]);
    expect(refused).toEqual({ ok: false, at: 0, used: 0, freeInMs: undefined });
  });

  it("begin with what a ledger has, unless more is known", async () => {
    const some = await open({ ms: 1_000_000 });
    const bound = total("key", 100);
    some.seed(bound, 60);
    some.seed(bound, 20);
    expect(await some.reserve([{ bound, amount: 41 }])).toMatchObject({ ok: false, used: 60 });
    leaseOf(await some.reserve([{ bound, amount: 40 }])).settle([40]);
    expect(await some.reserve([{ bound, amount: 1 }])).toMatchObject({ ok: false, used: 100 });
  });

  it("begin at 0 in the next period, and charge what was reserved to its own", async () => {
    const some = await open({ ms: 1_000_000 });
    const at = (startMs: number): Bound => {
      return { scope: "day", span: { kind: "period", startMs, endMs: startMs + 5_000 }, limit: 10 };
    };
    const nowMs = Date.now();
    const old = leaseOf(await some.reserve([{ bound: at(nowMs), amount: 8 }]));
    const next = at(nowMs + 5_000);
    const held = await some.reserve([{ bound: next, amount: 3 }]);
    expect(held).toMatchObject({ ok: false, used: 8 });
    old.settle([8]);
    await until(() => some.used(next) === 0);
    expect(leaseOf(await some.reserve([{ bound: next, amount: 10 }])).used).toEqual([10]);
  });
});

type Step =
  | { readonly kind: "reserve"; readonly amounts: readonly number[] }
  | { readonly kind: "settle"; readonly lease: number; readonly share: number }
  | { readonly kind: "pass"; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("reserve" as const),
      amounts: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("settle" as const),
      lease: fc.nat(20),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  ),
  { maxLength: 60 },
);

test.each(ways.slice(0, 2))("reservations %s follow a model of them", async (_, open) => {
  await fc.assert(
    fc.asyncProperty(steps, async (all: readonly Step[]) => {
      const clock = { ms: 1_000_000 };
      const some = await open(clock);
      const bounds = [total("held", 10), total("money", 40), minute("tokens", 30)];
      const leases: { lease: Lease; amounts: readonly number[] }[] = [];
      let [held, money] = [0, 0];
      const reserve = async (amounts: readonly number[]) => {
        const [first = 0, second = 0] = amounts;
        const outcome = await some.reserve(
          bounds.map((bound, at) => ({ bound, amount: amounts[at] ?? 0 })),
        );
        if (outcome.ok) {
          leases.push({ lease: outcome, amounts });
          [held, money] = [held + first, money + second];
        } else if (outcome.at === 0) expect(held + first).toBeGreaterThan(10);
        else if (outcome.at === 1) expect(money + second).toBeGreaterThan(40);
      };
      const settle = (place: number, share: number) => {
        const [found] = leases.splice(place % Math.max(1, leases.length), 1);
        const [first = 0, second = 0, third = 0] = found?.amounts ?? [];
        const took = Math.floor(second * share);
        found?.lease.settle([0, took, Math.floor(third * share)]);
        [held, money] = [held - first, money - second + took];
      };
      for (const step of all) {
        if (step.kind === "pass") clock.ms += step.ms;
        else if (step.kind === "reserve") await reserve(step.amounts);
        else settle(step.lease, step.share);
        const [inUse, spent, tokens] = bounds.map((bound) => some.used(bound));
        expect([inUse, spent]).toEqual([held, money]);
        expect(inUse).toBeLessThanOrEqual(10);
        expect(spent).toBeLessThanOrEqual(40);
        expect(tokens).toBeLessThanOrEqual(30);
      }
      for (const { lease } of leases) lease.settle([0, 0, 0]);
      expect(some.used(bounds[0] ?? total("held", 0))).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test("four threads never hold and take more than a limit", async () => {
  const memory = createStateMemory(4);
  const workers = Array.from({ length: 4 }, (_, thread) => {
    const program = new URL("./reserve-load.ts", import.meta.url);
    return new Worker(program, { workerData: { memory, thread, limit: 1_000 } });
  });
  const reports = await Promise.all(workers.map(async (one) => (await once(one, "message"))[0]));
  const taken = reports.reduce((sum, { taken: some }) => sum + some, 0);
  const highest = Math.max(...reports.map(({ highest: one }) => one));
  const state = createSharedState(memory, 0);
  const left = new LocalReservations({ state, wallMs: () => 1_000_000 });
  expect(left.used(total("money", 1_000))).toBe(taken);
  expect([taken, highest]).toEqual([1_000, 1_000]);
});

test("what a thread held is free again when it has ended", () => {
  const memory = createStateMemory(2);
  const [one, other] = [0, 1].map((thread) => {
    const state = createSharedState(memory, thread);
    return new LocalReservations({ state, wallMs: () => 1_000_000 });
  });
  const bound = total("concurrent", 5);
  one?.reserve([{ bound, amount: 5 }]);
  expect(other?.reserve([{ bound, amount: 1 }])).toMatchObject({ ok: false });
  releaseThread(memory, 0);
  expect(other?.reserve([{ bound, amount: 1 }])).toMatchObject({ ok: true, used: [1] });
});

describe("gateways that share a Redis", () => {
  it("never hold and take more than a limit together", async () => {
    const { url } = await startRedis();
    const all = [await sharedAt(url), await sharedAt(url), await sharedAt(url)];
    const portions = [
      { bound: total("money", 100), amount: 7 },
      { bound: minute("rpm", 1_000), amount: 1 },
    ];
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, at) => all[at % 3]?.reservations.reserve(portions)),
    );
    const taken = outcomes.filter((one) => one?.ok === true);
    expect(taken).toHaveLength(14);
    for (const one of taken) if (one?.ok) one.settle([2, undefined]);
    const next = total("money", 100);
    await until(async () => {
      const probe = await all[0]?.reservations.reserve([{ bound: next, amount: 72 }]);
      if (probe?.ok) probe.settle([0]);
      return probe?.ok === true;
    });
    expect(await all[1]?.reservations.reserve([{ bound: next, amount: 73 }])).toMatchObject({
      ok: false,
    });
  });

  it("get back what one of them held that was killed, and not what a living one holds", async () => {
    const { url } = await startRedis();
    const [killed, living] = [await sharedAt(url, 400), await sharedAt(url, 400)];
    const bound = total("concurrent", 10);
    leaseOf(await killed.reservations.reserve([{ bound, amount: 4 }]));
    const held = leaseOf(await living.reservations.reserve([{ bound, amount: 6 }]));
    await until(async () => {
      living.sign();
      const probe = await living.reservations.reserve([{ bound, amount: 4 }]);
      if (probe.ok) probe.settle([0]);
      return probe.ok;
    });
    expect(await living.reservations.reserve([{ bound, amount: 5 }])).toMatchObject({ ok: false });
    held.settle([0]);
  });

  it("have Redis learn again what it lost", async () => {
    const { url } = await startRedis();
    const [one, other] = [await sharedAt(url), await sharedAt(url)];
    const bound = total("money", 100);
    leaseOf(await one.reservations.reserve([{ bound, amount: 60 }])).settle([60]);
    await until(async () => (await one.link.call(["FLUSHALL"])).ok);
    leaseOf(await one.reservations.reserve([{ bound, amount: 10 }])).settle([10]);
    expect(await other.reservations.reserve([{ bound, amount: 31 }])).toMatchObject({
      ok: false,
      used: 70,
    });
  });

  it("take their share of what is left while Redis is silent, and tell it afterwards", async () => {
    const redis = await startRedis();
    const [one, other] = [await sharedAt(redis.url), await sharedAt(redis.url)];
    const [bound, closed] = [total("money", 100), total("strict", 9, { onSilence: "DENY" })];
    for (const { reservations } of [one, other, one])
      leaseOf(await reservations.reserve([{ bound, amount: 10 }])).settle([10]);
    await until(() => one.reservations.used(bound) === 30 && other.reservations.used(bound) >= 20);
    await redis.command("SHUTDOWN", "NOSAVE").catch(() => "");
    await until(() => !one.link.isUp() && !other.link.isUp());
    expect(await one.reservations.reserve([{ bound: closed, amount: 1 }])).toMatchObject({
      ok: false,
      silent: true,
    });
    const alone = await one.reservations.reserve([{ bound, amount: 35 }]);
    expect(await one.reservations.reserve([{ bound, amount: 1 }])).toMatchObject({ ok: false });
    leaseOf(alone).settle([35]);
    await redis.restart();
    await until(() => one.link.isUp() && other.link.isUp());
    await until(async () => {
      const probe = await other.reservations.reserve([{ bound, amount: 36 }]);
      if (probe.ok) probe.settle([0]);
      return !probe.ok && probe.used === 65;
    });
  });
});
