import { describe, expect, it } from "vitest";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { invokeEmbed } from "../../../src/adapters/bedrock-converse/client/embed.ts";
import { bedrockConverse } from "../../../src/adapters/bedrock-converse/index.ts";
import type { FacadeContext } from "../../../src/core/dialect.ts";
import { expectMessage } from "../../../src/core/operation.ts";
import { type JsonObject, parseJson } from "../../../src/json/json.ts";
import { asObject } from "../../vendors/json-value.ts";

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]).toString("base64");

function decode(json: JsonObject, stream = false) {
  const bytes = Buffer.from(JSON.stringify(json));
  return invokeEmbed.decodeRequest({ json: { ...json, model: "m", stream }, bytes });
}

/** A client's body as Bedrock gets it of us, for a model of the same maker. */
function sent(json: JsonObject, model: string): unknown {
  const decoded = decode(json);
  if (!decoded.ok) throw new Error(decoded.fault.message);
  const spec = expectMessage(decoded.value.message, EmbedSpecSchema);
  const encoded = bedrockConverse.codecs.embed?.encodeRequest(spec, {
    model,
    stream: false,
    quirks: {},
  });
  if (encoded?.ok !== true) throw new Error(encoded?.fault.message);
  return asObject(parsed(String(encoded.value.request.body)));
}

function parsed(text: string) {
  const read = parseJson(Buffer.from(text));
  return read.ok ? read.value : null;
}

/** A vendor's answer as the client of a body gets it. */
function shown(request: JsonObject, answer: JsonObject): unknown {
  const bytes = Buffer.from(JSON.stringify(answer));
  const options = { model: "m", quirks: {} };
  const decoded = bedrockConverse.codecs.embed?.decodeResponse({ json: answer, bytes }, options);
  if (decoded?.ok !== true) throw new Error(decoded?.fault.message);
  const context: FacadeContext = {
    model: "m",
    nowUnixS: 0,
    callId: "call",
    wantsUsage: true,
    origin: { dialect: "bedrock-invoke", body: Buffer.from(""), json: request, wantsUsage: true },
  };
  return parsed(String(invokeEmbed.encodeResponse(decoded.value, context)));
}

const titan = "amazon.titan-embed-text-v2:0";
const titanImage = "amazon.titan-embed-image-v1";
const cohere = "cohere.embed-english-v3";
const nova = "amazon.nova-2-multimodal-embeddings-v1:0";

describe("a body of InvokeModel for embeddings", () => {
  const whole: readonly (readonly [title: string, model: string, body: JsonObject])[] = [
    ["a text for Titan", titan, { inputText: "a", dimensions: 256 }],
    [
      "what only Titan has",
      titan,
      { inputText: "a", normalize: false, embeddingTypes: ["float", "binary"] },
    ],
    ["a picture for Titan", titanImage, { inputImage: png }],
    [
      "the length of a picture's vector",
      titanImage,
      { inputImage: png, embeddingConfig: { outputEmbeddingLength: 384 } },
    ],
    [
      "texts for Cohere",
      cohere,
      { texts: ["a", "b"], input_type: "search_query", truncate: "END" },
    ],
    [
      "several kinds for Cohere",
      cohere,
      { texts: ["a"], input_type: "clustering", embedding_types: ["float", "uint8"] },
    ],
    [
      "pictures for Cohere",
      cohere,
      { images: [`data:image/png;base64,${png}`], input_type: "image" },
    ],
    [
      "a text for Nova",
      nova,
      {
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "CLUSTERING",
          embeddingDimension: 384,
          text: { truncationMode: "START", value: "a" },
        },
      },
    ],
    [
      "a picture for Nova",
      nova,
      {
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "GENERIC_INDEX",
          image: { format: "png", source: { bytes: png } },
        },
      },
    ],
  ];
  for (const [title, model, body] of whole) {
    it(`reaches a model of its maker whole: ${title}`, () => {
      expect(sent(body, model)).toEqual(body);
    });
  }

  const wrong: readonly (readonly [title: string, body: JsonObject, field: string])[] = [
    ["an empty text", { inputText: "" }, "inputText"],
    ["a text that is none", { inputText: 1 }, "inputText"],
    ["a text and a picture", { inputText: "a", inputImage: png }, "inputImage"],
    ["a picture that is none", { inputImage: "no base64!" }, "inputImage"],
    ["a length that is none", { inputText: "a", dimensions: 0.5 }, "dimensions"],
    ["a wish that is none", { inputText: "a", normalize: "yes" }, "normalize"],
    ["kinds that are none", { inputText: "a", embeddingTypes: "float" }, "embeddingTypes"],
    ["an empty text for Cohere", { texts: [""], input_type: "clustering" }, "texts[0]"],
    [
      "a text and a picture for Nova",
      { singleEmbeddingParams: { text: { value: "a" }, image: {} } },
      "singleEmbeddingParams.image",
    ],
    [
      "other media for Nova",
      { singleEmbeddingParams: { audio: {} } },
      "singleEmbeddingParams.text",
    ],
    [
      "a job for Nova",
      { taskType: "SEGMENTED_EMBEDDING", singleEmbeddingParams: { text: { value: "a" } } },
      "taskType",
    ],
  ];
  for (const [title, body, field] of wrong) {
    it(`is refused with the field: ${title}`, () => {
      const decoded = decode(body);
      expect(decoded.ok ? [] : decoded.fault.fields?.map((one) => one.field)).toEqual([field]);
    });
  }

  it("is refused where it is to be streamed", () => {
    expect(decode({ inputText: "a" }, true)).toMatchObject({ ok: false });
  });
});

