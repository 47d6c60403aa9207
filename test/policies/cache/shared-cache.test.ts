import { describe, expect, it } from "vitest";
import { type SharingGateway, startSharing } from "../../redis/start-gateways.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";
import { type Act, startScriptedVendor } from "../routing/scripted-vendor.ts";

interface Asked {
  readonly content?: string;
  readonly stream?: boolean;
  readonly path?: string;
}

/** What the cache did for a chat, and its reply. */
async function ask(
  { gateway }: SharingGateway,
  { content = "hi", stream = false, path = "/v1/chat/completions" }: Asked = {},
) {
  const reply = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify({
      model: "m",
      max_tokens: 9,
      messages: [{ role: "user", content }],
      stream,
    }),
  });
  return {
    status: reply.status,
    state: reply.headers.get("x-parlance-cache"),
    key: reply.headers.get("x-parlance-cache-key") ?? "",
    text: await reply.text(),
  };
}

const keyA = "ab".repeat(32);
const keyB = Buffer.alloc(32, 7).toString("base64");

/** Two gateways of one vendor that share a Redis, each with an encryption key or none. */
async function setUp([first, second]: readonly (string | undefined)[] = []) {
  const redis = await startRedis();
  const vendor = await startScriptedVendor();
  const start = (ownKey: string | undefined) =>
    startSharing({
      redis: { url: { value: redis.url }, timeout: "0.05s" },
      vendors: { a: vendor },
      model: { cache: { ttl: "600s" } },
      root: ownKey === undefined ? {} : { cache: { encryption_key: { value: ownKey } } },
    });
  const one = await start(first);
  const other = await start(second);
  return { redis, vendor, one, other };
}

type Setup = Awaited<ReturnType<typeof setUp>>;

/** A question that was asked nowhere before, and where Redis has the answer. */
interface Stored {
  readonly content: string;
  readonly place: string;
}

/**
 * Has one gateway store the answer to a new question. It asks another one where Redis was not yet
 * there, or too slow for an answer to be sent.
 */
async function store({ redis, one }: Setup, asked: Asked = {}): Promise<Stored> {
  for (;;) {
    const content = `what is ${questions.next().value}?`;
    const { state, key } = await ask(one, { ...asked, content });
    expect(state).toBe("MISS");
    const place = `parlance:{cache:${key}}`;
    for (let look = 0; look < 50; look += 1)
      if ((await redis.command("EXISTS", place)) === "1") return { content, place };
  }
}

const questions = (function* () {
  for (let number = 1; ; number += 1) yield number;
})();

/** What the other gateway gives as a hit, once Redis was fast enough for it. */
async function hitAtOther(setup: Setup, stored: Asked = {}, asked: Asked = {}) {
  for (;;) {
    const { content } = await store(setup, stored);
    const reply = await ask(setup.other, { ...asked, content });
    expect(reply.status).toBe(200);
    if (reply.state === "HIT") return { ...reply, content };
  }
}

describe("gateways that share a Redis have each other's answers", () => {
  for (const stored of [false, true])
    for (const stream of [false, true])
      it(`${stored ? "streamed" : "whole"} ones as ${stream ? "streams" : "wholes"}`, async () => {
        const { text } = await hitAtOther(await setUp(), { stream: stored }, { stream });
        expect(text).toContain('"content":"well"');
        expect(text.includes("data: [DONE]")).toBe(stream);
      });

  it("also by another dialect, and then without Redis", async () => {
    const setup = await setUp();
    const path = "/v1/messages";
    const { text, content } = await hitAtOther(setup, {}, { path });
    expect(JSON.parse(text)).toMatchObject({ content: [{ type: "text", text: "well" }] });
    await setup.redis.kill();
    expect((await ask(setup.other, { content, stream: true })).state).toBe("HIT");
  });

  it("for as long as they are kept", async () => {
    const setup = await setUp();
    const { place } = await store(setup);
    const leftMs = Number(await setup.redis.command("PTTL", place));
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(600_000);
  });

  it("until they are purged at one of them", async () => {
    const setup = await setUp();
    const { content } = await hitAtOther(setup);
    await setup.one.gateway.engine.purgeCache({ model: "m" });
    await until(async () => (await ask(setup.other, { content })).state === "MISS");
  });

  it("and a purge of one takes it out of Redis", async () => {
    const setup = await setUp();
    const { place } = await store(setup);
    const entry = place.slice("parlance:{cache:".length, -1);
    await until(async () => {
      await setup.one.gateway.engine.purgeCache({ entry });
      return (await setup.redis.command("EXISTS", place)) === "0";
    });
  });

  it("also after a purge of another model", async () => {
    const setup = await setUp();
    const { content } = await hitAtOther(setup);
    await setup.one.gateway.engine.purgeCache({ model: "n" });
    await setup.one.gateway.engine.purgeCache({ entry: "none" });
    await hitAtOther(setup);
    expect((await ask(setup.other, { content })).state).toBe("HIT");
  });

  it("and go on when Redis is killed", async () => {
    const setup = await setUp();
    const { content } = await store(setup);
    await setup.redis.kill();
    expect(await ask(setup.one, { content })).toMatchObject({ status: 200, state: "HIT" });
    expect(await ask(setup.other, { content })).toMatchObject({ status: 200, state: "MISS" });
    expect(await ask(setup.other, { content })).toMatchObject({ status: 200, state: "HIT" });
  });
});

