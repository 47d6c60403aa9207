import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { EmbedEncoding, EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { huggingfaceTei as huggingfaceTeiDialect } from "../../../src/adapters/huggingface-tei/index.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { vendorSide } from "../sides.ts";

const huggingfaceTei = vendorSide(huggingfaceTeiDialect);

const { embed, rerank } = huggingfaceTei;
if (embed === undefined || rerank === undefined) throw new Error("no embeddings or no rankings");

type SpecInit = MessageInitShape<typeof EmbedSpecSchema>;
const options = { model: "bge", stream: false, quirks: {} };

const inputs: SpecInit["inputs"] = [
  { input: { case: "text", value: "a" } },
  { input: { case: "tokens", value: { ids: [1, 2] } } },
];

const cases: readonly (readonly [
  title: string,
  spec: SpecInit,
  path: string,
  body: object,
  report: readonly string[],
])[] = [
  [
    "in OpenAI's words where they suffice",
    { dimensions: 3, encoding: EmbedEncoding.BASE64 },
    "/v1/embeddings",
    { model: "bge", input: ["a", [1, 2]], dimensions: 3 },
    ["encoding MAPPED"],
  ],
  [
    "in its own where it says what they are for and how they are cut",
    { inputType: "query", truncate: "START", dimensions: 3 },
    "/embed",
    {
      inputs: ["a", [1, 2]],
      dimensions: 3,
      truncate: true,
      truncation_direction: "Left",
      prompt_name: "query",
    },
    ["truncate MAPPED", "input_type MAPPED"],
  ],
  [
    "in its own where there are extras",
    {
      truncate: "NONE",
      extrasJson: { "huggingface-tei": '{"normalize":false,"truncate":true}' },
      user: "u",
    },
    "/embed",
    { inputs: ["a", [1, 2]], truncate: false, normalize: false },
    ["truncate MAPPED", 'extras_json["huggingface-tei"].truncate DROPPED', "user DROPPED"],
  ],
  [
    "without a word nobody knows",
    { truncate: "MIDDLE" },
    "/v1/embeddings",
    { model: "bge", input: ["a", [1, 2]] },
    ["truncate DROPPED"],
  ],
];

describe("embeddings of huggingface-tei", () => {
  for (const [title, spec, path, body, report] of cases) {
    it(`are asked for ${title}`, () => {
      const encoded = embed.encodeRequest(
        create(EmbedSpecSchema, { model: "m", inputs, ...spec }),
        options,
      );
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect(encoded.value.request.path).toBe(path);
      expect(JSON.parse(String(encoded.value.request.body))).toEqual(body);
      expect(
        encoded.value.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
      ).toEqual(report);
    });
  }

  it("are refused for pictures", () => {
    const image = { source: { case: "url", value: "https://x" } } as const;
    const spec = create(EmbedSpecSchema, {
      model: "m",
      inputs: [{ input: { case: "image", value: image } }],
    });
    expect(embed.encodeRequest(spec, options)).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.UNSUPPORTED },
    });
  });

  it("are read as a bare list and as an object with what they took", () => {
    const vectors = [
      { index: 0, vector: { value: { values: [1] } } },
      { index: 1, vector: { value: { values: [2] } } },
    ];
    expect(embed.decodeResponse([[1], [2]])).toMatchObject({
      ok: true,
      value: { embeddings: vectors },
    });
    const answer = {
      object: "list",
      model: "bge",
      data: [
        { index: 1, embedding: [2] },
        { index: 0, embedding: [1] },
      ],
      usage: { prompt_tokens: 4, total_tokens: 4 },
    };
    expect(embed.decodeResponse(answer)).toMatchObject({
      ok: true,
      value: { model: "bge", embeddings: vectors, usage: { inputTokens: 4n, totalTokens: 4n } },
    });
    const scanned = huggingfaceTei.passthrough.scanUsage(
      "embed",
      new JsonText(Buffer.from(JSON.stringify(answer))),
    );
    expect(scanned).toMatchObject({ inputTokens: 4n });
  });

  it("that are not vectors are a fault", () => {
    for (const answer of [
      {},
      [5],
      [["x"]],
      { data: [{}] },
      { error: "no" },
      "x",
      { message: "no", type: "Backend" },
    ]) {
      expect(embed.decodeResponse(answer).ok).toBe(false);
    }
  });
});

