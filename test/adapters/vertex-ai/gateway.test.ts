import Anthropic from "@anthropic-ai/sdk";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { GoogleGenAI } from "@google/genai";
import OpenAI, { APIError } from "openai";
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
import { jsonReply } from "../catalog/drive.ts";
import { driveAnthropicMessages } from "../catalog/drive-anthropic-messages.ts";
import { driveOpenAiChat } from "../catalog/drive-openai-chat.ts";
import { driveVertexGemini } from "../catalog/drive-vertex-ai.ts";

const callerKey = "caller-key-of-the-test-0123456789";
const vendorKey = "vendor-key-of-the-test";
const place = "/v1/projects/my-project/locations/europe-west4";
const claude = "claude-sonnet-4-5@20250929";
const messages = [{ role: "user" as const, content: "hi" }];

/** Vertex AI as far as it is seen here: each path is of one dialect. */
function answer(request: RecordedRequest): VendorReply {
  const { path, json } = request;
  if (`${path} ${asObject(json)?.model}`.includes("no-such-model")) {
    return jsonReply(
      { error: { code: 404, message: "Publisher Model was not found", status: "NOT_FOUND" } },
      404,
    );
  }
  if (path.endsWith("/count-tokens:rawPredict")) return jsonReply({ input_tokens: 7 });
  if (path.endsWith(":countTokens"))
    return jsonReply({ totalTokens: 5, totalBillableCharacters: 9 });
  if (path.includes("/publishers/anthropic/")) return driveAnthropicMessages.answer(request);
  if (path.includes("/publishers/google/")) return driveVertexGemini.answer(request);
  if (path.includes("/endpoints/openapi/") || asObject(json)?.model === "mistral-medium-3") {
    return driveOpenAiChat.answer(request);
  }
  return jsonReply(
    { error: { code: 400, message: `nothing at ${path}`, status: "INVALID_ARGUMENT" } },
    400,
  );
}