describe("equal calls at two gateways at once", () => {
  /** How often a gateway has looked who brings an answer. */
  const looks = async ({ redis }: Setup) =>
    Number(
      /cmdstat_exists:calls=(\d+)/.exec(await redis.command("INFO", "commandstats"))?.[1] ?? 0,
    );

  /** Has the other gateway wait for a call of one of them that the vendor holds, then ends that. */
  async function together(setup: Setup, act: Act) {
    const { redis, vendor, one, other } = setup;
    for (;;) {
      await store(setup);
      vendor.models.length = 0;
      vendor.script.push(act);
      const content = `what is ${questions.next().value}?`;
      const first = ask(one, { content });
      await until(() => vendor.models.length === 1);
      const isLeased = (await redis.command("KEYS", "*:lease")) !== "[]";
      const before = await looks(setup);
      let isOver = false;
      const second = ask(other, { content }).finally(() => {
        isOver = true;
      });
      // Where Redis is too slow, the other one calls the vendor itself.
      await until(async () => isOver || (await looks(setup)) > before + 1);
      const waits = !isOver;
      vendor.release();
      const replies = await Promise.all([first, second]);
      if (isLeased && waits) return replies;
    }
  }

  it("are one call at the vendor", async () => {
    const setup = await setUp();
    await until(async () => {
      const [first, second] = await together(setup, "held");
      expect(first).toMatchObject({ status: 200, state: "MISS" });
      expect(second.status).toBe(200);
      if (second.state !== "HIT") return false;
      expect(second.text).toContain("well");
      expect(setup.vendor.models.length).toBe(1);
      return true;
    });
    await until(async () => (await setup.redis.command("KEYS", "*:lease")) === "[]");
  });

  it("are each its own where the first fails", async () => {
    const setup = await setUp();
    const [first, second] = await together(setup, "held 400");
    expect(first.status).toBe(400);
    expect(second).toMatchObject({ status: 200, state: "MISS" });
    expect(setup.vendor.models.length).toBe(2);
  });

  it("are each its own where Redis dies meanwhile", async () => {
    const setup = await setUp();
    const { redis, vendor, one, other } = setup;
    await store(setup);
    vendor.models.length = 0;
    vendor.script.push("held");
    const content = "what is it?";
    const first = ask(one, { content });
    await until(() => vendor.models.length === 1);
    const second = ask(other, { content });
    await redis.kill();
    expect(await second).toMatchObject({ status: 200, state: "MISS" });
    vendor.release();
    expect(await first).toMatchObject({ status: 200, state: "MISS" });
  });
});

describe("encrypted answers in Redis", () => {
  const unreadable = ({ notices }: SharingGateway) =>
    notices.filter(({ event }) => event === "cache_entry_unreadable").length;

  it("are read by gateways with the key, and show nothing to others", async () => {
    const setup = await setUp([keyA, keyA.toUpperCase()]);
    const bytes = await setup.redis.command("GET", (await store(setup)).place);
    for (const text of ["well", "a/x", "openai"]) expect(bytes).not.toContain(text);
    await hitAtOther(setup);
    expect(unreadable(setup.other)).toBe(0);
  });

  it("are plain without a key", async () => {
    const setup = await setUp();
    const bytes = await setup.redis.command("GET", (await store(setup)).place);
    expect(bytes).toContain("well");
  });

  const pairs: readonly (readonly [title: string, ...ownKeys: (string | undefined)[]])[] = [
    ["another key", keyA, keyB],
    ["no key", keyA, undefined],
    ["a key, and they are plain", undefined, keyA],
  ];
  for (const [title, ...ownKeys] of pairs)
    it(`count as none where there is ${title}, which is said once`, async () => {
      const setup = await setUp(ownKeys);
      const isMiss = async () => {
        const { content } = await store(setup);
        expect(await ask(setup.other, { content })).toMatchObject({ status: 200, state: "MISS" });
      };
      await until(async () => {
        await isMiss();
        return unreadable(setup.other) > 0;
      });
      await isMiss();
      await isMiss();
      expect(unreadable(setup.other)).toBe(1);
    });

  for (const ownKey of [keyA, undefined])
    it(`count as none where a byte is another one, ${ownKey ? "encrypted" : "plain"}`, async () => {
      const setup = await setUp([ownKey, ownKey]);
      await until(async () => {
        const { content, place } = await store(setup);
        await setup.redis.command("SETRANGE", place, "60", "~~");
        expect(await ask(setup.other, { content })).toMatchObject({ status: 200, state: "MISS" });
        return unreadable(setup.other) === 1;
      });
    });
});
