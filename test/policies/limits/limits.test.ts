import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { type Sent, send, setUp, statusOf } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";

const models =
  "  - { name: m, targets: [{ model: a/x }] }\n  - { name: other, targets: [{ model: b/x }] }";
const key = (limits: string, more = "") =>
  `keys: [{ name: dev, value: { value: sk-dev }, limits: { ${limits} }${more} }, { name: free, value: { value: sk-free }${more} }]`;
const dev = { headers: { authorization: "Bearer sk-dev" } };
const free = { headers: { authorization: "Bearer sk-free" } };

/** The refusal of a call, and what it says in headers. */
async function refusalOf(reply: Response) {
  const { error } = (await reply.json()) as {
    error: { message: string; code: string; type: string };
  };
  return { status: reply.status, ...error, retryAfter: reply.headers.get("retry-after") };
}

function rateHeaders(reply: Response): Record<string, string> {
  return Object.fromEntries([...reply.headers].filter(([name]) => name.startsWith("x-ratelimit-")));
}

describe("requests of a key", () => {
  it("are bounded within any minute, and refused ones take nothing", async () => {
    const setup = await setUp(models, {}, { more: key("requests_per_minute: 2") });
    const call = (sent: Sent = dev) => send(setup, sent);
    expect(await statusOf(call())).toBe(200);
    setup.clock.advance(20_000);
    expect(await statusOf(call())).toBe(200);
    expect(await refusalOf(await call())).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      message: "rate limit reached: key dev may have 2 requests a minute, and has had them",
      retryAfter: "40",
    });
    expect(await statusOf(call(free))).toBe(200);
    setup.clock.advance(40_000);
    expect(await statusOf(call())).toBe(200);
    expect((await call()).status).toBe(429);
  });

  it("are said in OpenAI's headers on every reply", async () => {
    const setup = await setUp(
      models,
      { a: [500] },
      { more: key("requests_per_minute: 3, tokens_per_minute: 1000") },
    );
    const heads = [];
    for (const sent of [dev, { ...dev, stream: true }, dev, dev]) {
      const reply = await send(setup, { ...sent, body: { max_tokens: 100 } });
      await reply.text();
      heads.push([reply.status, rateHeaders(reply)["x-ratelimit-remaining-requests"]]);
    }
    expect(heads).toEqual([
      [500, "2"],
      [200, "1"],
      [200, "0"],
      [429, "0"],
    ]);
    const reply = await send(setup, free);
    expect(rateHeaders(reply)).toEqual({});
  });

  it("have headers of tokens too", async () => {
    const setup = await setUp(
      models,
      {},
      { more: key("requests_per_day: 3, tokens_per_minute: 1000") },
    );
    const reply = await send(setup, { ...dev, body: { max_tokens: 100 } });
    expect(rateHeaders(reply)).toEqual({
      "x-ratelimit-limit-requests": "3",
      "x-ratelimit-remaining-requests": "2",
      "x-ratelimit-reset-requests": "24h0m0s",
      "x-ratelimit-limit-tokens": "1000",
      "x-ratelimit-remaining-tokens": "895",
      "x-ratelimit-reset-tokens": "1m0s",
    });
  });
});

it("a call that the gateway refuses after its limits takes none of them", async () => {
  const budget = ', budget: { usd: "1", window: DAY }';
  const more = key("requests_per_minute: 1, requests_per_day: 1", budget);
  const setup = await setUp(models, {}, { more });
  // Of the model no price is known, which a budget could not bound.
  for (let at = 0; at < 3; at += 1) expect(await statusOf(send(setup, dev))).toBe(402);
});

it("a clock that is set loses nothing of a limit within its window, and locks nobody out beyond", async () => {
  let wallMs = Date.UTC(2027, 0, 1, 12);
  const config = `providers: { sim: { kind: sim } }\n${key("requests_per_minute: 2")}\n`;
  const gateway = await startGateway({ config, port: 0, world: { wallMs: () => wallMs } });
  onTestFinished(gateway.close);
  const call = async () => {
    const type = { "content-type": "application/json" };
    const messages = [{ role: "user", content: "hi" }];
    const body = JSON.stringify({ model: "sim/echo", messages });
    const init = { method: "POST", headers: { ...dev.headers, ...type }, body };
    return (await fetch(`${gateway.url}/v1/chat/completions`, init)).status;
  };
  expect(await call()).toBe(200);
  for (const [byMs, status] of [
    [-30_000, 200],
    [0, 429],
    [20_000, 429],
    [-86_400_000, 200],
    [10 * 86_400_000, 200],
  ] as const) {
    wallMs += byMs;
    expect([byMs, await call()]).toEqual([byMs, status]);
  }
});

