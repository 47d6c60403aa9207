import type {
  RankedDocument,
  RerankResult,
  RerankSpec,
} from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Codec, Decoded, Encoded } from "../../core/dialect.ts";
import { type Fault, malformed } from "../../core/faults/fault.ts";
import {
  createReport,
  type EncodeReport,
  mapped,
  reportDeclined,
} from "../../core/fidelity/encode-report.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
} from "../../json/json.ts";
import { type Body, unknownMembers } from "../../json/members.ts";
import { wholeSource } from "../../json/source-slice.ts";
import { writeJson } from "../../json/write.ts";
import { textDocument } from "../rerank/response.ts";
import { addExtras } from "../shared/add-extras.ts";
import { postJson } from "../shared/post-json.ts";
import { decodeUsage } from "./embed.ts";
import { rerankFidelity } from "./fidelity.ts";
import { DIALECT, pathOf, scoped, type WatsonxOptions } from "./wire.ts";

const known: ReadonlySet<string> = new Set([
  "model_id",
  "results",
  "created_at",
  "input_token_count",
]);

/** Rerank. See https://cloud.ibm.com/apidocs/watsonx-ai#text-rerank. */
export function createRerankCodec(
  readFault: (json: JsonObject) => Fault | undefined,
): Codec<RerankSpec, RerankResult> {
  return {
    encodeRequest,
    decodeResponse: ({ json, bytes }) => decodeResponse(json, bytes, readFault),
  };
}

function encodeRequest(spec: RerankSpec, options: WatsonxOptions): Decoded<Encoded> {
  const report = createReport(rerankFidelity);
  const inputs = spec.documents.map(({ document }, at) => {
    if (document.case === "objectJson") mapped(report, `documents[${at}].object_json`);
    return { text: document.value ?? "" };
  });
  const draft = scoped(options, {
    query: spec.query,
    inputs,
    parameters: encodeParameters(spec, report),
  });
  addExtras(draft, spec.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, spec);
  return {
    ok: true,
    value: {
      request: postJson(pathOf("rerank", options), writeJson(draft)),
      report: report.entries,
    },
  };
}

function encodeParameters(spec: RerankSpec, report: EncodeReport): Body | undefined {
  const { topN, returnDocuments, maxTokensPerDoc } = spec;
  if (maxTokensPerDoc !== undefined) mapped(report, "max_tokens_per_doc");
  if (topN !== undefined && topN > spec.documents.length) mapped(report, "top_n");
  const hasReturnOptions = topN !== undefined || returnDocuments !== undefined;
  if (!hasReturnOptions && maxTokensPerDoc === undefined) return undefined;
  const bound = topN === undefined ? undefined : Math.min(topN, spec.documents.length);
  return {
    truncate_input_tokens: maxTokensPerDoc,
    return_options: hasReturnOptions ? { top_n: bound, inputs: returnDocuments } : undefined,
  };
}

function decodeResponse(
  json: Json,
  body: Uint8Array,
  readFault: (json: JsonObject) => Fault | undefined,
): Decoded<RerankResult> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const fault = readFault(json);
  if (fault !== undefined) return { ok: false, fault };
  const results: RankedDocument[] = [];
  for (const [at, item] of (arrayAt(json, "results") ?? [undefined]).entries()) {
    const ranked = isObject(item) ? decodeRanked(item) : undefined;
    if (ranked === undefined)
      return { ok: false, fault: malformed(`results[${at}] has no index and score`) };
    results.push(ranked);
  }
  const usage = decodeUsage(json);
  const extras = unknownMembers(json, wholeSource(body), known);
  return {
    ok: true,
    value: {
      $typeName: "parlance.rerank.v1.RerankResult",
      model: stringAt(json, "model_id") ?? "",
      results,
      ...(usage === undefined ? undefined : { usage }),
      id: "",
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

function decodeRanked(item: JsonObject): RankedDocument | undefined {
  const index = intAt(item, "index");
  const relevanceScore = numberAt(item, "score");
  if (index === undefined || index < 0 || index > 0xffffffff || relevanceScore === undefined)
    return undefined;
  const text = stringAt(objectAt(item, "input") ?? {}, "text");
  return {
    $typeName: "parlance.rerank.v1.RankedDocument",
    index,
    relevanceScore,
    ...(text === undefined ? undefined : { document: textDocument(text) }),
  };
}
