import { createHash } from "node:crypto";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { asArray, asObject } from "../json-value.ts";
import { prefaceText, refusalText, thinkingText, unicodeText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { openAiUsage } from "./chat-usage.ts";
import { defaultDimensions, embeddingOf } from "./embeddings.ts";
import { startOpenAiVendor } from "./start-openai-vendor.ts";

const tool = (name: string): OpenAI.Chat.ChatCompletionTool => ({
  type: "function",
  function: {
    name,
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
});
const user = (content: string): OpenAI.Chat.ChatCompletionMessageParam => ({
  role: "user",
  content,
});

describe("the simulated OpenAI, called by the official client", () => {
  let vendor: Vendor;
  let client: OpenAI;
  const chat = (
    model: string,
    rest: Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming> = {},
  ) => client.chat.completions.create({ model, messages: [user("hi there")], ...rest });
  const streamed = (
    model: string,
    rest: Partial<OpenAI.Chat.ChatCompletionCreateParamsStreaming> = {},
  ) =>
    client.chat.completions.stream({ model, messages: [user("hi there")], ...rest, stream: true });

  beforeAll(async () => {
    vendor = await startOpenAiVendor();
  });
  beforeEach(() => {
    client = new OpenAI({ apiKey: "sk-test", baseURL: `${vendor.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => vendor.close());

  it("echoes the last user message, with the vendor's headers", async () => {
    const { data, response } = await client.chat.completions
      .create({ model: "gpt-4o", messages: [user("hi there")] })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("You said: hi there");
    expect(data.usage?.prompt_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(response.headers.get("x-ratelimit-remaining-tokens")).toBe("199962");
  });

  it("streams what the unary reply says, usage included when it is asked for", async () => {
    const whole = await chat("gpt-4o");
    const final = await streamed("gpt-4o", {
      stream_options: { include_usage: true },
    }).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(final.usage).toEqual(whole.usage);
    expect((await streamed("gpt-4o").finalChatCompletion()).usage).toBeUndefined();
  });

  for (const stream of [false, true]) {
    const complete = async (
      model: string,
      rest: Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming> = {},
    ) => {
      const { stream: _, ...shared } = rest;
      const reply = stream
        ? await streamed(model, shared).finalChatCompletion()
        : await chat(model, shared);
      const choice = reply.choices[0];
      if (choice === undefined) throw new Error("no choice");
      return { ...choice, usage: reply.usage, choices: reply.choices };
    };
    const way = stream ? "streamed" : "unary";

    it(`calls one tool and quotes its result (${way})`, async () => {
      const tools = [tool("weather")];
      const first = await complete("x-tools", { tools });
      expect(first.finish_reason).toBe("tool_calls");
      const { content, tool_calls: calls = [] } = first.message;
      expect(calls).toHaveLength(1);
      const call = calls[0];
      if (call?.type !== "function") throw new Error("no function call");
      expect(Object.keys(JSON.parse(call.function.arguments))).toEqual(["city"]);
      const answered: OpenAI.Chat.ChatCompletionMessageParam[] = [
        user("weather?"),
        {
          role: "assistant",
          content,
          tool_calls: [{ id: call.id, type: "function", function: call.function }],
        },
        { role: "tool", tool_call_id: call.id, content: "21 degrees" },
      ];
      const second = await complete("x-tools", { tools, messages: answered });
      expect(second.message.content).toBe("The tool said: 21 degrees");
    });

    for (const scenario of ["parallel-tools", "interleaved-tools"]) {
      it(`calls two tools at once in ${scenario} (${way})`, async () => {
        const { message } = await complete(`x-${scenario}`, { tools: [tool("a"), tool("b")] });
        const calls =
          message.tool_calls?.flatMap((call) =>
            call.type === "function" ? [call.function] : [],
          ) ?? [];
        expect(calls.map((call) => call.name)).toEqual(["a", "b"]);
        for (const call of calls) expect(() => JSON.parse(call.arguments)).not.toThrow();
      });
    }

    it(`says a sentence before a call (${way})`, async () => {
      const { message } = await complete("x-text-and-tools", { tools: [tool("a")] });
      expect(message).toMatchObject({
        content: prefaceText,
        tool_calls: [{ function: { name: "a" } }],
      });
    });

    it(`calls one tool when parallel calls are off (${way})`, async () => {
      const { message } = await complete("x-parallel-tools", {
        tools: [tool("a"), tool("b")],
        parallel_tool_calls: false,
      });
      expect(message.tool_calls).toHaveLength(1);
    });

    it(`states the bytes of an image and the url of another (${way})`, async () => {
      const bytes = Buffer.from("not really a png");
      const { message } = await complete("x-image", {
        messages: [
          {
            role: "user",
            content: [
              {
                type: "image_url",
                image_url: { url: `data:image/png;base64,${bytes.toString("base64")}` },
              },
              {
                type: "image_url",
                image_url: { url: "https://example.com/cat.png", detail: "low" },
              },
            ],
          },
        ],
      });
      const digest = createHash("sha256").update(bytes).digest("hex");
      expect(message.content).toBe(
        `image 1: image/png 16 bytes sha256=${digest}\nimage 2: https://example.com/cat.png`,
      );
    });

    it(`answers JSON for a schema (${way})`, async () => {
      const schema = {
        type: "object",
        properties: { n: { type: "integer" } },
        required: ["n"],
        additionalProperties: false,
      };
      const { message } = await complete("x-structured", {
        response_format: { type: "json_schema", json_schema: { name: "s", strict: true, schema } },
      });
      expect(JSON.parse(message.content ?? "")).toEqual({ n: 7 });
    });

    it(`refuses, reasons, cites and reports log probabilities (${way})`, async () => {
      expect((await complete("x-refusal")).message).toMatchObject({
        content: null,
        refusal: refusalText,
      });
      expect((await complete("x-thinking")).message).toMatchObject({
        content: "You said: hi there",
      });
      expect((await complete("x-citations")).message).toMatchObject({
        annotations: [{ type: "url_citation" }],
      });
      const { logprobs } = await complete("x-logprobs", { logprobs: true, top_logprobs: 3 });
      expect(logprobs?.content?.map((token) => token.token).join("")).toBe("You said: hi there");
      expect(logprobs?.content?.[0]?.top_logprobs).toHaveLength(3);
    });

    const reasons = [
      ["length", "length"],
      ["content-filter", "content_filter"],
      ["stop-sequence", "stop"],
      ["context-window", "length"],
    ] as const;
    it.each(reasons)(`ends %s with %s (${way})`, async (scenario, reason) => {
      // The client's stream helper throws on these two reasons only when it parses a structured
      // reply.
      expect((await complete(`x-${scenario}`)).finish_reason).toBe(reason);
    });

    it(`answers n choices and keeps multi-byte text whole (${way})`, async () => {
      const { choices } = await complete("gpt-4o", { n: 3 });
      expect(choices.map((choice) => choice.message.content)).toEqual([
        "You said: hi there",
        "You said: hi there (choice 1)",
        "You said: hi there (choice 2)",
      ]);
      expect((await complete("x-unicode")).message.content).toBe(unicodeText);
    });
  }

  it("reports every usage detail", async () => {
    expect((await chat("x-usage")).usage).toEqual(openAiUsage);
    expect((await chat("x-thinking")).usage?.completion_tokens_details?.reasoning_tokens).toBe(16);
  });

  it("streams reasoning before the text", async () => {
    const seen: string[] = [];
    for await (const chunk of await client.chat.completions.create({
      model: "x-thinking",
      messages: [user("hi")],
      stream: true,
    })) {
      const delta: object = chunk.choices[0]?.delta ?? {};
      if ("reasoning_content" in delta) seen.push(String(delta.reasoning_content));
    }
    expect(seen.join("")).toBe(thinkingText);
  });

  const errors = [
    ["e400", OpenAI.BadRequestError, 400, "decimal_above_max_value"],
    ["e401", OpenAI.AuthenticationError, 401, "invalid_api_key"],
    ["e403", OpenAI.PermissionDeniedError, 403, "unsupported_country_region_territory"],
    ["e404", OpenAI.NotFoundError, 404, "model_not_found"],
    ["e413", OpenAI.APIError, 413, null],
    ["e429", OpenAI.RateLimitError, 429, "rate_limit_exceeded"],
    ["quota", OpenAI.RateLimitError, 429, "insufficient_quota"],
    ["e500", OpenAI.InternalServerError, 500, null],
    ["e503", OpenAI.InternalServerError, 503, null],
    ["e529", OpenAI.InternalServerError, 503, null],
    ["context-length", OpenAI.BadRequestError, 400, "context_length_exceeded"],
    ["html", OpenAI.InternalServerError, 502, undefined],
  ] as const;
  it.each(errors)(
    "answers %s with the error the client knows",
    async (scenario, kind, status, code) => {
      for (const stream of [false, true]) {
        const failure = await client.chat.completions
          .create({ model: `x-${scenario}`, messages: [user("hi")], stream })
          .catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(kind);
        expect(failure).toMatchObject({ status, code });
      }
    },
  );

  it("tells when to retry a 429", async () => {
    vendor.next({ name: "e429", retryAfterSeconds: 7 });
    const failure = await chat("gpt-4o").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    if (failure instanceof OpenAI.RateLimitError)
      expect(failure.headers?.get("retry-after")).toBe("7");
  });

  it("embeds text and tokens, one and many, as floats and as base64", async () => {
    const model = "text-embedding-3-small";
    const one = await client.embeddings.create({ model, input: "hello", encoding_format: "float" });
    expect(one.data[0]?.embedding).toEqual([...embeddingOf("hello", defaultDimensions)]);
    // Without encoding_format the client asks for base64 and decodes it.
    const many = await client.embeddings.create({
      model,
      input: ["hello", "world"],
      dimensions: 3,
    });
    expect(many.data.map((item) => item.embedding)).toEqual(
      ["hello", "world"].map((text) => [...embeddingOf(text, 3)]),
    );
    expect(asObject(vendor.requests.at(-1)?.json)?.encoding_format).toBe("base64");
    const tokens = await client.embeddings.create({ model, input: [[1, 2], [3]] });
    expect(tokens.usage.prompt_tokens).toBe(3);
    expect(tokens.data).toHaveLength(2);
  });

  it("lists models and knows which there are", async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toContain("gpt-4o");
    expect((await client.models.retrieve("gpt-4o")).id).toBe("gpt-4o");
    await expect(client.models.retrieve("nope")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("records what it received, byte for byte", async () => {
    await chat("gpt-4o", { seed: 5 });
    const recorded = vendor.requests.at(-1);
    expect(recorded).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
    expect(recorded?.headers.authorization).toBe("Bearer sk-test");
    expect(JSON.parse(recorded?.rawBody.toString() ?? "")).toEqual(recorded?.json);
    expect(asArray(asObject(recorded?.json)?.messages)).toHaveLength(1);
  });
});