describe("tokens", () => {
  it("are held by the bound on the answer, and settled to what was used", async () => {
    const setup = await setUp(models, { a: ["held"] }, { more: key("tokens_per_minute: 200") });
    const first = send(setup, { ...dev, body: { max_tokens: 190 } });
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    const refused = await send(setup, { ...dev, body: { max_tokens: 10 } });
    expect((await refusalOf(refused)).message).toBe(
      "rate limit reached: key dev may have 200 tokens a minute, and has used 195",
    );
    setup.vendors.a?.release();
    expect(await statusOf(first)).toBe(200);
    expect(await statusOf(send(setup, { ...dev, body: { max_tokens: 150 } }))).toBe(200);
  });

  it("refuse a prompt that never fits, and say so", async () => {
    const setup = await setUp(models, {}, { more: key("input_tokens_per_minute: 3") });
    const refusal = await refusalOf(await send(setup, dev));
    expect(refusal).toMatchObject({ status: 429, retryAfter: null });
    expect(refusal.message).toContain("this prompt alone has about 5, which can never fit");
  });

  test.each<[string, Act, number]>([
    ["a failure without an answer", 500, 500],
    ["a refusal of the vendor", "context", 400],
  ])("of %s are given back", async (_, act, status) => {
    const setup = await setUp(models, { a: [act] }, { more: key("tokens_per_minute: 120") });
    const call = () => send(setup, { ...dev, body: { max_tokens: 100 } });
    expect([await statusOf(call()), await statusOf(call())]).toEqual([status, 200]);
  });
});

describe("calls at the same time", () => {
  it("are bounded, and one that ends or leaves makes room", async () => {
    const setup = await setUp(models, { a: ["held", "held"] }, { more: key("concurrent: 2") });
    const leaving = new AbortController();
    const first = send(setup, dev);
    const second = send(setup, { ...dev, signal: leaving.signal }).catch(() => undefined);
    await expect.poll(() => setup.vendors.a?.models.length).toBe(2);
    expect((await refusalOf(await send(setup, dev))).message).toBe(
      "rate limit reached: key dev may have 2 calls at the same time, and 2 are under way",
    );
    leaving.abort();
    await second;
    await expect.poll(() => setup.vendors.a?.left).toBe(1);
    await expect.poll(async () => statusOf(send(setup, dev))).toBe(200);
    setup.vendors.a?.release();
    expect(await statusOf(first)).toBe(200);
  });
});

describe("limits of teams and of the config", () => {
  it("hold for all keys of a team, all or nothing", async () => {
    const more = `${key("requests_per_minute: 5", ", team: t")}\nteams: [{ name: t, limits: { requests_per_minute: 2 } }]`;
    const setup = await setUp(models, {}, { more });
    expect(await statusOf(send(setup, dev))).toBe(200);
    expect(await statusOf(send(setup, free))).toBe(200);
    const refused = await send(setup, dev);
    expect((await refusalOf(refused)).message).toContain("team t may have 2 requests a minute");
    expect(rateHeaders(refused)["x-ratelimit-remaining-requests"]).toBe("0");
  });

  const limit = (text: string) =>
    `limits: [{ name: l, limits: { requests_per_minute: 1 }${text} }]\nkeys: [{ name: dev, value: { value: sk-dev } }, { name: free, value: { value: sk-free }, tags: [batch] }]`;
  test.each<[string, string, readonly [Sent, number][]]>([
    [
      "of a model",
      ", models: [m]",
      [
        [dev, 200],
        [free, 429],
        [{ ...dev, model: "other" }, 200],
      ],
    ],
    [
      "of each key and model",
      ", per: [KEY, MODEL]",
      [
        [dev, 200],
        [dev, 429],
        [free, 200],
        [{ ...dev, model: "other" }, 200],
      ],
    ],
    [
      "of each end user",
      ", per: [END_USER]",
      [
        [{ ...dev, body: { user: "ann" } }, 200],
        [{ ...free, body: { user: "ann" } }, 429],
        [{ ...dev, body: { user: "bob" } }, 200],
        [dev, 200],
        [dev, 200],
      ],
    ],
    [
      "of a tag",
      ", tags: [batch]",
      [
        [free, 200],
        [free, 429],
        [dev, 200],
      ],
    ],
  ])("hold for calls %s", async (_, text, calls) => {
    const setup = await setUp(models, {}, { more: limit(text) });
    for (const [sent, status] of calls) expect(await statusOf(send(setup, sent))).toBe(status);
  });
});

it("a thousand calls at once get what a limit allows, and no more", async () => {
  const setup = await setUp(
    models,
    {},
    { more: key("requests_per_minute: 100, concurrent: 1000") },
  );
  const all = await Promise.all(Array.from({ length: 1000 }, () => statusOf(send(setup, dev))));
  expect(all.filter((status) => status === 200)).toHaveLength(100);
  expect(all.filter((status) => status === 429)).toHaveLength(900);
});

test("what a vendor says of its own limits is not taken for the gateway's", async () => {
  const vendor = createServer((_, response) => {
    response.writeHead(200, {
      "content-type": "application/json",
      "x-ratelimit-remaining-requests": "9999",
    });
    response.end(
      JSON.stringify({
        id: "c",
        object: "chat.completion",
        created: 1,
        model: "x",
        choices: [
          { index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" },
        ],
      }),
    );
  });
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void vendor.close());
  const { port } = vendor.address() as AddressInfo;
  const config = `
providers: { v: { kind: openai_compatible, base_url: "http://127.0.0.1:${port}" } }
models: [{ name: m, targets: [{ model: v/x }] }]
${key("requests_per_minute: 5")}`;
  const gateway = await startGateway({ port: 0, config, world: { record: () => undefined } });
  onTestFinished(() => gateway.close());
  const ask = async (sent: Sent) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...sent.headers },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
    });
    await reply.text();
    return [
      reply.headers.get("x-ratelimit-remaining-requests"),
      reply.headers.get("llm_provider-x-ratelimit-remaining-requests"),
    ];
  };
  expect(await ask(dev)).toEqual(["4", "9999"]);
  expect(await ask(free)).toEqual(["9999", null]);
});
