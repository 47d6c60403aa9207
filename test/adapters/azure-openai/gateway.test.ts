import Anthropic from "@anthropic-ai/sdk";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import OpenAI, { APIError, AzureOpenAI } from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { asObject } from "../../vendors/json-value.ts";
import {
  type RecordedRequest,
  startVendorServer,
  type Vendor,
} from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { eventReply, jsonReply } from "../catalog/drive.ts";

const callerKey = "caller-key-of-the-test-0123456789";
const vendorKey = "vendor-key-of-the-test";
const messages = [{ role: "user" as const, content: "hi" }];
const safe = { hate: { filtered: false, severity: "safe" } };
const promptResults = [{ prompt_index: 0, content_filter_results: safe }];
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const offsets = { check_offset: 0, start_offset: 0, end_offset: 5 };
const claudeMessage = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
};

/** Azure as far as it is seen here: it knows keys, paths and filters. */
function answer({ path, headers, json }: RecordedRequest): VendorReply {
  const body = asObject(json);
  if (headers["api-key"] !== vendorKey)
    return jsonReply({ error: { code: "401", message: "Access denied" } }, 401);
  if (path.endsWith("/count_tokens")) return jsonReply({ input_tokens: 7 });
  if (path.startsWith("/anthropic/")) return jsonReply(claudeMessage);
  if (path.endsWith("/rerank"))
    return jsonReply({ id: "r", results: [{ index: 1, relevance_score: 0.9 }] });
  if (path.includes("/embeddings")) {
    return jsonReply({
      object: "list",
      model: "m",
      data: [{ object: "embedding", index: 0, embedding: [1, 2] }],
      usage,
    });
  }
  if (path.includes("/responses")) return jsonReply(response);
  if (JSON.stringify(body?.messages).includes("forbidden"))
    return jsonReply({ error: filtered }, 400);
  const shared = { id: "c1", created: 7, model: "gpt-x" };
  const choice = { index: 0, finish_reason: "stop", content_filter_results: safe };
  if (body?.stream !== true) {
    const choices = [{ ...choice, message: { role: "assistant", content: "Hello" } }];
    return jsonReply({
      ...shared,
      object: "chat.completion",
      choices,
      usage,
      prompt_filter_results: promptResults,
    });
  }
  const chunk = (members: object) =>
    `data: ${JSON.stringify({ object: "chat.completion.chunk", ...members })}`;
  const blank = { id: "", created: 0, model: "", object: "" };
  return eventReply([
    chunk({ ...blank, choices: [], prompt_filter_results: promptResults }),
    chunk({
      ...shared,
      choices: [{ index: 0, delta: { role: "assistant", content: "Hello" }, finish_reason: null }],
    }),
    chunk({
      ...blank,
      choices: [{ ...choice, finish_reason: null, content_filter_offsets: offsets }],
    }),
    chunk({ ...shared, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    chunk({ ...shared, choices: [], usage }),
    "data: [DONE]",
  ]);
}

const filtered = {
  message: "The response was filtered due to the prompt triggering the content management policy.",
  type: null,
  param: "prompt",
  code: "content_filter",
  status: 400,
  innererror: {
    code: "ResponsibleAIPolicyViolation",
    content_filter_result: { hate: { filtered: true } },
  },
};
const response = {
  id: "resp_1",
  object: "response",
  created_at: 7,
  model: "gpt-x",
  status: "completed",
  content_filters: [{ blocked: false, source_type: "prompt", content_filter_results: safe }],
  output: [
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello", annotations: [] }],
    },
  ],
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
};

async function collected<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

describe("Azure through a running gateway", () => {
  let vendor: Vendor;
  let gateway: RunningGateway;

  beforeAll(async () => {
    vendor = await startVendorServer(answer, {});
    const azure = { base_url: vendor.url, api_key: { value: vendorKey } };
    const providers = {
      current: { kind: "azure_openai", ...azure },
      dated: { kind: "azure", ...azure, azure: { api_version: "2024-10-21" } },
      refused: { kind: "azure_openai", base_url: vendor.url, api_key: { value: "another-key" } },
      foundry: { kind: "azure_ai", ...azure, base_url: `${vendor.url}/openai/v1/` },
      inference: {
        kind: "azure_ai",
        ...azure,
        base_url: `${vendor.url}/models`,
        azure: { api_version: "2024-05-01-preview" },
      },
    };
    const keys = [{ name: "k", value: { value: callerKey } }];
    gateway = await startGateway({ config: JSON.stringify({ providers, keys }), port: 0 });
  });
  afterEach(() => vendor.reset());
  afterAll(async () => {
    await gateway.close();
    await vendor.close();
  });

  function sole(): RecordedRequest {
    const [request, ...others] = vendor.requests;
    if (request === undefined || others.length > 0)
      throw new Error(`${vendor.requests.length} requests arrived`);
    expect(request.headers["api-key"]).toBe(vendorKey);
    expect(request.headers.authorization).toBeUndefined();
    expect(JSON.stringify([request.rawHeaders, request.path, request.json])).not.toContain(
      callerKey,
    );
    return request;
  }

  const azure = () =>
    new AzureOpenAI({
      endpoint: gateway.url,
      apiKey: callerKey,
      apiVersion: "2025-01-01",
      maxRetries: 0,
    });
  const openai = () =>
    new OpenAI({ baseURL: `${gateway.url}/openai/v1`, apiKey: callerKey, maxRetries: 0 });

  const paths: readonly [model: string, chat: string, embeddings: string][] = [
    ["current/gpt", "/openai/v1/chat/completions", "/openai/v1/embeddings"],
    [
      "dated/gpt",
      "/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
      "/openai/deployments/gpt/embeddings?api-version=2024-10-21",
    ],
    ["foundry/DeepSeek-V3", "/openai/v1/chat/completions", "/openai/v1/embeddings"],
    [
      "inference/grok",
      "/models/chat/completions?api-version=2024-05-01-preview",
      "/models/embeddings?api-version=2024-05-01-preview",
    ],
  ];
  for (const [model, chatPath, embeddingsPath] of paths) {
    it(`answers Azure's own client for ${model}, filters and all`, async () => {
      const completion = await azure().chat.completions.create({ model, messages });
      expect(completion).toMatchObject({ id: "c1", prompt_filter_results: promptResults });
      expect(completion.choices[0]).toMatchObject({
        message: { content: "Hello" },
        content_filter_results: safe,
      });
      const request = sole();
      expect(request.path).toBe(chatPath);
      expect(request.json).toEqual({ model: model.slice(model.indexOf("/") + 1), messages });
    });

    it(`streams to Azure's own client from ${model}, filters and all`, async () => {
      const stream = await azure().chat.completions.create({ model, messages, stream: true });
      const chunks = await collected(stream);
      expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("")).toBe("Hello");
      expect(chunks[0]).toMatchObject({ choices: [], prompt_filter_results: promptResults });
      expect(
        chunks.some(({ choices }) => JSON.stringify(choices).includes("content_filter_offsets")),
      ).toBe(true);
      expect(chunks.some((chunk) => chunk.usage)).toBe(false);
      expect(sole().path).toBe(chatPath);
    });

    it(`embeds for Azure's own client by ${model}`, async () => {
      const { data } = await azure().embeddings.create({
        model,
        input: "one",
        encoding_format: "float",
      });
      expect(data[0]?.embedding).toEqual([1, 2]);
      expect(sole().path).toBe(embeddingsPath);
    });
  }

  it("shows a typed caller what the filters found", async () => {
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const parts = [{ content: { case: "text" as const, value: { text: "hi" } } }];
    const chat = { model: "dated/gpt", messages: [{ role: Role.USER, parts }] };
    const headers = { authorization: `Bearer ${callerKey}` };
    const { completion } = await createClient(ChatService, transport).complete(
      { chat },
      { headers },
    );
    expect(JSON.parse(completion?.extrasJson["openai-chat"] ?? "")).toEqual({
      prompt_filter_results: promptResults,
      choices: [{ index: 0, content_filter_results: safe }],
    });
    expect(sole().json).toEqual({ model: "gpt", messages });
  });

  it("tells a prompt that the filters refused in OpenAI's words", async () => {
    const refused = [{ role: "user" as const, content: "forbidden" }];
    for (const client of [azure(), openai()]) {
      const error: unknown = await client.chat.completions
        .create({ model: "current/gpt", messages: refused })
        .catch((reason: unknown) => reason);
      if (!(error instanceof APIError)) throw new Error("it was answered");
      expect(error).toMatchObject({ status: 400, code: "content_filter", param: "prompt" });
      expect(error.message).toContain("content management policy");
    }
  });

  it("tells a key that Azure refuses, and names the provider", async () => {
    const error: unknown = await azure()
      .chat.completions.create({ model: "refused/gpt", messages })
      .catch((reason: unknown) => reason);
    if (!(error instanceof APIError)) throw new Error("it was answered");
    expect(error.status).toBe(502);
    expect(error.message).toContain("credential for provider refused was refused");
    expect(JSON.stringify(error.error)).not.toContain("another-key");
  });

  it("passes Responses on as they are", async () => {
    const told = await openai().responses.create({ model: "current/gpt", input: "hi" });
    expect(told).toMatchObject({ output_text: "Hello", content_filters: response.content_filters });
    const request = sole();
    expect(request.path).toBe("/openai/v1/responses");
    expect(request.json).toEqual({ model: "gpt", input: "hi" });
  });

  it("passes Messages to Claude on as they are, and counts its tokens", async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: callerKey, maxRetries: 0 });
    const asked = { model: "foundry/claude-sonnet-4-5", messages };
    expect(await client.messages.create({ ...asked, max_tokens: 9 })).toMatchObject(claudeMessage);
    const request = sole();
    expect(request.path).toBe("/anthropic/v1/messages");
    expect(request.headers["anthropic-version"]).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(request.json).toEqual({ model: "claude-sonnet-4-5", messages, max_tokens: 9 });
    expect(await client.messages.countTokens(asked)).toEqual({ input_tokens: 7 });
    expect(vendor.requests[1]?.path).toBe("/anthropic/v1/messages/count_tokens");
  });

  it("asks Cohere's models for rankings", async () => {
    const response = await fetch(`${gateway.url}/v1/rerank`, {
      method: "POST",
      headers: { "content-type": "application/json", "api-key": callerKey },
      body: JSON.stringify({
        model: "foundry/Cohere-rerank-v4.0-pro",
        query: "q",
        documents: ["a", "b"],
      }),
    });
    expect(await response.json()).toMatchObject({ results: [{ index: 1, relevance_score: 0.9 }] });
    const request = sole();
    expect(request.path).toBe("/providers/cohere/v2/rerank");
    expect(request.json).toEqual({
      model: "Cohere-rerank-v4.0-pro",
      query: "q",
      documents: ["a", "b"],
    });
  });

  it("translates for Claude what OpenAI's client asks", async () => {
    const completion = await openai().chat.completions.create({
      model: "foundry/claude-sonnet-4-5",
      messages,
    });
    expect(completion.choices[0]?.message.content).toBe("Hello");
    expect(sole().path).toBe("/anthropic/v1/messages");
  });
});
