import { describe, expect, it } from "vitest";
import { sumMetrics } from "../../../src/core/metrics/summed-metrics.ts";
import { printMetrics } from "../../../src/observe/metrics/print-metrics.ts";
import { replyText } from "../../../src/state/redis/shared-redis.ts";
import { LocalReservations } from "../../../src/state/reserve/local-reservations.ts";
import { SharedReservations } from "../../../src/state/reserve/shared-reservations.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { createFakeClock, type FakeClock } from "../../fake-clock.ts";
import { freePort } from "../../redis/free-port.ts";
import { linked } from "../../redis/linked.ts";
import { startSlowProxy } from "../../redis/slow-proxy.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";

const text = async (outcome: Promise<{ ok: boolean; value?: unknown }>) => {
  const { ok, value } = await outcome;
  return ok ? (value instanceof Uint8Array ? replyText(value) : value) : "silent";
};

describe("a link to Redis", () => {
  it("runs commands and scripts, and keeps bytes as they are", async () => {
    const redis = await startRedis();
    const { link, notices, metrics } = linked({ url: { value: redis.url }, timeout: "0.05s" });
    await until(() => link.isUp());
    const key = link.key("cache", "team a", "é");
    expect(key).toBe("parlance:{cache:team%20a}:%c3%a9");
    // Who a bound is of is not to be read in Redis.
    expect(link.key("bounds", "all", "end_user\neve", "period")).toMatch(
      /^parlance:\{bounds:all\}:%[\w-]{43}:period$/,
    );
    const bytes = new Uint8Array([0, 255, 10]);
    await link.call(["SET", key, bytes, "PX", 60_000]);
    const got = await link.call(["GET", key]);
    expect(got.ok && [...(got.value instanceof Uint8Array ? got.value : [])]).toEqual([0, 255, 10]);
    const script = "return { KEYS[1], ARGV[1], tonumber(ARGV[2]) + 1 }";
    const step = { keys: [key], args: ["x", 41] };
    await link.run(script, step);
    await redis.command("SCRIPT", "FLUSH");
    const twice = await link.run(script, step);
    expect(twice.ok && Array.isArray(twice.value) && twice.value[2]).toBe(42);
    expect(notices).toEqual([]);
    expect(printMetrics(sumMetrics([metrics.memory], []), "text")).toContain(
      'parlance_redis_duration_seconds_count{outcome="answered"} 4',
    );
  });

  it("tries nothing without a server, and says so once where there is none", async () => {
    const port = await freePort();
    const { link, notices } = linked({ url: { value: `redis://:pw-of-mine@127.0.0.1:${port}` } });
    expect(await link.call(["PING"])).toEqual({ ok: false });
    await until(() => notices.length > 0);
    expect(notices[0]?.event).toBe("redis_unavailable");
    expect(notices[0]?.message).toContain("ECONNREFUSED");
    expect(JSON.stringify(notices)).not.toContain("pw-of-mine");
    const server = await startRedis({ port });
    await until(() => link.isUp());
    expect(notices.at(-1)?.event).toBe("redis_available");
    expect(await text(link.call(["PING"]))).toBe("PONG");
    await server.kill();
    await until(() => !link.isUp());
  });

  it("says that a password is wrong without repeating it, and waits for nothing", async () => {
    const redis = await startRedis({ password: "right" });
    const wrong = redis.url.replace("right", "wrong-secret");
    const { link, notices } = linked({ url: { value: wrong } });
    await until(() => notices.length > 0);
    expect(notices[0]?.message).toContain("the password of state.redis.url is wrong");
    expect(JSON.stringify(notices)).not.toContain("wrong-secret");
    expect(link.isUp()).toBe(false);
    const none = linked({ url: { value: redis.url.replace(":right@localhost", "") } });
    await until(() => none.notices.length > 0);
    expect(none.notices[0]?.message).toContain("has no password");
    const good = linked({ url: { value: redis.url } });
    await until(() => good.link.isUp());
  });

  it("leaves a server alone that does not answer in time, until it answers again", async () => {
    const redis = await startRedis();
    const { link, notices } = linked({ url: { value: redis.url }, timeout: "0.02s" });
    await until(() => link.isUp());
    redis.freeze();
    expect(await text(link.call(["PING"], {}))).toBe("silent");
    await until(() => !link.isUp());
    expect(notices[0]?.message).toContain("it answered nothing for 40 ms");
    for (let call = 0; call < 1_000; call += 1) await link.call(["PING"], {});
    redis.thaw();
    await until(() => link.isUp());
    expect(notices.map(({ event }) => event)).toEqual(["redis_unavailable", "redis_available"]);
  });

  it("lets all steps of a call together wait no longer than the timeout", async () => {
    const redis = await startRedis();
    const { link } = linked({ url: { value: redis.url }, timeout: "0.01s" });
    await until(() => link.isUp());
    const call = {};
    await until(async () => (await text(link.call(["PING"], call))) === "silent");
    expect(await text(link.call(["PING"], call))).toBe("silent");
  });

  it("lets a step that must not miss the server wait longer, while others give up", async () => {
    const { link, notices, clock, proxy } = await startSlow("0.02s");
    const step = { keys: [link.key("a", "b", "c")], exact: true } as const;
    const prompt = await text(link.run("return 7", step));
    expect(prompt).toBe(7);
    proxy.hold();
    const [exact, other] = [link.run("return 7", step), link.call(["PING"], {})];
    clock.advance(20);
    expect(await text(other)).toBe("silent");
    clock.advance(19);
    await proxy.release();
    expect(await text(exact)).toBe(7);
    expect(notices).toEqual([]);
  });

  for (const [timeout, inAllMs] of [
    ["0.025s", 50],
    ["0.01s", 20],
    ["0.05s", 50],
  ] as const)
    it(`has no call wait longer than ${inAllMs} ms where a timeout is ${timeout}`, async () => {
      const { link, notices, clock, proxy } = await startSlow(timeout);
      const reservations = new SharedReservations({
        ...{ redis: link, random: () => 0.5, gateway: () => 1, wallMs: () => 1, ...clock },
        local: new LocalReservations({ state: createMemoryState(), wallMs: () => 1 }),
      });
      const portions = (scope: string, onSilence?: "DENY") => [
        { bound: { scope, span: { kind: "sliding", ms: 60_000 } as const, limit: 5 }, amount: 1 },
        ...(onSilence === undefined ? [] : [deniedPortion(onSilence)]),
      ];
      expect(await reservations.reserve(portions("warm"), {})).toMatchObject({ ok: true });
      proxy.hold();
      const call = {};
      const waiting = [
        reservations.reserve(portions("shared"), call),
        reservations.reserve(portions("closed", "DENY"), {}),
      ];
      let settled = 0;
      for (const one of waiting) void Promise.resolve(one).then(() => (settled += 1));
      await pass(clock, inAllMs - 1);
      expect([settled, link.isUp()]).toEqual([0, true]);
      await pass(clock, 1);
      const [shared, closed] = await Promise.all(waiting);
      expect(shared).toMatchObject({ ok: true });
      expect(closed).toMatchObject({ ok: false, at: 1, silent: true });
      await pass(clock, 1);
      expect(link.isUp()).toBe(false);
      expect(notices.map(({ event }) => event)).toEqual(["redis_unavailable"]);
      // Nobody waits any more, and the server is looked at until it answers.
      expect(reservations.reserve(portions("shared"), call)).not.toBeInstanceOf(Promise);
      await pass(clock, 250);
      await proxy.release();
      await until(() => link.isUp());
    });

  it("waits longer where this thread is too busy to hear the server, but not without end", async () => {
    const { link, clock, proxy } = await startSlow("0.025s", 1);
    const step = { keys: [link.key("a", "b", "c")], exact: true } as const;
    proxy.hold();
    const [first, second] = [link.run("return 7", step), link.run("return 8", step)];
    await pass(clock, 100);
    expect(link.isUp()).toBe(true);
    await proxy.release();
    expect([await text(first), await text(second)]).toEqual([7, 8]);
    proxy.hold();
    const lost = link.run("return 9", step);
    await pass(clock, 5 * 50);
    expect(await text(lost)).toBe("silent");
    expect(link.isUp()).toBe(false);
  });

  it("counts all steps of a call, so that it waits no longer where each is a little late", async () => {
    const { link, clock, proxy } = await startSlow("0.025s");
    const step = { keys: [link.key("a", "b", "c")], exact: true, waiter: {} } as const;
    const outcomes: unknown[] = [];
    for (let steps = 0; steps < 3; steps += 1) {
      proxy.hold();
      const outcome = link.run("return 7", step);
      await pass(clock, 20);
      await proxy.release();
      outcomes.push(await text(outcome));
    }
    outcomes.push(await text(link.run("return 7", step)));
    // The third has 10 ms left, which it waits, and the last none.
    expect(outcomes).toEqual([7, 7, "silent", "silent"]);
    expect(await text(link.run("return 7", { ...step, waiter: {} }))).toBe(7);
  });

  it("is up again after a restart, and tells its listeners each time", async () => {
    const redis = await startRedis();
    const { link } = linked({ url: { value: redis.url } });
    let ups = 0;
    link.onUp(() => {
      ups += 1;
    });
    await until(() => ups === 1);
    await redis.restart();
    await until(() => ups === 2);
    expect(await text(link.call(["PING"]))).toBe("PONG");
  });
});

/** A link to a server behind a proxy, on a clock that stands; `busy`: the share of its thread. */
async function startSlow(timeout: string, busy = 0) {
  const port = await freePort();
  await startRedis({ port });
  const proxy = await startSlowProxy(port);
  const clock = createFakeClock();
  const { link, notices } = linked(
    { url: { value: `redis://127.0.0.1:${proxy.port}` }, timeout },
    { ...clock, measureWork: () => () => busy },
  );
  await until(() => link.isUp());
  return { link, notices, clock, proxy };
}

const deniedPortion = (onSilence: "DENY") => ({
  bound: { scope: "denied", span: { kind: "sliding", ms: 60_000 } as const, limit: 5, onSilence },
  amount: 1,
});

/** Moves a clock on, with what happens at each millisecond. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    clock.advance(1);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}
