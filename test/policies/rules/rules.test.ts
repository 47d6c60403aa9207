import { describe, expect, it, vi } from "vitest";
import { type Sent, send, setUp as setUpRouted, statusOf } from "../routing/routed-gateway.ts";
import { rpc, setUp } from "./ruled-gateway.ts";

const chat = (model: string, text = "hi") => ({
  chat: { model, messages: [{ role: "ROLE_USER", parts: [{ text: { text } }] }] },
});

describe("a rule that holds", () => {
  it("is named in the log", async () => {
    const rules: (readonly string[])[] = [];
    const setup = await setUp("  - { name: t, add_tags: [x] }", "", {
      record: (record) => rules.push(record.rules),
    });
    await (await send(setup)).text();
    await vi.waitFor(() => expect(rules).toEqual([["t"]]));
  });

  it("routes the call to another model, and says so in headers", async () => {
    const setup = await setUp("  - { name: wide, when: call.input_tokens < 200, route: big }");
    const reply = await send(setup);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("x-parlance-rule")).toBe("wide");
    expect(reply.headers.get("x-parlance-target")).toBe("b/big");
    expect(reply.headers.get("x-parlance-why")).toMatch(/^rule wide routes to big; model big: /);
    expect(setup.vendors.b?.models).toEqual(["big"]);
  });

  it("routes to a provider's model, and a model that nobody configured", async () => {
    const setup = await setUp("  - { name: any, when: call.model == 'gpt-9', route: c/x }");
    expect((await send(setup, { model: "gpt-9" })).status).toBe(200);
    expect(setup.vendors.c?.models).toEqual(["x"]);
    expect((await send(setup, { model: "gpt-8" })).status).toBe(404);
  });

  it("pins a target of the call's model, and nothing else is tried", async () => {
    const setup = await setUp("  - { name: pin, target: b/two }");
    const { vendors } = setup;
    vendors.b?.script.push(500);
    expect((await send(setup, { model: "spread" })).status).toBe(500);
    expect([vendors.a?.models, vendors.b?.models, vendors.c?.models]).toEqual([[], ["two"], []]);
  });

  it("pins a target that is none of the call's model", async () => {
    const setup = await setUp("  - { name: pin, target: c/else }");
    const reply = await send(setup, { model: "spread" });
    expect(reply.headers.get("x-parlance-target")).toBe("c/else");
  });

  it("excludes providers and targets, which Explain says", async () => {
    const setup = await setUp("  - { name: not, exclude: [a, b/two] }");
    const reply = await send(setup, { model: "spread" });
    expect(reply.headers.get("x-parlance-target")).toBe("c/three");
    const { json } = await rpc(setup, "Explain", chat("spread"));
    expect(json.excluded?.map(({ why }) => why)).toEqual([
      expect.stringContaining("the rule not excludes it"),
      expect.stringContaining("the rule not excludes it"),
    ]);
  });

  it("requires labels of targets, whatever fails, which Explain says", async () => {
    const models =
      "  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x, labels: { region: eu } }], fallbacks: [n] }\n" +
      "  - { name: n, strategy: PRIORITY, targets: [{ model: a/y, labels: { region: us } }, { model: c/y, labels: { region: eu } }] }";
    const rules = `rules: [{ name: home, when: '"gdpr" in call.tags', require_labels: { region: eu } }]`;
    const setup = await setUpRouted(models, { b: [500] }, { more: rules });
    const reply = await send(setup, { body: { tags: ["gdpr"] } });
    expect([reply.status, reply.headers.get("x-parlance-rule")]).toEqual([200, "home"]);
    expect(reply.headers.get("x-parlance-why")).toContain("rule home requires region=eu; ");
    await reply.text();
    expect(setup.tried()).toBe("bc");
    await statusOf(send(setup));
    expect(setup.tried()).toBe("bca");
    const { chat: plain } = chat("m");
    const { json } = await rpc(setup, "Explain", { chat: { ...plain, tags: ["gdpr"] } });
    expect(json.targets?.map(({ target }) => target.provider)).toEqual(["b", "c"]);
  });

  it("adds tags that the rules after it see", async () => {
    const setup = await setUp(
      `  - { name: label, when: "call.user == 'ann'", add_tags: [vip] }
  - { name: vip, when: "'vip' in call.tags", route: big }`,
    );
    const reply = await send(setup, { body: { user: "ann" } });
    expect(reply.headers.get("x-parlance-rule")).toBe("label, vip");
    expect((await send(setup)).headers.get("x-parlance-rule")).toBeNull();
  });
});

