import type {
  RankedDocument,
  RerankResult,
  RerankSpec,
} from "../../../gen/parlance/rerank/v1/ranking_pb.js";

/**
 * The result that the request specifies, whatever the vendor supports: the most relevant document
 * first (equals stay as they came), at most `top_n` of them, each with its document where documents
 * are to be repeated and without where they are not.
 */
export function arrangeRerank(result: RerankResult, spec: RerankSpec): RerankResult {
  const sorted = result.results.toSorted((one, other) => other.relevanceScore - one.relevanceScore);
  const kept = spec.topN === undefined ? sorted : sorted.slice(0, spec.topN);
  if (spec.returnDocuments === undefined) return { ...result, results: kept };
  return {
    ...result,
    results: kept.map((ranked) =>
      spec.returnDocuments ? withDocument(ranked, spec) : bare(ranked),
    ),
  };
}

function withDocument(ranked: RankedDocument, spec: RerankSpec): RankedDocument {
  const document = ranked.document ?? spec.documents[ranked.index];
  return document === undefined ? ranked : { ...ranked, document };
}

function bare({ $typeName, index, relevanceScore }: RankedDocument): RankedDocument {
  return { $typeName, index, relevanceScore };
}
