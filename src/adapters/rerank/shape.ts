/**
 * The shape of a vendor's rerank requests. `cohere`: v2, and v1 for documents that are objects.
 * `jina`: the same in one, with `return_documents`; so do Together, OpenRouter, llama.cpp and vLLM.
 * `voyage`: `top_k`. `tei`: Text Embeddings Inference, with `texts` and `return_text`, and neither
 * a model nor a bound on results. See https://docs.cohere.com/reference/rerank,
 * https://api.jina.ai/redoc, https://docs.voyageai.com/reference/reranker-api,
 * https://huggingface.github.io/text-embeddings-inference.
 */
export type RerankShape = "cohere" | "jina" | "voyage" | "tei";

/** What a shape has words for; undefined where it has none. */
export interface RerankWords {
  readonly model: string | undefined;
  readonly documents: string;
  readonly topN: string | undefined;
  readonly returnDocuments: string | undefined;
  readonly maxTokens: string | undefined;
  readonly rankFields: string | undefined;
  /** Whether documents may be objects. */
  readonly objects: boolean;
}

const plain: RerankWords = {
  model: "model",
  documents: "documents",
  topN: "top_n",
  returnDocuments: undefined,
  maxTokens: "max_tokens_per_doc",
  rankFields: undefined,
  objects: false,
};

/** The former API of Cohere, for documents that are objects. */
export const formerWords: RerankWords = {
  ...plain,
  maxTokens: undefined,
  rankFields: "rank_fields",
  objects: true,
};

/** The words of each shape. */
export const rerankWords: Readonly<Record<RerankShape, RerankWords>> = {
  cohere: plain,
  jina: { ...formerWords, returnDocuments: "return_documents" },
  voyage: { ...plain, topN: "top_k", returnDocuments: "return_documents", maxTokens: undefined },
  tei: {
    ...plain,
    model: undefined,
    documents: "texts",
    topN: undefined,
    returnDocuments: "return_text",
    maxTokens: undefined,
  },
};

/** The shape that a row declares; undefined where it declares none. */
export function shapeOf(value: unknown): RerankShape | undefined {
  return value === "cohere" || value === "jina" || value === "voyage" || value === "tei"
    ? value
    : undefined;
}
