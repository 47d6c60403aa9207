import { GoogleGenAI } from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { managementPath } from "../../../src/edge/rest/litellm/litellm-paths.ts";
import { callRoutes, withoutVersion } from "../../../src/edge/rest/rest-route.ts";
import type { RunningGateway } from "../../../src/serve.ts";
import { adminKey, devKey, startSimGateway } from "../../start-sim-gateway.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startSimGateway();
});
afterAll(() => gateway.close());

type Headers = Readonly<Record<string, string>>;

async function ask(
  path: string,
  body: object,
  headers: Headers = { authorization: `Bearer ${devKey}` },
) {
  const init = {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  };
  const response = await fetch(gateway.url + path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function get(path: string, headers: Headers = { authorization: `Bearer ${devKey}` }) {
  const response = await fetch(gateway.url + path, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const messages = [{ role: "user", content: "hello there" }];

describe("a call is answered at every path its clients use", () => {
  const chat = { model: "fast", messages };
  const message = { ...chat, max_tokens: 100 };
  const embedding = { model: "sim/embed", input: "hello", dimensions: 8 };
  const admin = { authorization: `Bearer ${adminKey}` };
  const cases: readonly (readonly [
    path: string,
    body: object,
    headers: Headers | undefined,
    expected: object,
  ])[] = [
    ["/v1/chat/completions", chat, undefined, { object: "chat.completion" }],
    ["/chat/completions", chat, undefined, { object: "chat.completion" }],
    [
      "/v1/projects/p/locations/l/publishers/google/models/fast:rawPredict",
      { anthropic_version: "vertex-2023-10-16", max_tokens: 100, messages },
      undefined,
      { type: "message" },
    ],
    ["/openai/v1/chat/completions", chat, { "api-key": devKey }, { object: "chat.completion" }],
    [
      "/openai/deployments/fast/chat/completions?api-version=2024-10-21",
      { messages },
      { "api-key": devKey },
      { object: "chat.completion" },
    ],
    [
      "/openai/deployments/sim%2Fecho/chat/completions",
      { messages },
      { "api-key": devKey },
      { object: "chat.completion" },
    ],
    ["/v1/messages", message, { "x-api-key": devKey }, { type: "message", role: "assistant" }],
    ["/messages", message, { "x-api-key": devKey }, { type: "message", role: "assistant" }],
    [
      "/v1/responses",
      { model: "fast", input: "hello there" },
      undefined,
      { object: "response", status: "completed" },
    ],
    [
      "/v1beta1/projects/p/locations/l/publishers/google/models/fast:generateContent",
      { contents: [{ role: "user", parts: [{ text: "hello there" }] }] },
      { "x-goog-api-key": devKey },
      { candidates: [{ content: { parts: [{ text: "hello there" }] } }] },
    ],
    [
      "/v1/publishers/sim/models/echo:generateContent",
      { contents: [{ role: "user", parts: [{ text: "hello there" }] }] },
      { "x-goog-api-key": devKey },
      { candidates: [{ content: { parts: [{ text: "hello there" }] } }] },
    ],
    [
      "/openai/responses?api-version=2025-04-01-preview",
      { model: "fast", input: "hello there" },
      { "api-key": devKey },
      { object: "response" },
    ],
    [
      "/openai/v1/responses",
      { model: "fast", input: "hello there" },
      { "api-key": devKey },
      { object: "response" },
    ],
    [
      "/v1beta/models/fast:generateContent",
      { contents: [{ role: "user", parts: [{ text: "hello there" }] }] },
      { "x-goog-api-key": devKey },
      { candidates: [{ content: { role: "model", parts: [{ text: "hello there" }] } }] },
    ],
    [
      "/v1beta/models/sim%2Fecho:countTokens",
      { contents: [{ role: "user", parts: [{ text: "hello there" }] }] },
      { "x-goog-api-key": devKey },
      { totalTokens: expect.any(Number) },
    ],
    [
      "/api/chat",
      { model: "fast", stream: false, messages },
      undefined,
      { message: { role: "assistant", content: "hello there" }, done: true },
    ],
    [
      "/api/generate",
      { model: "fast", stream: false, prompt: "hello there" },
      undefined,
      { response: "hello there" },
    ],
    [
      "/api/embed",
      { model: "sim/embed", input: "hello" },
      admin,
      { embeddings: [expect.any(Array)] },
    ],
    [
      "/v1/messages/count_tokens",
      chat,
      { "x-api-key": devKey },
      { input_tokens: expect.any(Number) },
    ],
    ["/messages/count_tokens", chat, { "x-api-key": devKey }, { input_tokens: expect.any(Number) }],
    [
      "/v1/embeddings",
      embedding,
      admin,
      { object: "list", data: [{ object: "embedding", index: 0, embedding: expect.any(Array) }] },
    ],
    [
      "/embeddings",
      { ...embedding, encoding_format: "base64" },
      admin,
      { data: [{ embedding: expect.any(String) }] },
    ],
    [
      "/v1/embeddings",
      { ...embedding, input: ["a", "b"] },
      admin,
      { data: [{ index: 0 }, { index: 1 }] },
    ],
    ["/openai/deployments/sim%2Fembed/embeddings", { input: "hello" }, admin, { object: "list" }],
  ];
  for (const [path, body, headers, expected] of cases) {
    it(`POST ${path} ${JSON.stringify(body).slice(0, 60)}`, async () => {
      expect(await ask(path, body, headers)).toMatchObject({ status: 200, body: expected });
    });
  }

  it("gives the same vector as numbers and as base64", async () => {
    const floats = await ask("/v1/embeddings", embedding, admin);
    const base64 = await ask("/v1/embeddings", { ...embedding, encoding_format: "base64" }, admin);
    const vectorOf = ({ body }: { readonly body: Record<string, unknown> }) =>
      (body.data as { embedding: unknown }[])[0]?.embedding;
    const bytes = Buffer.from(String(vectorOf(base64)), "base64");
    const numbers = Array.from({ length: bytes.length / 4 }, (_, index) =>
      bytes.readFloatLE(index * 4),
    );
    expect(numbers).toEqual(vectorOf(floats));
    expect(numbers).toHaveLength(8);
  });
});

describe("the models", () => {
  it("are those that the key may use, by name", async () => {
    const { body } = await get("/v1/models");
    expect((body.data as { id: string }[]).map(({ id }) => id)).toEqual([
      "broken",
      "fast",
      "shaky",
      "sim/echo",
    ]);
  });
  it("are found one by one, also with a slash in the name", async () => {
    expect(await get("/v1/models/fast")).toMatchObject({
      status: 200,
      body: { id: "fast", object: "model", created: 0, owned_by: "sim" },
    });
    expect(await get("/v1/models/sim%2Fecho")).toMatchObject({
      status: 200,
      body: { id: "sim/echo" },
    });
    expect(await get("/v1/models/sim/echo")).toMatchObject({
      status: 200,
      body: { id: "sim/echo" },
    });
  });
  it("that the key may not use are not found", async () => {
    expect(await get("/v1/models/spare")).toMatchObject({
      status: 404,
      body: { error: { code: "model_not_found" } },
    });
  });
  it("are told to Anthropic's clients in its words, page by page", async () => {
    const headers = { "x-api-key": devKey, "anthropic-version": "2023-06-01" };
    const first = await get("/v1/models?limit=3", headers);
    expect(first.body).toMatchObject({ has_more: true, first_id: "broken", last_id: "shaky" });
    const second = await get("/v1/models?limit=3&after_id=shaky", headers);
    expect(second.body).toMatchObject({
      has_more: false,
      data: [{ type: "model", id: "sim/echo" }],
    });
    expect((await get("/v1/models?limit=1&before_id=shaky", headers)).body).toMatchObject({
      has_more: true,
      data: [{ id: "fast", display_name: "Quick answers" }],
    });
  });
});

describe("Google's clients", () => {
  it("are told the models that their key may use, page by page", async () => {
    const headers = { "x-goog-api-key": devKey };
    const first = await get("/v1beta/models?pageSize=2", headers);
    expect(first.body).toMatchObject({
      models: [{ name: "models/broken" }, { name: "models/fast" }],
    });
    const second = await get(
      `/v1beta/models?pageSize=2&pageToken=${first.body.nextPageToken}`,
      headers,
    );
    expect(second).toEqual({
      status: 200,
      body: {
        models: [
          expect.objectContaining({ name: "models/shaky" }),
          expect.objectContaining({
            name: "models/sim/echo",
            supportedGenerationMethods: expect.any(Array),
          }),
        ],
      },
    });
  });
  it("find them by Google's SDK", async () => {
    const client = new GoogleGenAI({ apiKey: devKey, httpOptions: { baseUrl: gateway.url } });
    const names: (string | undefined)[] = [];
    for await (const { name } of await client.models.list({ config: { pageSize: 3 } }))
      names.push(name);
    expect(names).toEqual(["models/broken", "models/fast", "models/shaky", "models/sim/echo"]);
    expect(await client.models.get({ model: "sim/echo" })).toMatchObject({
      name: "models/sim/echo",
    });
    await expect(client.models.get({ model: "spare" })).rejects.toMatchObject({ status: 404 });
  });
  it("find one model, also with a slash in its name", async () => {
    const quick = { name: "models/fast", displayName: "fast", description: "Quick answers" };
    expect(await get("/v1beta/models/fast")).toMatchObject({ status: 200, body: quick });
    for (const path of ["/v1beta/models/sim%2Fecho", "/v1alpha/models/sim/echo"]) {
      expect(await get(path)).toMatchObject({ status: 200, body: { name: "models/sim/echo" } });
    }
  });
  it("are refused in Google's words", async () => {
    const cases = [
      ["/v1beta/models/spare", 404, "NOT_FOUND"],
      ["/v1beta/models?pageToken=nope", 400, "INVALID_ARGUMENT"],
    ] as const;
    for (const [path, status, word] of cases) {
      expect(await get(path)).toMatchObject({
        status,
        body: { error: { code: status, status: word } },
      });
    }
  });
});

describe("the list at /", () => {
  it("names paths that are served, among them every one that asks a model", async () => {
    const index = await get("/", {});
    const { rest } = index.body.endpoints as { rest: readonly string[] };
    const values: Readonly<Record<string, string>> = {
      model: "fast",
      publisher: "google",
      method: "generateContent",
    };
    const asked = rest.map((row) => {
      const [method = "", path = ""] = row
        .replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "x")
        .split(" ");
      return { method, path };
    });
    const managed = asked.filter(({ path }) => managementPath(path) !== undefined);
    // The key may call models alone: tests of their own say what each of these does.
    for (const { method, path } of asked.filter((one) => !managed.includes(one))) {
      const { status } = await (method === "GET"
        ? get(path)
        : ask(path, path === "/v1/moderations" ? { model: "fast" } : {}));
      expect([path, status]).toEqual([path, method === "GET" ? 200 : 400]);
    }
    const posted = asked
      .filter(({ method }) => method === "POST")
      .map(({ path }) => withoutVersion(path));
    expect([...callRoutes().keys()].filter((path) => !posted.includes(path))).toEqual([]);
  });
});

describe("Ollama's clients", () => {
  it("are streamed to in JSON lines, which is what they get where they do not say", async () => {
    const response = await fetch(`${gateway.url}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${devKey}` },
      body: JSON.stringify({ model: "fast", messages }),
    });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.message.content).join("")).toBe("hello there");
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: "stop" });
  });
  it("are told the models that their key may use", async () => {
    const { body } = await get("/api/tags");
    expect((body.models as { name: string }[]).map(({ name }) => name)).toEqual([
      "broken",
      "fast",
      "shaky",
      "sim/echo",
    ]);
  });
});

describe("the probes", () => {
  it("answer LiteLLM's programs in its words", async () => {
    const read = async (path: string) => (await fetch(`${gateway.url}${path}`)).json();
    expect(await read("/health/liveliness")).toBe("I'm alive!");
    expect(await read("/health/readiness")).toEqual({ status: "healthy" });
  });
  for (const path of ["/healthz", "/readyz", "/health/liveliness", "/health/readiness"]) {
    it(`${path} answers without a key`, async () => expect((await get(path, {})).status).toBe(200));
  }
});
