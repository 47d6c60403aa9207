import { describe, expect, it } from "vitest";
import { rpc } from "../rules/ruled-gateway.ts";
import { ask, caching } from "./caching-gateway.ts";

const chat = (more: object = {}) => ({
  model: "m",
  messages: [{ role: "ROLE_USER", text: "hi" }],
  ...more,
});

/** What Explain says of the cache, and then what a call finds. */
async function foretold(
  setup: Awaited<ReturnType<typeof caching>>,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
) {
  const { json } = await rpc(setup, "Explain", { chat: chat(more) }, headers);
  return json;
}

async function found(setup: Awaited<ReturnType<typeof caching>>, more: object = {}, headers = {}) {
  const { json } = await rpc(setup, "Complete", { chat: chat(more) }, headers);
  return json.report?.cache?.state;
}

describe("an explanation says what the cache would do", () => {
  it("of a call whose answer is stored, or not, with its age; and calls no vendor", async () => {
    const setup = await caching();
    expect(await foretold(setup)).toMatchObject({
      cache: { state: "CACHE_STATE_MISS", key: expect.stringMatching(/^[0-9a-f]{64}$/) },
      cacheWhy: "no answer is stored",
    });
    expect(setup.vendors.a?.bodies).toHaveLength(0);
    expect(await found(setup)).toBe("CACHE_STATE_MISS");
    setup.clock.advance(7000);
    expect(await foretold(setup)).toMatchObject({
      cache: { state: "CACHE_STATE_HIT", age: "7s" },
      cacheWhy: "an answer is stored",
      targets: [{ target: { provider: "a" } }],
    });
    setup.clock.advance(60_000);
    expect((await foretold(setup)).cacheWhy).toBe("the stored answer is past its time");
    expect(setup.vendors.a?.bodies).toHaveLength(1);
  });

  const rows: readonly (readonly [
    title: string,
    cache: string,
    more: object,
    state: string,
    why: string,
  ])[] = [
    ["that takes none", "{}", { responseCache: { noCache: true } }, "MISS", "no-cache"],
    ["that is not to be stored", "{}", { responseCache: { noStore: true } }, "BYPASS", "no-store"],
    ["that uses none", "{}", { responseCache: { useCache: false } }, "BYPASS", "does not want"],
    ["to a model that wants to be told", "{ opt_in: true }", {}, "BYPASS", "opt_in"],
    [
      "for which the vendor may act",
      "{}",
      {
        tools: [
          {
            builtin: { json: '{"type":"code_interpreter"}', dialect: "openai-chat" },
          },
        ],
      },
      "BYPASS",
      "cannot be given to another call",
    ],
  ];
  for (const [title, cache, more, state, why] of rows)
    it(`of a call ${title}`, async () => {
      const setup = await caching(cache);
      const { cache: report, cacheWhy } = await foretold(setup, more);
      expect(report?.state).toBe(`CACHE_STATE_${state}`);
      expect(cacheWhy).toContain(why);
      expect(await found(setup, more)).toBe(`CACHE_STATE_${state}`);
    });

  it("of a call that takes only newer answers", async () => {
    const setup = await caching();
    await found(setup);
    setup.clock.advance(5000);
    const more = { responseCache: { maxAge: "2s" } };
    expect((await foretold(setup, more)).cacheWhy).toContain("older than the caller takes");
  });

  it("of a call that would be given an answer under way", async () => {
    const setup = await caching("{}", ["held"]);
    const first = rpc(setup, "Complete", { chat: chat() });
    await expect.poll(() => setup.vendors.a?.bodies.length).toBe(1);
    expect(await foretold(setup)).toMatchObject({
      cache: { state: "CACHE_STATE_HIT", shared: true },
      cacheWhy: "an equal call is under way",
    });
    setup.vendors.a?.release();
    await first;
  });

  it("of nothing where the model has none, and refuses what a call is refused for", async () => {
    const setup = await caching();
    const direct = await rpc(setup, "Explain", { chat: chat({ model: "a/x" }) });
    expect(direct.json).not.toHaveProperty("cache");
    const headers = { "x-parlance-cache-ttl": "soon" };
    expect((await rpc(setup, "Explain", { chat: chat() }, headers)).status).toBe(400);
  });

  it("and is no use of the answer: what is used least makes room all the same", async () => {
    const setup = await caching("{}", [], { more: "cache: { max_bytes: 65536 }" });
    await found(setup);
    let others = 0;
    for (; others < 150; others += 1) {
      await ask(setup, { body: { seed: others } });
      if (others % 10 > 0) continue;
      if ((await foretold(setup)).cache?.state === "CACHE_STATE_MISS") break;
    }
    expect(others).toBeLessThan(150);
  });
});
