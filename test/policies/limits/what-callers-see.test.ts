import { request } from "node:http";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { type Setup, send, setUp, statusOf } from "../routing/routed-gateway.ts";

const prices = 'facts: { prices: { tokens: { input: "1", output: "4" } } }';
const models = `  - { name: m, targets: [{ model: a/x, ${prices} }] }
  - { name: two, strategy: PRIORITY, targets: [{ model: a/x, order: 1 }, { model: b/y, order: 2 }] }`;
const keys = `keys:
  - { name: dev, value: { value: sk-dev }, budget: { usd: "1", window: DAY },
      limits: { requests_per_minute: 3, tokens_per_minute: 1000 } }`;
const dev = { headers: { authorization: "Bearer sk-dev" } };

/** What a reply says of limits, budgets and costs. */
const said = (headers: Headers) =>
  Object.fromEntries(
    [...headers].filter(([name]) => /^(x-ratelimit|x-parlance-(cost|budget))/.test(name)),
  );

const left = {
  "x-ratelimit-limit-requests": "3",
  "x-ratelimit-remaining-requests": "2",
  "x-ratelimit-reset-requests": "1m0s",
  "x-ratelimit-limit-tokens": "1000",
  "x-parlance-budget-remaining-usd": expect.stringMatching(/^0\.9/),
  "x-parlance-cost-usd": expect.stringMatching(/^0\.0/),
};

describe("what limits and budgets leave is said", () => {
  it.each(["connect", "grpc"] as const)("over %s, in metadata and in the report", async (kind) => {
    const { gateway } = await setUp(models, {}, { more: keys });
    const transport =
      kind === "grpc"
        ? createGrpcTransport({ baseUrl: gateway.url })
        : createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const client = createClient(ChatService, transport);
    const [head, behind] = [new Headers(), new Headers()];
    const options = {
      ...dev,
      onHeader: (headers: Headers) => headers.forEach((value, name) => void head.set(name, value)),
      onTrailer: (headers: Headers) =>
        headers.forEach((value, name) => void behind.set(name, value)),
    };
    const message = { model: "m", text: "hi" };
    const { report } = await client.complete(message, options);
    expect(said(kind === "grpc" ? behind : head)).toMatchObject(left);
    expect(report).toMatchObject({
      budgetRemainingUsd: expect.stringMatching(/^0\.9/),
      requests: { limit: 3n, remaining: 2n, resetAfter: { seconds: 60n } },
      tokens: { limit: 1000n },
    });
    for await (const { event } of client.streamComplete(message, options))
      expect(event).toBeDefined();
    expect(said(behind)).toMatchObject({ ...left, "x-ratelimit-remaining-requests": "1" });
    await client.complete(message, options);
    const refused = await client.complete(message, options).catch(ConnectError.from);
    if (!(refused instanceof ConnectError)) throw new Error("it was not refused");
    expect(refused.code).toBe(Code.ResourceExhausted);
    expect(said(refused.metadata)).toMatchObject({ "x-ratelimit-remaining-requests": "0" });
    expect(refused.metadata.get("retry-after")).toBe("60");
  });

  it("in the head of a stream that a heartbeat has taken along", async () => {
    const setup = await setUp(
      models,
      { a: ["held"] },
      { more: `${keys}\nserver: { heartbeat: 5s }` },
    );
    const reply = begin(setup, { model: "m", stream: true });
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    setup.clock.advance(6_000);
    const { headers, ended } = await reply;
    expect(headers).toMatchObject({
      "x-ratelimit-remaining-requests": "2",
      "x-parlance-budget-remaining-usd": expect.any(String),
    });
    setup.vendors.a?.release();
    expect(await ended).toMatchObject({ "x-parlance-cost-usd": expect.stringMatching(/^0\.0/) });
  });

  it("with the refusal of a limit and of a budget", async () => {
    const setup = await setUp(models, {}, { more: keys });
    for (let sent = 0; sent < 3; sent += 1) expect(await statusOf(send(setup, dev))).toBe(200);
    const refused = await send(setup, dev);
    expect(refused.status).toBe(429);
    expect(said(refused.headers)).toMatchObject({ "x-ratelimit-remaining-requests": "0" });
    setup.clock.advance(60_000);
    const dear = await send(setup, { ...dev, body: { max_tokens: 900, n: 1 } });
    expect(dear.status).toBe(200);
    const poor = await setUp(models, {}, { more: keys.replace('usd: "1"', 'usd: "0.0001"') });
    const broke = await send(poor, { ...dev, body: { max_tokens: 900 } });
    expect(broke.status).toBe(402);
    expect(said(broke.headers)).toMatchObject({
      "x-ratelimit-limit-requests": "3",
      "x-parlance-budget-remaining-usd": "0.0001",
    });
  });

  it("in Anthropic's words to clients of its API", async () => {
    const setup = await setUp(models, {}, { more: keys });
    const post = () =>
      fetch(`${setup.gateway.url}/v1/messages`, {
        method: "POST",
        headers: { "content-type": "application/json", ...dev.headers },
        body: JSON.stringify({
          model: "m",
          max_tokens: 100,
          messages: [{ role: "user", content: "hi" }],
        }),
      });
    const reply = await post();
    expect(reply.status).toBe(200);
    const names = [...reply.headers].filter(([name]) => name.startsWith("anthropic-ratelimit-"));
    expect(Object.fromEntries(names)).toEqual({
      "anthropic-ratelimit-requests-limit": "3",
      "anthropic-ratelimit-requests-remaining": "2",
      "anthropic-ratelimit-requests-reset": "2023-11-14T22:14:20Z",
      "anthropic-ratelimit-tokens-limit": "1000",
      "anthropic-ratelimit-tokens-remaining": expect.stringMatching(/^8\d\d$/),
      "anthropic-ratelimit-tokens-reset": "2023-11-14T22:14:20Z",
    });
    for (const status of [200, 200, 429]) {
      const next = await post();
      expect(next.status).toBe(status);
      expect(next.headers.get("anthropic-ratelimit-requests-limit")).toBe("3");
    }
  });
});

