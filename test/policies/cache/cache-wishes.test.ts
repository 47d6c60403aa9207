import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Sent } from "../routing/routed-gateway.ts";
import { ask, caching, states } from "./caching-gateway.ts";

const control = (value: string): Sent => ({ headers: { "cache-control": value } });
const member = (cache: object): Sent => ({ body: { cache } });

describe("a call says that", () => {
  const cases: readonly (readonly [title: string, calls: readonly Sent[], expected: string])[] = [
    ["no stored answer is taken, by its header", [{}, control("no-cache"), {}], "MISS MISS HIT"],
    ["no stored answer is taken, by its body", [{}, member({ "no-cache": true })], "MISS MISS"],
    ["nothing is stored, by its header", [control("no-store"), {}, {}], "BYPASS MISS HIT"],
    ["nothing is stored, by its body", [member({ "no-store": true }), {}], "BYPASS MISS"],
    ["the cache is not used", [member({ "use-cache": false }), {}], "BYPASS MISS"],
    [
      "it has a namespace of its own",
      [member({ namespace: "a" }), {}, member({ namespace: "a" })],
      "MISS MISS HIT",
    ],
    [
      "it has a namespace, by its header",
      [{ headers: { "x-parlance-cache-namespace": "a" } }, {}, member({ namespace: "a" })],
      "MISS MISS HIT",
    ],
    ["it is as any other", [member({}), {}], "MISS HIT"],
  ];
  for (const [title, calls, expected] of cases)
    it(title, async () => {
      expect(await states(await caching(), ...calls)).toBe(expected);
    });

  const ages: readonly Sent[] = [
    control("max-age=5"),
    member({ "s-maxage": 5 }),
    { headers: { "x-parlance-cache-max-age": "5" } },
  ];
  for (const sent of ages)
    it(`an answer may be five seconds old: ${JSON.stringify(sent)}`, async () => {
      const setup = await caching();
      expect(await states(setup, {}, sent)).toBe("MISS HIT");
      setup.clock.advance(6000);
      expect(await states(setup, sent)).toBe("MISS");
    });

  const times: readonly Sent[] = [
    control("s-maxage=5"),
    member({ ttl: 5 }),
    { headers: { "x-parlance-cache-ttl": "5" } },
    { headers: { "x-parlance-cache-control": "s-maxage=5" } },
  ];
  for (const sent of times)
    it(`its answer is kept for five seconds: ${JSON.stringify(sent)}`, async () => {
      const setup = await caching();
      expect(await states(setup, sent, {})).toBe("MISS HIT");
      setup.clock.advance(5000);
      expect(await states(setup, {})).toBe("MISS");
    });

  it("its answer is kept for longer than its model says, in vain", async () => {
    const setup = await caching();
    expect(await states(setup, member({ ttl: 600 }))).toBe("MISS");
    setup.clock.advance(60_000);
    expect(await states(setup, {})).toBe("MISS");
  });

  it("it wants to be cached, where the model leaves that to calls", async () => {
    const setup = await caching("{ opt_in: true }");
    const wanted = member({ "use-cache": true });
    expect(await states(setup, {}, {}, wanted, wanted)).toBe("BYPASS BYPASS MISS HIT");
  });
});

describe("the member `cache` of a body", () => {
  it("is not sent to the vendor, and all else is, byte for byte", async () => {
    const setup = await caching();
    const body =
      '{"model": "x",  "cache": {"ttl": 5}, "messages":[{"role":"user","content":"hi"}]}';
    const reply = await fetch(`${setup.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body.replace('"x"', '"m"'),
    });
    expect(reply.status).toBe(200);
    expect(setup.vendors.a?.bodies).toEqual([
      '{"model": "x", "messages":[{"role":"user","content":"hi"}]}',
    ]);
  });

  it("is sent where it is a vendor's own", async () => {
    const setup = await caching();
    await ask(setup, member({ type: "ephemeral" }));
    expect(setup.vendors.a?.bodies[0]).toContain('"cache":{"type":"ephemeral"}');
  });

  const wrong: readonly (readonly [cache: object, field: string])[] = [
    [{ ttl: "soon" }, "cache.ttl"],
    [{ ttl: -1 }, "cache.ttl"],
    [{ "no-cache": 1 }, "cache.no-cache"],
    [{ ttl: 5, size: 3 }, "cache.size"],
    [{ scope: "world" }, "cache.scope"],
    [{ namespace: "n".repeat(257) }, "cache.namespace"],
  ];
  for (const [cache, field] of wrong)
    it(`is refused where ${field} is wrong`, async () => {
      const answer = await ask(await caching(), member(cache));
      expect([answer.status, JSON.parse(answer.text).error.param]).toEqual([400, field]);
    });
});

it("a header that cannot be read is refused by its name", async () => {
  const setup = await caching();
  for (const name of ["x-parlance-cache-ttl", "x-parlance-cache-scope"]) {
    const answer = await ask(setup, { headers: { [name]: "x" } });
    expect([answer.status, answer.text.includes(name)]).toEqual([400, true]);
  }
});

describe("a typed caller", () => {
  it("says it by a field, and finds what the cache did in the report", async () => {
    const { gateway, clock } = await caching();
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const client = createClient(ChatService, transport);
    const chat = (responseCache = {}) =>
      create(ChatSchema, {
        model: "m",
        messages: [{ role: Role.USER, text: "hi" }],
        responseCache,
      });
    const stateOf = async (wishes = {}) =>
      (await client.complete({ chat: chat(wishes) })).report?.cache;
    expect((await stateOf())?.state).toBe(CacheState.MISS);
    clock.advance(3000);
    expect(await stateOf()).toMatchObject({
      state: CacheState.HIT,
      age: { seconds: 3n },
      savedInputTokens: 3n,
      savedOutputTokens: 1n,
    });
    expect((await stateOf({ noCache: true }))?.state).toBe(CacheState.MISS);
    expect((await stateOf({ useCache: false }))?.state).toBe(CacheState.BYPASS);
  });
});
