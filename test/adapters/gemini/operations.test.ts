import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EmbedEncoding, EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { countTokens as countTokensCodec } from "../../../src/adapters/gemini/count-tokens.ts";
import { passthrough } from "../../../src/adapters/gemini/passthrough.ts";
import { embed as embedCodec } from "../../../src/adapters/gemini/vendor/embed.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { operation } from "../sides.ts";
import { chatOf } from "./builders.ts";

const embed = operation(embedCodec, "embed");
const countTokens = operation(countTokensCodec, "countTokens");

type Spec = MessageInitShape<typeof EmbedSpecSchema>;

const words = (...values: string[]) =>
  values.map((value) => ({ input: { case: "text", value } as const }));

function encodeEmbed(spec: Spec, model: string, quirks: Readonly<Record<string, unknown>> = {}) {
  const encoded = embed.encodeRequest(create(EmbedSpecSchema, { model: "m", ...spec }), {
    model,
    stream: false,
    quirks,
  });
  if (!encoded.ok) return { fault: encoded.fault.message };
  return {
    path: encoded.value.request.path,
    body: JSON.parse(String(encoded.value.request.body)),
    report: encoded.value.report.map((entry) => entry.field),
  };
}

describe("embeddings", () => {
  const cases: readonly (readonly [
    title: string,
    spec: Spec,
    model: string,
    vertex: boolean,
    expected: object,
  ])[] = [
    [
      "are asked for in a batch",
      { inputs: words("a", "b"), dimensions: 256, inputType: "search_query" },
      "gemini-embedding-001",
      false,
      {
        path: "/v1beta/models/gemini-embedding-001:batchEmbedContents",
        body: {
          requests: ["a", "b"].map((text) => ({
            model: "models/gemini-embedding-001",
            content: { parts: [{ text }] },
            taskType: "RETRIEVAL_QUERY",
            outputDimensionality: 256,
          })),
        },
        report: ["input_type"],
      },
    ],
    [
      "are predicted at Vertex AI",
      {
        inputs: words("a"),
        dimensions: 256,
        inputType: "CLUSTERING",
        truncate: "END",
        user: "u",
        encoding: EmbedEncoding.BASE64,
        extrasJson: { gemini: '{"title":"T"}' },
      },
      "text-embedding-005",
      true,
      {
        path: "/publishers/google/models/text-embedding-005:predict",
        body: {
          instances: [{ content: "a", task_type: "CLUSTERING", title: "T" }],
          parameters: { outputDimensionality: 256, autoTruncate: true },
        },
        report: ["encoding", "truncate", "user"],
      },
    ],
    [
      "of newer models at Vertex AI",
      { inputs: words("a"), dimensions: 8 },
      "gemini-embedding-2",
      true,
      {
        path: "/publishers/google/models/gemini-embedding-2:embedContent",
        body: {
          content: { parts: [{ text: "a" }] },
          embedContentConfig: { outputDimensionality: 8 },
        },
        report: [],
      },
    ],
    [
      "of token ids are refused",
      { inputs: [{ input: { case: "tokens", value: { ids: [1] } } }] },
      "m",
      false,
      { fault: "inputs[0]: the vendor takes text and pictures, and no token ids" },
    ],
    [
      "of several inputs at once are refused where one is taken",
      { inputs: words("a", "b") },
      "gemini-embedding-2",
      true,
      { fault: "inputs: the model takes one input a call; ask several times" },
    ],
  ];
  for (const [title, spec, model, vertex, expected] of cases) {
    test(title, () => {
      expect(encodeEmbed(spec, model, { vertex })).toEqual(expected);
    });
  }

  const answers: readonly (readonly [title: string, json: object, tokens: bigint | undefined])[] = [
    ["a batch", { embeddings: [{ values: [0.5, 1] }], usageMetadata: { promptTokenCount: 3 } }, 3n],
    ["one", { embedding: { values: [0.5, 1] } }, undefined],
    [
      "predictions",
      { predictions: [{ embeddings: { values: [0.5, 1], statistics: { token_count: 2 } } }] },
      2n,
    ],
  ];
  for (const [title, json, tokens] of answers) {
    test(`are read from ${title}`, () => {
      const decoded = embed.decodeResponse(JSON.parse(JSON.stringify(json)));
      expect(decoded.ok && decoded.value.embeddings).toMatchObject([
        { index: 0, vector: { value: { values: [0.5, 1] } } },
      ]);
      expect(decoded.ok && decoded.value.usage?.inputTokens).toBe(tokens);
    });
  }

  test("of garbage are a fault", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        embed.decodeResponse(JSON.parse(JSON.stringify(json)));
        countTokens.decodeResponse(JSON.parse(JSON.stringify(json)));
      }),
    );
    expect(embed.decodeResponse({ embeddings: [{ values: ["x"] }] }).ok).toBe(false);
  });
});

