import { describe, expect, it } from "vitest";
import { type Sent, send, statusOf } from "../routing/routed-gateway.ts";
import { dev, devKey, setUpDollars } from "./dollar-gateway.ts";

/** The statuses of calls one after the other. */
async function statuses(
  setup: Parameters<typeof send>[0],
  calls: readonly Sent[],
): Promise<readonly number[]> {
  const all: number[] = [];
  for (const call of calls) all.push(await statusOf(send(setup, call)));
  return all;
}

const cheap = (more: object = {}, headers: Readonly<Record<string, string>> = {}): Sent => {
  return { model: "cheap", body: { max_tokens: 5, ...more }, headers };
};

describe("budgets of the config", () => {
  it.each<[string, string, readonly Sent[], readonly number[]]>([
    [
      "by end user",
      "per: [END_USER]",
      [cheap({ user: "eve" }), cheap({ user: "eve" }), cheap({ user: "bob" }), cheap()],
      [200, 402, 200, 200],
    ],
    [
      "by session",
      "per: [SESSION]",
      [
        cheap({}, { "x-parlance-session": "s" }),
        cheap({}, { "x-parlance-session": "s" }),
        cheap({}, { "x-parlance-session": "t" }),
      ],
      [200, 402, 200],
    ],
    [
      "by each tag",
      "per: [TAG]",
      [
        cheap({}, { "x-parlance-tags": "web,beta" }),
        cheap({}, { "x-parlance-tags": "beta" }),
        cheap({}, { "x-parlance-tags": "mail" }),
      ],
      [200, 402, 200],
    ],
    [
      "of a tag",
      "tags: [batch]",
      [
        cheap({}, { "x-parlance-tags": "batch" }),
        cheap({}, { "x-parlance-tags": "batch" }),
        cheap(),
      ],
      [200, 402, 200],
    ],
    [
      "of models",
      "models: [che*]",
      [cheap(), cheap(), { ...cheap(), model: "other" }],
      [200, 402, 200],
    ],
    [
      "by model and end user",
      "per: [MODEL, END_USER]",
      [cheap({ user: "eve" }), cheap({ user: "eve" }), cheap({ user: "bob" })],
      [200, 402, 200],
    ],
  ])("count %s", async (_, settings, calls, expected) => {
    const setup = await setUpDollars(
      `budgets: [{ name: some, ${settings}, budget: { usd: "0.4", window: DAY } }]`,
    );
    expect(await statuses(setup, calls)).toEqual(expected);
  });

  it.each([
    ["of targets", "targets: [a/*]"],
    ["by provider", "per: [PROVIDER]"],
    ["by target", "per: [TARGET]"],
  ])("%s have the next target tried", async (_, settings) => {
    const setup = await setUpDollars(
      `budgets: [{ name: some, ${settings}, budget: { usd: "2", window: DAY } }]`,
    );
    const call = { body: { max_tokens: 5 } };
    expect(await statuses(setup, [call, call, call])).toEqual([200, 200, 200]);
    expect(setup.vendors.a?.models).toHaveLength(2);
    expect(setup.vendors.b?.models).toHaveLength(1);
  });

  it("say of all targets that none has room", async () => {
    const setup = await setUpDollars(
      'budgets: [{ name: vendors, per: [PROVIDER], budget: { usd: "0.1", window: DAY } }]',
    );
    const reply = await send(setup, { body: { max_tokens: 5 } });
    expect(reply.status).toBe(402);
    expect(await reply.json()).toMatchObject({
      error: {
        code: "budget_exceeded",
        message: expect.stringContaining(
          "budget vendors of provider a may spend 0.10 USD, and 0.00",
        ),
      },
    });
  });
});

