import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { EmbedEncoding, EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { openAiChat as openAiChatDialect } from "../../../../src/adapters/openai-chat/index.ts";
import { vendorSide } from "../../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);

type SpecInit = MessageInitShape<typeof EmbedSpecSchema>;

const { embed } = openAiChat;
if (embed === undefined) throw new Error("no embeddings");
const inputs = [{ input: { case: "text", value: "a" } as const }];
type Shape = "openai" | "plain" | "voyage" | "jina" | "perplexity";
const optionsOf = (embedShape: Shape) => ({ model: "m", stream: false, quirks: { embedShape } });

function asked(
  embedShape: Shape,
  spec: SpecInit,
): readonly [body: object, report: readonly string[]] {
  const encoded = embed?.encodeRequest(
    create(EmbedSpecSchema, { model: "x", inputs, ...spec }),
    optionsOf(embedShape),
  );
  if (encoded?.ok !== true) throw new Error("not encoded");
  const { model, input, ...knobs } = JSON.parse(String(encoded.value.request.body));
  expect([model, input]).toEqual(["m", "a"]);
  return [
    knobs,
    encoded.value.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
  ];
}

const all: SpecInit = { dimensions: 3, user: "u", inputType: "query", truncate: "END" };

describe("the knobs of embeddings", () => {
  const cases: readonly (readonly [
    shape: Shape,
    spec: SpecInit,
    body: object,
    report: readonly string[],
  ])[] = [
    ["openai", all, { dimensions: 3, user: "u", input_type: "query", truncate: "END" }, []],
    ["openai", { encoding: EmbedEncoding.INT8 }, { encoding_format: "int8" }, []],
    ["plain", all, { dimensions: 3, user: "u" }, ["input_type DROPPED", "truncate DROPPED"]],
    ["plain", { encoding: EmbedEncoding.INT8 }, {}, ["encoding DROPPED"]],
    [
      "voyage",
      all,
      { output_dimension: 3, input_type: "query", truncation: true },
      ["dimensions MAPPED", "user DROPPED", "truncate MAPPED"],
    ],
    ["voyage", { encoding: EmbedEncoding.FLOAT }, { output_dtype: "float" }, []],
    [
      "voyage",
      { encoding: EmbedEncoding.BASE64, truncate: "none" },
      { encoding_format: "base64", truncation: false },
      ["truncate MAPPED"],
    ],
    [
      "voyage",
      { encoding: EmbedEncoding.INT8, truncate: "START" },
      { output_dtype: "int8" },
      ["truncate DROPPED"],
    ],
    [
      "jina",
      { ...all, truncate: "true" },
      { dimensions: 3, task: "query", truncate: true },
      ["user DROPPED", "input_type MAPPED", "truncate MAPPED"],
    ],
    ["jina", { encoding: EmbedEncoding.BASE64 }, { embedding_type: "base64" }, []],
    ["jina", { encoding: EmbedEncoding.INT8 }, {}, ["encoding DROPPED"]],
    [
      "perplexity",
      all,
      { dimensions: 3 },
      ["user DROPPED", "input_type DROPPED", "truncate DROPPED"],
    ],
    [
      "perplexity",
      { encoding: EmbedEncoding.FLOAT },
      { encoding_format: "base64_int8" },
      ["encoding MAPPED"],
    ],
    ["perplexity", { encoding: EmbedEncoding.INT8 }, { encoding_format: "base64_int8" }, []],
  ];
  for (const [shape, spec, body, report] of cases) {
    it(`are said in the words of ${shape}: ${JSON.stringify(body)}`, () => {
      expect(asked(shape, spec)).toEqual([body, report]);
    });
  }

  it("are each sent or reported, in every shape", () => {
    const spec = fc.record({
      dimensions: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      encoding: fc.nat(3),
      user: fc.constantFrom("", "u"),
      inputType: fc.constantFrom("", "query"),
      truncate: fc.constantFrom("", "END", "START", "none"),
    });
    fc.assert(
      fc.property(
        fc.constantFrom<Shape>("openai", "plain", "voyage", "jina", "perplexity"),
        spec,
        (shape, { dimensions, ...given }) => {
          const [body, report] = asked(shape, {
            ...given,
            ...(dimensions === undefined ? {} : { dimensions }),
          });
          const set = [dimensions, given.user, given.inputType, given.truncate].filter(
            Boolean,
          ).length;
          const dropped = report.filter((line) => line.endsWith("DROPPED")).length;
          expect(Object.keys(body).length + dropped).toBe(set + (given.encoding === 0 ? 0 : 1));
        },
      ),
    );
  });
});

describe("a body of OpenAI's clients", () => {
  const cases: readonly (readonly [shape: Shape, body: string, sent: object])[] = [
    [
      "openai",
      '{"dimensions":3,"encoding_format":"base64"}',
      { dimensions: 3, encoding_format: "base64" },
    ],
    [
      "voyage",
      '{"dimensions":3,"encoding_format":"base64"}',
      { output_dimension: 3, encoding_format: "base64" },
    ],
    [
      "voyage",
      '{"encoding_format":"float","input_type":"query"}',
      { output_dtype: "float", input_type: "query" },
    ],
    ["voyage", '{"dimensions":3,"output_dimension":4}', { output_dimension: 4 }],
    [
      "jina",
      '{"dimensions":3,"encoding_format":"base64"}',
      { dimensions: 3, embedding_type: "base64" },
    ],
    ["jina", '{"encoding_format":"float","embedding_type":"binary"}', { embedding_type: "binary" }],
  ];
  for (const [shape, body, sent] of cases) {
    it(`is respelled for ${shape}: ${body}`, () => {
      const request = openAiChat.passthrough.request("embed", Buffer.from(body), optionsOf(shape));
      expect(request.path).toBe("/embeddings");
      expect(JSON.parse(String(request.body))).toEqual({ model: "m", ...sent });
    });
  }
});

describe("vectors in base64", () => {
  const signed = Buffer.from(Int8Array.of(1, -2, 127, -128)).toString("base64");
  const read = (embedding: string, shape: Shape) => {
    const decoded = embed.decodeResponse({ data: [{ index: 0, embedding }] }, undefined, {
      embedShape: shape,
    });
    return decoded.ok ? decoded.value.embeddings[0]?.vector : decoded.fault.message;
  };

  it("are signed bytes where the vendor gives no floats", () => {
    expect(read(signed, "perplexity")).toMatchObject({
      case: "floats",
      value: { values: [1, -2, 127, -128] },
    });
  });

  it("are floats of every other vendor", () => {
    expect(read(signed, "openai")).toMatchObject({ case: "floatBytes" });
  });

  it("that are none are refused", () => {
    expect(read("no base64!", "perplexity")).toBe("data[0] has no vector");
  });

  const bodies: readonly (readonly [shape: Shape, body: string, passes: boolean])[] = [
    ["perplexity", "{}", false],
    ["perplexity", '{"encoding_format":"float"}', false],
    ["perplexity", '{"encoding_format":"base64"}', false],
    ["perplexity", '{"encoding_format":"base64_int8"}', true],
    ["perplexity", '{"encoding_format":"base64_binary"}', true],
    ["openai", '{"encoding_format":"base64"}', true],
  ];
  for (const [shape, body, passes] of bodies) {
    it(`${passes ? "pass" : "do not pass"} as ${shape} gives them to a caller who says ${body}`, () => {
      const origin = { body: Buffer.from(body), json: JSON.parse(body) };
      const fit = openAiChat.passthrough.fit?.("embed", origin, optionsOf(shape));
      expect(fit).toBe(passes ? "as_is" : "translated");
    });
  }
});