describe("counting tokens", () => {
  test("a whole call is counted, and at Vertex AI its prompt", () => {
    const bodyOf = (quirks: Readonly<Record<string, unknown>>) => {
      const encoded = countTokens.encodeRequest(chatOf({ serviceTier: "flex" }), {
        model: "m",
        stream: false,
        quirks,
      });
      return encoded.ok
        ? [encoded.value.request.path, JSON.parse(String(encoded.value.request.body))]
        : [];
    };
    const contents = [{ role: "user", parts: [{ text: "hello" }] }];
    expect(bodyOf({})).toEqual([
      "/v1beta/models/m:countTokens",
      { generateContentRequest: { model: "models/m", contents, serviceTier: "flex" } },
    ]);
    expect(bodyOf({ vertex: true })).toEqual([
      "/publishers/google/models/m:countTokens",
      { contents },
    ]);
  });

  test("the count is read", () => {
    expect(countTokens.decodeResponse({ totalTokens: 11 })).toMatchObject({
      ok: true,
      value: { inputTokens: 11n },
    });
    expect(countTokens.decodeResponse([]).ok).toBe(false);
  });
});

describe("the byte path", () => {
  const options = (stream: boolean) => ({ model: "gemini-x", stream, quirks: {} });
  const sent = (operation: "chat" | "embed" | "count_tokens", body: string, stream = false) => {
    const request = passthrough.request(operation, Buffer.from(body), options(stream));
    return [request.path, Buffer.from(request.body).toString("utf8")];
  };

  test("keeps every byte but for the model", () => {
    expect(sent("chat", '{"model":"a", "contents" : [ 1.0 ],"stream":true}', true)).toEqual([
      "/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
      '{"contents" : [ 1.0 ]}',
    ]);
    expect(
      sent("count_tokens", '{"generateContentRequest":{"model":"models/a","contents":[]}}'),
    ).toEqual([
      "/v1beta/models/gemini-x:countTokens",
      '{"generateContentRequest":{"model":"models/gemini-x","contents":[]}}',
    ]);
    expect(sent("embed", '{"requests":[{"model":"models/a","content":{ }}]}')).toEqual([
      "/v1beta/models/gemini-x:batchEmbedContents",
      '{"requests":[{"model":"models/gemini-x","content":{ }}]}',
    ]);
    expect(sent("embed", '{"content":{}}')).toEqual([
      "/v1beta/models/gemini-x:embedContent",
      '{"content":{}}',
    ]);
  });

  test("sees usage, the end and failures of frames", () => {
    const watch = passthrough.watch(true);
    const see = (data: string) => watch.see({ event: "", data: Buffer.from(data) });
    expect(
      see('{"candidates":[{"content":{"parts":[{"text":"\\"error\\" \\"finishReason\\""}]}}]}'),
    ).toEqual({
      forward: true,
    });
    expect(watch.ended()).toBe(false);
    expect(
      see('{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":2}}').usage
        ?.inputTokens,
    ).toBe(2n);
    expect(watch.ended()).toBe(true);
    expect(see('{"error":{"code":500,"status":"INTERNAL"}}').fault?.upstreamType).toBe("INTERNAL");
    expect(
      passthrough.scanUsage(
        "chat",
        new JsonText(Buffer.from('{"usageMetadata":{"promptTokenCount":2}}')),
      )?.inputTokens,
    ).toBe(2n);
  });
});

describe("a body that may pass as it is", () => {
  const studio = "gemini-embedding-001";
  const newer = "gemini-embedding-2";
  const cases: readonly (readonly [
    operation: "chat" | "embed" | "count_tokens",
    body: JsonObject,
    model: string,
    vertex: boolean,
    accepted: boolean,
  ])[] = [
    ["chat", { contents: [] }, studio, true, true],
    ["chat", { contents: [] }, studio, false, true],
    ["count_tokens", { contents: [] }, studio, true, true],
    ["count_tokens", { generateContentRequest: {} }, studio, true, false],
    ["count_tokens", { generateContentRequest: {} }, studio, false, true],
    ["count_tokens", { instances: [] }, studio, false, false],
    ["embed", { requests: [] }, studio, false, true],
    ["embed", { content: {} }, studio, false, true],
    ["embed", { instances: [] }, studio, false, false],
    ["embed", { content: {}, embedContentConfig: {} }, newer, false, false],
    ["embed", { requests: [] }, studio, true, false],
    ["embed", { content: {} }, studio, true, false],
    ["embed", { instances: [] }, studio, true, true],
    ["embed", { instances: [] }, newer, true, false],
    ["embed", { content: {}, embedContentConfig: {} }, newer, true, true],
  ];
  for (const [operation, body, model, vertex, accepted] of cases) {
    const place = vertex ? "Vertex AI" : "Google AI Studio";
    test(`${operation} ${JSON.stringify(body)} ${accepted ? "passes" : "is translated"} for ${model} at ${place}`, () => {
      const options = { model, stream: false, quirks: { vertex } };
      const origin = { body: Buffer.from(JSON.stringify(body)), json: body };
      expect(passthrough.fit?.(operation, origin, options)).toBe(accepted ? "as_is" : "translated");
    });
  }
});
