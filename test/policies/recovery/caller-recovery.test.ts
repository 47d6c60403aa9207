import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { EmbedService } from "../../../gen/parlance/embed/v1/embed_service_pb.js";
import type { Json } from "../../../src/json/json.ts";
import { type Setup, send, setUp } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";

const models = `  - { name: m, targets: [{ model: a/x }], fallbacks: [n] }
  - { name: n, targets: [{ model: b/x }], fallbacks: [o] }
  - { name: o, targets: [{ model: c/x }] }
  - { name: bare, targets: [{ model: a/x }] }
  - { name: big, targets: [{ model: a/x }], context_fallbacks: [n] }
  - { name: vendors, targets: [{ model: a/x }], caller_routing: ALLOW, fallbacks: [n] }`;
const keys = `keys:
  - { name: listed, value: { value: listed-key }, models: [m, n, bare] }
  - { name: free, value: { value: free-key } }`;
const free = { authorization: "Bearer free-key" };

async function post(setup: Setup, path: string, body: object, headers: object = free) {
  const reply = await fetch(setup.gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: reply.status, text: await reply.text(), headers: reply.headers };
}

describe("the fallbacks that a caller sends", () => {
  const cases: readonly (readonly [
    title: string,
    body: Readonly<Record<string, Json>>,
    scripts: Readonly<Record<string, Act[]>>,
    tried: string,
    status: number,
  ])[] = [
    ["are tried in place of those of the config", { fallbacks: ["o"] }, { a: [500] }, "ac", 200],
    ["are tried in turn", { fallbacks: ["n", "o"] }, { a: [500], b: [500] }, "abc", 200],
    [
      "are all there is: theirs are not followed",
      { fallbacks: ["n"] },
      { a: [500], b: [500] },
      "ab",
      500,
    ],
    ["may be objects", { fallbacks: [{ model: "o" }] }, { a: [500] }, "ac", 200],
    ["may be named by provider and model", { fallbacks: ["c/y"] }, { a: [500] }, "ac", 200],
    ["may be lists by model", { fallbacks: [{ n: ["n"] }, { m: ["o"] }] }, { a: [500] }, "ac", 200],
    ["may be a list for every model", { fallbacks: [{ "*": ["o"] }] }, { a: [500] }, "ac", 200],
    ["may be none", { fallbacks: [] }, { a: [500] }, "a", 500],
    ["are those of the config where they are null", { fallbacks: null }, { a: [500] }, "ab", 200],
    ["count for a model without any", { model: "bare", fallbacks: ["o"] }, { a: [500] }, "ac", 200],
    ["are not tried for what is the caller's own", { fallbacks: ["o"] }, { a: [422] }, "a", 422],
    [
      "come behind the config's for long prompts",
      { model: "big", fallbacks: ["o"] },
      { a: ["context"], b: [500] },
      "abc",
      200,
    ],
    [
      "for long prompts go before the config's",
      { model: "big", context_window_fallback_dict: { big: "o" } },
      { a: ["context"] },
      "ac",
      200,
    ],
    [
      "for long prompts may be lists",
      { context_window_fallbacks: [{ m: ["o"] }] },
      { a: ["context"] },
      "ac",
      200,
    ],
    [
      "for refused content may be a plain list",
      { content_policy_fallbacks: ["o"] },
      { a: ["policy"] },
      "ac",
      200,
    ],
    ["can be disabled", { disable_fallbacks: true }, { a: [500] }, "a", 500],
    [
      "can be disabled with their own",
      { disable_fallbacks: true, fallbacks: ["o"] },
      { a: [500] },
      "a",
      500,
    ],
    ["are tried where that is false", { disable_fallbacks: false }, { a: [500] }, "ab", 200],
    ["can be tested", { mock_testing_fallbacks: true, fallbacks: ["o"] }, {}, "c", 200],
    ["can be tested with the config's", { mock_testing_fallbacks: true }, {}, "b", 200],
    [
      "can be tested for long prompts",
      { model: "big", mock_testing_context_fallbacks: true },
      {},
      "b",
      200,
    ],
    [
      "can be tested for refused content",
      { mock_testing_content_policy_fallbacks: true, content_policy_fallbacks: [{ "*": ["o"] }] },
      {},
      "c",
      200,
    ],
    [
      "fail with the failure of the first model",
      { fallbacks: ["n", "o"] },
      { a: [503], b: [500], c: [429] },
      "abc",
      503,
    ],
    [
      "leave retries as they are",
      { num_retries: 1, disable_fallbacks: true },
      { a: [500] },
      "aa",
      200,
    ],
  ];
  for (const [title, { model = "m", ...body }, scripts, tried, status] of cases)
    for (const stream of [false, true])
      it(`${title}${stream ? ", streamed" : ""}`, async () => {
        const setup = await setUp(models, structuredClone(scripts));
        const reply = send(setup, { model: String(model), body, stream });
        const answer = await reply;
        await answer.text();
        expect([answer.status, setup.tried()]).toEqual([status, tried]);
        for (const vendor of Object.values(setup.vendors))
          for (const sent of vendor.bodies) expect(sent).not.toMatch(/fallback|num_retries/);
      });
});

