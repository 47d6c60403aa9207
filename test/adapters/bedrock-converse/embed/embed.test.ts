import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { EmbedEncoding, EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  embed as embedCodec,
  embedInputLimit,
} from "../../../../src/adapters/bedrock-converse/embed/embed.ts";
import type { Json } from "../../../../src/json/json.ts";
import { operation } from "../../sides.ts";
import { objectOf, unwrap } from "../encode-chat.ts";

const embed = operation(embedCodec, "embed");

type SpecInit = MessageInitShape<typeof EmbedSpecSchema>;

const TITAN_1 = "amazon.titan-embed-text-v1";
const TITAN_2 = "amazon.titan-embed-text-v2:0";
const TITAN_IMAGE = "amazon.titan-embed-image-v1";
const COHERE_3 = "cohere.embed-multilingual-v3";
const COHERE_4 = "us.cohere.embed-v4:0";
const NOVA = "amazon.nova-2-multimodal-embeddings-v1:0";

const png = Buffer.from([0x89, 0x50]);
const base64 = png.toString("base64");
const words = (value: string) => ({ input: { case: "text", value } }) as const;
const picture = {
  input: { case: "image", value: { source: { case: "data", value: png } } },
} as const;

function encode(init: SpecInit, model: string, quirks: Readonly<Record<string, unknown>> = {}) {
  return embed.encodeRequest(create(EmbedSpecSchema, { model: "m", ...init }), {
    model,
    stream: false,
    quirks,
  });
}

describe("a request for vectors", () => {
  const cases: readonly (readonly [
    title: string,
    model: string,
    spec: SpecInit,
    body: object,
    report: readonly string[],
  ])[] = [
    ["is one text to Titan", TITAN_1, { inputs: [words("a")] }, { inputText: "a" }, []],
    [
      "has no length at Titan's first",
      TITAN_1,
      { inputs: [words("a")], dimensions: 256, inputType: "x", truncate: "END", user: "u" },
      { inputText: "a" },
      ["user DROPPED", "dimensions DROPPED", "input_type DROPPED", "truncate DROPPED"],
    ],
    [
      "has a length at Titan's second",
      TITAN_2,
      { inputs: [words("a")], dimensions: 256 },
      { inputText: "a", dimensions: 256 },
      [],
    ],
    [
      "takes extras",
      TITAN_2,
      {
        inputs: [words("a")],
        extrasJson: { "bedrock-converse": '{"normalize":false}', cohere: "{}" },
      },
      { inputText: "a", normalize: false },
      ['extras_json["cohere"] DROPPED'],
    ],
    [
      "is a picture to Titan's multimodal one",
      TITAN_IMAGE,
      { inputs: [picture], dimensions: 384 },
      { inputImage: base64, embeddingConfig: { outputEmbeddingLength: 384 } },
      [],
    ],
    [
      "is several texts to Cohere, with a purpose",
      COHERE_3,
      { inputs: [words("a"), words("b")], inputType: "search_query", truncate: "END" },
      { input_type: "search_query", texts: ["a", "b"], truncate: "END" },
      [],
    ],
    [
      "gets the purpose that Cohere demands",
      COHERE_3,
      { inputs: [words("a")], dimensions: 8, encoding: EmbedEncoding.BASE64 },
      { input_type: "search_document", texts: ["a"] },
      ["input_type EMULATED", "dimensions DROPPED", "encoding MAPPED"],
    ],
    [
      "is a picture to Cohere",
      COHERE_3,
      { inputs: [picture] },
      { input_type: "image", images: [`data:image/png;base64,${base64}`] },
      ["input_type EMULATED"],
    ],
    [
      "mixes texts and pictures at Cohere's fourth, in bytes",
      COHERE_4,
      {
        inputs: [words("a"), picture],
        inputType: "clustering",
        dimensions: 512,
        encoding: EmbedEncoding.INT8,
      },
      {
        input_type: "clustering",
        inputs: [
          { content: [{ type: "text", text: "a" }] },
          { content: [{ type: "image_url", image_url: `data:image/png;base64,${base64}` }] },
        ],
        output_dimension: 512,
        embedding_types: ["int8"],
      },
      [],
    ],
    [
      "is one text to Nova, with a purpose in its own words",
      NOVA,
      { inputs: [words("a")], inputType: "search_query", truncate: "right", dimensions: 1024 },
      {
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "GENERIC_RETRIEVAL",
          embeddingDimension: 1024,
          text: { truncationMode: "END", value: "a" },
        },
      },
      ["input_type MAPPED", "truncate MAPPED"],
    ],
    [
      "is one picture to Nova",
      NOVA,
      { inputs: [picture], inputType: "IMAGE_RETRIEVAL" },
      {
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "IMAGE_RETRIEVAL",
          image: { format: "png", source: { bytes: base64 } },
        },
      },
      [],
    ],
  ];
  for (const [title, model, spec, body, report] of cases) {
    it(title, () => {
      const encoded = unwrap(encode(spec, model));
      expect(encoded.request.path).toBe(`/model/${encodeURIComponent(model)}/invoke`);
      expect(objectOf(String(encoded.request.body))).toEqual(body);
      const told = encoded.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
      expect(told.sort()).toEqual([...report].sort());
    });
  }

  const refused: readonly (readonly [
    title: string,
    model: string,
    spec: SpecInit,
    field: string,
  ])[] = [
    [
      "of two inputs is refused where the model takes one",
      TITAN_2,
      { inputs: [words("a"), words("b")] },
      "inputs",
    ],
    [
      "of tokens is refused",
      COHERE_3,
      { inputs: [{ input: { case: "tokens", value: { ids: [1] } } }] },
      "inputs[0].tokens",
    ],
    [
      "of a picture is refused by a model of text",
      TITAN_1,
      { inputs: [picture] },
      "inputs[0].image",
    ],
    [
      "of both kinds is refused by Cohere's third",
      COHERE_3,
      { inputs: [words("a"), picture] },
      "inputs",
    ],
    [
      "to a model that is not known is refused",
      "anthropic.claude-v2",
      { inputs: [words("a")] },
      "model",
    ],
  ];
  for (const [title, model, spec, field] of refused) {
    it(title, () => {
      expect(encode(spec, model)).toMatchObject({
        ok: false,
        fault: { reason: ErrorReason.UNSUPPORTED, fields: [{ field }] },
      });
    });
  }

  it("behind an ARN is that of the base model", () => {
    const arn = "arn:aws:bedrock:us-east-1:1:provisioned-model/x";
    const spec = create(EmbedSpecSchema, { model: "m", inputs: [words("a")] });
    const encoded = unwrap(
      embed.encodeRequest(spec, { model: arn, baseModel: TITAN_2, stream: false, quirks: {} }),
    );
    expect(objectOf(String(encoded.request.body))).toEqual({ inputText: "a" });
    expect([embedInputLimit(arn), embedInputLimit(TITAN_2), embedInputLimit(COHERE_4)]).toEqual([
      undefined,
      1,
      96,
    ]);
  });
});

