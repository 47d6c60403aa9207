import {
  ApiError,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
} from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asArray, asObject, type JsonObject, parseJson } from "../json-value.ts";
import { thinkingText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { defaultDimensions } from "./embed-contents.ts";
import { geminiUsage } from "./generate-usage.ts";
import { startGeminiVendor } from "./start-gemini-vendor.ts";
import { thoughtSignature } from "./thought-signature.ts";

const weather = {
  name: "weather",
  parametersJsonSchema: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};
const tools = [{ functionDeclarations: [weather, { ...weather, name: "time" }] }];

describe("the simulated Google AI Studio, called by the official client", () => {
  let vendor: Vendor;
  let client: GoogleGenAI;

  beforeAll(async () => {
    vendor = await startGeminiVendor({ apiKey: "good" });
    client = new GoogleGenAI({ apiKey: "good", httpOptions: { baseUrl: vendor.url } });
  });
  afterAll(() => vendor.close());

  for (const stream of [false, true]) {
    const way = stream ? "streamed" : "unary";
    const generate = async (
      model: string,
      config: GenerateContentConfig = {},
      contents: object[] | string = "hi there",
    ) => {
      if (!stream) return read([await client.models.generateContent({ model, contents, config })]);
      const chunks: GenerateContentResponse[] = [];
      for await (const chunk of await client.models.generateContentStream({
        model,
        contents,
        config,
      }))
        chunks.push(chunk);
      return read(chunks);
    };

    it(`echoes the last user message (${way})`, async () => {
      const { text, finish, usage } = await generate("gemini-3-flash");
      expect([text, finish]).toEqual(["You said: hi there", "STOP"]);
      expect(usage?.candidatesTokenCount).toBeGreaterThan(0);
    });

    it(`calls tools, the first one signed, and quotes their results (${way})`, async () => {
      const { parts } = await generate("gemini-3-flash-parallel-tools", { tools });
      const calls = parts.filter(({ functionCall }) => functionCall !== undefined);
      expect(calls.map(({ functionCall }) => functionCall?.name)).toEqual(["weather", "time"]);
      expect(calls.map((call) => call.thoughtSignature)).toEqual([thoughtSignature, undefined]);
      const responses = calls.map(({ functionCall }) => ({
        functionResponse: {
          id: functionCall?.id,
          name: functionCall?.name,
          response: { output: "21" },
        },
      }));
      const history = [
        { role: "user", parts: [{ text: "?" }] },
        { role: "model", parts },
        { role: "user", parts: responses },
      ];
      expect((await generate("gemini-3-flash-parallel-tools", { tools }, history)).text).toBe(
        "The tool said: 21 | 21",
      );
      const unsigned = [
        history[0],
        { role: "model", parts: calls.map(({ functionCall }) => ({ functionCall })) },
        history[2],
      ];
      const refused = generate(
        "gemini-3-flash-parallel-tools",
        { tools },
        unsigned.flatMap((each) => each ?? []),
      );
      await expect(refused).rejects.toThrow(/missing a thought_signature/);
    });

    it(`tells thoughts to those who ask, and signs what was thought about (${way})`, async () => {
      const asked = await generate("gemini-3-flash-thinking", {
        thinkingConfig: { includeThoughts: true },
      });
      expect(asked.thoughts).toBe(thinkingText);
      expect(asked.parts.at(-1)?.thoughtSignature).toBe(thoughtSignature);
      const silent = await generate("gemini-3-flash-thinking");
      expect([silent.thoughts, silent.usage?.thoughtsTokenCount]).toEqual(["", 16]);
    });

    it(`follows a schema in either words (${way})`, async () => {
      const config = { responseMimeType: "application/json" };
      const properties = { city: { type: "string" } };
      for (const schema of [
        { responseJsonSchema: { type: "object", properties } },
        { responseSchema: { type: "OBJECT", properties: { city: { type: "STRING" } } } },
      ]) {
        const { text } = await generate("gemini-3-flash-structured", {
          ...config,
          ...schema,
        } as GenerateContentConfig);
        expect(Object.keys(JSON.parse(text))).toEqual(["city"]);
      }
    });

    const endings = [
      ["x-length", "MAX_TOKENS", undefined],
      ["x-content-filter", "SAFETY", undefined],
      ["x-refusal", undefined, "SAFETY"],
    ] as const;
    it.each(endings)(`ends %s as ${way} with %s, block %s`, async (model, finish, block) => {
      const ended = await generate(model);
      expect([ended.finish, ended.block]).toEqual([finish, block]);
    });

    it(`tells usage in full at the end (${way})`, async () => {
      expect((await generate("x-usage")).usage).toEqual(geminiUsage);
    });

    const errors = [
      ["x-e400", 400, "INVALID_ARGUMENT"],
      ["x-e401", 401, "UNAUTHENTICATED"],
      ["x-e404", 404, "NOT_FOUND"],
      ["x-e429", 429, "RESOURCE_EXHAUSTED"],
      ["x-e500", 500, "INTERNAL"],
      ["x-e503", 503, "UNAVAILABLE"],
    ] as const;
    it.each(errors)(`answers %s with %s %s (${way})`, async (model, status, word) => {
      const error: unknown = await generate(model).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ status, message: expect.stringContaining(word) });
    });
  }

  it("says when to come again in RetryInfo, and in no header", async () => {
    const reply = await post("/v1beta/models/x-e429:generateContent", {
      contents: [{ parts: [{ text: "x" }] }],
    });
    expect(reply.headers.get("retry-after")).toBeNull();
    expect((await errorOf(reply))?.details).toContainEqual({
      "@type": "type.googleapis.com/google.rpc.RetryInfo",
      retryDelay: "2s",
    });
  });

  it("ends the frames of a stream with CRLF", async () => {
    const reply = await post("/v1beta/models/x:streamGenerateContent?alt=sse", {
      contents: [{ parts: [{ text: "a b" }] }],
    });
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
    expect((await reply.text()).split("\r\n\r\n")).toHaveLength(5);
  });

  it("counts tokens of contents and of whole requests", async () => {
    const counted = await client.models.countTokens({
      model: "gemini-3-flash",
      contents: "hi there",
    });
    expect(counted.totalTokens).toBeGreaterThan(0);
    const contents = [{ role: "user", parts: [{ text: "hi" }] }];
    const whole = { generateContentRequest: { model: "models/x", contents } };
    expect((await post("/v1beta/models/x:countTokens", whole)).status).toBe(200);
    expect((await post("/v1beta/models/y:countTokens", whole)).status).toBe(400);
  });

  it("embeds one content and many", async () => {
    const content = { parts: [{ text: "abc" }] };
    const one = await post("/v1beta/models/x:embedContent", { content });
    expect(asArray(asObject((await jsonOf(one))?.embedding)?.values)).toHaveLength(
      defaultDimensions,
    );
    const request = { model: "models/x", content, outputDimensionality: 3 };
    const many = await post("/v1beta/models/x:batchEmbedContents", {
      requests: [request, request],
    });
    expect(await many.json()).toEqual({
      embeddings: [{ values: [3, 0.125, 0.25] }, { values: [3, 0.125, 0.25] }],
    });
  });

  const refused = [
    [
      "a request of a batch without its model",
      "batchEmbedContents",
      { requests: [{ content: { parts: [{ text: "a" }] } }] },
    ],
    [
      "a request for another model",
      "batchEmbedContents",
      { requests: [{ model: "models/y", content: { parts: [{ text: "a" }] } }] },
    ],
    ["an empty batch", "batchEmbedContents", { requests: [] }],
    ["an unknown task", "embedContent", { content: { parts: [{ text: "a" }] }, taskType: "X" }],
    [
      "a stream that is not asked for as events",
      "streamGenerateContent",
      { contents: [{ parts: [{ text: "a" }] }] },
    ],
  ] as const;
  it.each(refused)("refuses %s", async (_, method, body) => {
    const reply = await post(`/v1beta/models/x:${method}`, body);
    expect([reply.status, (await errorOf(reply))?.status]).toEqual([400, "INVALID_ARGUMENT"]);
  });

  const strangers = [
    ["no key", {}, 403, "PERMISSION_DENIED"],
    ["a wrong key", { "x-goog-api-key": "bad" }, 400, "INVALID_ARGUMENT"],
  ] as const;
  it.each(strangers)("turns away callers with %s", async (_, headers, status, word) => {
    const reply = await fetch(`${vendor.url}/v1beta/models/x:generateContent`, {
      method: "POST",
      headers,
      body: "{}",
    });
    expect([reply.status, (await errorOf(reply))?.status]).toEqual([status, word]);
  });

  function post(path: string, body: object): Promise<Response> {
    const headers = { "x-goog-api-key": "good", "content-type": "application/json" };
    return fetch(`${vendor.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  }
});

async function jsonOf(reply: Response): Promise<JsonObject | undefined> {
  return asObject(parseJson(await reply.text()));
}

async function errorOf(reply: Response): Promise<JsonObject | undefined> {
  return asObject((await jsonOf(reply))?.error);
}

function read(chunks: readonly GenerateContentResponse[]) {
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const words = (thought: boolean) =>
    parts.map((part) => ((part.thought === true) === thought ? (part.text ?? "") : "")).join("");
  return {
    parts,
    text: words(false),
    thoughts: words(true),
    finish: chunks.at(-1)?.candidates?.[0]?.finishReason,
    block: chunks.at(-1)?.promptFeedback?.blockReason,
    usage: chunks.at(-1)?.usageMetadata,
  };
}