describe("a rule that refuses", () => {
  const rules = `  - { name: no-tools, when: call.tools, refuse: "tools are switched off" }`;
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];

  it("answers 403 with its message and its name, and calls nobody", async () => {
    const setup = await setUp(rules);
    const reply = await send(setup, { body: { tools } });
    expect(reply.status).toBe(403);
    expect(reply.headers.get("x-parlance-rule")).toBe("no-tools");
    expect(await reply.json()).toMatchObject({
      error: {
        message: "tools are switched off (rule no-tools)",
        type: "permission_error",
        code: "refused_by_rule",
      },
    });
    expect(setup.vendors.a?.models).toEqual([]);
  });

  it("answers in the words of other clients", async () => {
    const setup = await setUp("  - { name: shut, refuse: closed }");
    const ask = async (path: string, body: object) => {
      const reply = await fetch(setup.gateway.url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return [reply.status, await reply.text()] as const;
    };
    const messages = [{ role: "user", content: "hi" }];
    for (const [path, body] of [
      ["/v1/messages", { model: "m", max_tokens: 5, messages }],
      ["/v1/responses", { model: "m", input: "hi" }],
      ["/v1/embeddings", { model: "m", input: "hi" }],
      ["/api/chat", { model: "m", messages }],
      ["/v1beta/models/m:generateContent", { contents: [{ parts: [{ text: "hi" }] }] }],
      ["/v2/chat", { model: "m", messages }],
    ] as const) {
      const [status, text] = await ask(path, body);
      expect([path, status]).toEqual([path, 403]);
      expect(text).toContain("closed (rule shut)");
    }
  });

  it("is PERMISSION_DENIED to typed callers, in Explain too", async () => {
    const setup = await setUp("  - { name: shut, refuse: closed }");
    for (const method of ["Complete", "Explain"]) {
      const { json } = await rpc(setup, method, chat("m"));
      expect(json).toMatchObject({ code: "permission_denied", message: "closed (rule shut)" });
    }
  });
});

