import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { RerankSpec } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { rawJson, type Writable, writeJson } from "../../core/json-write.ts";
import { addExtras, isObjectText } from "./extras.ts";
import {
  type CohereOptions,
  createReport,
  type Draft,
  drop,
  emulated,
  mapped,
  outcome,
  post,
  type Report,
  refuseWith,
} from "./wire.ts";

/**
 * How a vendor wants to be asked. `cohere`: v2, and v1 for documents that are objects. `jina`: the same in one, with
 * `return_documents`; so do Together, OpenRouter, llama.cpp and vLLM. `voyage`: `top_k`. `tei`: Text Embeddings Inference, with
 * `texts` and `return_text`, and neither a model nor a bound on results.
 * See https://docs.cohere.com/reference/rerank, https://api.jina.ai/redoc, https://docs.voyageai.com/reference/reranker-api,
 * https://huggingface.github.io/text-embeddings-inference.
 */
export type RerankShape = "cohere" | "jina" | "voyage" | "tei";

/** How a dialect asks for rankings. */
export interface RerankSettings {
  /** The dialect whose extras are meant. */
  readonly name: string;
  /** Where rankings are asked for, after the provider's base URL. */
  readonly path: string;
  /** Where documents that are objects are ranked, when that is elsewhere. */
  readonly objectPath?: string;
  /** The shape of vendors whose rows declare no `rerankShape`. */
  readonly shape: RerankShape;
}

/** What a shape has words for; undefined where it has none. */
interface Words {
  readonly model: string | undefined;
  readonly documents: string;
  readonly topN: string | undefined;
  readonly returnDocuments: string | undefined;
  readonly maxTokens: string | undefined;
  readonly rankFields: string | undefined;
  /** Whether documents may be objects. */
  readonly objects: boolean;
}

const plain: Words = {
  model: "model",
  documents: "documents",
  topN: "top_n",
  returnDocuments: undefined,
  maxTokens: "max_tokens_per_doc",
  rankFields: undefined,
  objects: false,
};

/** The former API of the vendor, for documents that are objects. */
const former: Words = { ...plain, maxTokens: undefined, rankFields: "rank_fields", objects: true };

const shapes: Readonly<Record<RerankShape, Words>> = {
  cohere: plain,
  jina: { ...former, returnDocuments: "return_documents" },
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

/** A ranking as a vendor is asked for it. What it cannot do itself is done to its answer (core/arrange-ranking.ts). */
export function encodeRerankRequest(
  spec: RerankSpec,
  options: CohereOptions,
  settings: RerankSettings,
): Decoded<Encoded> {
  const report = createReport();
  const shape = shapeOf(options.quirks.rerankShape) ?? settings.shape;
  const objects = spec.rankFields.length > 0 || spec.documents.some(({ document }) => document.case === "objectJson");
  const elsewhere = shape === "cohere" && objects ? settings.objectPath : undefined;
  const words = elsewhere === undefined ? shapes[shape] : former;
  const draft: Draft = { query: spec.query, [words.documents]: encodeDocuments(spec, words, report) };
  if (words.model !== undefined) draft[words.model] = options.model;
  addKnobs(draft, spec, words, report);
  addExtras(draft, spec.extrasJson, "extras_json", report, undefined, settings.name);
  return outcome(report, () => post(elsewhere ?? settings.path, writeJson(draft)));
}

function addKnobs(draft: Draft, spec: RerankSpec, words: Words, report: Report): void {
  if (spec.topN !== undefined && words.topN === undefined) {
    emulated(report, "top_n", "the others are left out of the answer");
  } else if (spec.topN !== undefined && words.topN !== undefined) {
    draft[words.topN] = Math.min(spec.topN, spec.documents.length);
  }
  addReturnDocuments(draft, spec.returnDocuments, words, report);
  const others: readonly (readonly [field: string, word: string | undefined, value: Writable])[] = [
    ["max_tokens_per_doc", words.maxTokens, spec.maxTokensPerDoc],
    ["rank_fields", words.rankFields, spec.rankFields.length === 0 ? undefined : spec.rankFields],
  ];
  for (const [field, word, value] of others) {
    if (value === undefined) continue;
    if (word === undefined) drop(report, field, "the vendor has no such knob");
    else draft[word] = value;
  }
}

function addReturnDocuments(draft: Draft, wanted: boolean | undefined, words: Words, report: Report): void {
  if (wanted === undefined) return;
  if (words.returnDocuments !== undefined) draft[words.returnDocuments] = wanted;
  else if (wanted) emulated(report, "return_documents", "taken from the request");
  else mapped(report, "return_documents", "the vendor's default");
}

function encodeDocuments(spec: RerankSpec, words: Words, report: Report): readonly Writable[] {
  return spec.documents.map(({ document }, at) => {
    if (document.case !== "objectJson") return document.value ?? "";
    const field = `documents[${at}].object_json`;
    if (!isObjectText(document.value)) {
      refuseWith(report, ErrorReason.INVALID_REQUEST, field, "must be one JSON object");
    }
    if (words.objects) return rawJson(document.value);
    mapped(report, field, "sent as text");
    return document.value;
  });
}

function shapeOf(value: unknown): RerankShape | undefined {
  return value === "cohere" || value === "jina" || value === "voyage" || value === "tei" ? value : undefined;
}
