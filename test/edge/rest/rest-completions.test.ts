import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { startMistralVendor } from "../../vendors/mistral/start-mistral-vendor.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../../vendors/start-vendor-server.ts";

const key = "key-of-the-test-0123456789";
const instruct = "openai/gpt-3.5-turbo-instruct";
const records: CallRecord[] = [];

let openai: Vendor;
let mistral: Vendor;
let gateway: RunningGateway;
let client: OpenAI;
beforeAll(async () => {
  openai = await startOpenAiVendor();
  mistral = await startMistralVendor();
  const api_key = "{ value: vendor-key }";
  const config = `
server: { host: 127.0.0.1, port: 0 }
auth: { admin_key: { value: ${key} } }
providers:
  sim: { kind: sim }
  openai: { kind: openai, base_url: "${openai.url}/v1", api_key: ${api_key} }
  vllm: { kind: vllm, base_url: "${openai.url}/v1", api_key: ${api_key} }
  deepseek: { kind: deepseek, base_url: "${openai.url}", api_key: ${api_key} }
  chats: { kind: openai_compatible, base_url: "${openai.url}/v1", api_key: ${api_key} }
  mistral: { kind: mistral, base_url: "${mistral.url}/v1", api_key: ${api_key} }
models:
  - { name: mine, traits: { completions_only: true }, targets: [{ model: chats/my-base }] }
`;
  gateway = await startGateway({ config, world: { record: (one) => records.push(one) } });
  client = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await gateway.close();
  await openai.close();
  await mistral.close();
});
beforeEach(() => {
  openai.reset();
  mistral.reset();
  records.length = 0;
});