describe("parameters", () => {
  const body =
    '{ "model":"m", "temperature" : 0.20, "max_tokens":9000,\n "odd":[1,2], "messages":[{"role":"user","content":"hi"}] }';

  async function sentBody(rules: string, text = body): Promise<string | undefined> {
    const setup = await setUp(rules);
    const reply = await fetch(`${setup.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: text,
    });
    expect(reply.status).toBe(200);
    return setup.vendors.a?.bodies[0];
  }

  it("of a call that no rule changes stay byte for byte", async () => {
    const expected = body.replace('"m"', '"small"');
    const many = Array.from(
      { length: 10 },
      (_, index) =>
        `  - { name: r${index}, when: "call.input_tokens > 1000 && call.text.contains('x${index}')", route: big }`,
    ).join("\n");
    expect(await sentBody(many)).toBe(expected);
    expect(await sentBody("  - { name: t, add_tags: [x] }")).toBe(expected);
    expect(await sentBody("  - { name: c, cap: { max_tokens: 9000, temperature: 1 } }")).toBe(
      expected,
    );
  });

  it("are set and capped in place, and no other byte is touched", async () => {
    expect(
      await sentBody("  - { name: c, cap: { max_tokens: 500 }, set: { temperature: 0 } }"),
    ).toBe(
      '{ "model":"small", "temperature" : 0, "max_tokens":500,\n "odd":[1,2], "messages":[{"role":"user","content":"hi"}] }',
    );
  });

  it("are added where the call has none", async () => {
    const sent = await sentBody(
      "  - { name: c, cap: { max_tokens: 500, temperature: 1 }, set: { seed: 7, top_p: 0.5, reasoning_effort: LOW } }",
      '{"model":"m","messages":[{"role":"user","content":"hi"}]}',
    );
    expect(JSON.parse(sent ?? "")).toEqual({
      model: "small",
      messages: [{ role: "user", content: "hi" }],
      max_tokens: 500,
      seed: 7,
      top_p: 0.5,
      reasoning_effort: "low",
    });
  });

  it("are reported, by name and rule", async () => {
    const setup = await setUp("  - { name: c, cap: { max_tokens: 500 } }");
    const sent: Sent = { body: { max_tokens: 9000 } };
    const reply = await send(setup, sent);
    expect(reply.headers.get("x-parlance-fidelity")).toBe("max_output_tokens=CLAMPED");
    expect(reply.headers.get("x-parlance-rule")).toBe("c");
  });

  it("are changed for typed callers, and Explain shows the body", async () => {
    const setup = await setUp("  - { name: c, cap: { max_tokens: 500 }, set: { temperature: 0 } }");
    const { json } = await rpc(setup, "Complete", chat("m"));
    expect(json.report?.rule).toEqual(["c"]);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "")).toMatchObject({
      max_tokens: 500,
      temperature: 0,
    });
    const explained = await rpc(setup, "Explain", chat("m"));
    expect(explained.json.targets?.[0]?.bodyJson).toBe(setup.vendors.a?.bodies[0]);
    expect(explained.json.targets?.[0]?.fidelity).toEqual(
      [
        {
          field: "max_output_tokens",
          outcome: "FIELD_OUTCOME_CLAMPED",
          note: "capped by the rule c",
        },
        {
          field: "sampling.temperature",
          outcome: "FIELD_OUTCOME_CLAMPED",
          note: "set by the rule c",
        },
      ].toSorted((one, other) => (one.note < other.note ? 1 : -1)),
    );
  });
});

describe("the order of rules", () => {
  it("ends with the first that routes, and goes on after the others", async () => {
    const setup = await setUp(
      `  - { name: cap, cap: { max_tokens: 9 } }
  - { name: first, when: "call.model == 'm'", route: big }
  - { name: second, when: call.input_tokens > 0, refuse: never }`,
    );
    const reply = await send(setup);
    expect(reply.headers.get("x-parlance-rule")).toBe("cap, first");
  });

  it("goes on where a rule says so, and the first place counts", async () => {
    const setup = await setUp(
      `  - { name: first, when: "call.model == 'm'", route: big, then: CONTINUE }
  - { name: again, when: call.input_tokens > 0, route: spread, then: CONTINUE }
  - { name: more, set: { temperature: 1 } }`,
    );
    const reply = await send(setup);
    expect(reply.headers.get("x-parlance-rule")).toBe("first, more");
    expect(reply.headers.get("x-parlance-target")).toBe("b/big");
  });

  it("stops where a rule says so", async () => {
    const setup = await setUp(
      `  - { name: stop, when: call.input_tokens > 0, add_tags: [x], then: STOP }
  - { name: no, refuse: never }`,
    );
    expect((await send(setup)).status).toBe(200);
  });
});

describe("a condition that cannot be computed", () => {
  const rules = `  - { name: gold, when: "call.metadata['tier'] == 'gold'", route: big }
  - { name: cold, when: call.temperature < 0.5, route: big }
  - { name: zero, when: 1 / (call.message_count - 1) == 1 || call.stream, route: big }`;

  it("does not hold, and is warned of once for each rule", async () => {
    const warnings: string[] = [];
    const setup = await setUp(rules, "", { notice: ({ message }) => warnings.push(message) });
    for (let count = 0; count < 3; count += 1) {
      const reply = await send(setup);
      expect(reply.headers.get("x-parlance-rule")).toBeNull();
    }
    expect(warnings).toEqual([
      "rule gold does not hold, for its condition cannot be computed: the call's metadata have no tier",
      "rule cold does not hold, for its condition cannot be computed: the call has no temperature",
      "rule zero does not hold, for its condition cannot be computed: division by zero",
    ]);
    const gold = await send(setup, { body: { metadata: { tier: "gold" } } });
    expect(gold.headers.get("x-parlance-rule")).toBe("gold");
    expect((await send(setup, { stream: true })).headers.get("x-parlance-rule")).toBe("zero");
  });

  it("says why in Explain", async () => {
    const setup = await setUp(rules);
    const { json } = await rpc(setup, "Explain", chat("m"));
    expect(json.rules).toEqual([
      { name: "gold", note: "the call's metadata have no tier" },
      { name: "cold", note: "the call has no temperature" },
      { name: "zero", note: "division by zero" },
    ]);
  });
});

describe("a key that lists models", () => {
  const keys = `keys: [{ name: dev, value: { value: dev-key-0123456789 }, models: [m] }]`;
  const headers = { authorization: "Bearer dev-key-0123456789" };

  it("is held to the name that its caller wrote, and the rule acts for the operator", async () => {
    const setup = await setUp("  - { name: wide, route: big }", keys);
    const reply = await send(setup, { headers });
    expect(reply.headers.get("x-parlance-target")).toBe("b/big");
    expect((await send(setup, { model: "big", headers })).status).toBe(403);
  });

  it("is named to conditions", async () => {
    const setup = await setUp(`  - { name: dev, when: "call.key == 'dev'", route: big }`, keys);
    expect((await send(setup, { headers })).headers.get("x-parlance-rule")).toBe("dev");
  });
});

describe("headers that are listed", () => {
  it("are read by conditions, and no others", async () => {
    const setup = await setUp(
      `  - { name: acme, when: "call.headers['x-tenant'] == 'acme'", route: big }`,
      "rule_headers: [x-tenant]",
    );
    const acme = await send(setup, { headers: { "X-Tenant": "acme" } });
    expect(acme.headers.get("x-parlance-rule")).toBe("acme");
    expect((await send(setup)).headers.get("x-parlance-rule")).toBeNull();
  });
});

describe("a request that cannot be read", () => {
  it("is refused where a condition has to read it, and passes where none has", async () => {
    const odd = { messages: [{ role: "user", content: 5 }] };
    const reading = await setUp("  - { name: no, when: call.tools, refuse: never }");
    expect((await send(reading, { body: odd })).status).toBe(400);
    const other = await setUp(`  - { name: no, when: "call.model == 'x'", refuse: never }`);
    expect((await send(other, { body: odd })).status).toBe(200);
  });
});

describe("rules that leave no target", () => {
  it("have the call fail, with the rule as the reason", async () => {
    const setup = await setUp("  - { name: none, exclude: [a, b, c] }");
    const reply = await send(setup, { model: "spread" });
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain("the rule none excludes it");
    expect(reply.headers.get("x-parlance-rule")).toBe("none");
  });
});

describe("answers that are stored", () => {
  it("are those of the call as the rules made it", async () => {
    const setup = await setUpRouted(
      "  - { name: m, cache: { ttl: 60s, scope: PUBLIC }, targets: [{ model: a/small }, { model: b/other }] }",
      {},
      {
        more: `rule_headers: [x-tenant]
rules:
  - { name: cool, when: "call.headers['x-tenant'] == 'cool'", set: { temperature: 0 } }
  - { name: other, when: "call.headers['x-tenant'] == 'other'", target: b/other }`,
      },
    );
    const cached = async (tenant: string) => {
      const reply = await send(setup, { headers: { "x-tenant": tenant } });
      await reply.text();
      return [reply.headers.get("x-parlance-cache"), reply.headers.get("x-parlance-target")];
    };
    expect(await cached("none")).toEqual(["MISS", "a/small"]);
    expect(await cached("none")).toEqual(["HIT", "a/small"]);
    expect(await cached("cool")).toEqual(["MISS", "a/small"]);
    expect((await cached("other"))[1]).toBe("b/other");
  });
});
