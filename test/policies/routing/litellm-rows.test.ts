import { describe, expect, it } from "vitest";
import { type Setup, send, setUp, statusOf } from "./routed-gateway.ts";
import type { Act } from "./scripted-vendor.ts";

/*
 * What users of LiteLLM know of deployments that fail, as rows: the same in meaning, and where it
 * differs the row says how.
 */

const two = "strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }]";
const one = "targets: [{ model: a/x }]";

/** How often a call was tried again and fell back, and the model that answered. */
function recovery({ headers }: Response): readonly (string | null)[] {
  return ["attempted-retries", "attempted-fallbacks", "model-group"].map((name) =>
    headers.get(`x-litellm-${name}`),
  );
}

async function calls(setup: Setup, count: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let call = 0; call < count; call += 1) statuses.push(await statusOf(send(setup)));
  return statuses;
}

describe("deployments that fail", () => {
  it("a rate limit of one of two sends the call to the other at once, and the next ones too", async () => {
    const setup = await setUp(`  - { name: m, ${two}, retry: {} }`, { a: [429] });
    const reply = await send(setup);
    await reply.text();
    expect([reply.status, setup.tried(), reply.headers.get("x-parlance-attempts")]).toEqual([
      200,
      "ab",
      "2",
    ]);
    expect(reply.headers.get("x-parlance-trail")).toContain("UPSTREAM_RATE_LIMITED");
    expect(recovery(reply)).toEqual(["1", "0", "m"]);
    setup.clock.advance(4999);
    await calls(setup, 1);
    expect(setup.tried()).toBe("abb");
    setup.clock.advance(1);
    await calls(setup, 1);
    expect(setup.tried()).toBe("abba");
  });

  it("a rate limit of the only one takes it away from nobody, and is waited for", async () => {
    const setup = await setUp(`  - { name: m, ${one}, retry: { attempts: 2, max_delay: 5s } }`, {
      a: ["429 after 2"],
    });
    const reply = statusOf(send(setup));
    const tries = () => {
      setup.clock.advance(500);
      return setup.vendors.a?.models.length;
    };
    await expect.poll(tries).toBe(2);
    expect(setup.clock.nowMs()).toBeGreaterThanOrEqual(2000);
    expect(await reply).toBe(200);
    expect(await calls(setup, 1)).toEqual([200]);
  });

  for (const [title, script, tried] of [
    ["one failure of one is none to leave it alone for", [500], "ab" + "a"],
    [
      "three failures of ten are none",
      ok(500, "ok", "ok", 500, "ok", "ok", 500, "ok", "ok", "ok"),
      "aba" + "aabaaab" + "aaa" + "a",
    ],
    [
      "more than half of at least five are",
      ok(500, "ok", 500, "ok", 500),
      "ab" + "a" + "ab" + "a" + "ab" + "b",
    ],
  ] as const)
    it(title, async () => {
      const setup = await setUp(`  - { name: m, ${two} }`, { a: [...script] });
      await calls(setup, script.length + 1);
      expect(setup.tried()).toBe(tried);
    });

  for (const status of [404, 401] as const)
    it(`${status} of the only one is not tried again`, async () => {
      const setup = await setUp(`  - { name: m, ${one}, retry: {} }`, { a: [status] });
      await calls(setup, 1);
      expect(setup.tried()).toBe("a");
    });

  it("a prompt that is too long goes to the general fallbacks where no list is for it", async () => {
    // LiteLLM gives the error where other models have such a list.
    const models = `  - { name: m, ${one}, fallbacks: [b/x] }\n  - { name: n, ${one}, context_fallbacks: [c/x] }`;
    const setup = await setUp(models, { a: ["context"] });
    expect(await calls(setup, 1)).toEqual([200]);
    expect(setup.tried()).toBe("ab");
  });

  it("a fallback that answers is named", async () => {
    const setup = await setUp(
      `  - { name: m, ${one}, fallbacks: [n] }\n  - { name: n, targets: [{ model: b/x }] }`,
      { a: [500] },
    );
    const reply = await send(setup);
    await reply.text();
    expect(reply.headers.get("x-parlance-attempts")).toBe("2");
    expect(reply.headers.get("x-parlance-target")).toBe("b/x");
    expect(reply.headers.get("x-parlance-why")).toMatch(/^fallback n of m: /);
    expect(recovery(reply)).toEqual(["0", "1", "n"]);
  });

  it("says nothing of retries and fallbacks where there were none, streamed or not", async () => {
    const setup = await setUp(`  - { name: m, ${two} }`, {});
    for (const stream of [false, true]) {
      const reply = await send(setup, { stream });
      await reply.text();
      expect(recovery(reply)).toEqual([null, null, null]);
    }
  });

  it("counts tries of a stream, and those that all failed, and not those beside a slow one", async () => {
    const setup = await setUp(
      `  - { name: m, ${two}, hedge: { after: 1s } }\n  - { name: f, ${two}, fallbacks: [c/x] }`,
      { a: ["silence", 500, 500], b: ["ok", 500, 500], c: ["ok", 500] },
    );
    const raced = send(setup, { stream: true });
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    setup.clock.advance(1000);
    expect(recovery(await raced)).toEqual(["0", "0", "m"]);
    expect(recovery(await send(setup, { model: "f", stream: true }))).toEqual(["1", "1", "c/x"]);
    const failed = await send(setup, { model: "f" });
    expect([failed.status, ...recovery(failed)]).toEqual([500, "1", "1", "c/x"]);
  });
});

function ok(...acts: Act[]): Act[] {
  return acts;
}
