import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { RerankSpec } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, Encoded, EncodeOptions } from "../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
  reportDeclined,
} from "../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../json/members.ts";
import { rawJson, type Writable, writeJson } from "../../json/write.ts";
import { addExtras } from "../shared/add-extras.ts";
import { postJson } from "../shared/post-json.ts";
import type { RerankFidelity } from "./fidelity.ts";
import { formerWords, type RerankShape, type RerankWords, rerankWords, shapeOf } from "./shape.ts";

/** How a dialect sends rerank requests. */
export interface RerankRequestSettings {
  /** The dialect whose extras are meant. */
  readonly name: string;
  /** What becomes of the fields in each shape. */
  readonly fidelity: RerankFidelity;
  /** The path of reranking, after the provider's base URL. */
  readonly path: string;
  /** Where documents that are objects are ranked, when that is elsewhere. */
  readonly objectPath?: string;
  /** The shape of vendors whose rows declare no `rerankShape`. */
  readonly shape: RerankShape;
}

/**
 * A rerank request for a vendor. What the vendor cannot do itself is done to its answer
 * (core/reply/arrange-rerank.ts).
 */
export function encodeRerankRequest(
  spec: RerankSpec,
  options: EncodeOptions<Readonly<Record<string, unknown>>>,
  settings: RerankRequestSettings,
): Decoded<Encoded> {
  const shape = shapeOf(options.quirks.rerankShape) ?? settings.shape;
  const report = createReport(settings.fidelity.shapes[shape]);
  const objects =
    spec.rankFields.length > 0 ||
    spec.documents.some(({ document }) => document.case === "objectJson");
  const elsewhere = shape === "cohere" && objects ? settings.objectPath : undefined;
  const words = elsewhere === undefined ? rerankWords[shape] : formerWords;
  const draft: Body = {
    query: spec.query,
    [words.documents]: encodeDocuments(spec, words, report),
  };
  if (words.model !== undefined) draft[words.model] = options.model;
  addKnobs(draft, spec, words, report);
  addOwnExtras(draft, spec.extrasJson[settings.name], settings.name, report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const request = postJson(elsewhere ?? settings.path, writeJson(draft));
  return { ok: true, value: { request, report: report.entries } };
}

function addKnobs(draft: Body, spec: RerankSpec, words: RerankWords, report: EncodeReport): void {
  addTopN(draft, spec, words, report);
  addReturnDocuments(draft, spec.returnDocuments, words, report);
  if (words.maxTokens !== undefined) draft[words.maxTokens] = spec.maxTokensPerDoc;
  else if (spec.maxTokensPerDoc !== undefined && words === formerWords)
    dropped(report, "max_tokens_per_doc");
  if (words.rankFields !== undefined && spec.rankFields.length > 0)
    draft[words.rankFields] = spec.rankFields;
}

function addTopN(
  draft: Body,
  { topN, documents }: RerankSpec,
  words: RerankWords,
  report: EncodeReport,
): void {
  if (topN === undefined) return;
  if (words.topN === undefined) emulated(report, "top_n");
  else {
    if (topN > documents.length) mapped(report, "top_n");
    draft[words.topN] = Math.min(topN, documents.length);
  }
}

function addReturnDocuments(
  draft: Body,
  wanted: boolean | undefined,
  words: RerankWords,
  report: EncodeReport,
): void {
  if (wanted === undefined) return;
  if (words.returnDocuments !== undefined) draft[words.returnDocuments] = wanted;
  else if (wanted) emulated(report, "return_documents");
  else mapped(report, "return_documents");
}

function encodeDocuments(
  spec: RerankSpec,
  words: RerankWords,
  report: EncodeReport,
): readonly Writable[] {
  return spec.documents.map(({ document }, at) => {
    if (document.case !== "objectJson") return document.value ?? "";
    const field = `documents[${at}].object_json`;
    if (!isObjectText(document.value))
      refuse(report, ErrorReason.INVALID_REQUEST, field, "must be one JSON object");
    if (words.objects) return rawJson(document.value);
    mapped(report, field);
    return document.value;
  });
}

function addOwnExtras(
  draft: Body,
  text: string | undefined,
  name: string,
  report: EncodeReport,
): void {
  if (text === undefined || text === "") return;
  const field = `extras_json["${name}"]`;
  if (isObjectText(text)) addExtras(draft, text, field, report);
  else refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
}
