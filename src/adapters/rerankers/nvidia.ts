import { pathSegments } from "../../core/dispatch/url-path.ts";
import { intAt, objectAt } from "../../json/json.ts";
import { inputUsage, type Reranker, scoresAt } from "./reranker.ts";

/** Before a name: the model runs in a container of one's own. */
const OWN = /^ranking\//;

/**
 * NVIDIA NIM. Its cloud has a path for each model, with underscores for dots, and one for all of
 * Mistral's; a container has `/ranking`, which `ranking/` before the model's name selects, as in
 * LiteLLM. Scores are logits. See
 * https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/use-the-api-openai.html and
 * https://docs.api.nvidia.com/nim/reference/nvidia-llama-3_2-nv-rerankqa-1b-v2-infer.
 */
export const nvidiaReranker: Reranker = {
  name: "nvidia-rerank",
  topN: false,
  returnDocuments: false,
  objects: false,
  request: ({ query, documents }, { model }) => ({
    path: pathOf(model),
    body: {
      model: model.replace(OWN, "").replaceAll(/(?<=\d)_(?=\d)/g, "."),
      query: { text: query },
      passages: documents.map(({ text }) => ({ text })),
    },
  }),
  results: (reply) => scoresAt(reply, "rankings", "logit"),
  usage: (reply) => inputUsage(intAt(objectAt(reply, "usage") ?? {}, "total_tokens")),
  known: new Set(["rankings", "usage", "model"]),
};

function pathOf(model: string): string {
  if (OWN.test(model)) return "/ranking";
  if (model.includes("mistral")) return "/retrieval/nvidia/reranking";
  return `/retrieval/${pathSegments(model.replaceAll(/(?<=\d)\.(?=\d)/g, "_"))}/reranking`;
}