describe("an answer with vectors", () => {
  const floats = (...values: number[]) => ({ case: "floats", value: { values } });
  const cases: readonly (readonly [
    title: string,
    json: Json,
    vectors: readonly object[],
    tokens: bigint | undefined,
  ])[] = [
    ["is Titan's", { embedding: [0.5, -1], inputTextTokenCount: 3 }, [floats(0.5, -1)], 3n],
    [
      "is Titan's by type",
      { embedding: [0.5], embeddingsByType: { float: [0.5] }, inputTextTokenCount: 1 },
      [floats(0.5)],
      1n,
    ],
    [
      "is Cohere's list",
      { id: "i", embeddings: [[1], [2]], texts: ["a", "b"], response_type: "embeddings_floats" },
      [floats(1), floats(2)],
      undefined,
    ],
    ["is Cohere's by type", { id: "i", embeddings: { float: [[1]] } }, [floats(1)], undefined],
    [
      "is Cohere's in bytes",
      { id: "i", embeddings: { int8: [[-1, 127]] } },
      [{ case: "int8Bytes", value: Uint8Array.of(255, 127) }],
      undefined,
    ],
    [
      "is Nova's",
      { embeddings: [{ embeddingType: "TEXT", embedding: [1, 2] }] },
      [floats(1, 2)],
      undefined,
    ],
  ];
  for (const [title, json, vectors, tokens] of cases) {
    it(title, () => {
      const result = unwrap(embed.decodeResponse(json));
      expect(result.embeddings.map(({ index }) => index)).toEqual(vectors.map((_, index) => index));
      expect(result.embeddings.map(({ vector }) => vector)).toMatchObject(vectors);
      expect(result.usage?.inputTokens).toBe(tokens);
    });
  }

  for (const json of [
    null,
    {},
    { embeddings: "x" },
    { embeddings: [["a"]] },
    { embedding: [null] },
    { embeddings: [{}] },
  ]) {
    it(`that is ${JSON.stringify(json)} is malformed`, () =>
      expect(embed.decodeResponse(json).ok).toBe(false));
  }
});
