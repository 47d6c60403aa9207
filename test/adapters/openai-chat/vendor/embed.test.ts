import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EmbedEncoding,
  type EmbedInputSchema,
  EmbedSpecSchema,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import {
  openAiChat as openAiChatDialect,
  openAiChatFacade as openAiChatFacadeOriginal,
} from "../../../../src/adapters/openai-chat/index.ts";
import { convertEmbeddings } from "../../../../src/core/reply/convert-embeddings.ts";
import { isObject, parseJson } from "../../../../src/json/json.ts";
import { clientSide, vendorSide } from "../../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

const { embed } = openAiChat;
const { embed: facade } = openAiChatFacade;
if (embed === undefined || facade === undefined) throw new Error("no embeddings");

const context = { model: "asked", nowUnixS: 1, callId: "c", wantsUsage: true };

function read(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("not an object");
  return facade?.decodeRequest(parsed.value, Buffer.from(text));
}

const texts: fc.Arbitrary<MessageInitShape<typeof EmbedInputSchema>[]> = fc.array(
  fc.string({ minLength: 1 }).map((value) => ({ input: { case: "text", value } as const })),
  { minLength: 1, maxLength: 3 },
);
const tokens: fc.Arbitrary<MessageInitShape<typeof EmbedInputSchema>[]> = fc.array(
  fc
    .array(fc.nat(99999), { minLength: 1, maxLength: 3 })
    .map((ids) => ({ input: { case: "tokens", value: { ids } } as const })),
  { minLength: 1, maxLength: 3 },
);

describe("embeddings of openai-chat", () => {
  it("survive the way of a request to a vendor and back", () => {
    const spec = fc.record({
      inputs: fc.oneof(texts, tokens),
      dimensions: fc.integer({ min: 1, max: 4096 }),
      encoding: fc.nat(3),
      user: fc.constantFrom("", "u"),
      extrasJson: fc.constantFrom({}, { "openai-chat": '{"future":[1.0]}' }),
    });
    fc.assert(
      fc.property(spec, (given) => {
        const wanted = create(EmbedSpecSchema, { model: "m", ...given });
        const encoded = embed.encodeRequest(wanted, { model: "m", stream: false, quirks: {} });
        if (!encoded.ok) throw new Error(encoded.fault.message);
        expect(read(String(encoded.value.request.body))).toEqual({ ok: true, value: wanted });
      }),
    );
  });

  it("are put in the order of their inputs", () => {
    const decoded = embed.decodeResponse({
      object: "list",
      model: "m",
      data: [
        { index: 1, embedding: [2] },
        { index: 0, embedding: [1] },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    if (!decoded.ok) throw new Error(decoded.fault.message);
    expect(JSON.parse(facade.encodeResponse(decoded.value, context))).toEqual({
      object: "list",
      model: "m",
      data: [
        { object: "embedding", index: 0, embedding: [1] },
        { object: "embedding", index: 1, embedding: [2] },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  });

  it("turn into the encoding that was asked for, and exactly back", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 8 }), (values) => {
        const given = embed.decodeResponse({ data: [{ index: 0, embedding: values }] });
        if (!given.ok) throw new Error(given.fault.message);
        const packed = convertEmbeddings(given.value, EmbedEncoding.BASE64);
        const [first] = JSON.parse(facade.encodeResponse(packed, context)).data;
        const bytes = Buffer.from(first.embedding, "base64");
        expect(values.map((_, at) => bytes.readFloatLE(at * 4))).toEqual(values);
        const again = embed.decodeResponse({ data: [{ index: 0, embedding: first.embedding }] });
        if (!again.ok) throw new Error(again.fault.message);
        expect(convertEmbeddings(again.value, EmbedEncoding.FLOAT).embeddings).toEqual(
          given.value.embeddings,
        );
      }),
    );
  });

  const wrong: readonly (readonly [title: string, body: object, fields: readonly string[]])[] = [
    ["no input", { model: "m" }, ["input"]],
    ["an empty text", { model: "m", input: "" }, ["input"]],
    ["an empty batch", { model: "m", input: [] }, ["input"]],
    ["an input of a wrong type", { model: "m", input: ["a", 5] }, ["input[1]"]],
    ["tokens that are no integers", { model: "m", input: [[1, 1.5]] }, ["input[0]"]],
    [
      "an unknown encoding",
      { model: "m", input: "a", encoding_format: "hex" },
      ["encoding_format"],
    ],
    ["no model", { input: "a" }, ["model"]],
  ];
  for (const [title, body, fields] of wrong) {
    it(`are refused for ${title}`, () => {
      const result = read(JSON.stringify(body));
      expect(
        result?.ok === false ? result.fault.fields?.map(({ field }) => field) : undefined,
      ).toEqual(fields);
    });
  }

  it("that are not vectors are a fault", () => {
    for (const answer of [
      {},
      { data: [{}] },
      { data: [{ embedding: ["x"] }] },
      { error: "no" },
      [],
    ]) {
      expect(embed.decodeResponse(answer).ok).toBe(false);
    }
  });
});
