import { Anthropic } from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { CohereClient } from "cohere-ai";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";

const apiKey = "dev-key-0123456789";
let gateway: RunningGateway;
beforeAll(async () => {
  const config = `
server: { port: 0 }
providers:
  claude: { kind: anthropic, base_url: "http://127.0.0.1:9", api_key: { value: vendor-key } }
  rank: { kind: cohere, base_url: "http://127.0.0.1:9", api_key: { value: vendor-key } }
models:
  - { name: opus, description: The best, targets: [{ model: claude/claude-opus-4-5 }] }
  - { name: "claude-*", targets: [{ model: "claude/claude-*" }] }
  - { name: words, targets: [{ model: rank/embed-v4.0, facts: { input_modalities: [text] } }] }
keys: [{ name: dev, value: { value: ${apiKey} } }]
`;
  gateway = await startGateway({ config, world: { record: () => undefined } });
});
afterAll(() => gateway.close());

const names = ["opus", "words"];

describe("the official SDKs list models, and no pattern among them", () => {
  it("openai", async () => {
    const client = new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(names);
    expect(await client.models.retrieve("claude-haiku-4-5")).toMatchObject({
      id: "claude-haiku-4-5",
      owned_by: "claude",
    });
    await expect(client.models.retrieve("claude-*")).rejects.toThrow(OpenAI.NotFoundError);
  });

  it("anthropic", async () => {
    const client = new Anthropic({ apiKey, baseURL: gateway.url, maxRetries: 0 });
    const listed = [];
    for await (const model of client.models.list({ limit: 1 })) listed.push(model);
    expect(listed.map(({ id }) => id)).toEqual(names);
    expect(listed[0]).toMatchObject({
      type: "model",
      display_name: "The best",
      lifecycle: "active",
      max_input_tokens: 200_000,
      max_tokens: 64_000,
      capabilities: null,
    });
    await expect(client.models.retrieve("nope")).rejects.toThrow(Anthropic.NotFoundError);
  });

  it("google", async () => {
    const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: gateway.url } });
    const listed = [];
    for await (const model of await client.models.list({ config: { pageSize: 1 } }))
      listed.push(model.name);
    expect(listed).toEqual(names.map((name) => `models/${name}`));
    expect(await client.models.get({ model: "opus" })).toMatchObject({
      name: "models/opus",
      inputTokenLimit: 200_000,
    });
  });

  it("cohere", async () => {
    const client = new CohereClient({ token: apiKey, environment: gateway.url });
    const { models, nextPageToken } = await client.models.list({ pageSize: 1 });
    expect([models.map(({ name }) => name), nextPageToken]).toEqual([["opus"], "opus"]);
    const next = await client.models.list({ pageToken: "opus" });
    expect(next.models).toMatchObject([{ name: "words", finetuned: false, features: [] }]);
    const embedding = await client.models.list({ endpoint: "embed" });
    expect(embedding.models.map(({ name }) => name)).toEqual(["words"]);
    expect(await client.models.get("opus")).toMatchObject({
      name: "opus",
      endpoints: ["chat"],
      contextLength: 200_000,
    });
  });

  it("ollama", async () => {
    const client = new Ollama({
      host: gateway.url,
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect((await client.list()).models.map(({ name }) => name)).toEqual(names);
    expect((await client.ps()).models).toEqual([]);
    expect((await client.version()).version).toMatch(/^\d+\.\d+\.\d+$/);
    const shown = await client.show({ model: "opus" });
    expect(shown.capabilities).toEqual(["completion", "tools", "vision", "thinking"]);
    expect(shown.model_info).toEqual({
      "general.architecture": "parlance",
      "general.description": "The best",
      "parlance.context_length": 200_000,
    });
    expect((await client.show({ model: "words" })).capabilities).toContain("embedding");
    await expect(client.show({ model: "nope" })).rejects.toThrow(/there is no model nope/);
  });

  it("Mistral's, as its models are written in its SDKs", async () => {
    const response = await fetch(`${gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const { data } = (await response.json()) as { data: readonly object[] };
    for (const model of data) {
      expect(model).toMatchObject({
        type: "base",
        object: "model",
        capabilities: { completion_chat: expect.any(Boolean), fine_tuning: false },
      });
    }
  });
});

it("nobody without a key learns of models", async () => {
  for (const [method, path] of [
    ["GET", "/v1/models"],
    ["GET", "/v1beta/models"],
    ["GET", "/api/tags"],
    ["GET", "/api/version"],
    ["POST", "/api/show"],
  ] as const) {
    const response = await fetch(gateway.url + path, { method });
    expect([path, response.status]).toEqual([path, 401]);
  }
});

it("a wildcard is no model to call", async () => {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model: "claude/*", messages: [{ role: "user", content: "hi" }] }),
  });
  expect(response.status).toBe(404);
});