describe("a budget", () => {
  it("that is soft warns and refuses nothing", async () => {
    const setup = await setUpDollars(devKey('usd: "0.5", window: DAY, soft: true'));
    const warnings: (string | null)[] = [];
    for (let at = 0; at < 4; at += 1) {
      const reply = await send(setup, { ...dev, model: "cheap" });
      await reply.text();
      expect(reply.status).toBe(200);
      warnings.push(reply.headers.get("x-parlance-budget-warning"));
    }
    expect(warnings).toEqual([
      null,
      null,
      "key dev has spent 0.50 USD of 0.50",
      "key dev has spent 0.75 USD of 0.50",
    ]);
  });

  it("with soft_usd warns before it refuses", async () => {
    const setup = await setUpDollars(devKey('usd: "0.5", window: DAY, soft_usd: "0.25"'));
    const seen: (string | number | null)[] = [];
    for (let at = 0; at < 3; at += 1) {
      const reply = await send(setup, { ...dev, model: "cheap" });
      await reply.text();
      seen.push(reply.status, reply.headers.get("x-parlance-budget-warning"));
    }
    expect(seen).toEqual([200, null, 200, "key dev has spent 0.25 USD of 0.25", 402, null]);
  });

  it("with a fallback sends calls to the cheaper model, and says why", async () => {
    const setup = await setUpDollars(devKey('usd: "3", window: DAY, fallback: cheap'));
    expect(await statusOf(send(setup, dev))).toBe(200);
    expect(await statusOf(send(setup, dev))).toBe(200);
    expect(await statusOf(send(setup, dev))).toBe(200);
    for (let at = 0; at < 2; at += 1) {
      const reply = await send(setup, dev);
      await reply.text();
      expect([reply.status, reply.headers.get("x-parlance-why")]).toEqual([
        200,
        "the budget of key dev has no room for m and falls back to cheap; model cheap: drawn with weight 1 of 1",
      ]);
      expect(reply.headers.get("x-parlance-cost-usd")).toBe("0.25");
    }
  });

  it("falls back to no model that the key may not use", async () => {
    const setup = await setUpDollars(
      devKey('usd: "0.5", window: DAY, fallback: cheap', ", models: [m]"),
    );
    expect(await statusOf(send(setup, dev))).toBe(402);
  });

  it("is larger while an increase lasts", async () => {
    const until = new Date(1_700_000_000_000 + 60_000).toISOString();
    const setup = await setUpDollars(
      devKey(`usd: "0.25", window: MONTH, increases: [{ usd: "0.25", until: "${until}" }]`),
    );
    const call = { ...dev, model: "cheap" };
    expect(await statuses(setup, [call, call, call])).toEqual([200, 200, 402]);
    setup.clock.advance(60_000);
    const refused = await send(setup, call);
    expect(await refused.text()).toContain("may spend 0.25 USD, and 0.50 USD are spent");
  });

  it("that is rolling is free again bit by bit", async () => {
    const setup = await setUpDollars(devKey('usd: "0.5", rolling: 3600s'));
    const call = { ...dev, model: "cheap" };
    expect(await statuses(setup, [call])).toEqual([200]);
    setup.clock.advance(1_800_000);
    expect(await statuses(setup, [call])).toEqual([200]);
    const refused = await send(setup, call);
    expect(await refused.text()).toContain(
      "may spend 0.50 USD within 3600 seconds, and 0.50 USD are spent or held; it resets: as time passes",
    );
    setup.clock.advance(1_900_000);
    expect(await statuses(setup, [call, call])).toEqual([200, 402]);
  });

  it("is fresh at midnight where its time zone is", async () => {
    // The clock stands at 22:13:20 in UTC, an hour before midnight in Berlin.
    const setup = await setUpDollars(devKey('usd: "0.25", window: DAY, time_zone: Europe/Berlin'));
    const call = { ...dev, model: "cheap" };
    expect(await statuses(setup, [call, call])).toEqual([200, 402]);
    const refused = await send(setup, call);
    expect(await refused.text()).toContain("it resets: 2023-11-14T23:00:00.000Z");
    setup.clock.advance(2_800_000);
    expect(await statuses(setup, [call])).toEqual([200]);
  });
});
