import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { EmbedEncoding, EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { ollama as ollamaDialect } from "../../../../src/adapters/ollama/index.ts";
import { vendorSide } from "../../sides.ts";

const ollama = vendorSide(ollamaDialect);

const { embed } = ollama;
if (embed === undefined) throw new Error("no embeddings");

type SpecInit = MessageInitShape<typeof EmbedSpecSchema>;

const inputs: SpecInit["inputs"] = [
  { input: { case: "text", value: "a" } },
  { input: { case: "text", value: "b" } },
];

const cases: readonly (readonly [
  title: string,
  spec: SpecInit,
  body: object,
  report: readonly string[],
])[] = [
  ["texts and a length", { dimensions: 3 }, { dimensions: 3 }, []],
  ["that inputs are cut", { truncate: "END" }, { truncate: true }, ["truncate MAPPED"]],
  ["that inputs are not cut", { truncate: "none" }, { truncate: false }, ["truncate MAPPED"]],
  [
    "extras, and reports the rest",
    {
      truncate: "START",
      inputType: "query",
      user: "u",
      encoding: EmbedEncoding.INT8,
      extrasJson: { ollama: '{"keep_alive":0,"options":{"num_ctx":1}}' },
    },
    { keep_alive: 0, options: { num_ctx: 1 } },
    ["truncate DROPPED", "encoding DROPPED", "user DROPPED", "input_type DROPPED"],
  ],
];

describe("embeddings of ollama", () => {
  for (const [title, spec, body, report] of cases) {
    it(`are asked for with ${title}`, () => {
      const message = create(EmbedSpecSchema, { model: "m", inputs, ...spec });
      const encoded = embed.encodeRequest(message, { model: "nomic", stream: false, quirks: {} });
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect(encoded.value.request.path).toBe("/api/embed");
      expect(JSON.parse(String(encoded.value.request.body))).toEqual({
        model: "nomic",
        input: ["a", "b"],
        ...body,
      });
      expect(
        encoded.value.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
      ).toEqual(report);
    });
  }

  it("are refused for anything but texts", () => {
    const message = create(EmbedSpecSchema, {
      model: "m",
      inputs: [{ input: { case: "tokens", value: { ids: [1] } } }],
    });
    const encoded = embed.encodeRequest(message, { model: "m", stream: false, quirks: {} });
    expect(encoded.ok ? undefined : encoded.fault.reason).toBe(ErrorReason.UNSUPPORTED);
  });

  it("are read in the order of their inputs, with what they took", () => {
    const answer = {
      model: "nomic",
      embeddings: [[1, 2], [3]],
      prompt_eval_count: 4,
      total_duration: 9,
    };
    const decoded = embed.decodeResponse(answer);
    expect(decoded).toMatchObject({
      ok: true,
      value: {
        model: "nomic",
        embeddings: [
          { index: 0, vector: { value: { values: [1, 2] } } },
          { index: 1, vector: { value: { values: [3] } } },
        ],
        usage: { inputTokens: 4n },
        extrasJson: { ollama: '{"total_duration":9}' },
      },
    });
    expect(embed.decodeResponse({ embedding: [1] })).toMatchObject({
      ok: true,
      value: { embeddings: [{ index: 0 }] },
    });
  });

  it("that are not vectors are a fault", () => {
    for (const answer of [{}, [], { embeddings: [["x"]] }, { embeddings: [1] }, { error: "no" }]) {
      expect(embed.decodeResponse(answer).ok).toBe(false);
    }
  });
});
