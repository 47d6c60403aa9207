import { intAt, objectAt } from "../../json/json.ts";
import { inputUsage, type Reranker, scoresAt } from "./reranker.ts";

/** Alibaba's Model Studio. See https://help.aliyun.com/zh/model-studio/text-rerank-api. */
export const dashscopeReranker: Reranker = {
  name: "dashscope-rerank",
  topN: true,
  returnDocuments: true,
  objects: false,
  request: ({ query, documents, topN, returnDocuments }, { model }) => ({
    path: "/services/rerank/text-rerank/text-rerank",
    body: {
      model,
      input: { query, documents: documents.map(({ text }) => text) },
      parameters:
        topN === undefined && returnDocuments === undefined
          ? undefined
          : { top_n: topN, return_documents: returnDocuments },
    },
  }),
  results: (reply) => scoresAt(objectAt(reply, "output") ?? {}, "results", "relevance_score"),
  usage: (reply) => inputUsage(intAt(objectAt(reply, "usage") ?? {}, "total_tokens")),
  known: new Set(["output", "usage", "request_id", "model"]),
};
