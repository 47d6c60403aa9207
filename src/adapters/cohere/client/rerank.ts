import type {
  RerankDocument,
  RerankResult,
  RerankSpec,
} from "../../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { textDocument } from "../../rerank/response.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  openRequest,
  outcome,
  problem,
  requiredList,
  requiredName,
  strings,
} from "../../shared/request-cursor.ts";
import { addAnswerExtras } from "../extras.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME } from "../wire.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "query",
  "documents",
  "top_n",
  "return_documents",
  "max_tokens_per_doc",
  "rank_fields",
]);

/** Reads a rerank request, of v1 or v2. Reports all problems at once. */
export function decodeRerankRequest(json: JsonObject, body: Uint8Array): Decoded<RerankSpec> {
  const cursor = openRequest(json, body);
  noteUnknown(cursor, known);
  const topN = integer(cursor, "top_n", [1, 100_000]);
  const maxTokensPerDoc = integer(cursor, "max_tokens_per_doc", [1, 100_000_000]);
  const returnDocuments = boolean(cursor, "return_documents");
  const spec: RerankSpec = {
    $typeName: "parlance.rerank.v1.RerankSpec",
    model: requiredName(cursor, "model"),
    query: requiredName(cursor, "query"),
    documents: requiredList(cursor, "documents").flatMap(decodeDocument),
    ...(topN === undefined ? undefined : { topN }),
    ...(returnDocuments === undefined ? undefined : { returnDocuments }),
    ...(maxTokensPerDoc === undefined ? undefined : { maxTokensPerDoc }),
    rankFields: strings(cursor, "rank_fields"),
    extrasJson: takeExtras(cursor, NAME, 0),
  };
  return outcome(cursor, spec);
}

/**
 * A rerank result as the vendor's clients expect it; a document that is text is sent as `{ text }`.
 */
export function encodeRerankResponse(result: RerankResult, context: FacadeContext): string {
  const draft: Draft = {
    id: result.id === "" ? context.callId : result.id,
    results: result.results.map(({ index, relevanceScore, document }) => ({
      index,
      relevance_score: relevanceScore,
      document: document === undefined ? undefined : encodeDocument(document),
    })),
    meta: {
      api_version: { version: "2" },
      ...(result.usage === undefined ? undefined : encodeUsage(result.usage)),
    },
  };
  addAnswerExtras(draft, result.extrasJson[NAME]);
  return writeJson(draft);
}

function encodeDocument({ document }: RerankDocument): Writable {
  return document.case === "objectJson" ? rawJson(document.value) : { text: document.value ?? "" };
}

function decodeDocument(element: Cursor<Json>): RerankDocument[] {
  const { json, source } = element;
  if (typeof json === "string") return [textDocument(json)];
  if (!isObject(json)) return problem(element, "", "must be a string or an object") ?? [];
  const { text } = json;
  if (typeof text === "string" && Object.keys(json).length === 1) return [textDocument(text)];
  const value = sourceText(source, json);
  return [
    { $typeName: "parlance.rerank.v1.RerankDocument", document: { case: "objectJson", value } },
  ];
}
