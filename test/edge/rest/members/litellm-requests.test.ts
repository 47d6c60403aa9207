import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatService } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { membersOutsideKey } from "../../../../src/policies/cache/not-in-key.ts";
import {
  type Sent,
  type Setup,
  send,
  setUp,
  statusOf,
} from "../../../policies/routing/routed-gateway.ts";

/*
 * What LiteLLM's clients say in headers and members of a body: each is honoured, has no effect and
 * reaches no vendor, or is refused. docs/migrating-from-litellm.md has the same table.
 */

const one = "  - { name: m, targets: [{ model: a/x }], fallbacks: [n], cache: {} }";
const two = `${one}\n  - { name: n, targets: [{ model: b/x }] }`;

/** Members that the gateway keeps to itself, with what a client sends. */
const kept: Readonly<Record<string, unknown>> = {
  timeout: 60,
  request_timeout: "60",
  stream_timeout: 9.5,
  num_retries: 1,
  max_retries: 1,
  fallbacks: ["n"],
  context_window_fallbacks: [{ m: ["n"] }],
  content_policy_fallbacks: [{ m: ["n"] }],
  context_window_fallback_dict: { m: "n" },
  disable_fallbacks: false,
  mock_testing_fallbacks: false,
  mock_testing_context_fallbacks: false,
  mock_testing_content_policy_fallbacks: false,
  mock_testing_rate_limit_error: false,
  mock_timeout: false,
  caching: true,
  cache: { ttl: 60 },
  tags: ["paid"],
  drop_params: true,
  additional_drop_params: ["seed"],
  seed: 7,
  allowed_openai_params: ["top_k"],
  guardrails: [],
  "no-log": true,
  litellm_session_id: "s",
  litellm_call_id: "c",
  litellm_trace_id: "t",
  litellm_metadata: { tags: ["free"], session_id: "s" },
};

const keptHeaders: Readonly<Record<string, string>> = {
  "x-litellm-timeout": "60",
  "x-litellm-stream-timeout": "9.5",
  "x-litellm-num-retries": "1",
  "x-litellm-tags": "paid",
  "x-litellm-spend-logs-metadata": '{"a":"b"}',
  "x-litellm-enable-message-redaction": "true",
  "x-litellm-disable-callbacks": "langfuse",
  "x-litellm-end-user-id": "u",
  "x-litellm-customer-id": "u",
  "x-litellm-user-id": "u",
  "x-litellm-team-id": "t",
  "x-litellm-session-id": "s",
  "x-litellm-trace-id": "t",
  "x-litellm-min-quality-tier": "2",
  "x-litellm-api-key": "Bearer sk-caller",
};

const bodyOf = (setup: Setup) => JSON.parse(setup.vendors.a?.bodies.at(-1) ?? "{}");
const plain = { model: "x", stream: false, messages: [{ role: "user", content: "hi" }] };

