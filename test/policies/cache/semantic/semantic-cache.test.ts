import { describe, expect, it } from "vitest";
import { alike, different, question, type Sending, settings, setUp } from "./asking-gateway.ts";

describe("answers to questions that mean the same", () => {
  it("are taken, with how near the question is", async () => {
    const { ask } = await setUp();
    expect(await ask(question)).toEqual({ text: "answer 1", state: "MISS", similarity: null });
    expect(await ask(alike)).toEqual({ text: "answer 1", state: "HIT", similarity: "0.9950" });
    expect(await ask(different)).toMatchObject({ text: "answer 2", state: "MISS" });
    expect(await ask(different)).toEqual({ text: "answer 2", state: "HIT", similarity: null });
  });

  it("are given as streams too", async () => {
    const { ask, gateway } = await setUp();
    await ask(question);
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "m",
        stream: true,
        messages: [{ role: "user", content: alike }],
      }),
    });
    expect(response.headers.get("x-parlance-cache-similarity")).toBe("0.9950");
    const why = "the stored answer to a question that is near (0.9950)";
    expect(response.headers.get("x-parlance-why")).toBe(why);
    expect(await response.text()).toMatch(/answer 1[\s\S]*\[DONE\]/);
  });

  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  const turns = [
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hello!" },
  ];
  const said = (content: string) => ({ messages: [...turns, { role: "user", content }] });
  const json = { response_format: { type: "json_object" } };
  const others: readonly (readonly [string, Sending, Sending])[] = [
    ["another temperature", { body: { temperature: 1 } }, { body: { temperature: 0 } }],
    ["another end user", { body: { user: "a" } }, { body: { user: "b" } }],
    ["tools", { body: { tools } }, { body: { tools } }],
    ["several turns", { body: said(question) }, { body: said(alike) }],
    ["an answer in JSON", { body: json }, { body: json }],
    ["no-cache", {}, { headers: { "cache-control": "no-cache" } }],
  ];
  for (const [title, first, second] of others)
    it(`are not taken for calls with ${title}`, async () => {
      const { ask } = await setUp();
      await ask(question, first);
      expect(await ask(alike, second)).toMatchObject({ text: "answer 2", similarity: null });
    });

  it("are taken for those where the config says so", async () => {
    const semantic = { ...settings, tools: true, multi_turn: true, structured_output: true };
    const { ask } = await setUp({ semantic });
    await ask(question, { body: { ...said(question), tools, ...json } });
    const second = await ask(alike, { body: { ...said(alike), tools, ...json } });
    expect(second).toMatchObject({ text: "answer 1", similarity: "0.9950" });
  });

  it("are those of the caller's own key", async () => {
    const keys = ["one", "two"].map((name) => ({ name, value: { value: `sk-${name}` } }));
    const { ask } = await setUp({ more: { keys } });
    await ask(question, { key: "sk-one" });
    expect(await ask(alike, { key: "sk-two" })).toMatchObject({ text: "answer 2", state: "MISS" });
    expect(await ask(alike, { key: "sk-one" })).toMatchObject({ text: "answer 1", state: "HIT" });
  });

  it("are not needed: where there is no vector the model is called", async () => {
    const { ask, embedded, gateway } = await setUp({ embeddings: 400 });
    await ask(question);
    expect(await ask(alike)).toMatchObject({ text: "answer 2", state: "MISS" });
    expect(embedded()).toBe(2);
    expect(gateway.bugs).toEqual([]);
  });

  const eu = { region: "eu" };
  const models = (target: object) => [
    {
      name: "m",
      targets: [{ model: "v/x", labels: eu, tags: ["safe"] }],
      cache: {},
      semantic_cache: { ...settings, embed_model: "vectors" },
    },
    { name: "vectors", targets: [{ model: "v/embedder", ...target }] },
  ];
  const keys = [{ name: "eu", value: { value: "sk-eu" }, labels: eu }];
  const when = "call.model == 'm'";
  const bound: readonly (readonly [string, object, object, Sending, number])[] = [
    ["a label of its key", {}, { keys }, { key: "sk-eu" }, 0],
    ["a label of its key that it has", { labels: eu }, { keys }, { key: "sk-eu" }, 2],
    ["a label in a header", {}, {}, { headers: { "x-parlance-labels": "region=eu" } }, 0],
    ["a rule", {}, { rules: [{ name: "r", when, exclude: ["v/embedder"] }] }, {}, 0],
    ["a rule's tag", { tags: ["x"] }, { rules: [{ name: "r", when, add_tags: ["safe"] }] }, {}, 0],
    ["a tag in the body", { tags: ["x"] }, {}, { body: { metadata: { tags: ["safe"] } } }, 0],
    ["a tag that it has", { tags: ["safe"] }, {}, { body: { metadata: { tags: ["safe"] } } }, 2],
  ];
  for (const [title, target, more, sending, expected] of bound)
    it(`${expected === 0 ? "are not looked for" : "are taken"} where the embedding model is bound by ${title}`, async () => {
      const { ask, embedded } = await setUp({ more: { models: models(target), ...more } });
      expect(await ask(question, sending)).toMatchObject({ text: "answer 1" });
      const second = expected === 0 ? "answer 2" : "answer 1";
      expect(await ask(alike, sending)).toMatchObject({ text: second });
      expect(embedded()).toBe(expected);
    });

  it("leave a record of what the vector took", async () => {
    const { ask, gateway } = await setUp();
    await ask(question);
    const records = await gateway.recorded(2);
    const embedding = records.find(({ operation }) => operation === "embed");
    expect(embedding).toMatchObject({ model: "v/embedder", usage: { inputTokens: 4n } });
    const chat = records.find(({ operation }) => operation === "chat");
    expect(chat?.usage).toMatchObject({ inputTokens: 9n, outputTokens: 2n });
  });
});
