import { arrayAt, isObject, numberAt, stringAt } from "../../json/json.ts";
import type { Reranker } from "./reranker.ts";

/**
 * The ranking API of Vertex AI Search. Records are known by ids, which are indexes here. See
 * https://cloud.google.com/generative-ai-app-builder/docs/reference/rest/v1/projects.locations.rankingConfigs/rank.
 */
export const vertexReranker: Reranker = {
  name: "vertex-rerank",
  topN: true,
  returnDocuments: false,
  objects: false,
  request: ({ query, documents, topN }, { model }) => ({
    path: "/rankingConfigs/default_ranking_config:rank",
    body: {
      model,
      query,
      records: documents.map(({ text }, at) => ({ id: String(at), content: text })),
      topN,
      ignoreRecordDetailsInResponse: true,
    },
  }),
  results: (reply) =>
    arrayAt(reply, "records")?.map((record) => {
      const json = isObject(record) ? record : {};
      const id = stringAt(json, "id") ?? "";
      return {
        index: /^\d+$/.test(id) ? Number(id) : Number.NaN,
        score: numberAt(json, "score") ?? Number.NaN,
      };
    }),
  usage: () => undefined,
  known: new Set(["records"]),
};
