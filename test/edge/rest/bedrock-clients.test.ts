import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, type Json } from "../../../src/json/json.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import { adminKey, devKey, startSimGateway } from "../../start-sim-gateway.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startSimGateway();
});
afterAll(() => gateway.close());

const body = { messages: [{ role: "user", content: [{ text: "hello there" }] }] };

/** SHA-256 as the signing library asks for it. */
class Sha256 {
  readonly #hash;
  constructor(secret?: unknown) {
    this.#hash =
      secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    throw new Error("not asked for");
  }
}

interface Signing {
  readonly keyId?: string;
  readonly secret?: string;
  readonly date?: Date;
  /** Whether the hash of the body is in the head, as the SDK for JavaScript sends it. */
  readonly hashed?: boolean;
  /** What is sent in the place of the body that was signed. */
  readonly sent?: string;
  readonly method?: "GET" | "POST";
}

/** A request that is signed as AWS's SDKs sign: those for Python send no hash of the body. */
async function signed(path: string, json: object, signing: Signing = {}, to = gateway) {
  const { keyId = "dev", secret = devKey, date = new Date(), hashed = false } = signing;
  const { method = "POST" } = signing;
  const url = new URL(to.url + path);
  const text = method === "GET" ? "" : JSON.stringify(json);
  const signer = new SignatureV4({
    credentials: { accessKeyId: keyId, secretAccessKey: secret },
    region: "eu-west-1",
    service: "bedrock",
    sha256: Sha256,
    applyChecksum: hashed,
  });
  const request = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, "content-type": "application/json" },
      body: text,
    },
    { signingDate: date },
  );
  const { host: _, ...headers } = request.headers;
  const sent = method === "GET" ? {} : { body: signing.sent ?? text };
  const response = await fetch(url, { method, headers, ...sent });
  return { status: response.status, headers: response.headers, bytes: await response.bytes() };
}

function objectOf(bytes: Uint8Array): Json {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** The events of a reply, whose checksums the parser verifies. */
function eventsOf(bytes: Uint8Array) {
  const parser = createEventStreamParser();
  const frames = [...parser.push(bytes), ...parser.end()];
  return frames.map(({ event, data }) => [event, objectOf(data)] as const);
}

describe("clients of InvokeModel", () => {
  const claude = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 64,
    messages: [{ role: "user", content: "hello there" }],
  };

  it("get an answer of the Messages API", async () => {
    const { status, bytes } = await signed("/model/fast/invoke", claude);
    expect(status).toBe(200);
    expect(objectOf(bytes)).toMatchObject({
      type: "message",
      content: [{ type: "text", text: "hello there" }],
      stop_reason: "end_turn",
    });
  });

  it("get a stream of the Messages API in chunks", async () => {
    const { bytes } = await signed("/model/fast/invoke-with-response-stream", claude);
    const events = eventsOf(bytes);
    expect(new Set(events.map(([name]) => name))).toEqual(new Set(["chunk"]));
    const types = events.map(([, json]) => {
      const encoded = isObject(json) && typeof json.bytes === "string" ? json.bytes : "";
      return objectOf(Buffer.from(encoded, "base64"));
    });
    expect(types.at(0)).toMatchObject({ type: "message_start" });
    expect(types.at(-1)).toEqual({
      type: "message_stop",
      "amazon-bedrock-invocationMetrics": {
        inputTokenCount: 4,
        outputTokenCount: 4,
        invocationLatency: expect.any(Number),
        firstByteLatency: expect.any(Number),
      },
    });
  });

  it("are told what is wrong with a body, in their own form", async () => {
    const { anthropic_version: _, ...bare } = claude;
    const { status, bytes } = await signed("/model/fast/invoke", bare);
    expect(status).toBe(400);
    expect(objectOf(bytes)).toMatchObject({
      __type: "ValidationException",
      message: expect.stringContaining("anthropic_version"),
    });
  });

  it("are told of betas that no vendor got", async () => {
    const { status, headers } = await signed("/model/fast/invoke", {
      ...claude,
      anthropic_beta: ["context-1m-2025-08-07"],
    });
    expect(status).toBe(200);
    expect(headers.get("x-parlance-fidelity")).toContain("anthropic_beta");
  });

  const octets = { "content-type": "application/octet-stream" };
  const key = { authorization: `Bearer ${devKey}` };
  const types: readonly (readonly [title: string, headers: Record<string, string>, number])[] = [
    ["may call the body octets, as the SDK for JavaScript does", { ...key, ...octets }, 200],
    ["need not say what the body is, as boto3 does not", key, 200],
    ["must say it where they send no authorization", { "x-api-key": devKey }, 415],
  ];
  for (const [title, headers, status] of types) {
    it(title, async () => {
      const body = Buffer.from(JSON.stringify(claude));
      const init = { method: "POST", headers, body };
      expect((await fetch(`${gateway.url}/model/fast/invoke`, init)).status).toBe(status);
    });
  }
});

