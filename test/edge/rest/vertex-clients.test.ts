import { Anthropic } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { jsonReply } from "../../adapters/catalog/drive.ts";
import { asObject, parseJson } from "../../vendors/json-value.ts";
import { startVendorServer } from "../../vendors/start-vendor-server.ts";

const place = "/v1/projects/p/locations/us-central1/publishers";
const key = "dev-key-0123456789";
const config = `
server: { port: 0 }
providers: { sim: { kind: sim } }
models:
  - { name: text-embedding-005, targets: [{ model: sim/embed }] }
  - { name: anthropic/claude-sonnet-4-5@20250929, targets: [{ model: sim/echo }] }
  - { name: anthropic/tools, targets: [{ model: sim/tools }] }
  - { name: anthropic/cut, targets: [{ model: sim/cut }] }
keys: [{ name: dev, value: { value: ${key} } }]
`;

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startGateway({ config, world: { record: () => undefined } });
});
afterAll(() => gateway.close());

/** Anthropic's client, whose requests go as its form for Vertex AI sends them. */
function vertexClient(): { readonly client: Anthropic; readonly paths: string[] } {
  const paths: string[] = [];
  const client = new Anthropic({
    apiKey: "none",
    baseURL: gateway.url,
    maxRetries: 0,
    fetch: (_url, init) => {
      const { model, ...body } = asObject(parseJson(Buffer.from(String(init?.body)))) ?? {};
      const method = body.stream === true ? "streamRawPredict" : "rawPredict";
      const path = `${place}/anthropic/models/${String(model)}:${method}`;
      paths.push(path);
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const sent = { ...body, anthropic_version: "vertex-2023-10-16" };
      return fetch(gateway.url + path, { ...init, headers, body: JSON.stringify(sent) });
    },
  });
  return { client, paths };
}

const question = {
  model: "claude-sonnet-4-5@20250929",
  max_tokens: 64,
  messages: [{ role: "user" as const, content: "hello there" }],
};

describe("clients of Claude on Vertex AI", () => {
  it("get a stream by streamRawPredict", async () => {
    const { client, paths } = vertexClient();
    const stream = client.messages.stream(question);
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(await stream.finalText()).toBe("hello there");
    expect(paths).toEqual([`${place}/anthropic/models/${question.model}:streamRawPredict`]);
    expect([types.at(0), types.at(-1)]).toEqual(["message_start", "message_stop"]);
  });

  it("get calls of tools in a stream", async () => {
    const { client } = vertexClient();
    const message = await client.messages
      .stream({
        ...question,
        model: "tools",
        tools: [{ name: "look_up", input_schema: { type: "object" } }],
      })
      .finalMessage();
    expect(message).toMatchObject({
      stop_reason: "tool_use",
      content: [{ type: "tool_use", name: "look_up" }],
    });
  });

  it("get one answer by rawPredict", async () => {
    const { client, paths } = vertexClient();
    const { content } = await client.messages.create(question);
    expect(content).toEqual([{ type: "text", text: "hello there" }]);
    expect(paths[0]).toMatch(/:rawPredict$/);
  });

  it("are told of a stream that breaks", async () => {
    const stream = vertexClient().client.messages.stream({ ...question, model: "cut" });
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError);
  });

  it("are told of a model that there is not", async () => {
    const answer = vertexClient().client.messages.create({ ...question, model: "nonesuch" });
    await expect(answer).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("must name the version of the API", async () => {
    const path = `${place}/anthropic/models/${question.model}:streamRawPredict`;
    const { model: _, ...body } = question;
    const response = await post(path, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("vertex-2023-10-16");
  });
});

function post(path: string, body: object, url = gateway.url): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

describe("clients of Vertex AI's predict", () => {
  const path = `${place}/google/models/text-embedding-005:predict`;

  it("get a vector for each text, and what it took", async () => {
    const response = await post(path, {
      instances: [{ content: "hello" }, { content: "there" }],
      parameters: { outputDimensionality: 4 },
    });
    expect(response.status).toBe(200);
    const statistics = (token_count: unknown) => ({ token_count, truncated: false });
    const values = expect.arrayContaining([expect.any(Number)]);
    expect(await response.json()).toEqual({
      predictions: [
        { embeddings: { values, statistics: statistics(expect.any(Number)) } },
        { embeddings: { values, statistics: statistics(0) } },
      ],
    });
  });

  const wrong: readonly (readonly [title: string, body: object, message: RegExp])[] = [
    ["no instances", { instances: [] }, /instances: must not be empty/],
    [
      "an instance without content",
      { instances: [{ prompt: "a cat" }] },
      /instances\[0\]\.content/,
    ],
    [
      "two purposes in one request",
      {
        instances: [
          { content: "a", task_type: "RETRIEVAL_QUERY" },
          { content: "b", task_type: "CLUSTERING" },
        ],
      },
      /instances\[1\]\.task_type: must be that of the first instance/,
    ],
    [
      "a length that is no number",
      { instances: [{ content: "a" }], parameters: { outputDimensionality: "many" } },
      /parameters\.outputDimensionality/,
    ],
  ];
  for (const [title, body, message] of wrong) {
    it(`are refused ${title}, in Google's form`, async () => {
      const response = await post(path, body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { code: 400, status: "INVALID_ARGUMENT", message: expect.stringMatching(message) },
      });
    });
  }

  it("are told in Google's form of a model that there is not", async () => {
    const unknown = `${place}/google/models/nonesuch:predict`;
    const response = await post(unknown, { instances: [{ content: "a" }] });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 404, status: "NOT_FOUND" } });
  });

  const answer = {
    predictions: [1, 2].map((token_count) => ({
      embeddings: { values: [1, 0], statistics: { token_count, truncated: token_count === 2 } },
    })),
    metadata: { billableCharacterCount: 9 },
  };
  const request = {
    instances: [
      { content: "a", task_type: "RETRIEVAL_DOCUMENT", title: "t" },
      { content: "b", task_type: "RETRIEVAL_DOCUMENT", title: "t" },
    ],
    parameters: { autoTruncate: false, outputDimensionality: 2 },
  };

  /** A gateway whose model `e` is served by Vertex AI, and what that was sent. */
  async function startVertex(vendorModel: string) {
    const vendor = await startVendorServer(() => jsonReply(answer), {});
    onTestFinished(() => vendor.close());
    const vertex = { kind: "vertex_ai", base_url: vendor.url, api_key: { value: "vendor-key" } };
    const google = { project: "my-project", location: "europe-west4" };
    const text = `
server: { port: 0 }
providers: { vertex: ${JSON.stringify({ ...vertex, google })} }
models: [{ name: e, targets: [{ model: vertex/${vendorModel} }] }]
`;
    const started = await startGateway({ config: text, world: { record: () => undefined } });
    onTestFinished(() => started.close());
    return { url: started.url, requests: vendor.requests };
  }

  it("are not translated for Vertex AI itself", async () => {
    const { url, requests } = await startVertex("text-embedding-005");
    const response = await post(`${place}/google/models/e:predict`, request, url);
    expect(await response.json()).toEqual(answer);
    expect(requests.map((sent) => [sent.path, sent.json])).toEqual([
      [expect.stringMatching(/\/publishers\/google\/models\/text-embedding-005:predict$/), request],
    ]);
  });
});
