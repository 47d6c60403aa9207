import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  RerankResultSchema,
  RerankSpecSchema,
} from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import {
  cohere as cohereDialect,
  cohereFacade as cohereFacadeOriginal,
} from "../../../src/adapters/cohere/index.ts";
import { openAiChat as openAiChatDialect } from "../../../src/adapters/openai-chat/index.ts";
import { arrangeRerank } from "../../../src/core/reply/arrange-rerank.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { context, objectOf, unwrap } from "./wire-frames.ts";

const cohere = vendorSide(cohereDialect);
const cohereFacade = clientSide(cohereFacadeOriginal);
const openAiChat = vendorSide(openAiChatDialect);

const { rerank } = cohere;
const { rerank: facade } = cohereFacade;
const { rerank: other } = openAiChat;
if (rerank === undefined || facade === undefined || other === undefined)
  throw new Error("no rankings");

type SpecInit = MessageInitShape<typeof RerankSpecSchema>;

const text = (value: string) => ({ document: { case: "text", value } as const });
const object = (value: string) => ({ document: { case: "objectJson", value } as const });

function asked(dialect: NonNullable<typeof rerank>, spec: SpecInit, quirks = {}) {
  const message = create(RerankSpecSchema, { model: "m", query: "q", ...spec });
  const { request, report } = unwrap(
    dialect.encodeRequest(message, { model: "m", stream: false, quirks }),
  );
  return {
    path: request.path,
    body: objectOf(request.body),
    report: report.map(({ field }) => field),
  };
}