describe("what LiteLLM's clients say", () => {
  it("reaches no vendor of their own dialect, whose body is the same else", async () => {
    const setup = await setUp(two, {});
    const all = { ...kept, metadata: { tags: ["eu"], shop: "1" } };
    const reply = await send(setup, { body: all, headers: keptHeaders });
    expect([reply.status, await reply.json()]).toMatchObject([200, { model: "x" }]);
    expect(bodyOf(setup)).toEqual({ ...plain, metadata: { shop: "1" } });
    const { headers = [] } = setup.vendors.a ?? {};
    expect(Object.keys(headers[0] ?? {}).filter((name) => name.startsWith("x-"))).toEqual([]);
  });

  it("reaches no vendor of another dialect", async () => {
    const setup = await setUp(two, {});
    const { fallbacks: _, ...rest } = kept;
    const reply = await fetch(`${setup.gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", ...keptHeaders },
      body: JSON.stringify({ ...plain, ...rest, model: "m", max_tokens: 9 }),
    });
    expect(reply.status).toBe(200);
    for (const name of Object.keys(rest)) expect(bodyOf(setup)).not.toHaveProperty([name]);
    expect(reply.headers.get("x-parlance-fidelity")).toBe(null);
  });

  it("is no part of the key of a stored answer, alone or together", async () => {
    const setup = await setUp(two, {});
    const state = async (sent: Sent) => {
      const reply = await send(setup, sent);
      await reply.text();
      return reply.headers.get("x-parlance-cache");
    };
    expect(await state({})).toBe("MISS");
    const others = Object.keys(membersOutsideKey).map((name) => [name, 5] as const);
    const { seed: _, fallbacks: __, ...rest } = kept;
    for (const [name, value] of [...Object.entries(rest), ...others])
      expect([name, await state({ body: { [name]: value } })]).toEqual([name, "HIT"]);
    expect(await state({ body: { ...rest, ...Object.fromEntries(others) } })).toBe("HIT");
    for (const [name, value] of Object.entries(keptHeaders))
      expect([name, await state({ headers: { [name]: value } })]).toEqual([name, "HIT"]);
  });

  it("reaches the vendor in headers behind x-pass- that its dialect lets callers send", async () => {
    const setup = await setUp(two, {});
    const others = { "x-pass-authorization": "Bearer other", "x-pass-x-internal": "1" };
    const pass = { "x-pass-openai-beta": "assistants=v2", ...others };
    const states: (string | null)[] = [];
    for (const headers of [pass, {}, pass]) {
      const reply = await send(setup, { headers });
      await reply.text();
      states.push(reply.headers.get("x-parlance-cache"));
    }
    const [first = {}, second = {}] = setup.vendors.a?.headers ?? [];
    expect([first["openai-beta"], second["openai-beta"]]).toEqual(["assistants=v2", undefined]);
    expect([first.authorization, first["x-internal"]]).toEqual([undefined, undefined]);
    expect(states).toEqual(["MISS", "MISS", "HIT"]);
  });

  const refused: readonly (readonly [member: string, value: unknown, message: string])[] = [
    ["mock_response", "Hello", "answers are not made up"],
    ["mock_tool_calls", [{}], "answers are not made up"],
    ["mock_delay", 3, "answers are not made up"],
    ["guardrails", ["pii"], "there is no guard"],
    ["additional_drop_params", ["tools[*].strict"], "only members of the body itself"],
    ["additional_drop_params", ["messages"], "messages cannot be left out"],
    ["timeout", 0, "give seconds, a number above 0"],
    ["timeout", "soon", "give seconds, a number above 0"],
    ["stream_timeout", -1, "give seconds, a number above 0"],
    ["max_retries", 99, "must be a whole number from 0 to 19"],
    ["mock_timeout", "yes", "must be true or false"],
    ["litellm_metadata", { tags: [7] }, "must be a text"],
  ];
  it("is refused by its name where it cannot be honoured, and no vendor is called", async () => {
    const setup = await setUp(two, {});
    for (const [member, value, message] of refused) {
      const reply = await send(setup, { body: { [member]: value } });
      const { error } = JSON.parse(await reply.text());
      expect([member, reply.status, error.param.split(".")[0]]).toEqual([member, 400, member]);
      expect(error.message).toContain(message);
    }
    for (const name of ["x-litellm-timeout", "x-litellm-stream-timeout", "x-litellm-num-retries"]) {
      const reply = await send(setup, { headers: { [name]: "soon" } });
      expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining(name)]);
    }
    expect(setup.tried()).toBe("");
  });

  it("stays where it has the form of a vendor's own member", async () => {
    const setup = await setUp(two, {});
    const vendors = {
      timeout: { read: 3 },
      guardrails: [{ id: 1 }],
      caching: "on",
      drop_params: 1,
    };
    await statusOf(send(setup, { body: vendors }));
    expect(bodyOf(setup)).toEqual({ ...plain, ...vendors });
  });
});

it("goes on to a LiteLLM behind the gateway, as far as it is for that to do", async () => {
  const models = "  - { name: m, targets: [{ model: a/x }], caller_routing: ALLOW }";
  const setup = await setUp(models, {});
  const theirs = { guardrails: ["pii"], mock_response: "Hello", fallbacks: ["n"] };
  expect(await statusOf(send(setup, { body: theirs }))).toBe(200);
  expect(bodyOf(setup)).toEqual({ ...plain, ...theirs });
});

describe("how long LiteLLM's clients wait", () => {
  const whole: readonly Sent[] = [
    { headers: { "x-litellm-timeout": "2" } },
    { body: { timeout: 2 } },
    { body: { request_timeout: "2" } },
    { body: { timeout: 60 }, headers: { "x-litellm-timeout": "2" } },
  ];
  for (const sent of whole)
    it(`is a deadline of the whole call: ${JSON.stringify(sent)}`, async () => {
      const setup = await setUp(two, { a: ["silence"] });
      const reply = send(setup, sent);
      await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
      setup.clock.advance(2000);
      const answer = JSON.parse(await (await reply).text());
      expect(answer.error.code).toBe("deadline_exceeded");
      expect(setup.tried()).toBe("a");
    });

  const first: readonly Sent[] = [
    { headers: { "x-litellm-stream-timeout": "2" } },
    { headers: { "x-parlance-first-token-timeout-ms": "2000" } },
    { body: { stream_timeout: 2 } },
    { body: { stream_timeout: 60 }, headers: { "x-litellm-stream-timeout": "2" } },
  ];
  for (const sent of first)
    it(`bounds the first token of each try of a stream: ${JSON.stringify(sent)}`, async () => {
      const setup = await setUp(two, { a: ["silence"] });
      const reply = send(setup, { ...sent, stream: true });
      await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
      setup.clock.advance(2000);
      expect(await statusOf(reply)).toBe(200);
      expect(setup.tried()).toBe("ab");
    });

  it("is no longer than the target's own bound on the first token", async () => {
    const bounded =
      "  - { name: m, timeouts: { first_token: 2s }, targets: [{ model: a/x }], fallbacks: [b/x] }";
    const setup = await setUp(bounded, { a: ["silence"] });
    const reply = send(setup, { stream: true, body: { stream_timeout: 9 } });
    await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
    setup.clock.advance(2000);
    expect(await statusOf(reply)).toBe(200);
  });
});

describe("how long a typed caller waits by its headers", () => {
  const transports = [
    ["Connect", (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["gRPC", (baseUrl: string) => createGrpcTransport({ baseUrl })],
  ] as const;
  const chat = { model: "m", messages: [{ role: Role.USER, text: "hi" }] };
  for (const [title, transport] of transports) {
    it(`bounds the call by ${title}, unless its own timeout is earlier`, async () => {
      for (const [ms, timeoutMs] of [
        ["2000", undefined],
        ["2000", 600_000],
      ] as const) {
        const setup = await setUp(two, { a: ["silence"] });
        const client = createClient(ChatService, transport(setup.gateway.url));
        const headers = { "x-parlance-timeout-ms": ms };
        const options = { headers, ...(timeoutMs !== undefined && { timeoutMs }) };
        const ended = client.complete({ chat }, options).catch(ConnectError.from);
        await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
        setup.clock.advance(2000);
        expect(await ended).toMatchObject({ code: Code.DeadlineExceeded });
        expect(setup.tried()).toBe("a");
      }
    });

    it(`bounds the first token of each try by ${title}`, async () => {
      const setup = await setUp(two, { a: ["silence"] });
      const client = createClient(ChatService, transport(setup.gateway.url));
      const headers = { "x-litellm-stream-timeout": "2" };
      const events = (async () => {
        for await (const { event } of client.streamComplete({ chat }, { headers }))
          if (event?.event.case === "textDelta") return true;
        return false;
      })();
      await expect.poll(() => setup.vendors.a?.models.length).toBe(1);
      setup.clock.advance(2000);
      expect(await events).toBe(true);
      expect(setup.tried()).toBe("ab");
    });

    it(`is refused by ${title} where it is no number`, async () => {
      const setup = await setUp(two, {});
      const client = createClient(ChatService, transport(setup.gateway.url));
      const headers = { "x-parlance-first-token-timeout-ms": "soon" };
      const stream = async () => {
        for await (const _event of client.streamComplete({ chat }, { headers }));
      };
      for (const call of [() => client.complete({ chat }, { headers }), stream]) {
        const refused = await call().then(() => undefined, ConnectError.from);
        expect(refused).toMatchObject({
          code: Code.InvalidArgument,
          rawMessage: expect.stringContaining("x-parlance-first-token-timeout-ms"),
        });
      }
    });
  }
});

describe("what LiteLLM's clients want of a call", () => {
  it("is refused where it would lose something, by drop_params: false", async () => {
    const setup = await setUp(two, {});
    const ask = (body: object) =>
      fetch(`${setup.gateway.url}/v1/messages`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...plain, model: "m", max_tokens: 9, unheard_of: 3, ...body }),
      });
    const lenient = await ask({ drop_params: true });
    expect([lenient.status, lenient.headers.get("x-parlance-fidelity")]).toEqual([
      200,
      expect.stringContaining("unheard_of=DROPPED"),
    ]);
    expect(await statusOf(ask({ drop_params: false }))).toBe(400);
    expect(await statusOf(ask({}))).toBe(200);
  });

  it("is not cached, by caching: false", async () => {
    const setup = await setUp(two, {});
    const states: (string | null)[] = [];
    for (const body of [{}, { caching: false }, { caching: true }]) {
      const reply = await send(setup, { body });
      await reply.text();
      states.push(reply.headers.get("x-parlance-cache"));
    }
    expect(states).toEqual(["MISS", "BYPASS", "HIT"]);
  });

  for (const member of ["mock_testing_rate_limit_error", "mock_timeout"])
    it(`falls back as if it had failed, by ${member}`, async () => {
      const setup = await setUp(two, {});
      const reply = await send(setup, { body: { [member]: true } });
      await reply.text();
      expect([reply.status, setup.tried()]).toEqual([200, "b"]);
      expect(reply.headers.get("x-litellm-attempted-fallbacks")).toBe("1");
      expect(reply.headers.get("x-litellm-model-group")).toBe("n");
    });

  it("is one of its own key where the header of a vendor's stands beside it", async () => {
    const keys = 'keys: [{ name: shop, value: { value: sk-shop }, models: ["*"] }]';
    const setup = await setUp(two, {}, { more: keys });
    const status = (headers: Record<string, string>) => statusOf(send(setup, { headers }));
    const other = { authorization: "Bearer oauth-of-a-vendor" };
    expect(await status({ "x-litellm-api-key": "Bearer sk-shop", ...other })).toBe(200);
    expect(await status({ "x-litellm-api-key": "sk-shop" })).toBe(200);
    expect(await status({ "ocp-apim-subscription-key": "sk-shop" })).toBe(200);
    expect(await status({ "x-litellm-api-key": "sk-other", authorization: "Bearer sk-shop" })).toBe(
      401,
    );
  });
});
