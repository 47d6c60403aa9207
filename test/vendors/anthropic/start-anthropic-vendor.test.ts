import { createHash } from "node:crypto";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prefaceText, thinkingText, unicodeText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { anthropicUsage } from "./message-usage.ts";
import { startAnthropicVendor } from "./start-anthropic-vendor.ts";
import { redactedThinkingData, thinkingSignature } from "./thinking-signature.ts";

type Params = Partial<Anthropic.MessageCreateParamsNonStreaming>;

const tool = (name: string): Anthropic.Tool => ({
  name,
  input_schema: { type: "object", properties: { city: { type: "string" } } },
});

describe("the simulated Anthropic, called by the official client", () => {
  let vendor: Vendor;
  let client: Anthropic;

  beforeAll(async () => {
    vendor = await startAnthropicVendor();
    client = new Anthropic({ apiKey: "key", baseURL: vendor.url, maxRetries: 0 });
  });
  afterAll(() => vendor.close());

  const textOf = (message: Anthropic.Message) =>
    message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
  const callsOf = (message: Anthropic.Message) =>
    message.content.filter((block) => block.type === "tool_use");

  for (const stream of [false, true]) {
    const way = stream ? "streamed" : "unary";
    const complete = (model: string, rest: Params = {}): Promise<Anthropic.Message> => {
      const { stream: _, ...shared } = rest;
      const params = {
        model,
        max_tokens: 4000,
        messages: [{ role: "user" as const, content: "hi there" }],
        ...shared,
      };
      return stream
        ? client.messages.stream(params).finalMessage()
        : client.messages.create(params);
    };

    it(`echoes the last user message (${way})`, async () => {
      const message = await complete("claude-haiku-4-5");
      expect(textOf(message)).toBe("You said: hi there");
      expect(message).toMatchObject({
        stop_reason: "end_turn",
        usage: { cache_read_input_tokens: 0 },
      });
      expect(message.usage.output_tokens).toBeGreaterThan(1);
    });

    it(`calls one tool and quotes its result (${way})`, async () => {
      const tools = [tool("weather")];
      const first = await complete("x-tools", { tools });
      expect(first.stop_reason).toBe("tool_use");
      const call = callsOf(first)[0];
      expect(call?.input).toEqual({ city: expect.any(String) });
      const messages: Anthropic.MessageParam[] = [
        { role: "user", content: "weather?" },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: call?.id ?? "", name: "weather", input: call?.input }],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: call?.id ?? "", content: "21 degrees" }],
        },
      ];
      expect(textOf(await complete("x-tools", { tools, messages }))).toBe(
        "The tool said: 21 degrees",
      );
    });

    it(`says a sentence before a call (${way})`, async () => {
      const { content } = await complete("x-text-and-tools", { tools: [tool("a")] });
      expect(content).toMatchObject([
        { type: "text", text: prefaceText },
        { type: "tool_use", name: "a" },
      ]);
    });

    it(`calls two tools at once unless parallel calls are off (${way})`, async () => {
      const tools = [tool("a"), tool("b")];
      expect(
        callsOf(await complete("x-parallel-tools", { tools })).map((call) => call.name),
      ).toEqual(["a", "b"]);
      const single = await complete("x-parallel-tools", {
        tools,
        tool_choice: { type: "auto", disable_parallel_tool_use: true },
      });
      expect(callsOf(single)).toHaveLength(1);
    });

    it(`states the bytes of an image and a document and the url of another (${way})`, async () => {
      const bytes = Buffer.from("not really a png");
      const data = bytes.toString("base64");
      const message = await complete("x-image", {
        messages: [
          {
            role: "user",
            content: [
              { type: "image", source: { type: "base64", media_type: "image/png", data } },
              { type: "document", source: { type: "base64", media_type: "application/pdf", data } },
              { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
            ],
          },
        ],
      });
      const digest = createHash("sha256").update(bytes).digest("hex");
      expect(textOf(message).split("\n")).toEqual([
        `image 1: image/png 16 bytes sha256=${digest}`,
        `document 2: application/pdf 16 bytes sha256=${digest}`,
        "image 3: https://example.com/cat.png",
      ]);
    });

    it(`answers JSON for a schema, and the forced tool (${way})`, async () => {
      const schema = {
        type: "object",
        properties: { n: { type: "integer" } },
        required: ["n"],
        additionalProperties: false,
      };
      expect(
        JSON.parse(
          textOf(
            await complete("x-structured", {
              output_config: { format: { type: "json_schema", schema } },
            }),
          ),
        ),
      ).toEqual({ n: 7 });
      const forced = await complete("x-structured", {
        tools: [tool("a"), tool("b")],
        tool_choice: { type: "tool", name: "b" },
      });
      expect(callsOf(forced).map((call) => call.name)).toEqual(["b"]);
    });

    const thoughts = [
      [
        "thinking",
        { type: "thinking", thinking: thinkingText, signature: thinkingSignature(thinkingText) },
      ],
      ["signature-only", { type: "thinking", thinking: "", signature: thinkingSignature("") }],
      ["redacted-thinking", { type: "redacted_thinking", data: redactedThinkingData }],
    ] as const;
    it.each(thoughts)(
      `reasons in %s and takes the block back unchanged (${way})`,
      async (scenario, block) => {
        const message = await complete(`x-${scenario}`);
        expect(message.content[0]).toEqual(block);
        expect(textOf(message)).toBe("You said: hi there");
        const again: Anthropic.MessageParam[] = [
          { role: "user", content: "hi" },
          { role: "assistant", content: [block, { type: "text", text: "You said: hi" }] },
          { role: "user", content: "more" },
        ];
        expect(textOf(await complete("x-text", { messages: again }))).toBe("You said: more");
      },
    );

    const stops = [
      ["length", "max_tokens"],
      ["stop-sequence", "stop_sequence"],
      ["content-filter", "refusal"],
      ["refusal", "refusal"],
      ["pause-turn", "pause_turn"],
      ["context-window", "model_context_window_exceeded"],
    ] as const;
    it.each(stops)(`ends %s with %s (${way})`, async (scenario, reason) => {
      const message = await complete(`x-${scenario}`, { stop_sequences: ["STOP"] });
      expect(message.stop_reason).toBe(reason);
      expect(message.stop_sequence).toBe(reason === "stop_sequence" ? "STOP" : null);
      expect(message.stop_details?.type).toBe(reason === "refusal" ? "refusal" : undefined);
    });

    it(`reports usage, cites, searches and keeps multi-byte text whole (${way})`, async () => {
      const { usage } = await complete("x-usage");
      expect(usage).toMatchObject(anthropicUsage);
      const [cited] = (await complete("x-citations")).content;
      expect(cited).toMatchObject({
        type: "text",
        citations: [{ type: "char_location" }, { type: "page_location" }],
      });
      const searched = await complete("x-server-tools");
      expect(searched.content.map((block) => block.type)).toEqual([
        "server_tool_use",
        "web_search_tool_result",
        "text",
      ]);
      expect(searched.content[0]).toMatchObject({ input: { query: "hi there" } });
      expect(textOf(await complete("x-unicode"))).toBe(unicodeText);
    });

    const errors = [
      ["e400", Anthropic.BadRequestError, 400, "invalid_request_error"],
      ["e401", Anthropic.AuthenticationError, 401, "authentication_error"],
      ["e403", Anthropic.PermissionDeniedError, 403, "permission_error"],
      ["e404", Anthropic.NotFoundError, 404, "not_found_error"],
      ["e413", Anthropic.APIError, 413, "request_too_large"],
      ["e429", Anthropic.RateLimitError, 429, "rate_limit_error"],
      ["quota", Anthropic.BadRequestError, 400, "invalid_request_error"],
      ["e500", Anthropic.InternalServerError, 500, "api_error"],
      ["e503", Anthropic.InternalServerError, 503, "api_error"],
      ["e529", Anthropic.InternalServerError, 529, "overloaded_error"],
      ["context-length", Anthropic.BadRequestError, 400, "invalid_request_error"],
      ["html", Anthropic.InternalServerError, 502, null],
    ] as const;
    it.each(errors)(
      `answers %s with the error the client knows (${way})`,
      async (scenario, kind, status, type) => {
        const failure = await complete(`x-${scenario}`).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(kind);
        expect(failure).toMatchObject({ status, type });
      },
    );
  }

  it("sends the vendor's headers and tells when to retry", async () => {
    const call = {
      model: "m",
      max_tokens: 1,
      messages: [{ role: "user" as const, content: "hi" }],
    };
    const { response } = await client.messages.create(call).withResponse();
    expect(response.headers.get("request-id")).toMatch(/^req_\d{24}$/);
    expect(response.headers.get("anthropic-ratelimit-requests-remaining")).toBe("3999");
    vendor.next({ name: "e529", retryAfterSeconds: 9 });
    const failure = await client.messages.create(call).catch((error: unknown) => error);
    if (!(failure instanceof Anthropic.APIError)) throw new Error("expected an API error");
    expect(failure.headers?.get("retry-after")).toBe("9");
    expect(failure.headers?.get("x-should-retry")).toBe("true");
  });

  it("counts tokens without max_tokens", async () => {
    const counted = await client.messages.countTokens({
      model: "m",
      messages: [{ role: "user", content: "hello" }],
    });
    expect(counted.input_tokens).toBeGreaterThan(0);
  });

  it("lists models and knows which there are", async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toContain("claude-haiku-4-5");
    expect((await client.models.retrieve("claude-haiku-4-5")).type).toBe("model");
    await expect(client.models.retrieve("nope")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });
});