describe("vectors of InvokeModel", () => {
  const answers: readonly (readonly [
    title: string,
    request: JsonObject,
    answer: JsonObject,
    shown: JsonObject,
  ])[] = [
    [
      "Titan's",
      { inputText: "a" },
      { embedding: [0.6, 0.8], inputTextTokenCount: 3 },
      {
        embedding: [0.6, 0.8],
        inputTextTokenCount: 3,
        embeddingsByType: { float: [0.6, 0.8] },
      },
    ],
    [
      "Titan's of several kinds",
      { inputText: "a", embeddingTypes: ["float", "binary"] },
      {
        embedding: [0.6, 0.8],
        embeddingsByType: { float: [0.6, 0.8], binary: [1, 1] },
        inputTextTokenCount: 3,
      },
      {
        embedding: [0.6, 0.8],
        inputTextTokenCount: 3,
        embeddingsByType: { float: [0.6, 0.8], binary: [1, 1] },
      },
    ],
    [
      "Titan's of single bits alone",
      { inputText: "a", embeddingTypes: ["binary"] },
      { embeddingsByType: { binary: [1, 0] }, inputTextTokenCount: 3 },
      { inputTextTokenCount: 3, embeddingsByType: { binary: [1, 0] } },
    ],
    [
      "normalized, whoever made them",
      { inputText: "a" },
      { embeddings: [[3, 4]] },
      { embedding: [0.6, 0.8], inputTextTokenCount: 0, embeddingsByType: { float: [0.6, 0.8] } },
    ],
    [
      "as they are where the client wants them so",
      { inputText: "a", normalize: false },
      { embeddings: [[3, 4]] },
      { embedding: [3, 4], inputTextTokenCount: 0, embeddingsByType: { float: [3, 4] } },
    ],
    [
      "Titan's of a picture",
      { inputImage: png },
      { embedding: [1, 0], message: null },
      { embedding: [1, 0], inputTextTokenCount: 0, message: null },
    ],
    [
      "Cohere's",
      { texts: ["a"], input_type: "clustering" },
      { id: "i", embeddings: [[1, 2]], response_type: "embeddings_floats", texts: ["a"] },
      { id: "i", response_type: "embeddings_floats", embeddings: [[1, 2]], texts: ["a"] },
    ],
    [
      "Cohere's of several kinds",
      { texts: ["a"], input_type: "clustering", embedding_types: ["uint8", "float"] },
      { id: "i", embeddings: { uint8: [[9]], float: [[1, 2]] } },
      {
        id: "i",
        response_type: "embeddings_by_type",
        embeddings: { uint8: [[9]], float: [[1, 2]] },
        texts: ["a"],
      },
    ],
    [
      "Cohere's of a kind that the contract does not have",
      { texts: ["a"], input_type: "clustering", embedding_types: ["ubinary"] },
      { id: "i", embeddings: { ubinary: [[9]] } },
      {
        id: "i",
        response_type: "embeddings_by_type",
        embeddings: { ubinary: [[9]] },
        texts: ["a"],
      },
    ],
    [
      "Nova's",
      { singleEmbeddingParams: { text: { value: "a" } } },
      { embeddings: [{ embeddingType: "TEXT", embedding: [1, 2] }] },
      { embeddings: [{ embeddingType: "TEXT", embedding: [1, 2] }] },
    ],
  ];
  for (const [title, request, answer, expected] of answers) {
    it(`are shown in the form of the request: ${title}`, () => {
      expect(shown(request, answer)).toEqual(expected);
    });
  }
});
