import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { EmbedEncoding, EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import {
  cohere as cohereDialect,
  cohereFacade as cohereFacadeOriginal,
} from "../../../../src/adapters/cohere/index.ts";
import { clientSide, vendorSide } from "../../sides.ts";
import { context, objectOf, unwrap } from "../wire-frames.ts";

const cohere = vendorSide(cohereDialect);
const cohereFacade = clientSide(cohereFacadeOriginal);

const { embed } = cohere;
const { embed: facade } = cohereFacade;
if (embed === undefined || facade === undefined) throw new Error("no embeddings");

type SpecInit = MessageInitShape<typeof EmbedSpecSchema>;

const hello = { input: { case: "text", value: "hello" } } as const;
const picture = {
  input: {
    case: "image",
    value: { source: { case: "data", value: new Uint8Array([1]) }, mediaType: "image/png" },
  },
} as const;

describe("a request for vectors", () => {
  const cases: readonly (readonly [
    title: string,
    spec: SpecInit,
    body: object,
    report: readonly string[],
  ])[] = [
    [
      "says what they are for, for the vendor demands it",
      { inputs: [hello] },
      { texts: ["hello"], input_type: "search_document", embedding_types: ["float"] },
      ["input_type"],
    ],
    [
      "forwards what the vendor has words for",
      {
        inputs: [hello],
        inputType: "search_query",
        dimensions: 256,
        truncate: "END",
        encoding: EmbedEncoding.INT8,
      },
      {
        texts: ["hello"],
        input_type: "search_query",
        embedding_types: ["int8"],
        output_dimension: 256,
        truncate: "END",
      },
      [],
    ],
    [
      "maps other vendors' words",
      {
        inputs: [hello],
        inputType: "query",
        truncate: "end",
        encoding: EmbedEncoding.BASE64,
        user: "u",
      },
      { texts: ["hello"], input_type: "search_query", embedding_types: ["float"], truncate: "END" },
      ["input_type", "encoding", "truncate", "user"],
    ],
    [
      "sends pictures as inputs of their own",
      { inputs: [picture], inputType: "image" },
      {
        inputs: [
          { content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AQ==" } }] },
        ],
        input_type: "image",
        embedding_types: ["float"],
      },
      [],
    ],
    [
      "lets extras ask for other kinds",
      {
        inputs: [hello],
        inputType: "clustering",
        extrasJson: { cohere: '{"embedding_types":["ubinary"]}' },
      },
      { texts: ["hello"], input_type: "clustering", embedding_types: ["ubinary"] },
      [],
    ],
  ];
  for (const [title, spec, body, report] of cases) {
    it(title, () => {
      const asked = create(EmbedSpecSchema, { model: "m", ...spec });
      const encoded = unwrap(
        embed.encodeRequest(asked, { model: "embed-v4.0", stream: false, quirks: {} }),
      );
      expect(encoded.request.path).toBe("/v2/embed");
      expect(objectOf(encoded.request.body)).toEqual({ model: "embed-v4.0", ...body });
      expect(encoded.report.map(({ field }) => field)).toEqual(report);
    });
  }

  it("with tokens is refused", () => {
    const asked = create(EmbedSpecSchema, {
      inputs: [{ input: { case: "tokens", value: { ids: [1] } } }],
    });
    expect(embed.encodeRequest(asked, { model: "m", stream: false, quirks: {} }).ok).toBe(false);
  });

  it("of the vendor's client is read and written back", () => {
    const body = {
      model: "m",
      texts: ["a"],
      images: ["data:image/png;base64,AQ=="],
      input_type: "search_query",
      embedding_types: ["int8"],
      output_dimension: 8,
      truncate: "NONE",
      priority: 1,
    };
    const spec = unwrap(facade.decodeRequest(body, Buffer.from(JSON.stringify(body))));
    expect(spec).toMatchObject({
      inputs: [
        { input: { value: "a" } },
        { input: { case: "image", value: { mediaType: "image/png" } } },
      ],
      encoding: EmbedEncoding.INT8,
      inputType: "search_query",
      dimensions: 8,
      truncate: "NONE",
      extrasJson: { cohere: '{"priority":1}' },
    });
  });

  it("that says nothing is told all that is wrong", () => {
    const faults = facade.decodeRequest({ texts: [1], output_dimension: 0 }, Buffer.from("{}"));
    const fields = faults.ok ? [] : faults.fault.fields?.map(({ field }) => field);
    expect(fields).toEqual(["output_dimension", "texts[0]", "model"]);
  });
});

describe("vectors", () => {
  const meta = { api_version: { version: "2" }, billed_units: { input_tokens: 3 } };
  const cases: readonly (readonly [kind: string, list: readonly unknown[], vector: object])[] = [
    ["float", [[0.5, -1]], { case: "floats", value: { values: [0.5, -1] } }],
    ["int8", [[-128, 127]], { case: "int8Bytes", value: new Uint8Array([128, 127]) }],
    ["base64", ["AAAAPw=="], { case: "floatBytes", value: new Uint8Array([0, 0, 0, 63]) }],
    ["ubinary", [[255, 0]], { case: "floats", value: { values: [255, 0] } }],
  ];
  for (const [kind, list, vector] of cases) {
    it(`of the kind ${kind} are read, and told again`, () => {
      const reply = JSON.stringify({
        id: "i",
        embeddings: { [kind]: list },
        meta,
        response_type: "embeddings_by_type",
      });
      const result = unwrap(embed.decodeResponse(JSON.parse(reply)));
      expect(result).toMatchObject({
        id: "i",
        embeddings: [{ index: 0, vector }],
        usage: { inputTokens: 3n },
      });
      const again = unwrap(
        embed.decodeResponse(JSON.parse(facade.encodeResponse(result, context))),
      );
      expect(again.embeddings).toEqual(result.embeddings);
    });
  }

  it("of v1 are a list", () => {
    expect(unwrap(embed.decodeResponse({ embeddings: [[1]], meta })).embeddings).toHaveLength(1);
  });

  it("of several kinds are numbers, the others extras", () => {
    const { embeddings, extrasJson } = unwrap(
      embed.decodeResponse({ embeddings: { int8: [[1]], float: [[0.1]] } }),
    );
    expect(embeddings[0]?.vector.case).toBe("floats");
    expect(extrasJson).toEqual({ cohere: '{"embeddings":{"int8":[[1]]}}' });
  });

  it("that are none are a fault", () => {
    for (const reply of [
      {},
      { embeddings: { float: ["x"] } },
      { embeddings: [["a"]] },
      { message: "no" },
    ]) {
      expect(embed.decodeResponse(reply).ok).toBe(false);
    }
  });
});