describe("rankings of huggingface-tei", () => {
  const read = (text: string) => rerank.decodeResponse(JSON.parse(text), Buffer.from(text));

  it("are asked for as the server names things, with extras of this dialect", () => {
    const documents = ["a", "b"].map((value) => ({ document: { case: "text", value } as const }));
    const extrasJson = { "huggingface-tei": '{"raw_scores":true,"truncate":true}' };
    const spec = create(RerankSpecSchema, {
      model: "m",
      query: "q",
      documents,
      topN: 1,
      extrasJson,
    });
    const encoded = rerank.encodeRequest(spec, options);
    if (!encoded.ok) throw new Error(encoded.fault.message);
    const { request, report } = encoded.value;
    expect([request.path, request.body]).toEqual([
      "/rerank",
      '{"query":"q","texts":["a","b"],"raw_scores":true,"truncate":true}',
    ]);
    expect(report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`)).toEqual([
      "top_n EMULATED",
    ]);
  });

  it("are read from a bare list", () => {
    expect(read('[{"index":1,"score":0.9},{"index":0,"score":0.1,"text":"a"}]')).toMatchObject({
      ok: true,
      value: {
        results: [
          { index: 1, relevanceScore: 0.9 },
          { index: 0, relevanceScore: 0.1, document: { document: { case: "text", value: "a" } } },
        ],
      },
    });
  });

  it("that are none are a fault", () => {
    for (const answer of ["{}", "[5]", '[{"index":0}]', '[{"index":-1,"score":1}]'])
      expect(read(answer).ok).toBe(false);
    const told = read('{"error":"Model is overloaded","error_type":"Overloaded"}');
    expect(told).toMatchObject({ ok: false, fault: { reason: ErrorReason.UPSTREAM_OVERLOADED } });
  });
});

describe("huggingface-tei", () => {
  it("has no chat", () => {
    expect(huggingfaceTeiDialect.codecs.chat).toBeUndefined();
  });

  const errors: readonly (readonly [status: number, body: string, reason: ErrorReason])[] = [
    [
      422,
      '{"error":"`inputs` must have less than 512 tokens. Given: 600","error_type":"Validation"}',
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [
      422,
      '{"error":"batch size 99 > maximum","error_type":"Validation"}',
      ErrorReason.UPSTREAM_INVALID_REQUEST,
    ],
    [
      429,
      '{"error":"Model is overloaded","error_type":"Overloaded"}',
      ErrorReason.UPSTREAM_OVERLOADED,
    ],
    [424, '{"message":"no","code":424,"type":"Backend"}', ErrorReason.UPSTREAM_INTERNAL],
    [503, '{"error":"no","error_type":"Unhealthy"}', ErrorReason.UPSTREAM_UNAVAILABLE],
    [400, '{"error":"empty","error_type":"Empty"}', ErrorReason.UPSTREAM_INVALID_REQUEST],
    [401, "", ErrorReason.UPSTREAM_UNAUTHENTICATED],
    [413, "length limit exceeded", ErrorReason.UPSTREAM_TOO_LARGE],
  ];
  for (const [status, body, reason] of errors) {
    it(`tells of ${ErrorReason[reason]} by status ${status} and ${body === "" ? "nothing" : body}`, () => {
      const fault = huggingfaceTei.decodeError(status, { "retry-after": "1" }, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status, retryAfterMs: 1000 });
      expect(fault.message).not.toBe("");
    });
  }

  it("reads garbage as a value, never with a throw", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 2 }),
        fc.uint8Array({ maxLength: 9 }),
        (value, bytes) => {
          for (const json of [
            value,
            { data: value, usage: value },
            { error: value, type: value },
          ]) {
            const text = JSON.stringify(json);
            embed.decodeResponse(JSON.parse(text));
            rerank.decodeResponse(JSON.parse(text), Buffer.from(text));
            huggingfaceTei.decodeError(500, {}, Buffer.from(text));
            huggingfaceTei.passthrough.scanUsage("embed", new JsonText(Buffer.from(text)));
          }
          huggingfaceTei.decodeError(500, {}, bytes);
          huggingfaceTei.passthrough.scanUsage("embed", new JsonText(bytes));
        },
      ),
    );
  });
});
