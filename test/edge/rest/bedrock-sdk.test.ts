import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { presentKey } from "../../../src/composition/own-key.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import type { JsonObject } from "../../vendors/json-value.ts";

const secretAccessKey = "dev-key-0123456789";
const config = `
server: { port: 0 }
providers: { sim: { kind: sim } }
models:
  - { name: claude, targets: [{ model: sim/echo }] }
  - { name: "amazon.titan-embed-*", targets: [{ model: sim/embed }] }
  - { name: busy, targets: [{ model: sim/error-429 }] }
keys:
  - { name: dev, value: { value: ${secretAccessKey} }, models: [claude, busy, "amazon.titan-embed-*"] }
  - { name: all, value: { value: all-key-0123456789 } }
`;

let gateway: RunningGateway;
let client: BedrockRuntimeClient;
const connect = (secret: string, accessKeyId = "dev") =>
  new BedrockRuntimeClient({
    endpoint: gateway.url,
    region: "eu-west-1",
    credentials: { accessKeyId, secretAccessKey: secret },
    maxAttempts: 1,
  });

beforeAll(async () => {
  gateway = await startGateway({ config, world: { record: () => undefined } });
  client = connect(secretAccessKey);
});
afterAll(async () => {
  client.destroy();
  await gateway.close();
});

const claude = {
  anthropic_version: "bedrock-2023-05-31",
  max_tokens: 9,
  messages: [{ role: "user", content: "hello there" }],
};

async function invoke(modelId: string, body: JsonObject) {
  const answer = await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }));
  return JSON.parse(answer.body.transformToString());
}

describe("the AWS SDK for JavaScript", () => {
  it("gets a vector in Titan's form", async () => {
    const body = { inputText: "hello there", dimensions: 8, normalize: true };
    const answer = await invoke("amazon.titan-embed-text-v2:0", body);
    expect(answer).toEqual({
      embedding: expect.any(Array),
      inputTextTokenCount: 4,
      embeddingsByType: { float: answer.embedding },
    });
    expect(answer.embedding).toHaveLength(8);
  });

  it("gets vectors in Cohere's form, by kind where it names kinds", async () => {
    const body = { texts: ["hello", "there"], input_type: "search_query" };
    const plain = await invoke("amazon.titan-embed-x", body);
    expect(plain).toMatchObject({ response_type: "embeddings_floats", texts: body.texts });
    expect(plain.embeddings).toHaveLength(2);
    const byKind = await invoke("amazon.titan-embed-x", { ...body, embedding_types: ["float"] });
    expect(byKind).toMatchObject({
      response_type: "embeddings_by_type",
      embeddings: { float: plain.embeddings },
    });
  });

  it("gets a vector in Nova's form", async () => {
    const params = { embeddingPurpose: "GENERIC_INDEX", embeddingDimension: 4 };
    const answer = await invoke("amazon.titan-embed-x", {
      taskType: "SINGLE_EMBEDDING",
      singleEmbeddingParams: { ...params, text: { truncationMode: "END", value: "hello" } },
    });
    expect(answer).toEqual({
      embeddings: [{ embeddingType: "TEXT", embedding: expect.any(Array) }],
    });
    expect(answer.embeddings[0].embedding).toHaveLength(4);
  });

  it("counts the tokens of both forms of a prompt", async () => {
    const converse = { messages: [{ role: "user" as const, content: [{ text: "hello there" }] }] };
    const count = async (input: CountTokensCommand["input"]["input"]) =>
      (await client.send(new CountTokensCommand({ modelId: "claude", input }))).inputTokens;
    const counted = await count({ converse });
    expect(counted).toBeGreaterThan(0);
    expect(await count({ invokeModel: { body: Buffer.from(JSON.stringify(claude)) } })).toBe(
      counted,
    );
  });

  const failures: readonly (readonly [
    title: string,
    name: string,
    fail: () => Promise<unknown>,
    message: RegExp,
  ])[] = [
    [
      "a model that there is not",
      "ResourceNotFoundException",
      () =>
        connect("all-key-0123456789", "all").send(
          new ConverseCommand({ modelId: "nonesuch", messages: [] }),
        ),
      /nonesuch/,
    ],
    ["a model of others", "AccessDeniedException", () => invoke("sim/echo", claude), /sim\/echo/],
    [
      "a wrong secret",
      "UnrecognizedClientException",
      () => connect("wrong").send(new ConverseCommand({ modelId: "claude", messages: [] })),
      /signature/,
    ],
    [
      "a body of another maker",
      "ValidationException",
      () => invoke("claude", { prompt: "hello" }),
      /anthropic_version.*call Converse/,
    ],
    [
      "a text and a picture for one vector",
      "ValidationException",
      () => invoke("claude", { inputText: "hello", inputImage: "AAAA" }),
      /inputImage: one vector of a text and a picture/,
    ],
    [
      "an embedding that is to be streamed",
      "ValidationException",
      () =>
        client.send(
          new InvokeModelWithResponseStreamCommand({
            modelId: "claude",
            body: JSON.stringify({ inputText: "hello" }),
          }),
        ),
      /not streamed/,
    ],
    [
      "a count of another maker's body",
      "ValidationException",
      () =>
        client.send(
          new CountTokensCommand({
            modelId: "claude",
            input: { invokeModel: { body: Buffer.from('{"inputText":"hello"}') } },
          }),
        ),
      /input\.invokeModel\.body: must be a body of Claude/,
    ],
    [
      "a mistake within a counted body",
      "ValidationException",
      () =>
        client.send(
          new CountTokensCommand({
            modelId: "claude",
            input: { invokeModel: { body: Buffer.from('{"messages":[{"role":"user"}]}') } },
          }),
        ),
      /input\.invokeModel\.body\.messages\.0\.content/,
    ],
    ["a vendor that is busy", "ThrottlingException", () => invoke("busy", claude), /./],
  ];
  for (const [title, name, fail, message] of failures) {
    it(`throws its own ${name} for ${title}`, async () => {
      await expect(fail()).rejects.toMatchObject({
        name,
        message: expect.stringMatching(message),
      });
    });
  }
});

