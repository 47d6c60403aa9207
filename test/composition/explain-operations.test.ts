import { create } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ModerationSpecSchema } from "../../gen/parlance/moderation/v1/moderation_pb.js";
import { RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { createConfiguredEngine } from "../../src/configured-gateway.ts";
import type { CallRequest } from "../../src/core/call.ts";
import { embed, moderate, rerank } from "../../src/core/operation.ts";
import { requestOf } from "../calls.ts";

const text = { case: "text", value: "one" } as const;
const image = {
  case: "image",
  value: { source: { case: "url", value: "https://a.example/a.png" }, detail: 2 },
} as const;
const model = "server/m";

const requests: readonly (readonly [
  request: CallRequest,
  line: string,
  body: object,
  lost: string[],
])[] = [
  [
    requestOf(
      moderate,
      create(ModerationSpecSchema, { model, inputs: [{ parts: [{ part: image }] }] }),
    ),
    "POST /moderations",
    {
      model: "m",
      input: [{ type: "image_url", image_url: { url: "https://a.example/a.png" } }],
    },
    ["inputs[0].parts[0].image.detail"],
  ],
  [
    requestOf(embed, create(EmbedSpecSchema, { model, inputs: [{ input: text }] })),
    "POST /embeddings",
    { model: "m", input: "one" },
    [],
  ],
  [
    requestOf(
      rerank,
      create(RerankSpecSchema, { model, query: "q", documents: [{ document: text }] }),
    ),
    "POST /rerank",
    { model: "m", query: "q", documents: ["one"] },
    [],
  ],
];

describe("an explanation", () => {
  for (const [request, line, body, lost] of requests) {
    it(`tells what would be sent for ${request.operation.name}`, async () => {
      const config = `providers:
  server: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1", api_key: { value: k } }`;
      const world = { record: () => undefined };
      const { engine } = await createConfiguredEngine({
        config: { text: config, filename: "" },
        world,
      });
      onTestFinished(() => engine.close());
      const call = engine.begin({ model, request, header: () => undefined });
      const { targets } = await engine.explain(call);
      expect(targets).toHaveLength(1);
      expect(targets[0]).toMatchObject({ requestLine: line });
      expect(JSON.parse(targets[0]?.bodyJson ?? "")).toMatchObject(body);
      expect(targets[0]?.fidelity.map(({ field }) => field)).toEqual(lost);
    });
  }
});
