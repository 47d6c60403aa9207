import { describe, expect, it } from "vitest";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { type Sent, setUp } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";
import { as, ask, caching, keys, states } from "./caching-gateway.ts";

describe("an answer that is stored", () => {
  it("is given to the same call, without a vendor", async () => {
    const setup = await caching();
    const first = await ask(setup);
    setup.clock.advance(5000);
    const second = await ask(setup);
    expect([first.state, second.state]).toEqual(["MISS", "HIT"]);
    expect(second.text).toBe(first.text);
    expect(setup.tried()).toBe("a");
    expect(second.headers.get("x-parlance-attempts")).toBe("0");
    expect(second.headers.get("x-parlance-target")).toBe("a/x");
    expect(second.headers.get("x-parlance-cache-age")).toBe("5");
    expect(second.headers.get("x-parlance-cache-key")).toBe(
      first.headers.get("x-parlance-cache-key"),
    );
  });

  it("counts for limits, costs nothing and says what it saved", async () => {
    const records: CallRecord[] = [];
    const setup = await setUp(
      '  - { name: m, targets: [{ model: a/x, facts: { prices: { tokens: { input: "2", output: "10" } } } }], cache: {} }',
      {},
      {
        more: "keys: [{ name: one, value: { value: key-one }, limits: { requests_per_minute: 2 } }]",
        world: { record: (record) => records.push(record) },
      },
    );
    const answers = [await ask(setup, as("one")), await ask(setup, as("one"))];
    expect(
      answers.map(({ state, headers }) => [state, headers.get("x-parlance-cost-usd")]),
    ).toEqual([
      ["MISS", "0.000016"],
      ["HIT", "0.00"],
    ]);
    expect((await ask(setup, as("one"))).status).toBe(429);
    expect(records.slice(0, 2).map(({ cacheSaved }) => cacheSaved)).toEqual([undefined, 16_000n]);
  });

  it("is given until its time has passed", async () => {
    const setup = await caching();
    expect(await states(setup, {}, {})).toBe("MISS HIT");
    setup.clock.advance(60_000);
    expect(await states(setup, {}, {})).toBe("MISS HIT");
  });

  it("is replayed as a stream where it came whole, and the other way round", async () => {
    const setup = await caching();
    expect(await states(setup, {}, { stream: true })).toBe("MISS HIT");
    const other = await caching();
    const streamed = await ask(other, { stream: true });
    const whole = await ask(other);
    const again = await ask(other, { stream: true });
    expect(JSON.parse(whole.text).choices[0].message.content).toBe("well");
    expect(JSON.parse(whole.text).usage.total_tokens).toBe(4);
    expect(again.text).toBe(streamed.text);
    expect([whole.state, again.state]).toEqual(["HIT", "HIT"]);
  });

  const differences: readonly (readonly [title: string, body: object])[] = [
    ["another temperature", { temperature: 0.5 }],
    ["a member that nobody knows", { reasoning_quality: "x" }],
    ["a member that only the vendor knows", { top_k: 3 }],
    ["another end user", { user: "u" }],
    ["a bound on the answer", { max_tokens: 7 }],
    ["a seed", { seed: 0 }],
    ["another effort of reasoning", { reasoning_effort: "low" }],
    ["reasoning switched on", { thinking: { type: "enabled", budget_tokens: 1024 } }],
  ];
  for (const [title, body] of differences)
    it(`is not given to a call with ${title}`, async () => {
      const setup = await caching();
      expect(await states(setup, {}, { body }, { body })).toBe("MISS MISS HIT");
    });

  const same: readonly (readonly [title: string, body: object])[] = [
    ["metadata", { metadata: { a: "b" } }],
    ["a key of the vendor's prompt cache", { prompt_cache_key: "k" }],
    ["options of the stream", { stream_options: { include_usage: true }, stream: true }],
    ["null", { temperature: null }],
  ];
  for (const [title, body] of same)
    it(`is given to a call that differs in ${title} alone`, async () => {
      const setup = await caching();
      expect(await states(setup, {}, { body })).toBe("MISS HIT");
    });

  it("is given to another client whose JSON is written otherwise", async () => {
    const setup = await caching();
    await ask(setup, { body: { temperature: 1, tools: [tool('{"type":"object"}')] } });
    const text =
      '{ "tools": [{"type":"function","function":{"parameters": { "type" : "object" },"name":"f"}}],' +
      ' "temperature": 1.0, "messages": [{"content":"hi","role":"user"}], "model": "m" }';
    const reply = await fetch(`${setup.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: text,
    });
    expect(reply.headers.get("x-parlance-cache")).toBe("HIT");
  });
});

describe("clients of other dialects", () => {
  const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };
  const messages = async (url: string, stream: boolean) => {
    const reply = await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ ...body, stream }),
    });
    return { state: reply.headers.get("x-parlance-cache"), text: await reply.text() };
  };

  for (const stream of [false, true])
    it(`have the answer to one of them, ${stream ? "streamed" : "whole"}`, async () => {
      const setup = await caching();
      await ask(setup, { body, stream });
      const whole = await messages(setup.gateway.url, false);
      expect(whole.state).toBe("HIT");
      expect(JSON.parse(whole.text)).toMatchObject({
        content: [{ type: "text", text: "well" }],
        stop_reason: "end_turn",
        usage: { input_tokens: 3, output_tokens: 1 },
      });
      const streamed = await messages(setup.gateway.url, true);
      expect(streamed.state).toBe("HIT");
      expect(streamed.text).toContain('"text_delta","text":"well"');
      expect(streamed.text).toContain("event: message_stop");
      expect(setup.tried()).toBe("a");
    });

  it("have another answer where they want more reasoning", async () => {
    const setup = await caching();
    const found: (string | null)[] = [];
    for (const budget of [1024, 2048, 1024]) {
      const thinking = { type: "enabled", budget_tokens: budget };
      const reply = await fetch(`${setup.gateway.url}/v1/messages`, {
        method: "POST",
        headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
        body: JSON.stringify({ ...body, max_tokens: 4096, thinking }),
      });
      await reply.text();
      found.push(reply.headers.get("x-parlance-cache"));
    }
    expect(found).toEqual(["MISS", "MISS", "HIT"]);
  });

  it("give theirs to those of the vendor's", async () => {
    const setup = await caching();
    await messages(setup.gateway.url, true);
    const answer = await ask(setup, { body });
    expect([answer.state, JSON.parse(answer.text).choices[0].message.content]).toEqual([
      "HIT",
      "well",
    ]);
  });
});

function tool(parameters: string): object {
  return { type: "function", function: { name: "f", parameters: JSON.parse(parameters) } };
}

describe("who shares answers", () => {
  const cases: readonly (readonly [scope: string, expected: string])[] = [
    ["KEY", "MISS MISS MISS HIT"],
    ["TEAM", "MISS HIT MISS HIT"],
    ["PUBLIC", "MISS HIT HIT HIT"],
  ];
  for (const [scope, expected] of cases)
    it(`${scope}: one, two of its team, three, and one again`, async () => {
      const setup = await caching(`{ scope: ${scope} }`, [], { more: keys });
      expect(await states(setup, as("one"), as("two"), as("three"), as("one"))).toBe(expected);
    });

  it("may be narrowed by the call, and not widened", async () => {
    const setup = await caching("{ scope: TEAM }", [], { more: keys });
    const scoped = (key: string, scope: string): Sent =>
      as(key, { headers: { "x-parlance-cache-scope": scope } });
    expect(await states(setup, scoped("one", "key"), as("two"), scoped("three", "public"))).toBe(
      "MISS MISS MISS",
    );
    expect(await states(setup, scoped("one", "key"), scoped("two", "public"))).toBe("HIT HIT");
  });
});

describe("answers that are not stored", () => {
  const bad: readonly (readonly [title: string, act: Act])[] = [
    ["of a failure", 500],
    ["that a filter cut", "filtered"],
    ["that is cut at its bound", "cut"],
  ];
  for (const [title, act] of bad)
    for (const stream of [false, true])
      it(`${title}, ${stream ? "streamed" : "whole"}`, async () => {
        const setup = await caching("{}", [act]);
        await ask(setup, { stream });
        expect(await states(setup, { stream }, { stream })).toBe("MISS HIT");
        expect(setup.vendors.a?.models.length).toBe(2);
      });

  it("of a model without a cache, whose replies say nothing of one", async () => {
    const setup = await setUp("  - { name: m, targets: [{ model: a/x }] }", {});
    expect(await states(setup, {}, {})).toBe(" ");
    expect(setup.tried()).toBe("aa");
  });

  it("of a fallback", async () => {
    const setup = await setUp(
      "  - { name: m, targets: [{ model: a/x }], fallbacks: [b/y], cache: {} }",
      { a: [500] },
    );
    expect(await states(setup, {}, {}, {})).toBe("MISS MISS HIT");
    expect(setup.tried()).toBe("aba");
  });
});