describe("a call that may take more than a limit allows at all", () => {
  it.each([
    ["tokens_per_minute: 100", { max_tokens: 200 }, "this call may take 205 with its max_tokens"],
    ["output_tokens_per_minute: 100", { max_tokens: 101 }, "this call may take 101 with its"],
    ["output_tokens_per_minute: 100", { max_tokens: 60, n: 2 }, "this call may take 120 with its"],
  ])("is refused for good: %s", async (limits, body, words) => {
    const more = `keys: [{ name: dev, value: { value: sk-dev }, limits: { ${limits} } }]`;
    const setup = await setUp(models, {}, { more });
    const reply = await send(setup, { ...dev, body });
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, null]);
    const { error } = (await reply.json()) as { error: { message: string } }; // OpenAI's form
    expect(error.message).toContain(words);
    expect(error.message).toContain("can never fit: lower max_tokens");
    expect(await statusOf(send(setup, { ...dev, body: { max_tokens: 50 } }))).toBe(200);
  });
});

describe("limits of targets", () => {
  it.each([
    "{ name: t, per: [TARGET], limits: { requests_per_minute: 1 } }",
    "{ name: t, targets: [a/x], limits: { requests_per_minute: 1 } }",
    "{ name: t, targets: ['a/*'], per: [KEY], limits: { requests_per_minute: 1 } }",
  ])("send a call on to the next target: %s", async (limit) => {
    const more = `limits: [${limit}]\nkeys: [{ name: dev, value: { value: sk-dev } }]`;
    const setup = await setUp(models, {}, { more });
    const two = { ...dev, body: { model: "two" } };
    for (let sent = 0; sent < 2; sent += 1) expect(await statusOf(send(setup, two))).toBe(200);
    expect([setup.vendors.a?.models, setup.vendors.b?.models]).toEqual([["x"], ["y"]]);
    const refused = await send(setup, dev);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(await refused.text()).toContain("rate limit reached: limit t");
    setup.clock.advance(60_001);
    expect(await statusOf(send(setup, dev))).toBe(200);
  });
});

/** Begins a chat: its head, and its trailers once it has ended. */
function begin({ gateway }: Setup, body: object) {
  return new Promise<{
    headers: NodeJS.Dict<string | string[]>;
    ended: Promise<NodeJS.Dict<string>>;
  }>((resolve, reject) => {
    const options = {
      method: "POST",
      headers: { "content-type": "application/json", ...dev.headers },
    };
    const sent = request(`${gateway.url}/v1/chat/completions`, options, (reply) => {
      reply.resume();
      const ended = new Promise<NodeJS.Dict<string>>((end) =>
        reply.on("end", () => end(reply.trailers)),
      );
      resolve({ headers: reply.headers, ended });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body }));
  });
}