describe("a fallback with words of its own", () => {
  it("gets them, and the rest of the body byte for byte", async () => {
    const setup = await setUp(models, { a: [500] });
    const other = [{ role: "user", content: "shorter" }];
    const fallbacks = [{ model: "o", messages: other, temperature: 0 }];
    const body = { seed: 12345678901234567890n.toString(), user: "u", temperature: 1, fallbacks };
    const text = JSON.stringify({
      model: "m",
      messages: [{ role: "user", content: "long" }],
      ...body,
    });
    const raw = text.replace(/"(\d{20})"/, "$1").replace('"temperature":0', '"temperature":0.00');
    const reply = await fetch(`${setup.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: raw,
    });
    await reply.text();
    expect(reply.status).toBe(200);
    expect(reply.headers.get("x-parlance-why")).toBe(
      "fallback o that the caller named: drawn with weight 1 of 1",
    );
    expect(setup.vendors.a?.bodies).toEqual([
      '{"model":"x","messages":[{"role":"user","content":"long"}],"seed":12345678901234567890,"user":"u","temperature":1}',
    ]);
    expect(setup.vendors.c?.bodies).toEqual([
      '{"model":"x","messages":[{"role":"user","content":"shorter"}],"seed":12345678901234567890,"user":"u","temperature":0.00}',
    ]);
  });

  it("may be the same model with another prompt", async () => {
    const setup = await setUp(models, { a: ["context"] });
    const other = [{ role: "user", content: "shorter" }];
    const reply = await send(setup, { body: { fallbacks: [{ model: "m", messages: other }] } });
    await reply.text();
    expect([reply.status, setup.tried()]).toEqual([200, "aa"]);
    expect(setup.vendors.a?.bodies.map((body) => JSON.parse(body).messages[0].content)).toEqual([
      "hi",
      "shorter",
    ]);
  });
});

describe("what a caller says of fallbacks is refused", () => {
  const cases: readonly (readonly [title: string, body: object, status: number, words: string])[] =
    [
      ["that is no list", { fallbacks: "n" }, 400, "fallbacks: must be a list"],
      ["that is a number", { fallbacks: [1] }, 400, "fallbacks[0]: write the name of a model"],
      ["without a name", { fallbacks: [{ model: "" }] }, 400, "fallbacks[0].model: write the name"],
      ["that is an empty object", { fallbacks: [{}] }, 400, "fallbacks[0]: write the name"],
      [
        "with messages that are none",
        { fallbacks: [{ model: "n", messages: "hi" }] },
        400,
        "fallbacks[0].messages: must be a list",
      ],
      [
        "in another form",
        { fallbacks: [{ model: "n", stream: true }] },
        400,
        "fallbacks[0].stream: cannot differ",
      ],
      [
        "with fallbacks",
        { fallbacks: [{ model: "n", fallbacks: [] }] },
        400,
        "fallbacks[0].fallbacks: cannot stand here",
      ],
      [
        "with a credential",
        { fallbacks: [{ model: "n", api_key: "k" }] },
        403,
        "fallbacks[0].api_key: chooses models, upstreams or credentials",
      ],
      [
        "of too many models",
        { fallbacks: Array(33).fill("n") },
        400,
        "fallbacks: may name 32 models at most",
      ],
      [
        "of a model that there is not",
        { fallbacks: ["n", "zzz"] },
        404,
        "fallbacks[1]: there is no model zzz",
      ],
      [
        "that disables by a word",
        { disable_fallbacks: "yes" },
        400,
        "disable_fallbacks: must be true or false",
      ],
      [
        "with retries by a text",
        { num_retries: "2" },
        400,
        "num_retries: must be a whole number from 0 to 19",
      ],
      [
        "with too many retries",
        { num_retries: 20 },
        400,
        "num_retries: must be a whole number from 0 to 19",
      ],
      [
        "for long prompts by a list",
        { context_window_fallback_dict: ["n"] },
        400,
        "context_window_fallback_dict: must be an object",
      ],
      [
        "for content by a number",
        { content_policy_fallbacks: [{ m: 1 }] },
        400,
        "content_policy_fallbacks[0].m: must be a list",
      ],
    ];
  for (const [title, body, status, words] of cases)
    it(`where it is one ${title}`, async () => {
      const setup = await setUp(models, {});
      const reply = await send(setup, { body });
      expect(await reply.text()).toContain(words);
      expect([reply.status, setup.tried()]).toEqual([status, ""]);
    });

  it("where the caller's key does not list the model", async () => {
    const setup = await setUp(models, {}, { more: keys });
    const listed = { authorization: "Bearer listed-key" };
    const refused = await send(setup, { body: { fallbacks: ["n", "o"] }, headers: listed });
    expect(await refused.text()).toContain("fallbacks[1]: key listed may not use model o");
    expect([refused.status, setup.tried()]).toEqual([403, ""]);
    setup.vendors.a?.script.push(500);
    const taken = await send(setup, { body: { fallbacks: ["n"] }, headers: listed });
    await taken.text();
    expect([taken.status, setup.tried()]).toEqual([200, "ab"]);
  });
});

describe("fallbacks are the vendor's", () => {
  it("where the config lets callers choose its models", async () => {
    const setup = await setUp(models, {});
    const reply = await send(setup, {
      model: "vendors",
      body: { fallbacks: ["zzz"], num_retries: 1 },
    });
    await reply.text();
    expect(reply.status).toBe(200);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "")).toMatchObject({
      fallbacks: ["zzz"],
      num_retries: 1,
    });
  });

  it("where a header says so", async () => {
    const setup = await setUp(models, {});
    const headers = { "anthropic-beta": "x,server-side-fallback-2026-06-01" };
    const reply = await send(setup, { headers, body: { fallbacks: [{ model: "zzz" }] } });
    await reply.text();
    expect(reply.status).toBe(200);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "").fallbacks).toEqual([{ model: "zzz" }]);
  });
});

describe("clients of every dialect", () => {
  const messages = [{ role: "user", content: "hi" }];
  for (const [path, body] of [
    ["/v1/chat/completions", { messages }],
    ["/v1/messages", { messages, max_tokens: 9 }],
    ["/v1/responses", { input: "hi" }],
    ["/v1/completions", { prompt: "hi" }],
    ["/v2/chat", { messages }],
    ["/api/chat", { messages, stream: false }],
  ] as const)
    it(`of ${path} may send fallbacks`, async () => {
      const setup = await setUp(models, { a: [500] });
      const reply = await post(setup, path, { model: "m", ...body, fallbacks: [{ model: "o" }] });
      expect([reply.status, setup.tried()]).toEqual([200, "ac"]);
      expect(reply.headers.get("x-parlance-fidelity") ?? "").not.toContain("fallbacks");
    });

  it("may change the prompt in their own words", async () => {
    const setup = await setUp(models, { a: [500] });
    const fallbacks = [{ model: "o", messages: [{ role: "user", content: "shorter" }] }];
    const body = { model: "m", messages, max_tokens: 9, fallbacks };
    const reply = await post(setup, "/v1/messages", body);
    expect(reply.status).toBe(200);
    expect(JSON.parse(setup.vendors.c?.bodies[0] ?? "").messages[0].content).toBe("shorter");
  });
});

describe("typed callers", () => {
  const connect = (setup: Setup) =>
    createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" });
  const chat = (text: string) => ({ model: "m", messages: [{ role: Role.USER, text }] });

  it("name fallbacks with prompts of their own", async () => {
    const setup = await setUp(models, { a: [500] });
    const client = createClient(ChatService, connect(setup));
    const fallbacks = [
      {
        model: "o",
        messages: [{ role: Role.USER, text: "shorter" }],
        sampling: { temperature: 0.5 },
        maxOutputTokens: 7,
      },
    ];
    const { report } = await client.complete({ chat: { ...chat("long"), fallbacks } });
    expect(report?.attempts.map(({ target }) => target?.provider)).toEqual(["a", "c"]);
    const sent = JSON.parse(setup.vendors.c?.bodies[0] ?? "");
    expect(sent).toMatchObject({ temperature: 0.5, max_tokens: 7 });
    expect(sent.messages).toEqual([{ role: "user", content: "shorter" }]);
    expect(sent.fallbacks).toBeUndefined();
  });

  it("disable fallbacks", async () => {
    const setup = await setUp(models, { a: [500] });
    const client = createClient(ChatService, connect(setup));
    await expect(
      client.complete({ chat: { ...chat("hi"), disableFallbacks: true } }),
    ).rejects.toThrow("status 500");
    expect(setup.tried()).toBe("a");
  });

  it("are told where a model is not there, and what a call would do", async () => {
    const setup = await setUp(models, {});
    const client = createClient(ChatService, connect(setup));
    await expect(
      client.complete({ chat: { ...chat("hi"), fallbacks: [{ model: "zzz" }] } }),
    ).rejects.toThrow("fallbacks[0]: there is no model zzz");
    const fallbacks = [{ model: "o", messages: [{ role: Role.USER, text: "shorter" }] }];
    const plan = await client.explain({ chat: { ...chat("long"), fallbacks } });
    expect(plan.targets.map(({ target }) => target?.provider)).toEqual(["a", "c"]);
    expect(plan.targets[1]?.why).toBe("fallback o that the caller named: drawn with weight 1 of 1");
    expect(plan.targets.map(({ bodyJson }) => JSON.parse(bodyJson).messages[0].content)).toEqual([
      "long",
      "shorter",
    ]);
  });

  it("name fallbacks of vectors", async () => {
    const setup = await setUp(models, { a: [500], c: [500] });
    const client = createClient(EmbedService, connect(setup));
    const inputs = [{ input: { case: "text" as const, value: "hi" } }];
    await expect(
      client.embed({ spec: { model: "m", inputs, fallbacks: ["o"] } }),
    ).rejects.toThrow();
    expect(setup.tried()).toBe("ac");
  });
});
