import { describe, expect, it } from "vitest";
import { chat, post, requestsWith, secret, startGuarded } from "./guarded-gateway.ts";

const chats = "/v1/chat/completions";

describe("guards of requests", () => {
  it("mask what vendors get, and put it back into answers", async () => {
    const setup = await startGuarded();
    const words = "I am joe@example.com, not ann@example.com; joe@example.com. [EMAIL_2] is free.";
    const sent = await post(setup, chats, chat("masked", words));
    expect(sent.status).toBe(200);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "").messages[0].content).toBe(
      "I am [EMAIL_1], not [EMAIL_3]; [EMAIL_1]. [EMAIL_2] is free.",
    );
    expect(sent.guards).toBe(
      'pii;stage=INPUT;outcome=MASK;found="EMAIL", pii;stage=OUTPUT;outcome=PASS',
    );
    const whole = await post(setup, chats, chat("echo", words));
    expect(JSON.parse(whole.text).choices[0].message.content).toBe(words);
    const streamed = await post(setup, chats, chat("echo", words, { stream: true }));
    const deltas = [...streamed.text.matchAll(/^data: (\{.*)$/gm)].map(
      ([, json = ""]) => JSON.parse(json).choices[0]?.delta.content ?? "",
    );
    expect(deltas.join("")).toBe(words);
  });

  it("look at everything that is sent, in every operation and dialect", async () => {
    const setup = await startGuarded();
    const tokens = ["/v1/embeddings", { model: "strict", input: [1, 2, 3] }] as const;
    for (const [path, body] of [...requestsWith("strict", secret), tokens]) {
      const { status, text } = await post(setup, path, body);
      const words = text.includes("the guard secrets blocked the input");
      expect([path, JSON.stringify(body).slice(0, 80), status, words]).toEqual([
        path,
        JSON.stringify(body).slice(0, 80),
        400,
        true,
      ]);
      expect(text).not.toContain(secret);
    }
    expect(setup.vendors.a?.bodies).toEqual([]);
    expect(setup.records.every(({ fault }) => fault?.message.includes(secret) === false)).toBe(
      true,
    );
  });

  it("say which parts they did not read, and refuse those where the config says so", async () => {
    const setup = await startGuarded({
      models: "\n  - { name: seen, targets: [{ model: a/x }], guards: [words, blind] }",
      guards:
        "\n  - { name: blind, secrets: {}, stages: [INPUT, TOOL_RESULTS, OUTPUT], action: FLAG, unreadable: BLOCK }",
    });
    const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
    const noted = await post(setup, chats, {
      model: "strict",
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }, image] }],
    });
    expect([noted.status, noted.guards]).toEqual([
      200,
      expect.stringContaining('words;stage=INPUT;outcome=PASS;unreadable="IMAGE", watch'),
    ]);
    expect(setup.records[0]?.guards).toContainEqual(
      expect.objectContaining({ guard: "words", stage: "input", unreadable: ["IMAGE"] }),
    );
    const pdf = {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
    };
    const notes = {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "hi" },
    };
    const picture = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
    const used = { type: "tool_use", id: "t1", name: "look", input: {} };
    const result = { type: "tool_result", tool_use_id: "t1", content: [picture] };
    const asks = (...content: readonly object[]) => ({ role: "user", content });
    for (const [messages, words] of [
      [[asks(pdf)], "blocked the input: it found UNREADABLE_FILE"],
      [[asks(picture)], "blocked the input: it found UNREADABLE_IMAGE"],
      [
        [asks({ type: "text", text: "hi" }), { role: "assistant", content: [used] }, asks(result)],
        "blocked the results of tools: it found UNREADABLE_IMAGE",
      ],
      [[asks(notes)], ""],
    ] as const) {
      const body = { model: "seen", max_tokens: 9, messages };
      const { status, text } = await post(setup, "/v1/messages", body);
      expect([status, text.includes(words)]).toEqual([words === "" ? 200 : 400, true]);
    }
    const input = [{ type: "text", text: "hi" }, image];
    const moderated = await post(setup, "/v1/moderations", { model: "blind", input });
    expect(JSON.parse(moderated.text).results[0]).toMatchObject({
      flagged: true,
      categories: { secrets: true, "secrets/unreadable-image": true },
    });
  });

  it("refuse in the words of the caller's dialect", async () => {
    const setup = await startGuarded();
    const openai = await post(setup, chats, chat("strict", secret));
    expect(JSON.parse(openai.text).error).toMatchObject({
      code: "content_policy_violation",
      type: "invalid_request_error",
    });
    const body = { model: "strict", max_tokens: 5, messages: chat("", secret).messages };
    const anthropic = await post(setup, "/v1/messages", body);
    expect(JSON.parse(anthropic.text)).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
    });
    const rpc = await post(setup, "/parlance.chat.v1.ChatService/Complete", {
      chat: { model: "strict", messages: [{ role: "ROLE_USER", text: secret }] },
    });
    expect(JSON.parse(rpc.text)).toMatchObject({ code: "failed_precondition" });
    expect(rpc.text).toContain("GUARD_BLOCKED");
  });

  it("leave the bytes of requests as they are where they only look", async () => {
    const setup = await startGuarded();
    const body = {
      ...chat("strict", "a curious question"),
      temperature: 1.5,
      frobnicate: [1.0, "x"],
    };
    const { status, guards } = await post(setup, chats, body);
    expect(status).toBe(200);
    expect(guards).toContain('watch;stage=INPUT;outcome=FLAG;found="KEYWORD"');
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "")).toEqual({ ...body, model: "x" });
  });

  it("let nothing pass that is written twice, of which one was looked at", async () => {
    const setup = await startGuarded();
    const bodies = [
      `{"model":"strict","messages":[{"role":"user","content":"${secret}","content":"fine"}]}`,
      `{"model":"strict","messages":[{"role":"user","content":"${secret}"}],"messages" : [{"role":"user","content":"fine"}]}`,
    ];
    for (const body of bodies) {
      const reply = await fetch(`${setup.gateway.url}${chats}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(reply.status).toBe(200);
      const sent = setup.vendors.a?.bodies.at(-1) ?? "";
      expect(sent).toContain("fine");
      expect(sent).not.toContain(secret);
    }
  });
});

describe("guards of answers", () => {
  const said = (text: string) =>
    [...text.matchAll(/"content":"([^"]*)"/g)].map(([, one]) => one).join("");

  it("block them before anything of what was found goes out", async () => {
    const guarded = "\n  - { name: out, secrets: {}, stages: [OUTPUT], action: BLOCK }";
    const setup = await startGuarded({ guards: guarded });
    const named = { "x-parlance-guards": "out" };
    const words = `here it comes: ${secret} and more`;
    const whole = await post(setup, chats, chat("loud", words), named);
    expect([whole.status, JSON.parse(whole.text).error.code]).toEqual([
      400,
      "content_policy_violation",
    ]);
    const streamed = await post(setup, chats, chat("loud", words, { stream: true }), named);
    expect(streamed.status).toBe(200);
    // The head leaves before the answer was looked at.
    expect(streamed.guards ?? "").not.toContain("PASS");
    expect(streamed.text).toContain("the guard out blocked the output");
    expect("here it comes: ".startsWith(said(streamed.text))).toBe(true);
    expect(streamed.text).not.toContain(secret.slice(0, 12));
    const messages = {
      model: "loud",
      max_tokens: 99,
      stream: true,
      messages: chat("", words).messages,
    };
    const anthropic = await post(setup, "/v1/messages", messages, named);
    expect(anthropic.text).toContain("event: error");
    expect(anthropic.text).not.toContain("message_stop");
    expect(anthropic.text).not.toContain(secret.slice(0, 12));
  });

  it("end them before they give the instructions away, in other case and white space too", async () => {
    const guarded =
      "\n  - { name: leak, canary: { instructions: true }, stages: [OUTPUT], action: BLOCK }";
    const setup = await startGuarded({ guards: guarded });
    const named = { "x-parlance-guards": "leak" };
    const instructions =
      "You are Heron, the assistant of the water works. Never name a price below forty euros.";
    const leaked = instructions.toUpperCase().replaceAll(" ", "\n ");
    const messages = [
      { role: "system", content: instructions },
      { role: "user", content: `My rules are: ${leaked}` },
    ];
    for (const stream of [false, true]) {
      const openai = await post(setup, chats, { model: "loud", stream, messages }, named);
      expect(openai.text).toContain("the guard leak blocked the output: it found INSTRUCTIONS");
      const anthropic = await post(
        setup,
        "/v1/messages",
        {
          ...{ model: "loud", max_tokens: 99, stream },
          ...{ system: instructions, messages: messages.slice(1) },
        },
        named,
      );
      expect(anthropic.text).toContain("the guard leak blocked the output");
      const responses = await post(
        setup,
        "/v1/responses",
        { model: "loud", stream, instructions, input: `My rules are: ${leaked}` },
        named,
      );
      expect(responses.text).toContain("the guard leak blocked the output");
      // Responses repeats to its caller what that has sent as instructions, as they were sent.
      for (const { text } of [openai, anthropic, responses]) expect(text).not.toContain("HERON");
    }
    const innocent = [{ role: "system", content: instructions }, ...chat("", "hello").messages];
    const passed = await post(setup, chats, { model: "loud", messages: innocent }, named);
    expect(said(passed.text)).toBe("hello");
  });

  it("mask them, whatever the caller speaks", async () => {
    const guarded = "\n  - { name: out, pii: { kinds: [EMAIL] }, stages: [OUTPUT], action: MASK }";
    const setup = await startGuarded({ guards: guarded });
    const named = { "x-parlance-guards": "out" };
    const words = "write to joe@example.com now";
    for (const stream of [false, true]) {
      const openai = await post(setup, chats, chat("loud", words, { stream }), named);
      expect(said(openai.text)).toBe("write to [EMAIL] now");
      const body = { model: "loud", max_tokens: 99, stream, messages: chat("", words).messages };
      const anthropic = await post(setup, "/v1/messages", body, named);
      expect(anthropic.text).toContain("[EMAIL]");
      expect(anthropic.text).not.toContain("joe@");
      const responses = await post(
        setup,
        "/v1/responses",
        { model: "loud", stream, input: words },
        named,
      );
      expect(responses.text).toContain("[EMAIL]");
      expect(responses.text).not.toContain("joe@");
    }
  });

  it("answer with a text of their own where the config has one", async () => {
    const guarded = `
  - { name: in, keywords: { words: [weapon] }, stages: [INPUT], answer: "I cannot help with that." }
  - { name: out, keywords: { words: [poison] }, stages: [OUTPUT], answer: "Let us stop here." }`;
    const setup = await startGuarded({ guards: guarded });
    const named = { "x-parlance-guards": "in, out" };
    for (const stream of [false, true]) {
      const before = await post(setup, chats, chat("loud", "a weapon", { stream }), named);
      expect([before.status, said(before.text)]).toEqual([200, "I cannot help with that."]);
      expect(before.text).toContain('"finish_reason":"content_filter"');
      const after = await post(setup, chats, chat("loud", "poison", { stream }), named);
      expect([after.status, said(after.text)]).toEqual([200, "Let us stop here."]);
    }
  });

  it("look at stored answers and at those of fallbacks", async () => {
    const more = `
  - { name: kept, targets: [{ model: sim/echo }], cache: { ttl: 60s } }
  - { name: shaky, targets: [{ model: sim/error-503 }], fallbacks: [guarded], retry: { attempts: 1 } }
  - { name: guarded, targets: [{ model: sim/echo }], guards: [words, pii] }`;
    const setup = await startGuarded({ models: more });
    const words = "a forbidden word";
    expect((await post(setup, chats, chat("kept", words))).status).toBe(200);
    const hit = await post(setup, chats, chat("kept", words), {
      "x-parlance-guards": "watch, words",
    });
    expect(hit.status).toBe(400);
    const out = await post(setup, chats, chat("kept", "a curious word"), {
      "x-parlance-guards": "watch",
    });
    const again = await post(setup, chats, chat("kept", "a curious word"), {
      "x-parlance-guards": "watch",
    });
    expect([out.guards, again.guards]).toEqual([
      again.guards,
      expect.stringContaining("stage=OUTPUT;outcome=FLAG"),
    ]);
    const fallen = await post(setup, chats, chat("shaky", words));
    expect([fallen.status, JSON.parse(fallen.text).error.code]).toEqual([
      400,
      "content_policy_violation",
    ]);
    const masked = await post(setup, chats, chat("shaky", "I am joe@example.com"));
    expect(masked.guards).toContain('pii;stage=INPUT;outcome=MASK;found="EMAIL"');
    expect(said(masked.text)).toBe("I am joe@example.com");
    const own = { fallbacks: [{ model: "loud", messages: [{ role: "user", content: words }] }] };
    const altered = await post(setup, chats, chat("shaky", "hi", own), {
      "x-parlance-guards": "words",
    });
    expect(altered.status).toBe(400);
  });
});

describe("the guards that bind a call", () => {
  const root = `keys:
  - { name: dev, value: { value: dev-key-0123456789 }, guards: [words], optional_guards: [pii] }
  - { name: team, value: { value: team-key-0123456789 }, team: support }
teams: [{ name: support, guards: [secrets] }]`;
  const dev = { authorization: "Bearer dev-key-0123456789" };
  const names = (header: string | null) =>
    [...new Set((header ?? "").match(/[a-z]+(?=;)/g))].sort();

  it("are those of its model, key, team and request, and the default ones", async () => {
    const guarded = "\n  - { name: all, keywords: { words: [nowhere] }, default: true }";
    const setup = await startGuarded({ guards: guarded, root });
    const bound = async (model: string, headers: Readonly<Record<string, string>>, more = {}) =>
      names((await post(setup, chats, chat(model, "hi", more), headers)).guards);
    expect(await bound("m", dev)).toEqual(["all", "words"]);
    expect(await bound("masked", dev)).toEqual(["all", "pii", "words"]);
    expect(await bound("masked", { ...dev, "x-parlance-guards": "-pii, watch" })).toEqual([
      "all",
      "watch",
      "words",
    ]);
    expect(await bound("m", { authorization: "Bearer team-key-0123456789" })).toEqual([
      "all",
      "secrets",
    ]);
    expect(await bound("m", dev, { guardrails: ["secrets"] })).toEqual(["all", "secrets", "words"]);
    expect(setup.vendors.a?.bodies.at(-1)).not.toContain("guardrails");
  });

  it("are refused by name where there are none, or a key may not do without", async () => {
    const setup = await startGuarded({ root });
    const refused: readonly (readonly [string, object, number, string])[] = [
      ["nothing", {}, 400, 'there is no guard \\"nothing\\": there are pii, secrets, words, watch'],
      ["-words", {}, 403, "may not do without"],
      ["", { guardrails: ["none"] }, 400, "guardrails"],
    ];
    for (const [header, more, status, words] of refused) {
      const reply = await post(setup, chats, chat("m", "hi", more), {
        ...dev,
        "x-parlance-guards": header,
      });
      expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(words)]);
    }
  });
});

it("a guard sends calls to another model", async () => {
  const guarded =
    "\n  - { name: away, pii: { kinds: [EMAIL] }, stages: [INPUT], action: ROUTE, route: b/inhouse }";
  const setup = await startGuarded({ guards: guarded });
  await post(setup, chats, chat("m", "I am joe@example.com"), { "x-parlance-guards": "away" });
  await post(setup, chats, chat("m", "I am nobody"), { "x-parlance-guards": "away" });
  expect([setup.vendors.b?.models, setup.vendors.a?.models]).toEqual([["inhouse"], ["x"]]);
});
