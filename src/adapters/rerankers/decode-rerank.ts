import type { RankedDocument, RerankResult } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, Dialect } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { isObject, type Json, stringAt } from "../../json/json.ts";
import { unknownMembers } from "../../json/members.ts";
import { wholeSource } from "../../json/source-slice.ts";
import { textDocument } from "../rerank/response.ts";
import type { Reranker, Score } from "./reranker.ts";

/**
 * Reads a vendor's rerank reply. A reply without results that reports a fault, with any status, is
 * that fault.
 */
export function decodeRerank(
  json: Json,
  body: Uint8Array,
  reranker: Reranker,
  decodeError: Dialect["decodeError"],
): Decoded<RerankResult> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const scores = reranker.results(json);
  if (scores === undefined) {
    const hasError = ["error", "code", "detail", "__type"].some(
      (key) => json[key] !== undefined && json[key] !== null,
    );
    return {
      ok: false,
      fault: hasError ? decodeError(200, {}, body) : malformed("the answer has no results"),
    };
  }
  const bad = scores.findIndex(({ index, score }) => !isIndex(index) || Number.isNaN(score));
  if (bad >= 0) return { ok: false, fault: malformed(`results[${bad}] has no index and score`) };
  const usage = reranker.usage(json);
  const extras = unknownMembers(json, wholeSource(body), reranker.known);
  return {
    ok: true,
    value: {
      $typeName: "parlance.rerank.v1.RerankResult",
      model: stringAt(json, "model") ?? "",
      results: scores.map(rankedDocument),
      ...(usage === undefined ? undefined : { usage }),
      id: stringAt(json, "request_id") ?? stringAt(json, "id") ?? "",
      extrasJson: extras === "" ? {} : { [reranker.name]: extras },
    },
  };
}

function isIndex(index: number): boolean {
  return Number.isInteger(index) && index >= 0 && index <= 0xffffffff;
}

function rankedDocument({ index, score, text }: Score): RankedDocument {
  return {
    $typeName: "parlance.rerank.v1.RankedDocument",
    index,
    relevanceScore: score,
    ...(text === undefined ? undefined : { document: textDocument(text) }),
  };
}
