import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type RerankDocumentSchema,
  RerankSpecSchema,
} from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { createSim } from "../../src/sim/sim.ts";

type SpecInit = MessageInitShape<typeof RerankSpecSchema>;

const documents: MessageInitShape<typeof RerankDocumentSchema>[] = [
  { document: { case: "text", value: "white bread" } },
  { document: { case: "objectJson", value: '{"body":"red meat"}' } },
  { document: { case: "text", value: "Red Wine" } },
];

function rank(spec: SpecInit) {
  return createSim().rerank(
    create(RerankSpecSchema, { model: "rerank", query: "red wine", documents, ...spec }),
  );
}

describe("the simulator's rankings", () => {
  it("score documents by the words they share with the query, in any case", () => {
    expect(rank({}).results.map(({ index, relevanceScore }) => [index, relevanceScore])).toEqual([
      [2, 1],
      [1, 0.5],
      [0, 0],
    ]);
  });

  it("hold no more than was asked for, with the documents where they were asked for", () => {
    expect(rank({ topN: 1, returnDocuments: true }).results).toMatchObject([
      { index: 2, document: documents[2] },
    ]);
  });

  it("tell tokens, and the same request has the same answer", () => {
    expect(rank({}).usage?.inputTokens).toBeGreaterThan(0n);
    expect(rank({})).toEqual(rank({}));
  });

  it("score nothing where the query has no words", () => {
    expect(rank({ query: "?!" }).results.every(({ relevanceScore }) => relevanceScore === 0)).toBe(
      true,
    );
  });

  it("are given by one model alone", () => {
    expect(() => rank({ model: "echo" })).toThrow("ranks nothing");
  });

  it("are refused beyond a size that would take all time", () => {
    const huge = [{ document: { case: "text", value: "a".repeat(8_000_001) } } as const];
    expect(() => rank({ documents: huge })).toThrow("at most 8000000 characters");
  });
});
