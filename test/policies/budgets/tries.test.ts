import { describe, expect, it } from "vitest";
import { send, statusOf } from "../routing/routed-gateway.ts";
import { dev, devKey, setUpDollars } from "./dollar-gateway.ts";

describe("what the tries of a call may cost", () => {
  it("is held for the dearest target, else for the cheapest, and then dearer ones are not tried", async () => {
    const setup = await setUpDollars(devKey('usd: "3.5", window: DAY'), { a: [500, 500] });
    // Three dollars fit at first. Once two are spent only the first target has room.
    expect(await statusOf(send(setup, dev))).toBe(200);
    expect(setup.tried()).toBe("ab");
    const refused = await send(setup, dev);
    expect(refused.status).toBe(500);
    expect(refused.headers.get("x-parlance-trail")).toMatch(
      /^a\/x;[^,]*UPSTREAM[^,]*, b\/x;[^,]*BUDGET_EXCEEDED[^,]*, c\/x;[^,]*BUDGET_EXCEEDED/,
    );
    expect(setup.vendors.b?.models).toHaveLength(1);
  });

  it("is held anew for a fallback that is dearer", async () => {
    const model = ", fallbacks: [dear]";
    const dear =
      ', targets: [{ model: c/z, facts: { prices: { tokens: { input: "0", output: "0" }, thousand_requests: "9000" } } }] }';
    const more = `${devKey('usd: "8", window: DAY')}`;
    const setup = await setUpDollars(
      more,
      { a: [500], b: [500], c: [500] },
      `${model} }\n  - { name: dear${dear.slice(0, -2)}`,
    );
    const refused = await send(setup, dev);
    expect(refused.headers.get("x-parlance-trail")).toContain(
      "c/z;end=broken;reason=BUDGET_EXCEEDED",
    );
    expect(setup.vendors.c?.models).toEqual(["x"]);
    expect(refused.status).toBe(500);
  });

  it("is held for a try beside a slow one, which is else not made", async () => {
    const hedge = ", hedge: { after: 1s, max_percent: 100 }";
    const setup = await setUpDollars(
      devKey('usd: "3", window: DAY'),
      { a: ["held", "held"] },
      hedge,
    );
    const slow = send(setup, dev);
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    setup.clock.advance(1_500);
    // One dollar is held for the slow try, and two for the one beside it.
    expect(await statusOf(slow)).toBe(200);
    expect(setup.vendors.b?.models).toHaveLength(1);
    const poor = await setUpDollars(devKey('usd: "2.5", window: DAY'), { a: ["held"] }, hedge);
    const alone = send(poor, dev);
    await expect.poll(() => poor.vendors.a?.models.length).toBe(1);
    poor.clock.advance(1_500);
    await expect.poll(() => poor.gateway && poor.vendors.a?.models.length).toBe(1);
    poor.vendors.a?.release();
    expect(await statusOf(alone)).toBe(200);
    expect(poor.vendors.b?.models).toEqual([]);
  });

  it("never passes a budget where the bounds of answers are known", async () => {
    const setup = await setUpDollars(devKey('usd: "7", window: DAY'), {
      a: Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? "ok" : 500)),
      b: Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? "ok" : 500)),
    });
    const statuses = await Promise.all(
      Array.from({ length: 40 }, () => statusOf(send(setup, dev))),
    );
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    const left = await send(setup, { ...dev, model: "unknown" });
    expect(left.status).toBe(402);
    const answered = [setup.vendors.a, setup.vendors.b, setup.vendors.c].map(
      (vendor) => vendor?.models.length ?? 0,
    );
    expect(answered[0]).toBeGreaterThan(0);
    const reply = await send(setup, { ...dev, model: "cheap" });
    const remaining = Number(reply.headers.get("x-parlance-budget-remaining-usd"));
    expect(remaining).toBeGreaterThanOrEqual(0);
  });

  it("is unknown of some targets, which are then passed over, and of all: 402", async () => {
    const setup = await setUpDollars(devKey('usd: "5", window: DAY'));
    expect(await statusOf(send(setup, { ...dev, model: "mixed" }))).toBe(200);
    expect(setup.vendors.b?.models).toEqual([]);
    expect(setup.vendors.c?.models).toEqual(["x"]);
    const refused = await send(setup, { ...dev, model: "unknown" });
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({
      error: {
        code: "unpriced",
        message:
          "no prices are known of b/y, which the budget of key dev cannot bound: set facts.prices of the model, prices, or unpriced: ALLOW of the budget",
      },
    });
  });

  it("may be unknown where the budget allows that", async () => {
    const setup = await setUpDollars(devKey('usd: "5", window: DAY, unpriced: ALLOW'));
    expect(await statusOf(send(setup, { ...dev, model: "unknown" }))).toBe(200);
    expect(await statusOf(send(setup, { ...dev, model: "mixed" }))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["y", "y"]);
  });
});

describe("calls that nobody waits for", () => {
  /** What is spent, as a call says that never fits. */
  const spent = async (setup: Parameters<typeof send>[0]) => {
    const reply = await send(setup, { ...dev, body: { max_tokens: 5, n: 90 } });
    return /and ([0-9.]+) USD are spent/.exec(await reply.text())?.[1];
  };

  it("are charged where a shadow gets a copy", async () => {
    const shadow = ', shadow: { model: other, percent: 100, max_usd_per_day: "10" }';
    const setup = await setUpDollars(devKey('usd: "10", window: DAY'), {}, shadow);
    expect(await statusOf(send(setup, dev))).toBe(200);
    await expect
      .poll(() => {
        setup.clock.advance(1);
        return setup.vendors.c?.models.length;
      })
      .toBe(1);
    await expect.poll(() => spent(setup)).toBe("1.50");
  });

  it("are charged where a stored answer is renewed", async () => {
    const cache = ", cache: { ttl: 10s, stale_while_revalidate: 60s }";
    const setup = await setUpDollars(devKey('usd: "10", window: DAY'), {}, cache);
    expect(await statusOf(send(setup, dev))).toBe(200);
    setup.clock.advance(20_000);
    expect(await statusOf(send(setup, dev))).toBe(200);
    await expect.poll(() => setup.vendors.a?.models.length).toBe(2);
    await expect.poll(() => spent(setup)).toBe("2.00");
  });
});
