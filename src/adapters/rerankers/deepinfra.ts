import { pathSegments } from "../../core/dispatch/url-path.ts";
import { arrayAt, intAt } from "../../json/json.ts";
import { inputUsage, type Reranker } from "./reranker.ts";

/**
 * DeepInfra's inference API: a list of queries beside one of documents, pair by pair, and a list of
 * scores as the answer. See https://deepinfra.com/Qwen/Qwen3-Reranker-0.6B/api.
 */
export const deepinfraReranker: Reranker = {
  name: "deepinfra-rerank",
  topN: false,
  returnDocuments: false,
  objects: false,
  request: ({ query, documents }, { model }) => ({
    path: `/inference/${pathSegments(model)}`,
    body: { queries: documents.map(() => query), documents: documents.map(({ text }) => text) },
  }),
  results: (reply) =>
    arrayAt(reply, "scores")?.map((score, index) => ({
      index,
      score: typeof score === "number" ? score : Number.NaN,
    })),
  usage: (reply) => inputUsage(intAt(reply, "input_tokens")),
  known: new Set(["scores", "input_tokens", "request_id"]),
};
