import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { loadEveryDialect } from "../../../src/adapters/dialects.ts";
import type { Dialect, EncodeOptions } from "../../../src/core/dialect.ts";
import { operation } from "../sides.ts";

let dialects: ReadonlyMap<string, Dialect>;
beforeAll(async () => {
  dialects = await loadEveryDialect();
});

const names = [
  "bedrock-rerank",
  "vertex-rerank",
  "dashscope-rerank",
  "deepinfra-rerank",
  "nvidia-rerank",
] as const;

function rerankOf(name: string) {
  return operation(dialects.get(name)?.codecs.rerank, name);
}

const texts = (...values: string[]) =>
  values.map((value) => ({ document: { case: "text", value } as const }));
const objects = (...values: string[]) =>
  values.map((value) => ({ document: { case: "objectJson", value } as const }));

function encode(
  name: string,
  model: string,
  spec: MessageInitShape<typeof RerankSpecSchema>,
  quirks = {},
) {
  const options: EncodeOptions = { model, stream: false, quirks };
  return rerankOf(name).encodeRequest(create(RerankSpecSchema, spec), options);
}

function decode(name: string, json: unknown) {
  const body = Buffer.from(JSON.stringify(json));
  return rerankOf(name).decodeResponse(JSON.parse(body.toString()), body);
}

describe("a ranking in words of its own", () => {
  const paths: readonly [title: string, dialect: string, model: string, path: string][] = [
    [
      "has a path for each model",
      "deepinfra-rerank",
      "Qwen/Qwen3 Reranker",
      "/inference/Qwen/Qwen3%20Reranker",
    ],
    [
      "has underscores for dots",
      "nvidia-rerank",
      "nvidia/llama-3.2-nv",
      "/retrieval/nvidia/llama-3_2-nv/reranking",
    ],
    [
      "takes names as paths have them",
      "nvidia-rerank",
      "nvidia/a-3_2",
      "/retrieval/nvidia/a-3_2/reranking",
    ],
    [
      "has one path for Mistral's",
      "nvidia-rerank",
      "nvidia/nv-rerankqa-mistral-4b-v3",
      "/retrieval/nvidia/reranking",
    ],
    ["has one path in a container", "nvidia-rerank", "ranking/nvidia/llama-3.2-nv", "/ranking"],
  ];
  for (const [title, dialect, model, path] of paths) {
    it(`${title}: ${model}`, () => {
      expect(encode(dialect, model, { query: "q", documents: texts("a") })).toMatchObject({
        value: { request: { path } },
      });
    });
  }

  it("names NVIDIA's models as they are called, however they were written", () => {
    for (const model of ["ranking/nvidia/a-3.2", "nvidia/a-3_2", "nvidia/a-3.2"]) {
      const encoded = encode("nvidia-rerank", model, { query: "q", documents: texts("a") });
      expect(encoded.ok && JSON.parse(encoded.value.request.body.toString()).model).toBe(
        "nvidia/a-3.2",
      );
    }
  });

  const arns: readonly [model: string, region: string, arn: string][] = [
    ["m", "eu-central-1", "arn:aws:bedrock:eu-central-1::foundation-model/m"],
    ["m", "cn-north-1", "arn:aws-cn:bedrock:cn-north-1::foundation-model/m"],
    ["m", "us-gov-west-1", "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/m"],
    [
      "arn:aws:bedrock:us-east-1::foundation-model/x",
      "",
      "arn:aws:bedrock:us-east-1::foundation-model/x",
    ],
  ];
  for (const [model, region, arn] of arns) {
    it(`names ${model} in ${region || "no region"} as ${arn}`, () => {
      const encoded = encode(
        "bedrock-rerank",
        model,
        { query: "q", documents: texts("a") },
        { variables: { region } },
      );
      expect(encoded.ok && encoded.value.request.body).toContain(`"modelArn":"${arn}"`);
    });
  }

  it("is refused where Bedrock's model has neither a region nor an ARN", () => {
    expect(encode("bedrock-rerank", "m", { query: "q", documents: texts("a") })).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.INVALID_REQUEST, fields: [{ field: "model" }] },
    });
  });

  it("keeps documents that are objects exactly where the vendor takes them", () => {
    const spec = { query: "q", documents: objects('{"b": 1.0}') };
    const encoded = encode("bedrock-rerank", "arn:x", spec);
    expect(encoded.ok && encoded.value.request.body).toContain(
      '{"type":"JSON","jsonDocument":{"b": 1.0}}',
    );
    expect(encode("dashscope-rerank", "m", spec)).toMatchObject({
      value: { report: [{ field: "documents[0].object_json", note: "sent as text" }] },
    });
  });

  it("asks for no more than there are documents, and merges extras", () => {
    const encoded = encode("dashscope-rerank", "m", {
      query: "q",
      documents: texts("a", "b"),
      topN: 9,
      extrasJson: { "dashscope-rerank": '{"parameters":{"instruct":"x"}}' },
    });
    expect(encoded.ok && JSON.parse(encoded.value.request.body.toString()).parameters).toEqual({
      top_n: 2,
      instruct: "x",
    });
  });

  const faults: readonly [title: string, dialect: string, reply: unknown][] = [
    [
      "an error that comes with status 200",
      "dashscope-rerank",
      { code: "InvalidApiKey", message: "no", request_id: "r" },
    ],
    ["a detail instead of an answer", "nvidia-rerank", { detail: "no such model" }],
    ["a result without an index", "bedrock-rerank", { results: [{ relevanceScore: 1 }] }],
    ["a record that was not asked for", "vertex-rerank", { records: [{ id: "x", score: 1 }] }],
    ["a score that is no number", "deepinfra-rerank", { scores: [0.5, null] }],
    ["no results", "nvidia-rerank", {}],
  ];
  for (const [title, dialect, reply] of faults) {
    it(`is a fault for ${title}`, () => {
      expect(decode(dialect, reply)).toMatchObject({
        ok: false,
        fault: { message: expect.stringMatching(/./) },
      });
    });
  }

  it("tells the tokens, the id and what else the vendor says", () => {
    expect(
      decode("dashscope-rerank", {
        output: { results: [] },
        usage: { total_tokens: 7 },
        request_id: "r",
        x: 1,
      }),
    ).toMatchObject({
      ok: true,
      value: { id: "r", usage: { inputTokens: 7n }, extrasJson: { "dashscope-rerank": '{"x":1}' } },
    });
  });

  it("has no chats", () => {
    for (const name of names) expect(dialects.get(name)?.codecs.chat).toBeUndefined();
  });

  it("takes any JSON for an answer or a fault, and never throws", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, json) => {
        const decoded = decode(name, json);
        expect(decoded.ok || decoded.fault.message !== "").toBe(true);
      }),
    );
  });
});