describe("clients of Converse", () => {
  for (const hashed of [false, true]) {
    const way = hashed ? "with the hash of the body in the head" : "without a hash in the head";
    it(`are known by a signature ${way}`, async () => {
      const { status, bytes } = await signed("/model/fast/converse", body, { hashed });
      expect(status).toBe(200);
      expect(objectOf(bytes)).toEqual({
        output: { message: { role: "assistant", content: [{ text: "hello there" }] } },
        stopReason: "end_turn",
        usage: { inputTokens: 4, outputTokens: 4, totalTokens: 8 },
        metrics: { latencyMs: expect.any(Number) },
      });
    });
  }

  it("may write a model that holds a slash, encoded or not", async () => {
    for (const path of ["/model/sim%2Fecho/converse", "/model/sim/echo/converse"]) {
      expect((await signed(path, body)).status).toBe(200);
    }
  });

  it("get a stream as binary messages whose checksums are right", async () => {
    const { status, headers, bytes } = await signed("/model/fast/converse-stream", body);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
    const events = eventsOf(bytes);
    const names = events.map(([name]) => name).filter((name) => name !== "contentBlockDelta");
    expect(names).toEqual(["messageStart", "contentBlockStop", "messageStop", "metadata"]);
    const deltas = events.flatMap(([name, json]) => (name === "contentBlockDelta" ? [json] : []));
    expect(JSON.stringify(deltas)).toContain("hello");
    expect(events.at(-2)).toEqual(["messageStop", { stopReason: "end_turn" }]);
  });

  it("may send a key as a bearer token", async () => {
    const response = await fetch(`${gateway.url}/model/fast/converse`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  });

  const minute = 60_000;
  const refused: readonly (readonly [title: string, signing: Signing, message: RegExp])[] = [
    ["a wrong secret", { secret: "wrong" }, /does not match/],
    ["a wrong secret and a hash", { secret: "wrong", hashed: true }, /does not match/],
    ["an unknown access key id", { keyId: "nobody" }, /neither the name of a key/],
    ["a late date", { date: new Date(Date.now() - 6 * minute) }, /more than 5 minutes/],
    ["an early date", { date: new Date(Date.now() + 6 * minute) }, /more than 5 minutes/],
    ["another body", { sent: "{}" }, /does not match/],
    ["another body than the hash's", { sent: "{}", hashed: true }, /does not have the hash/],
  ];
  for (const [title, signing, message] of refused) {
    it(`are refused for ${title}, in their own form`, async () => {
      const { status, bytes } = await signed("/model/fast/converse", body, signing);
      expect(status).toBe(401);
      expect(objectOf(bytes)).toEqual({
        __type: "UnrecognizedClientException",
        message: expect.stringMatching(message),
      });
    });
  }

  it("are held to the models of their key", async () => {
    const { status } = await signed("/model/spare/converse", body);
    expect(status).toBe(403);
  });

  it("may sign with anything where no key is configured", async () => {
    const config = "server: { port: 0 }\nproviders: { sim: { kind: sim } }";
    const open = await startGateway({ config, world: { record: () => undefined } });
    const reply = await signed("/model/sim%2Fecho/converse", body, { keyId: "AKIAX" }, open);
    await open.close();
    expect(reply.status).toBe(200);
  });

  it("are told of a failure in their own form", async () => {
    const { status, bytes } = await signed("/model/broken/converse-stream", body);
    expect(status).toBe(429);
    expect(objectOf(bytes)).toMatchObject({ __type: "ThrottlingException" });
  });
});

describe("clients that list models", () => {
  const list = async (path: string, signing: Signing = {}) => {
    const { status, bytes } = await signed(path, {}, { ...signing, method: "GET" });
    return [status, objectOf(bytes)] as const;
  };
  const summary = {
    modelArn: "arn:aws:bedrock:parlance::foundation-model/fast",
    modelId: "fast",
    modelName: "Quick answers",
    providerName: "sim",
    inputModalities: ["TEXT"],
    outputModalities: ["TEXT", "EMBEDDING"],
    responseStreamingSupported: true,
    customizationsSupported: [],
    inferenceTypesSupported: ["ON_DEMAND"],
    modelLifecycle: { status: "ACTIVE" },
  };

  it("get those of their key as foundation models", async () => {
    const [status, json] = await list("/foundation-models?byOutputModality=TEXT");
    expect(status).toBe(200);
    expect(json).toEqual({ modelSummaries: expect.arrayContaining([summary]) });
    expect(JSON.stringify(json)).not.toContain("spare");
  });

  const nothing = [
    "byOutputModality=IMAGE",
    "byInferenceType=PROVISIONED",
    "byCustomizationType=FINE_TUNING",
    "byProvider=nobody",
  ];
  for (const query of nothing) {
    it(`get none for ${query}`, async () => {
      expect(await list(`/foundation-models?${query}`)).toEqual([200, { modelSummaries: [] }]);
    });
  }

  it("get one alone, and may call it by its ARN", async () => {
    expect(await list("/foundation-models/fast")).toEqual([200, { modelDetails: summary }]);
    const arn = encodeURIComponent(summary.modelArn);
    expect((await signed(`/model/${arn}/converse`, body)).status).toBe(200);
  });

  it("get them as inference profiles, page by page", async () => {
    const [, json] = await list("/inference-profiles?maxResults=1&type=SYSTEM_DEFINED");
    expect(json).toMatchObject({
      inferenceProfileSummaries: [{ type: "SYSTEM_DEFINED", status: "ACTIVE" }],
      nextToken: expect.any(String),
    });
    const none = [200, { inferenceProfileSummaries: [] }];
    expect(await list("/inference-profiles?type=APPLICATION")).toEqual(none);
  });

  it("are refused in their own form", async () => {
    const wrong = await list("/foundation-models", { secret: "wrong" });
    expect(wrong).toMatchObject([401, { __type: "UnrecognizedClientException" }]);
    const unknown = await list("/foundation-models/nonesuch");
    expect(unknown).toMatchObject([404, { __type: "ResourceNotFoundException" }]);
  });
});