describe("Vertex AI through a running gateway", () => {
  let vendor: Vendor;
  let gateway: RunningGateway;

  beforeAll(async () => {
    vendor = await startVendorServer(answer, {});
    const vertex = { kind: "vertex_ai", base_url: vendor.url, api_key: { value: vendorKey } };
    const google = { project: "my-project", location: "europe-west4" };
    const providers = {
      vertex: { ...vertex, google },
      express: vertex,
      whole: {
        ...vertex,
        base_url: `${vendor.url}/proxy/v1/projects/{project}/locations/{location}`,
        google,
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
    expect(request.headers["x-goog-api-key"]).toBe(vendorKey);
    expect(request.headers.authorization).toBeUndefined();
    expect(request.headers["x-api-key"]).toBeUndefined();
    expect(JSON.stringify([request.rawHeaders, request.path, request.json])).not.toContain(
      callerKey,
    );
    return request;
  }

  const openai = () =>
    new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: callerKey, maxRetries: 0 });
  const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: callerKey, maxRetries: 0 });
  const genai = () =>
    new GoogleGenAI({
      vertexai: true,
      apiKey: callerKey,
      httpOptions: { baseUrl: gateway.url, apiVersion: "v1" },
    });

  const paths: readonly [model: string, whole: string, stream: string][] = [
    [
      "vertex/gemini-2.5-flash",
      `${place}/publishers/google/models/gemini-2.5-flash:generateContent`,
      `${place}/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
    ],
    [
      "vertex/google/gemini-2.5-flash",
      `${place}/publishers/google/models/gemini-2.5-flash:generateContent`,
      `${place}/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
    ],
    [
      `vertex/${claude}`,
      `${place}/publishers/anthropic/models/${claude}:rawPredict`,
      `${place}/publishers/anthropic/models/${claude}:streamRawPredict`,
    ],
    [
      "vertex/meta/llama-3.3-70b-instruct-maas",
      `${place}/endpoints/openapi/chat/completions`,
      `${place}/endpoints/openapi/chat/completions`,
    ],
    [
      "vertex/mistral-medium-3",
      `${place}/publishers/mistralai/models/mistral-medium-3:rawPredict`,
      `${place}/publishers/mistralai/models/mistral-medium-3:streamRawPredict`,
    ],
    [
      "express/gemini-2.5-flash",
      "/v1/publishers/google/models/gemini-2.5-flash:generateContent",
      "/v1/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    ],
    [
      "whole/gemini-2.5-flash",
      `/proxy${place}/publishers/google/models/gemini-2.5-flash:generateContent`,
      `/proxy${place}/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
    ],
  ];
  for (const [model, whole, streamed] of paths) {
    it(`answers OpenAI's client for ${model}`, async () => {
      const completion = await openai().chat.completions.create({ model, messages });
      expect(completion.choices[0]?.message.content).toBe("driven");
      expect(completion.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 1 });
      expect(sole().path).toBe(whole);
    });

    it(`streams to OpenAI's client from ${model}`, async () => {
      let text = "";
      const stream = await openai().chat.completions.create({ model, messages, stream: true });
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
      expect(text).toBe("driven");
      expect(sole().path).toBe(streamed);
    });
  }

  it("passes Messages to Claude on as they are, and counts its tokens", async () => {
    const asked = { model: `vertex/${claude}`, messages };
    const message = await anthropic().messages.create({ ...asked, max_tokens: 9 });
    expect(message.content).toEqual([{ type: "text", text: "driven" }]);
    expect(sole().json).toEqual({
      messages,
      max_tokens: 9,
      anthropic_version: "vertex-2023-10-16",
    });
    const known = "context-management-2025-06-27";
    const beta = { ...asked, betas: ["context-1m-2025-08-07", known] };
    expect(await anthropic().beta.messages.countTokens(beta)).toEqual({ input_tokens: 7 });
    const counted = vendor.requests[1];
    expect(counted?.path).toBe(`${place}/publishers/anthropic/models/count-tokens:rawPredict`);
    expect(counted?.json).toEqual({
      model: claude,
      messages,
      anthropic_version: "vertex-2023-10-16",
    });
    expect(counted?.headers["anthropic-beta"]).toBe(known);
  });

  it("streams Claude's own events to Anthropic's client", async () => {
    const stream = anthropic().messages.stream({
      model: `vertex/${claude}`,
      messages,
      max_tokens: 9,
    });
    expect((await stream.finalMessage()).content).toMatchObject([{ type: "text", text: "driven" }]);
    expect(sole().json).toMatchObject({ stream: true, anthropic_version: "vertex-2023-10-16" });
  });

  it("counts Gemini's tokens for a typed caller and for Anthropic's client", async () => {
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const parts = [{ content: { case: "text" as const, value: { text: "hi" } } }];
    const chat = { model: "vertex/gemini-2.5-flash", messages: [{ role: Role.USER, parts }] };
    const headers = { authorization: `Bearer ${callerKey}` };
    const counted = await createClient(ChatService, transport).countTokens({ chat }, { headers });
    expect(counted.inputTokens).toBe(5n);
    expect(sole().path).toBe(`${place}/publishers/google/models/gemini-2.5-flash:countTokens`);
    expect(sole().json).toEqual({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
    expect(
      await anthropic().messages.countTokens({ model: "vertex/gemini-2.5-flash", messages }),
    ).toEqual({
      input_tokens: 5,
    });
  });

  it("embeds for OpenAI's client and for Google's", async () => {
    const model = "vertex/text-embedding-005";
    const { data } = await openai().embeddings.create({
      model,
      input: "one",
      encoding_format: "float",
    });
    expect(data[0]?.embedding).toEqual([1, 2]);
    expect(sole().path).toBe(`${place}/publishers/google/models/text-embedding-005:predict`);
    const studio = new GoogleGenAI({ apiKey: callerKey, httpOptions: { baseUrl: gateway.url } });
    const { embeddings } = await studio.models.embedContent({ model, contents: "one" });
    expect(embeddings?.[0]?.values).toEqual([1, 2]);
    expect(vendor.requests[1]?.json).toEqual({ instances: [{ content: "one" }] });
  });

  it("answers Google's client of Vertex AI, whose bytes pass as they are", async () => {
    const asked = { model: "vertex/gemini-2.5-flash", contents: "hi" };
    expect((await genai().models.generateContent(asked)).text).toBe("driven");
    const request = sole();
    expect(request.path).toBe(`${place}/publishers/google/models/gemini-2.5-flash:generateContent`);
    expect(request.json).toEqual({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
    let text = "";
    for await (const chunk of await genai().models.generateContentStream(asked))
      text += chunk.text ?? "";
    expect(text).toBe("driven");
    expect((await genai().models.countTokens(asked)).totalTokens).toBe(5);
  });

  for (const model of ["maker/no-such-model", "no-such-model", "claude-no-such-model"]) {
    it(`tells that there is no ${model}`, async () => {
      const error: unknown = await openai()
        .chat.completions.create({ model: `vertex/${model}`, messages })
        .catch((reason: unknown) => reason);
      if (!(error instanceof APIError)) throw new Error("it was answered");
      expect(error.message).toContain("Publisher Model was not found");
    });
  }
});