describe("a request for a ranking", () => {
  const plain: SpecInit = {
    documents: [text("a"), text("b")],
    topN: 1,
    returnDocuments: true,
    maxTokensPerDoc: 9,
  };
  const cases: readonly (readonly [
    title: string,
    quirks: object,
    spec: SpecInit,
    expected: object,
  ])[] = [
    [
      "of v2 repeats no documents: the gateway does",
      {},
      plain,
      {
        path: "/v2/rerank",
        body: { query: "q", documents: ["a", "b"], model: "m", top_n: 1, max_tokens_per_doc: 9 },
        report: ["return_documents"],
      },
    ],
    [
      "with documents that are objects is one of v1",
      {},
      { documents: [object('{"n":1}')], rankFields: ["n"], maxTokensPerDoc: 9 },
      {
        path: "/v1/rerank",
        body: { query: "q", documents: [{ n: 1 }], model: "m", rank_fields: ["n"] },
        report: ["max_tokens_per_doc"],
      },
    ],
    [
      "of Jina's shape",
      { rerankShape: "jina" },
      plain,
      {
        path: "/v2/rerank",
        body: { query: "q", documents: ["a", "b"], model: "m", top_n: 1, return_documents: true },
        report: ["max_tokens_per_doc"],
      },
    ],
    [
      "of Voyage's shape",
      { rerankShape: "voyage" },
      { ...plain, documents: [object('{"n":1}')] },
      {
        path: "/v2/rerank",
        body: { query: "q", documents: ['{"n":1}'], model: "m", top_k: 1, return_documents: true },
        report: ["documents[0].object_json", "max_tokens_per_doc"],
      },
    ],
    [
      "of the shape of Text Embeddings Inference",
      { rerankShape: "tei" },
      plain,
      {
        path: "/v2/rerank",
        body: { query: "q", texts: ["a", "b"], return_text: true },
        report: ["top_n", "max_tokens_per_doc"],
      },
    ],
  ];
  for (const [title, quirks, spec, expected] of cases) {
    it(title, () => expect(asked(rerank, spec, quirks)).toEqual(expected));
  }

  it("in OpenAI's dialect goes to /rerank in Jina's shape", () => {
    const { path, body } = asked(other, {
      ...plain,
      extrasJson: { "openai-chat": '{"truncate":true}' },
    });
    expect([path, body.return_documents, body.truncate]).toEqual(["/rerank", true, true]);
  });

  it("with an object that is none is refused", () => {
    const spec = create(RerankSpecSchema, { model: "m", query: "q", documents: [object("[]")] });
    const encoded = rerank.encodeRequest(spec, { model: "m", stream: false, quirks: {} });
    expect(encoded).toMatchObject({
      ok: false,
      fault: { fields: [{ field: "documents[0].object_json" }] },
    });
  });

  it("survives the way through a client's words and back", () => {
    const documents = fc.array(
      fc.oneof(
        fc.string().map(text),
        fc.constantFrom('{"a":1.0}', '{"text":"t","title":"é"}').map(object),
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(
        documents,
        fc.constantFrom({}, { cohere: '{"priority":1.0}' }),
        (list, extrasJson) => {
          const spec = create(RerankSpecSchema, {
            model: "m",
            query: "q",
            documents: list,
            extrasJson,
          });
          const { request } = unwrap(
            rerank.encodeRequest(spec, { model: "m", stream: false, quirks: {} }),
          );
          const body = Buffer.from(request.body);
          expect(unwrap(facade.decodeRequest(objectOf(body), body))).toEqual(spec);
        },
      ),
    );
  });
});

describe("a ranking", () => {
  const ranked = [
    { index: 1, relevanceScore: 0.9 },
    { index: 0, relevanceScore: -4.75 },
  ];
  const cases: readonly (readonly [title: string, reply: string, expected: object])[] = [
    [
      "of the vendor counts search units",
      '{"id":"i","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":-4.75}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}',
      { id: "i", results: ranked, usage: { toolUses: { search_units: 1n } } },
    ],
    [
      "with usage in OpenAI's words",
      '{"model":"m","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":-4.75}],"usage":{"prompt_tokens":3,"total_tokens":4}}',
      { model: "m", results: ranked, usage: { inputTokens: 3n, totalTokens: 4n } },
    ],
    [
      "of Voyage stands in data",
      '{"object":"list","data":[{"index":1,"relevance_score":0.9,"document":"b"}],"usage":{"total_tokens":4}}',
      { results: [{ index: 1, document: text("b") }], usage: { inputTokens: 4n, totalTokens: 4n } },
    ],
    [
      "of Text Embeddings Inference is a list",
      '[{"index":1,"score":0.9,"text":"b"},{"index":0,"score":-4.75}]',
      { results: [{ ...ranked[0], document: text("b") }, ranked[1]] },
    ],
    [
      "with objects keeps their text",
      '{"results":[{"index":0,"relevance_score":1,"document":{"n":1.0}},{"index":1,"relevance_score":0,"document":{}}]}',
      { results: [{ document: object('{"n":1.0}') }, { index: 1 }] },
    ],
  ];
  for (const [title, reply, expected] of cases) {
    it(title, () => {
      const decoded = unwrap(rerank.decodeResponse(JSON.parse(reply), Buffer.from(reply)));
      expect(decoded).toMatchObject(expected);
      const told = facade.encodeResponse(decoded, context);
      expect(unwrap(rerank.decodeResponse(JSON.parse(told), Buffer.from(told))).results).toEqual(
        decoded.results,
      );
    });
  }

  it("that is none is a fault", () => {
    for (const reply of [
      '{"results":[{"index":-1,"relevance_score":1}]}',
      '{"results":[1]}',
      "{}",
      "7",
    ]) {
      expect(rerank.decodeResponse(JSON.parse(reply), Buffer.from(reply)).ok).toBe(false);
    }
  });

  it("is put in order, cut and given its documents, whatever the vendor did", () => {
    const result = create(RerankResultSchema, {
      results: [...ranked, { index: 2, relevanceScore: 3 }],
    });
    const documents = [text("a"), text("b"), text("c")];
    const ask = (spec: SpecInit) =>
      arrangeRerank(result, create(RerankSpecSchema, { documents, ...spec })).results;
    expect(ask({}).map(({ index }) => index)).toEqual([2, 1, 0]);
    expect(ask({ topN: 1, returnDocuments: true })).toMatchObject([
      { index: 2, document: text("c") },
    ]);
    const full = create(RerankResultSchema, {
      results: [{ index: 0, relevanceScore: 1, document: text("a") }],
    });
    const bare = arrangeRerank(
      full,
      create(RerankSpecSchema, { documents, returnDocuments: false }),
    );
    expect(bare.results[0]).not.toHaveProperty("document");
  });
});

describe("a request for a ranking that passes through", () => {
  for (const [body, path] of [
    ['{"model":"x","query":"q","documents":["a"]}', "/v2/rerank"],
    ['{"model":"x","query":"q","documents":[{"text":"a"}]}', "/v1/rerank"],
    ['{"model":"x","query":"q","documents":["a"],"return_documents":true}', "/v1/rerank"],
  ] as const) {
    it(`goes to ${path}: ${body}`, () => {
      const options = { model: "y", stream: false, quirks: {} };
      const request = cohere.passthrough.request("rerank", Buffer.from(body), options);
      expect([request.path, String(request.body)]).toEqual([path, body.replace('"x"', '"y"')]);
    });
  }
});
