import { asObject } from "../../vendors/json-value.ts";
import { type Drive, type DriveRerank, jsonReply, plainChat, ranks } from "./drive.ts";

/** Rows of a dialect that ranks and does nothing else. */
function driveReranker(rerank: DriveRerank, answer: Drive["answer"]): Drive {
  const nothing = {
    chatPath: () => "",
    embeddingsPath: () => "",
    embeddingsBody: () => null,
    chatBody: () => null,
  };
  return { ...nothing, chat: plainChat, rerank, headers: {}, answer };
}

/** Drives rankings of Bedrock, which is told the model's whole name. */
export const driveBedrockRerank: Drive = driveReranker(
  {
    path: () => "/rerank",
    body: (_row, model, region) => ({
      queries: [{ type: "TEXT", textQuery: { text: "which" } }],
      sources: ["one", "two"].map((text) => ({
        type: "INLINE",
        inlineDocumentSource: { type: "TEXT", textDocument: { text } },
      })),
      rerankingConfiguration: {
        type: "BEDROCK_RERANKING_MODEL",
        bedrockRerankingConfiguration: {
          numberOfResults: 1,
          modelConfiguration: { modelArn: `arn:aws:bedrock:${region}::foundation-model/${model}` },
        },
      },
    }),
  },
  () =>
    jsonReply({
      results: ranks.map(({ index, relevance_score }) => ({
        index,
        relevanceScore: relevance_score,
      })),
    }),
);

/** Drives rankings of Vertex AI Search. */
export const driveVertexRerank: Drive = driveReranker(
  {
    path: () => "/rankingConfigs/default_ranking_config:rank",
    body: (_row, model) => ({
      model,
      query: "which",
      records: [
        { id: "0", content: "one" },
        { id: "1", content: "two" },
      ],
      topN: 1,
      ignoreRecordDetailsInResponse: true,
    }),
  },
  () =>
    jsonReply({
      records: ranks.map(({ index, relevance_score }) => ({
        id: `${index}`,
        score: relevance_score,
      })),
    }),
);

/** Drives rankings of Alibaba's Model Studio. */
export const driveDashscopeRerank: Drive = driveReranker(
  {
    path: () => "/services/rerank/text-rerank/text-rerank",
    body: (_row, model) => ({
      model,
      input: { query: "which", documents: ["one", "two"] },
      parameters: { top_n: 1, return_documents: true },
    }),
  },
  () => {
    const results = ranks.map((rank) => ({
      ...rank,
      document: { text: rank.index === 1 ? "two" : "one" },
    }));
    return jsonReply({ output: { results }, usage: { total_tokens: 4 }, request_id: "r" });
  },
);

/** Drives rankings of DeepInfra, which has a query for each document. */
export const driveDeepinfraRerank: Drive = driveReranker(
  {
    path: (model) => `/inference/${model}`,
    body: () => ({ queries: ["which", "which"], documents: ["one", "two"] }),
  },
  ({ json }) => {
    const { documents } = asObject(json) ?? {};
    const scores = (Array.isArray(documents) ? documents : []).map((text) =>
      text === "two" ? 0.75 : 0.25,
    );
    return jsonReply({ scores, input_tokens: 4, request_id: null });
  },
);

/** Drives rankings of NVIDIA's cloud, whose paths have underscores for the dots of names. */
export const driveNvidiaRerank: Drive = driveReranker(
  {
    path: (model) => `/retrieval/${model.replace("3.2", "3_2")}/reranking`,
    body: (_row, model) => ({
      model,
      query: { text: "which" },
      passages: [{ text: "one" }, { text: "two" }],
    }),
  },
  () =>
    jsonReply({
      rankings: ranks.map(({ index, relevance_score }) => ({ index, logit: relevance_score })),
    }),
);
