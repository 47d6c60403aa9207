import type {
  RerankDocument,
  RerankResult,
  RerankSpec,
} from "../../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { sliceElements, sliceJson } from "../../../json/slice.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { textDocument } from "../../rerank/response.ts";
import { addAnswerExtras, otherMembers } from "../extras.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME } from "../wire.ts";
import {
  blame,
  boolean,
  createReader,
  integer,
  list,
  type Reader,
  strings,
  verdict,
  words,
} from "./request-cursor.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "query",
  "documents",
  "top_n",
  "return_documents",
  "max_tokens_per_doc",
  "rank_fields",
]);

/** Reads a request for a ranking, of v1 or v2. All that is wrong is told at once. */
export function decodeRerankRequest(json: JsonObject, body: Uint8Array): Decoded<RerankSpec> {
  const reader = createReader();
  const topN = integer(reader, json, "top_n", [1, 100_000]);
  const maxTokensPerDoc = integer(reader, json, "max_tokens_per_doc", [1, 100_000_000]);
  const returnDocuments = boolean(reader, json, "return_documents");
  const spec: RerankSpec = {
    $typeName: "parlance.rerank.v1.RerankSpec",
    model: words(reader, json, "model"),
    query: words(reader, json, "query"),
    documents: decodeDocuments(reader, json, body),
    ...(topN === undefined ? undefined : { topN }),
    ...(returnDocuments === undefined ? undefined : { returnDocuments }),
    ...(maxTokensPerDoc === undefined ? undefined : { maxTokensPerDoc }),
    rankFields: strings(reader, json, "rank_fields"),
    extrasJson: otherMembers(json, known, body),
  };
  return verdict(reader, spec);
}

/** A ranking as the vendor's clients expect it; a document that is text is told as `{ text }`. */
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

function decodeDocuments(reader: Reader, json: JsonObject, body: Uint8Array): RerankDocument[] {
  const documents = list(reader, json, "documents");
  if (documents.length === 0 && (json.documents === undefined || Array.isArray(json.documents))) {
    blame(reader, "documents", "must hold at least one document");
  }
  let texts: readonly Uint8Array[] | undefined;
  const textAt = (at: number, document: Json): string => {
    texts ??= sliceElements(sliceJson(body, ["documents"]) ?? new Uint8Array()) ?? [];
    return Buffer.from(texts[at] ?? JSON.stringify(document)).toString();
  };
  return documents.flatMap((document, at): RerankDocument[] => {
    if (typeof document === "string") return [textDocument(document)];
    if (!isObject(document)) {
      blame(reader, `documents[${at}]`, "must be a string or an object");
      return [];
    }
    const { text } = document;
    if (typeof text === "string" && Object.keys(document).length === 1) return [textDocument(text)];
    const value = textAt(at, document);
    return [
      { $typeName: "parlance.rerank.v1.RerankDocument", document: { case: "objectJson", value } },
    ];
  });
}
