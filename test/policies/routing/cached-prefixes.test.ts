import { describe, expect, it } from "vitest";
import { createSeenPrefixes } from "../../../src/policies/routing/choice/seen-prefixes.ts";
import { rpc } from "../rules/ruled-gateway.ts";
import { type Sent, type Setup, send, setUp as setUpRouted, statusOf } from "./routed-gateway.ts";
import type { Act } from "./scripted-vendor.ts";

const prices = (tokens: string) => `facts: { prices: { tokens: { ${tokens}, output: "0" } } }`;
/** A prompt costs less at b, unless a has it in its cache. */
const models = `  - name: m
    strategy: LOWEST_COST
    targets:
      - { model: a/x, ${prices('input: "2", cache_read: "0.2"')} }
      - { model: b/x, ${prices('input: "1.5"')} }
      - { model: c/x, ${prices('input: "2", cache_read: "0.2"')} }`;
const keys = `keys: [{ name: one, value: { value: sk-one } }, { name: two, value: { value: sk-two } }]`;

const setUp = (a: Act[], b: Act[] = [500]) => setUpRouted(models, { a, b }, { more: keys });

/** Of about 2000 tokens. */
const prompt = (text: string) => ({
  headers: { authorization: "Bearer sk-one" },
  body: { messages: [{ role: "user", content: `${text} ${"word ".repeat(1_600)}` }] },
});

async function tried(setup: Setup, sent: Sent): Promise<string> {
  const before = setup.tried().length;
  expect(await statusOf(send(setup, sent))).toBe(200);
  return setup.tried().slice(before);
}

describe("the strategy LOWEST_COST, of a prompt that a target has cached", () => {
  it("counts what reading it costs, for as long as vendors keep it", async () => {
    const setup = await setUp(["cached 2000 0", "cached 2000 1900"]);
    expect(await tried(setup, prompt("hi"))).toBe("ba");
    const second = await send(setup, prompt("hi"));
    await second.text();
    expect(second.headers.get("x-parlance-target")).toBe("a/x");
    expect(second.headers.get("x-parlance-why")).toMatch(
      /about 0\.0004\d* USD, with 2000 tokens of its prompt cached$/,
    );
    setup.clock.advance(299_000);
    expect(await tried(setup, prompt("hi"))).toBe("a");
    setup.clock.advance(300_000);
    expect(await tried(setup, prompt("hi"))).toBe("b");
  });

  it("counts it for those that begin alike alone, of one key", async () => {
    const setup = await setUp(["cached 2000 0"]);
    expect(await tried(setup, prompt("hi"))).toBe("ba");
    expect(await tried(setup, prompt("other"))).toBe("b");
    const other = { ...prompt("hi"), headers: { authorization: "Bearer sk-two" } };
    expect(await tried(setup, other)).toBe("b");
    const messages = [...prompt("hi").body.messages, { role: "user", content: "go on" }];
    expect(await tried(setup, { ...prompt("hi"), body: { messages } })).toBe("a");
  });

  it("counts it no more where the vendor says that it read nothing", async () => {
    const setup = await setUp(["cached 2000 0", "cached 2000 0"]);
    expect(await tried(setup, prompt("hi"))).toBe("ba");
    expect(await tried(setup, prompt("hi"))).toBe("a");
    expect(await tried(setup, prompt("hi"))).toBe("b");
  });

  it("counts nothing of prompts that are too short to be cached", async () => {
    const setup = await setUp(["cached 5 0"]);
    const short: Sent = { headers: { authorization: "Bearer sk-one" } };
    expect(await tried(setup, short)).toBe("ba");
    expect(await tried(setup, short)).toBe("b");
  });

  it("tries the other targets each once where that one fails", async () => {
    const setup = await setUp(["cached 2000 0", 500], [500, 500]);
    expect(await tried(setup, prompt("hi"))).toBe("ba");
    expect(await tried(setup, prompt("hi"))).toBe("abc");
  });

  it("is explained with the same cost", async () => {
    const setup = await setUp(["cached 2000 0"]);
    const text = `hi ${"word ".repeat(1_600)}`;
    const chat = { model: "m", messages: [{ role: "ROLE_USER", text }] };
    const headers = { authorization: "Bearer sk-one" };
    expect((await rpc(setup, "Complete", { chat }, headers)).status).toBe(200);
    const { json } = await rpc(setup, "Explain", { chat }, headers);
    const [first] = json.targets ?? [];
    expect(first?.target.provider).toBe("a");
    expect(Math.round(first?.score ?? 0)).toBe(Number(first?.expectedCostNanoUsd));
  });
});

describe("the memory of prompts", () => {
  it("is bounded, in prompts and in targets of one", () => {
    const seen = createSeenPrefixes(() => 0);
    const cached = { tokens: 7, ttlMs: 1 };
    for (let at = 0; at <= 20_000; at += 1)
      seen.note(`key ${at}`, { provider: "a", model: "x" }, cached);
    expect(seen.of("key 0")).toBeUndefined();
    expect(seen.of("key 1")?.get("a/x")).toBe(7);
    for (let at = 0; at < 20; at += 1) seen.note("key", { provider: "a", model: `${at}` }, cached);
    expect(seen.of("key")?.size).toBe(16);
    expect(seen.of("key")?.has("a/3")).toBe(false);
  });
});
