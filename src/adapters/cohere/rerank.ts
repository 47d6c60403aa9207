import type { RankedDocument, RerankDocument, RerankResult } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, RerankDialect } from "../../core/dialect.ts";
import { malformed } from "../../core/fault.ts";
import { arrayAt, intAt, isObject, type Json, type JsonObject, numberAt, objectAt, stringAt } from "../../core/json.ts";
import { sliceJsonText } from "../../core/json-slice.ts";
import { decodeErrorObject, isErrorObject } from "./error.ts";
import { otherMembers } from "./extras.ts";
import { encodeRerankRequest, type RerankSettings } from "./rerank-request.ts";
import { decodeRerankUsage } from "./rerank-usage.ts";

const known: ReadonlySet<string> = new Set(["id", "model", "object", "results", "data", "meta", "usage"]);

/** Rankings as a dialect asks for them. Answers of all shapes are read by the same rules, whatever was asked. */
export function createRerank(settings: RerankSettings): RerankDialect<Readonly<Record<string, unknown>>> {
  return {
    encodeRequest: (spec, options) => encodeRerankRequest(spec, options, settings),
    decodeResponse: (json, body) => decodeRerankResponse(json, body, settings.name),
  };
}

/**
 * A ranking: a list of results, `results` (Cohere, Jina and most others) or `data` (Voyage), or the list alone (Text Embeddings
 * Inference). A result is an index, `relevance_score` or `score`, and perhaps the document.
 */
export function decodeRerankResponse(json: Json, body: Uint8Array, name: string): Decoded<RerankResult> {
  const reply = isObject(json) ? json : {};
  if (isErrorObject(reply)) return { ok: false, fault: decodeErrorObject(reply) };
  const { list, path } = findList(json);
  if (list === undefined) return { ok: false, fault: malformed("the answer has no results") };
  const results: RankedDocument[] = [];
  for (const [at, item] of list.entries()) {
    const ranked = isObject(item) ? decodeRanked(item, [...path, at], body) : undefined;
    if (ranked === undefined) return { ok: false, fault: malformed(`results[${at}] has no index and score`) };
    results.push(ranked);
  }
  const usage = decodeRerankUsage(reply, name);
  return {
    ok: true,
    value: {
      $typeName: "parlance.rerank.v1.RerankResult",
      model: stringAt(reply, "model") ?? "",
      results,
      ...(usage === undefined ? undefined : { usage }),
      id: stringAt(reply, "id") ?? "",
      extrasJson: otherMembers(reply, known, body, name),
    },
  };
}

/** The list of results, and where it stands. */
function findList(json: Json): { readonly list: readonly Json[] | undefined; readonly path: readonly string[] } {
  if (!isObject(json)) return { list: Array.isArray(json) ? json : undefined, path: [] };
  const key = arrayAt(json, "results") === undefined ? "data" : "results";
  return { list: arrayAt(json, key), path: [key] };
}

function decodeRanked(
  item: JsonObject,
  path: readonly (string | number)[],
  body: Uint8Array,
): RankedDocument | undefined {
  const index = intAt(item, "index");
  const relevanceScore = numberAt(item, "relevance_score") ?? numberAt(item, "score");
  if (index === undefined || index < 0 || index > 0xffffffff || relevanceScore === undefined) return undefined;
  const document = decodeDocument(item, path, body);
  return {
    $typeName: "parlance.rerank.v1.RankedDocument",
    index,
    relevanceScore,
    ...(document === undefined ? undefined : { document }),
  };
}

/** An empty object stands for a document that was not asked for. */
function decodeDocument(
  item: JsonObject,
  path: readonly (string | number)[],
  body: Uint8Array,
): RerankDocument | undefined {
  const object = objectAt(item, "document");
  const members = object === undefined ? [] : Object.keys(object);
  if (object === undefined) {
    const text = stringAt(item, "document") ?? stringAt(item, "text");
    return text === undefined ? undefined : textDocument(text);
  }
  if (members.length === 0) return undefined;
  const { text } = object;
  if (members.length === 1 && typeof text === "string") return textDocument(text);
  const value = sliceJsonText(body, [...path, "document"]) ?? JSON.stringify(object);
  return { $typeName: "parlance.rerank.v1.RerankDocument", document: { case: "objectJson", value } };
}

/** A document that is text. */
export function textDocument(value: string): RerankDocument {
  return { $typeName: "parlance.rerank.v1.RerankDocument", document: { case: "text", value } };
}
