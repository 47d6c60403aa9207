import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { RerankSpec } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import {
  createReport,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
  reportDeclined,
} from "../../core/fidelity/encode-report.ts";
import type { Fidelity } from "../../core/fidelity/fidelity.ts";
import { isObjectText } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { addExtras } from "../shared/add-extras.ts";
import { postJson } from "../shared/post-json.ts";
import type { RerankDocument, Reranker, RerankerOptions } from "./reranker.ts";

/** A rerank request for a vendor with a format of its own. */
export function encodeRerank(
  spec: RerankSpec,
  options: RerankerOptions,
  reranker: Reranker,
  fidelity: Fidelity,
): Decoded<Encoded> {
  const report = createReport(fidelity);
  const documents = encodeDocuments(spec, reranker, report);
  const topN = encodeTopN(spec, reranker, report);
  const returnDocuments = encodeReturnDocuments(spec, reranker, report);
  const { path, body } = reranker.request(
    { query: spec.query, documents, topN, returnDocuments },
    options,
    report,
  );
  const extras = spec.extrasJson[reranker.name] ?? "";
  const field = `extras_json["${reranker.name}"]`;
  if (extras === "" || isObjectText(extras)) addExtras(body, extras, field, report);
  else refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return { ok: true, value: { request: postJson(path, writeJson(body)), report: report.entries } };
}

function encodeDocuments(
  spec: RerankSpec,
  { objects }: Reranker,
  report: EncodeReport,
): readonly RerankDocument[] {
  return spec.documents.map(({ document }, at) => {
    if (document.case !== "objectJson") return { kind: "text", text: document.value ?? "" };
    const field = `documents[${at}].object_json`;
    if (!isObjectText(document.value))
      refuse(report, ErrorReason.INVALID_REQUEST, field, "must be one JSON object");
    if (!objects) mapped(report, field);
    return { kind: objects ? "object" : "text", text: document.value };
  });
}

function encodeTopN(
  { topN, documents }: RerankSpec,
  reranker: Reranker,
  report: EncodeReport,
): number | undefined {
  if (topN === undefined) return undefined;
  if (!reranker.topN) {
    emulated(report, "top_n");
    return undefined;
  }
  if (topN > documents.length) mapped(report, "top_n");
  return Math.min(topN, documents.length);
}

function encodeReturnDocuments(
  spec: RerankSpec,
  reranker: Reranker,
  report: EncodeReport,
): boolean | undefined {
  const { returnDocuments } = spec;
  if (returnDocuments === undefined || reranker.returnDocuments) return returnDocuments;
  if (returnDocuments) emulated(report, "return_documents");
  else mapped(report, "return_documents");
  return undefined;
}