describe("heads of AWS", () => {
  const post = (path: string, body: object) =>
    fetch(gateway.url + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${secretAccessKey}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });

  it("say what a whole answer took", async () => {
    const { headers } = await post("/model/claude/invoke", claude);
    expect(headers.get("x-amzn-requestid")).toBe(headers.get("x-parlance-call-id"));
    expect(headers.get("x-amzn-bedrock-input-token-count")).toBe("4");
    expect(headers.get("x-amzn-bedrock-output-token-count")).toBe("4");
    expect(headers.get("x-amzn-bedrock-invocation-latency")).toMatch(/^\d+$/);
  });

  it("say what a vector took", async () => {
    const { headers } = await post("/model/amazon.titan-embed-x/invoke", { inputText: "hello" });
    expect(headers.get("x-amzn-bedrock-input-token-count")).toMatch(/^\d+$/);
    expect(headers.get("x-amzn-bedrock-output-token-count")).toBeNull();
  });

  it("say what kind of error it is", async () => {
    const { headers, status } = await post("/model/claude/invoke", {});
    expect([status, headers.get("x-amzn-errortype")]).toEqual([400, "ValidationException"]);
  });

  it("name the request of a stream", async () => {
    const { headers, body } = await post("/model/claude/invoke-with-response-stream", claude);
    expect(headers.get("x-amzn-requestid")).toBe(headers.get("x-parlance-call-id"));
    await body?.cancel();
  });
});

describe("keys of the store", () => {
  const send = (secret: string, id: string, url: string) => {
    const one = new BedrockRuntimeClient({
      endpoint: url,
      region: "eu-west-1",
      credentials: { accessKeyId: id, secretAccessKey: secret },
      maxAttempts: 1,
    });
    const messages = [{ role: "user" as const, content: [{ text: "hi" }] }];
    return one
      .send(new ConverseCommand({ modelId: "claude", messages }))
      .then(({ output }) => output?.message?.content?.[0]?.text)
      .catch((error: Error) => error.message);
  };
  const startStored = async (encryption = "", wallMs = () => Date.now()) => {
    const folder = mkdtempSync(join(tmpdir(), "signing-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = `store: { sqlite: { path: ${join(folder, "p.db")} }${encryption} }`;
    const world = { record: () => undefined, wallMs };
    const text = `${config}${store}\nauth: { admin_key: { value: admin-key-0123456789 } }\n`;
    const stored = await startGateway({ config: text, world });
    onTestFinished(() => stored.close());
    const transport = createConnectTransport({
      baseUrl: stored.url,
      httpVersion: "1.1",
      interceptors: [presentKey(() => "admin-key-0123456789")],
    });
    return { url: stored.url, folder, keys: createClient(KeyService, transport) };
  };

  it("sign where they were made to, until they are rotated or blocked", async () => {
    let aheadMs = 0;
    const encryption = `, encryption_key: { value: ${Buffer.alloc(32, 7).toString("base64")} }`;
    const { url, keys, folder } = await startStored(encryption, () => Date.now() + aheadMs);
    const { key, value } = await keys.createKey({ key: { alias: "aws" }, signing: true });
    const id = key?.id ?? "";
    expect([key?.signing, (await keys.getKey({ id })).key?.signing]).toEqual([true, true]);
    expect(await send(value, id, url)).toBe("hi");
    expect(await send("wrong", id, url)).toContain("the signature does not match");
    const plain = await keys.createKey({ key: { alias: "plain" } });
    expect(plain.key?.signing).toBe(false);
    expect(await send(plain.value, plain.key?.id ?? "", url)).toContain("`signing: true`");
    const rotated = await keys.rotateKey({ id, gracePeriod: { seconds: 60n } });
    expect([await send(value, id, url), await send(rotated.value, id, url)]).toEqual(["hi", "hi"]);
    aheadMs = 61_000;
    expect(await send(value, id, url)).toContain("the signature does not match");
    expect(await send(rotated.value, id, url)).toBe("hi");
    await keys.blockKey({ id });
    expect(await send(rotated.value, id, url)).toContain("is blocked");
    const kept = readdirSync(folder)
      .filter((name) => name.startsWith("p.db") && !name.endsWith("journal"))
      .map((name) => readFileSync(join(folder, name), "latin1"));
    expect(kept.some((text) => text.includes(id))).toBe(true);
    expect(kept.some((text) => [value, rotated.value].some((one) => text.includes(one)))).toBe(
      false,
    );
  });

  it("are not made to sign without a key to encrypt them with", async () => {
    const { keys } = await startStored();
    await expect(keys.createKey({ key: {}, signing: true })).rejects.toThrow(
      "set store.encryption_key",
    );
  });
});
