import { describe, expect, it } from "vitest";
import { CircuitState } from "../../../gen/parlance/admin/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { send, setUp, statusOf } from "./routed-gateway.ts";
import type { Act } from "./scripted-vendor.ts";

const admin = { name: "admin", admin: true, models: undefined, strict: false };
const two = "targets: [{ model: a/x }, { model: b/x }]";
const solo = "targets: [{ model: a/x }]";

describe("a call whose vendor fails", () => {
  const cases: readonly (readonly [
    title: string,
    models: string,
    scripts: Readonly<Record<string, Act[]>>,
    headers: Readonly<Record<string, string>>,
    tried: string,
    status: number,
  ])[] = [
    ["is tried once without retries", `  - { name: m, ${solo} }`, { a: [500] }, {}, "a", 500],
    ["is tried again", `  - { name: m, ${solo}, retry: {} }`, { a: [500, 503] }, {}, "aaa", 200],
    [
      "is tried as often as the model says",
      `  - { name: m, ${solo}, retry: { attempts: 2 } }`,
      { a: [500, 503] },
      {},
      "aa",
      500,
    ],
    [
      "is tried as often as its caller says",
      `  - { name: m, ${solo}, retry: { attempts: 9 } }`,
      { a: [500, 500, 500] },
      { "x-parlance-retries": "1" },
      "aa",
      500,
    ],
    [
      "is tried at another target at once",
      `  - { name: m, ${two}, retry: {} }`,
      { a: [500] },
      {},
      "ab",
      200,
    ],
    [
      "is tried again where all targets have failed",
      `  - { name: m, ${two}, retry: { attempts: 4 } }`,
      { a: [500, 500], b: [500] },
      {},
      "abab",
      200,
    ],
    [
      "is not tried again at a target that will refuse it again",
      `  - { name: m, ${two}, retry: { attempts: 5 } }`,
      { a: [401], b: [500, 500] },
      {},
      "abbb",
      200,
    ],
    [
      "is not tried again for what is its own",
      `  - { name: m, ${two}, retry: {} }`,
      { a: [422] },
      {},
      "a",
      422,
    ],
    [
      "is not tried again sooner than its vendor says",
      `  - { name: m, ${solo}, retry: {} }`,
      { a: ["429 after 3"] },
      {},
      "a",
      429,
    ],
    [
      "is not tried again where its vendor says that it should not be, and falls back",
      `  - { name: m, ${solo}, retry: {}, fallbacks: [b/x] }`,
      { a: ["503 final"] },
      {},
      "ab",
      200,
    ],
    [
      "goes to the fallbacks in turn, and to theirs",
      `  - { name: m, ${solo}, fallbacks: [n] }\n  - { name: n, targets: [{ model: b/x }], fallbacks: [o] }\n  - { name: o, targets: [{ model: c/x }] }`,
      { a: [500], b: [500] },
      {},
      "abc",
      200,
    ],
    [
      "has the error of the model that was named, when all fail",
      `  - { name: m, ${solo}, fallbacks: [b/x, c/x] }`,
      { a: [503], b: [500], c: [429] },
      {},
      "abc",
      503,
    ],
    [
      "goes to the model for long prompts",
      `  - { name: m, ${two}, fallbacks: [b/x], context_fallbacks: [c/x] }`,
      { a: ["context"] },
      {},
      "ac",
      200,
    ],
    [
      "goes to the general fallbacks where there is none for long prompts",
      `  - { name: m, ${solo}, fallbacks: [b/x], content_fallbacks: [c/x] }`,
      { a: ["context"] },
      {},
      "ab",
      200,
    ],
    [
      "goes to the model for what others refuse",
      `  - { name: m, ${two}, fallbacks: [b/x], content_fallbacks: [c/x] }`,
      { a: ["policy"] },
      {},
      "ac",
      200,
    ],
  ];
  for (const [title, models, scripts, headers, tried, status] of cases)
    for (const stream of [false, true])
      it(`${title}${stream ? ", streamed" : ""}`, async () => {
        const setup = await setUp(models, structuredClone(scripts));
        expect(await statusOf(send(setup, { stream, headers }))).toBe(status);
        expect(setup.tried()).toBe(tried);
      });

  it("goes to the default fallbacks, at most as many as the config says", async () => {
    const models = `  - { name: m, ${solo} }`;
    const more = "routing: { default_fallbacks: [b/x, c/x], max_fallbacks: 1 }";
    const setup = await setUp(models, { a: [500], b: [500] }, { more });
    expect(await statusOf(send(setup))).toBe(500);
    expect(setup.tried()).toBe("ab");
  });

  it("is classed as the config says", async () => {
    const more = "routing: { failures: [{ reason: UPSTREAM_INTERNAL, fall_back: false }] }";
    const setup = await setUp(`  - { name: m, ${two} }`, { a: [500] }, { more });
    expect(await statusOf(send(setup))).toBe(500);
    expect(setup.tried()).toBe("a");
  });

  it("says in its headers why each target was tried", async () => {
    const setup = await setUp(`  - { name: m, ${two}, strategy: PRIORITY }`, { a: [500] });
    const { headers } = await send(setup);
    expect(headers.get("x-parlance-attempts")).toBe("2");
    expect(headers.get("x-parlance-target")).toBe("b/x");
    expect(headers.get("x-parlance-why")).toBe("model m: place 2 of 2");
  });

  it("waits for its pause, and not after its caller has left", async () => {
    const models = `  - { name: m, ${solo}, retry: {} }`;
    const setup = await setUp(models, { a: ["429 after 1"] });
    const leaves = new AbortController();
    const reply = fetch(`${setup.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
      signal: leaves.signal,
    }).catch(() => "left");
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    leaves.abort();
    expect(await reply).toBe("left");
    await expect.poll(() => setup.tried()).toBe("a");
    setup.clock.advance(60_000);
    expect(await statusOf(send(setup))).toBe(200);
    expect(setup.tried()).toBe("aa");
  });
});

describe("a target that fails", () => {
  const priority = `  - { name: m, ${two}, strategy: PRIORITY, breaker: { consecutive_failures: 2, min_calls: 100, open_for: 5s } }`;

  it("is left alone, probed and called again", async () => {
    const setup = await setUp(priority, { a: [500, 500, 500] });
    for (let call = 0; call < 4; call += 1) expect(await statusOf(send(setup))).toBe(200);
    expect(setup.tried()).toBe("ababbb");
    setup.clock.advance(5000);
    await statusOf(send(setup));
    await statusOf(send(setup));
    expect(setup.tried()).toBe("ababbbabb");
    setup.clock.advance(5000);
    await statusOf(send(setup));
    await statusOf(send(setup));
    expect(setup.tried()).toBe("ababbbabbaa");
  });

  it("is left alone at once after a rate limit, for as long as it says", async () => {
    const setup = await setUp(priority, { a: ["429 after 30"] });
    await statusOf(send(setup));
    await statusOf(send(setup));
    setup.clock.advance(29_000);
    await statusOf(send(setup));
    expect(setup.tried()).toBe("abbb");
    setup.clock.advance(1000);
    await statusOf(send(setup));
    expect(setup.tried()).toBe("abbba");
  });

  it("is called though its circuit is open where there is no other", async () => {
    const setup = await setUp(`  - { name: m, ${solo} }`, { a: ["429 after 30"] });
    expect(await statusOf(send(setup))).toBe(429);
    expect(await statusOf(send(setup))).toBe(200);
  });

  it("is not called where the settings say so, and the reply says until when", async () => {
    const models = `  - { name: m, ${solo}, breaker: { all_open: REFUSE } }`;
    const setup = await setUp(models, { a: ["429 after 30"] });
    expect(await statusOf(send(setup))).toBe(429);
    const refused = await send(setup);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(await refused.text()).toContain("every target of model m is left alone");
    expect(setup.vendors.a?.models).toHaveLength(1);
  });

  it("is not called with others like it, and the reply says when the first of them may be", async () => {
    const models = `  - { name: m, ${two}, breaker: { all_open: REFUSE } }`;
    const setup = await setUp(models, { a: ["429 after 30"], b: ["503 after 20"] });
    expect(await statusOf(send(setup))).toBe(429);
    setup.vendors.b?.script.push("429 after 10");
    expect(await statusOf(send(setup))).toBe(429);
    const refused = await send(setup);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
  });

  it("is left for the next, and the call is over at its deadline wherever it is then", async () => {
    const models = `  - { name: m, ${two}, timeouts: { first_token: 2s }, fallbacks: [c/x] }`;
    const setup = await setUp(models, { a: ["silence"], b: ["silence"], c: ["silence"] });
    const headers = { "x-parlance-timeout-ms": "5000" };
    const reply = send(setup, { headers, stream: true });
    for (const [at, wait] of [2000, 2000, 1000].entries()) {
      const called = setup.vendors["abc"[at] ?? ""];
      await expect.poll(() => called?.models.length).toBe(1);
      setup.clock.advance(wait);
    }
    const { error } = JSON.parse(await (await reply).text());
    expect([error.code, setup.tried()]).toEqual(["deadline_exceeded", "abc"]);
  });

  it("is left for the next at its own bound on the first token", async () => {
    const models =
      "  - { name: m, strategy: PRIORITY, timeouts: { first_token: 9s }, targets: [{ model: a/x, timeouts: { first_token: 2s } }, { model: b/x }] }";
    const setup = await setUp(models, { a: ["silence"] });
    const reply = send(setup, { stream: true });
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    setup.clock.advance(2000);
    expect(await statusOf(reply)).toBe(200);
    expect(setup.tried()).toBe("ab");
  });

  describe("with several credentials", () => {
    const provider = ", api_keys: [{ value: key-one-0123456789 }, { value: key-two-0123456789 }]";
    const priority = `  - { name: m, ${two}, strategy: PRIORITY }`;
    const cases: readonly (readonly [title: string, act: Act, coolMs: number])[] = [
      ["refuses one", 401, 5000],
      ["limits the rate of one", "429 after 30", 30_000],
    ];
    for (const [title, act, coolMs] of cases)
      it(`is called with another at once where it ${title}, and stays in use`, async () => {
        const setup = await setUp(priority, { a: [act] }, { provider });
        for (let call = 0; call < 3; call += 1) expect(await statusOf(send(setup))).toBe(200);
        expect(setup.tried()).toBe("aaaa");
        const keys = () => setup.vendors.a?.keys.map((key) => key.slice("Bearer key-".length, 14));
        expect(keys()).toEqual(["one", "two", "two", "two"]);
        setup.clock.advance(coolMs);
        await statusOf(send(setup));
        await statusOf(send(setup));
        expect(keys()?.slice(4)).toEqual(["one", "two"]);
      });

    it("shows which is left alone, since when, why and until when, and never the value", async () => {
      const setup = await setUp(priority, { a: ["429 after 30"] }, { provider });
      await statusOf(send(setup));
      const shown = () => {
        const model = setup.gateway.engine.models.get(admin, "m");
        return model?.deployments[0]?.credentials ?? [];
      };
      const [first, second] = shown();
      expect(first).toMatchObject({
        name: "api_keys[0]",
        circuit: CircuitState.OPEN,
        circuitReason: ErrorReason.UPSTREAM_RATE_LIMITED,
        circuitOpened: { seconds: 1_700_000_000n },
        nextProbe: { seconds: 1_700_000_030n },
      });
      expect(second).toMatchObject({ name: "api_keys[1]", circuit: CircuitState.CLOSED });
      expect(first?.hash).toMatch(/^[0-9a-f]{12}$/);
      expect(first?.hash).not.toBe(second?.hash);
      setup.clock.advance(30_000);
      expect(shown()[0]?.circuit).toBe(CircuitState.HALF_OPEN);
      await statusOf(send(setup));
      expect(shown()[0]?.circuit).toBe(CircuitState.CLOSED);
      expect(shown()[0]?.circuitOpened).toBeUndefined();
    });

    it("is probed by one request with one that may be taken again", async () => {
      const setup = await setUp(priority, { a: [401] }, { provider });
      await statusOf(send(setup));
      setup.clock.advance(5_000);
      if (setup.vendors.a !== undefined) setup.vendors.a.script = ["held"];
      const probe = statusOf(send(setup));
      await expect.poll(() => setup.vendors.a?.keys.length).toBe(3);
      for (let call = 0; call < 3; call += 1) await statusOf(send(setup));
      const keys = setup.vendors.a?.keys.map((key) => key.slice("Bearer key-".length, 14));
      expect(keys).toEqual(["one", "two", "one", "two", "two", "two"]);
      setup.vendors.a?.release();
      expect(await probe).toBe(200);
    });

    it("is left alone once it refuses all", async () => {
      const setup = await setUp(priority, { a: [401, 401] }, { provider });
      await statusOf(send(setup));
      await statusOf(send(setup));
      expect(setup.tried()).toBe("aabb");
    });
  });

  it("gets no more calls at once than it may", async () => {
    const models =
      "  - { name: m, strategy: PRIORITY, targets: [{ model: a/x, max_in_flight: 1 }, { model: b/x }] }";
    const setup = await setUp(models, { a: ["silence"] });
    const held = new AbortController();
    const first = fetch(`${setup.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
      signal: held.signal,
    }).catch(() => "left");
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    expect(await statusOf(send(setup))).toBe(200);
    expect([setup.vendors.a?.models.length, setup.vendors.b?.models.length]).toEqual([1, 1]);
    held.abort();
    expect(await first).toBe("left");
    await expect.poll(() => setup.tried()).toBe("aba");
    expect(await statusOf(send(setup))).toBe(200);
    expect(setup.vendors.a?.models).toHaveLength(2);
  });
});