async function post(path: string, body: object, strict = false) {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${key}`,
      "x-parlance-strict": String(strict),
    },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    fidelity: response.headers.get("x-parlance-fidelity"),
    text: await response.text(),
  };
}

type Params = Omit<OpenAI.CompletionCreateParamsStreaming, "stream">;

/** The text of each choice of a stream, by its index, and what else was told. */
async function streamed(params: Params) {
  const texts: string[] = [];
  const finishes: (string | null)[] = [];
  let usage: OpenAI.CompletionUsage | undefined;
  const stream = await client.completions.create({ ...params, stream: true });
  for await (const chunk of stream) {
    expect(chunk.object).toBe("text_completion");
    for (const { index, text, finish_reason: finish } of chunk.choices) {
      texts[index] = (texts[index] ?? "") + text;
      if (finish !== null) finishes[index] = finish;
    }
    if (chunk.usage) usage = chunk.usage;
  }
  return { texts, finishes, usage };
}

describe("a legacy completion of a vendor that has them", () => {
  const params: Params = {
    model: instruct,
    prompt: ["one", "two"],
    suffix: "three",
    echo: true,
    best_of: 3,
    n: 2,
    logprobs: 1,
    seed: 4,
  };

  it("passes through whole, with all that only this dialect has", async () => {
    const reply = await client.completions.create(params);
    expect(reply.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, "one up to three"],
      [1, "one up to three"],
      [2, "two up to three"],
      [3, "two up to three"],
    ]);
    expect(reply.choices[0]?.logprobs?.text_offset).toEqual([0, 3, 6, 9]);
    expect(openai.requests.map(({ path, json }) => [path, json])).toEqual([
      ["/v1/completions", { ...params, model: "gpt-3.5-turbo-instruct" }],
    ]);
    expect(records[0]).toMatchObject({ operation: "chat", usage: { inputTokens: 2n } });
  });

  it("passes through streamed; the gateway's own request for usage is not seen", async () => {
    const { texts, finishes, usage } = await streamed({ model: instruct, prompt: ["one", "two"] });
    expect([texts, finishes, usage]).toEqual([
      [" and one", " and two"],
      ["stop", "stop"],
      undefined,
    ]);
    expect(openai.requests[0]?.json).toMatchObject({ stream_options: { include_usage: true } });
    expect(records[0]).toMatchObject({ usage: { inputTokens: 2n, outputTokens: 4n } });
    const asked = await streamed({
      model: instruct,
      prompt: "one",
      stream_options: { include_usage: true },
    });
    expect(asked.usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 2 });
  });

  it("takes token ids, which only such a vendor reads", async () => {
    const reply = await client.completions.create({ model: instruct, prompt: [1, 2] });
    expect(reply.choices[0]?.text).toBe(" and 1 2");
    await expect(client.completions.create({ model: "sim/echo", prompt: [[1]] })).rejects.toThrow(
      /400 prompt: holds token ids/,
    );
  });

  it("fails in the vendor's words, and a broken stream has no end", async () => {
    openai.next("e429");
    await expect(client.completions.create({ model: instruct, prompt: "a" })).rejects.toThrow(
      /^429/,
    );
    openai.next("cut");
    const { text } = await post("/v1/completions", { model: instruct, prompt: "a", stream: true });
    expect(text).toContain('"code":"upstream_cut"');
    expect(text).not.toContain("[DONE]");
  });

  it("answers chats of such a model too, with the conversation as one prompt", async () => {
    const reply = await client.chat.completions.create({
      model: instruct,
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "one" },
      ],
      max_completion_tokens: 5,
    });
    expect(reply.choices[0]?.message.content).toBe(" and System: be brief\nUser: one\nAssistant:");
    expect(openai.requests[0]?.json).toEqual({
      model: "gpt-3.5-turbo-instruct",
      prompt: "System: be brief\nUser: one\nAssistant:",
      max_tokens: 5,
      stop: ["\nUser:"],
      stream: false,
    });
  });
});

/** Models that have no chats, by what is known of them and by the configuration. */
const bases = ["vllm/Qwen/Qwen3-8B-Base", "chats/deepseek-ai/DeepSeek-V3-Base", "mine"];

describe("a legacy completion of a vendor that has a part of them", () => {
  const sampling = { temperature: 0.5, top_k: 3, seed: 5, n: 1, user: "u", best_of: 2 };
  const body = { model: "deepseek/deepseek-chat", prompt: "a", suffix: "b", echo: true };

  it("is fitted, and says what is lost; strict refuses it", async () => {
    const { status, fidelity } = await post("/v1/completions", { ...body, ...sampling });
    expect([status, fidelity]).toEqual([
      200,
      "sampling.top_k=DROPPED, sampling.seed=DROPPED, n=MAPPED, user=DROPPED, best_of=DROPPED",
    ]);
    expect(openai.requests.map(({ path, json }) => [path, json])).toEqual([
      ["/beta/completions", { ...body, model: "deepseek-chat", temperature: 0.5 }],
    ]);
    expect((await post("/v1/completions", { ...body, ...sampling }, true)).status).toBe(400);
    expect(openai.requests).toHaveLength(1);
  });

  it("is asked for several answers one by one", async () => {
    const { status, fidelity, text } = await post("/v1/completions", { ...body, n: 2 });
    expect([status, fidelity]).toEqual([200, expect.stringContaining("n=EMULATED")]);
    expect(JSON.parse(text).choices).toHaveLength(2);
    expect(openai.requests).toHaveLength(2);
  });

  it("of a client that fills in is fitted alike", async () => {
    const { model, prompt, suffix } = body;
    const fim = { model, prompt, suffix, random_seed: 5, min_tokens: 1, max_tokens: 9 };
    const { fidelity } = await post("/v1/fim/completions", fim);
    expect(fidelity).toContain("min_tokens=DROPPED");
    expect(fidelity).toContain("sampling.seed=DROPPED");
    expect(openai.requests[0]?.json).toEqual({
      model: "deepseek-chat",
      prompt,
      suffix,
      max_tokens: 9,
      stream: false,
    });
  });
});

describe("a model that only goes on with a text", () => {
  const prompt = "System: be brief\nUser: one\nAssistant:";
  const system = "be brief";
  const messages = [{ role: "user", content: "one" }];
  const spoken = [{ role: "system", content: system }, ...messages];
  const asks: readonly (readonly [path: string, body: object])[] = [
    ["/v1/chat/completions", { messages: spoken, logprobs: true, top_logprobs: 1 }],
    ["/v1/responses", { instructions: system, input: "one" }],
    ["/v1/messages", { system, messages, max_tokens: 5 }],
    ["/v2/chat", { messages: spoken }],
    ["/v1/chat", { preamble: system, message: "one" }],
    ["/api/chat", { messages: spoken }],
  ];
  for (const model of bases) {
    for (const [path, body] of asks) {
      for (const stream of [false, true]) {
        it(`${model} gets a conversation of ${path} as a prompt${stream ? ", streamed" : ""}`, async () => {
          const { status, text, fidelity } = await post(path, { model, stream, ...body });
          expect(status).toBe(200);
          expect(openai.requests.map((one) => one.path)).toEqual(["/v1/completions"]);
          expect(openai.requests[0]?.json).toMatchObject({ prompt, stop: ["\nUser:"], stream });
          expect(fidelity).toContain("EMULATED");
          for (const word of ["System", "brief"]) expect(text).toContain(word);
          expect(records[0]).toMatchObject({ usage: { inputTokens: 10n, outputTokens: 11n } });
        });
      }
    }

    it(`${model} gets a legacy completion as it is`, async () => {
      const body = { model, prompt: ["one", [1, 2]], echo: true, best_of: 3, n: 2, suffix: "x" };
      const { status, fidelity } = await post("/v1/completions", body);
      expect([status, fidelity]).toEqual([200, null]);
      expect(openai.requests[0]?.json).toEqual({ ...body, model: expect.any(String) });
    });
  }

  it("loses tools, and says so; strict refuses it", async () => {
    const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
    const body = { model: "mine", messages, tools, tool_choice: "auto" };
    const { status, fidelity } = await post("/v1/chat/completions", body);
    expect([status, fidelity]).toEqual([200, expect.stringContaining("tools=DROPPED")]);
    expect((await post("/v1/chat/completions", body, true)).status).toBe(400);
    expect(openai.requests).toHaveLength(1);
  });

  it("ends where the caller says, and before the user's next line where there is room", async () => {
    for (const own of [["a"], ["a", "b", "c"], ["a", "b", "c", "d"], ["\nUser:"]]) {
      openai.reset();
      await post("/v1/chat/completions", { model: "mine", messages: spoken, stop: own });
      const room = own.length < 4 && !own.includes("\nUser:");
      const stop = room ? [...own, "\nUser:"] : own;
      expect(openai.requests[0]?.json).toMatchObject({ stop });
    }
  });

  it("tells log probabilities in the words of chats", async () => {
    const body = { model: "mine", messages, logprobs: true, top_logprobs: 1 };
    const { text } = await post("/v1/chat/completions", body);
    const [choice] = JSON.parse(text).choices;
    expect(choice.logprobs.content[0]).toMatchObject({
      token: " and",
      logprob: -0.5,
      top_logprobs: [{ token: " and", logprob: -0.5 }],
    });
  });
});

describe("a legacy completion of a chat model", () => {
  it("is a chat of one message", async () => {
    const reply = await client.completions.create({
      model: "openai/gpt-4o",
      prompt: "hello",
      max_tokens: 7,
      seed: 5,
      stop: ["END"],
    });
    expect(reply).toMatchObject({
      object: "text_completion",
      choices: [{ text: "You said: hello", index: 0, finish_reason: "stop", logprobs: null }],
    });
    expect(reply.usage?.total_tokens).toBeGreaterThan(0);
    expect(openai.requests.map(({ path, json }) => [path, json])).toEqual([
      [
        "/v1/chat/completions",
        {
          model: "gpt-4o",
          messages: [{ role: "user", content: "hello" }],
          max_completion_tokens: 7,
          seed: 5,
          stop: ["END"],
        },
      ],
    ]);
  });

  it("is streamed as text, with usage for those who ask for it", async () => {
    const params: Params = { model: "sim/echo", prompt: "one two three" };
    const plain = await streamed(params);
    expect(plain).toEqual({ texts: ["one two three"], finishes: ["stop"], usage: undefined });
    const { usage } = await streamed({ ...params, stream_options: { include_usage: true } });
    expect(usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 4, total_tokens: 8 });
  });

  it("of several prompts is a chat for each, with n choices in the order of the prompts", async () => {
    const params: Params = { model: "sim/echo", prompt: ["one", "two", "three"], n: 2 };
    const expected = ["one", "one", "two", "two", "three", "three"];
    const reply = await client.completions.create(params);
    expect(reply.choices.map(({ index, text }) => [index, text])).toEqual(
      expected.map((text, index) => [index, text]),
    );
    const { texts, finishes } = await streamed(params);
    expect(texts).toEqual(expected);
    expect(finishes).toEqual(expected.map(() => "stop"));
    const { fidelity } = await post("/v1/completions", params);
    expect(fidelity).toBe("prompt=EMULATED");
  });

  it("of several prompts fails as one, and is recorded once", async () => {
    openai.next("text");
    openai.next("e500");
    const params = { model: "openai/gpt-4o", prompt: ["a", "b"] };
    await expect(client.completions.create(params)).rejects.toThrow(/^50/);
    expect(records).toHaveLength(1);
    expect(records[0]?.attempts).toHaveLength(1);
  });

  it("has log probabilities as lists, whole and streamed", async () => {
    openai.setDefault("logprobs");
    const params: Params = { model: "openai/gpt-4o", prompt: "hello", logprobs: 2 };
    const [choice] = (await client.completions.create(params)).choices;
    expect(openai.requests[0]?.json).toMatchObject({ logprobs: true, top_logprobs: 2 });
    const { tokens = [], text_offset: offsets, top_logprobs: tops } = choice?.logprobs ?? {};
    expect(tokens.join("")).toBe(choice?.text);
    expect(offsets).toEqual(tokens.map((_, at) => tokens.slice(0, at).join("").length));
    expect(Object.keys(tops?.[0] ?? {})).toHaveLength(2);
    const placed: number[] = [];
    for await (const chunk of await client.completions.create({ ...params, stream: true })) {
      for (const { logprobs } of chunk.choices) placed.push(...(logprobs?.text_offset ?? []));
    }
    expect(placed).toEqual(offsets);
  });

  it("loses what chats have not, and says so; strict refuses it", async () => {
    const body = {
      model: "chats/gpt-4o",
      prompt: "a",
      suffix: "b",
      echo: true,
      best_of: 2,
      logit_bias: { 5: 1 },
    };
    const { status, fidelity } = await post("/v1/completions", body);
    expect([status, fidelity]).toEqual([
      200,
      ["suffix", "echo", "best_of"].map((name) => `${name}=DROPPED`).join(", "),
    ]);
    const refused = await post("/v1/completions", body, true);
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text).error.message).toContain("suffix");
    expect(openai.requests).toHaveLength(1);
  });

  it("loses nothing by what is so anyway", async () => {
    const body = { model: "chats/gpt-4o", prompt: "a", suffix: "", echo: false, best_of: 1, n: 1 };
    const { status, fidelity } = await post("/v1/completions", body, true);
    expect([status, fidelity]).toEqual([200, null]);
  });

  it("that breaks in the middle ends with an error and no end mark", async () => {
    const body = { model: "sim/cut", prompt: "one two three four", stream: true };
    const { text } = await post("/v1/completions", body);
    expect(text).toContain('"text":"one');
    expect(text).toContain('"code":"upstream_cut"');
    expect(text).not.toContain("[DONE]");
  });

  const wrong: readonly (readonly [body: object, message: string])[] = [
    [{ model: "sim/echo" }, "prompt: must be a string or a non-empty array of strings"],
    [{ model: "sim/echo", prompt: [] }, "prompt: must be a string"],
    [{ model: "sim/echo", prompt: ["a", 1] }, "prompt: holds token ids"],
    [{ model: "sim/echo", prompt: "a", suffix: 1 }, "suffix: must be a string"],
    [{ model: "sim/echo", prompt: "a", echo: 1 }, "echo: must be true or false"],
    [{ model: "sim/echo", prompt: "a", n: 2, best_of: 1 }, "best_of: must not be less than n"],
    [{ model: "sim/echo", prompt: "a", logprobs: true }, "logprobs: must be a whole number"],
    [{ model: "sim/echo", prompt: "a", stream: "yes" }, "stream: must be true or false"],
    [{ model: "sim/echo", prompt: Array(65).fill("a"), n: 2 }, "at most 128 choices"],
    [{ prompt: "a" }, "model: is required"],
  ];
  for (const [body, message] of wrong) {
    it(`is refused: ${message}`, async () => {
      const { status, text } = await post("/v1/completions", body);
      expect([status, JSON.parse(text).error.message]).toEqual([
        400,
        expect.stringContaining(message),
      ]);
    });
  }
});

describe("what stands between a prompt and a suffix", () => {
  const fim = {
    model: "mistral/codestral-latest",
    prompt: "def a():",
    suffix: "return b",
    random_seed: 3,
    min_tokens: 1,
    max_tokens: 9,
  };
  const content = "def a(): ... return b";

  it("is filled in natively for clients of the vendor, whole", async () => {
    const { status, fidelity, text } = await post("/v1/fim/completions", fim);
    expect([status, fidelity]).toEqual([200, null]);
    expect(JSON.parse(text)).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { content, tool_calls: null } }],
      usage: { total_tokens: 5 },
    });
    expect(mistral.requests.map(({ path, json }) => [path, json])).toEqual([
      ["/v1/fim/completions", { ...fim, model: "codestral-latest" }],
    ]);
  });

  it("is filled in natively for clients of the vendor, streamed", async () => {
    const { text } = await post("/v1/fim/completions", { ...fim, stream: true });
    const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json = ""]) => JSON.parse(json));
    expect(chunks.map(({ choices }) => choices[0].delta.content).join("")).toBe(content);
    expect(chunks.at(-1)).toMatchObject({ usage: { total_tokens: 5 } });
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(records[0]).toMatchObject({ usage: { totalTokens: 5n } });
  });

  it("is filled in for clients of legacy completions, whole and streamed", async () => {
    const params: Params = {
      model: fim.model,
      prompt: fim.prompt,
      suffix: fim.suffix,
      seed: 3,
      stop: ["END"],
    };
    const reply = await client.completions.create(params);
    expect(reply).toMatchObject({ object: "text_completion", choices: [{ text: content }] });
    expect((await streamed(params)).texts).toEqual([content]);
    const body = {
      model: "codestral-latest",
      prompt: fim.prompt,
      suffix: fim.suffix,
      random_seed: 3,
      stop: ["END"],
    };
    expect(mistral.requests.map(({ path, json }) => [path, json])).toEqual([
      ["/v1/fim/completions", body],
      ["/v1/fim/completions", { ...body, stream: true }],
    ]);
    const { fidelity } = await post("/v1/completions", { ...params, echo: true, n: 2 });
    expect(fidelity).toContain("echo=DROPPED");
    expect(fidelity).toContain("n=EMULATED");
  });

  it("is fitted to the vendor, whose own bytes else pass", async () => {
    const foreign = { seed: 5, n: 1, user: "u", logprobs: 2, echo: true, best_of: 2, top_k: 3 };
    const { random_seed: _, ...plain } = fim;
    const { status, fidelity } = await post("/v1/fim/completions", { ...plain, ...foreign });
    expect([status, fidelity]).toEqual([
      200,
      "n=MAPPED, user=DROPPED, sampling.logprobs=DROPPED, echo=DROPPED, best_of=DROPPED, sampling.top_k=DROPPED",
    ]);
    expect(mistral.requests[0]?.json).toEqual({
      ...plain,
      model: "codestral-latest",
      random_seed: 5,
    });
    expect((await post("/v1/fim/completions", { ...fim, user: "u" }, true)).status).toBe(400);
    expect(mistral.requests).toHaveLength(1);
  });

  it("is a chat where there is no suffix, or the model fills nothing in", async () => {
    await client.completions.create({ model: "mistral/codestral-latest", prompt: "a" });
    const { fidelity } = await post("/v1/completions", {
      model: "mistral/mistral-small",
      prompt: "a",
      suffix: "b",
    });
    expect(fidelity).toBe("suffix=DROPPED");
    expect(mistral.requests.map(({ path }) => path)).toEqual([
      "/v1/chat/completions",
      "/v1/chat/completions",
    ]);
  });

  it("is asked of a vendor of legacy completions by clients that fill in", async () => {
    const other = await post("/v1/fim/completions", { ...fim, model: "openai/davinci-002" });
    expect([other.status, other.fidelity]).toEqual([200, "min_tokens=DROPPED"]);
    const { min_tokens: _, ...known } = fim;
    const reply = await post("/v1/fim/completions", { ...known, model: "vllm/a" });
    expect(JSON.parse(reply.text)).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { content: " up to return b" } }],
    });
    expect(openai.requests[1]?.json).toEqual({
      model: "a",
      prompt: "def a():",
      suffix: "return b",
      seed: 3,
      max_tokens: 9,
      stream: false,
    });
  });

  it("is reported where the vendor only chats, and refused by strict", async () => {
    const body = { ...fim, model: "chats/gpt-4o" };
    const { fidelity } = await post("/v1/fim/completions", body);
    expect(fidelity).toContain("suffix=DROPPED");
    expect((await post("/v1/fim/completions", body, true)).status).toBe(400);
  });

  const wrong: readonly (readonly [body: object, message: string])[] = [
    [{ model: "sim/echo" }, "prompt: is required"],
    [{ model: "sim/echo", prompt: ["a"] }, "prompt: must be a string"],
    [{ model: "sim/echo", prompt: "a", suffix: 1 }, "suffix: must be a string"],
    [{ model: "sim/echo", prompt: "a", random_seed: -1 }, "random_seed: must be a whole number"],
  ];
  for (const [body, message] of wrong) {
    it(`is refused: ${message}`, async () => {
      const { status, text } = await post("/v1/fim/completions", body);
      expect([status, JSON.parse(text).error.message]).toEqual([
        400,
        expect.stringContaining(message),
      ]);
    });
  }
});

describe("a typed chat with a model of legacy completions", () => {
  it("is explained as it would be sent, tools reported as lost", async () => {
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const content = { case: "text", value: { text: "one" } } as const;
    const tool = { case: "function", value: { name: "look", parametersJson: "{}" } } as const;
    const { targets } = await createClient(ChatService, transport).explain(
      {
        chat: {
          model: instruct,
          messages: [{ role: Role.USER, parts: [{ content }] }],
          tools: [{ tool }],
          extrasJson: { "openai-completions": '{"echo":true}' },
        },
      },
      { headers: { authorization: `Bearer ${key}` } },
    );
    expect(targets[0]).toMatchObject({
      target: { dialect: "openai-completions" },
      requestLine: "POST /completions",
      bodyJson: '{"model":"gpt-3.5-turbo-instruct","prompt":"one","stream":false,"echo":true}',
      fidelity: [{ field: "tools", outcome: FieldOutcome.DROPPED }],
    });
  });
});
