import type {
  RankedDocument,
  RerankDocument,
  RerankResult,
} from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded } from "../../core/dialect.ts";
import { type Fault, malformed } from "../../core/faults/fault.ts";
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
import { unknownMembers } from "../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
  wholeSource,
} from "../../json/source-slice.ts";
import { decodeRerankUsage } from "./usage.ts";

const known: ReadonlySet<string> = new Set([
  "id",
  "model",
  "object",
  "results",
  "data",
  "meta",
  "usage",
]);

/** How a dialect reads answers. */
export interface RerankResponseSettings {
  /** The dialect whose extras are kept. */
  readonly name: string;
  /** The fault that an answer reports instead of results; undefined where it reports none. */
  readonly readFault: (reply: JsonObject) => Fault | undefined;
}

/**
 * A rerank reply: a list of results, `results` (Cohere, Jina and most others) or `data` (Voyage),
 * or the list alone (Text Embeddings Inference). A result is an index, `relevance_score` or
 * `score`, and perhaps the document.
 */
export function decodeRerankResponse(
  json: Json,
  body: Uint8Array,
  settings: RerankResponseSettings,
): Decoded<RerankResult> {
  const reply = isObject(json) ? json : {};
  const fault = settings.readFault(reply);
  if (fault !== undefined) return { ok: false, fault };
  const { list, source } = findList(json, wholeSource(body));
  if (list === undefined) return { ok: false, fault: malformed("the answer has no results") };
  const sourceAt = elementSources(source);
  const results: RankedDocument[] = [];
  for (const [at, item] of list.entries()) {
    const ranked = isObject(item) ? decodeRanked(item, sourceAt(at)) : undefined;
    if (ranked === undefined)
      return { ok: false, fault: malformed(`results[${at}] has no index and score`) };
    results.push(ranked);
  }
  const usage = decodeRerankUsage(reply, settings.name);
  const others = unknownMembers(reply, wholeSource(body), known);
  return {
    ok: true,
    value: {
      $typeName: "parlance.rerank.v1.RerankResult",
      model: stringAt(reply, "model") ?? "",
      results,
      ...(usage === undefined ? undefined : { usage }),
      id: stringAt(reply, "id") ?? "",
      extrasJson: others === "" ? {} : { [settings.name]: others },
    },
  };
}

/** The list of results, and its bytes. */
function findList(
  json: Json,
  whole: Source,
): { readonly list: readonly Json[] | undefined; readonly source: Source } {
  if (!isObject(json)) return { list: Array.isArray(json) ? json : undefined, source: whole };
  const key = arrayAt(json, "results") === undefined ? "data" : "results";
  return { list: arrayAt(json, key), source: memberSource(whole, key) };
}

function decodeRanked(item: JsonObject, source: Source): RankedDocument | undefined {
  const index = intAt(item, "index");
  const relevanceScore = numberAt(item, "relevance_score") ?? numberAt(item, "score");
  if (index === undefined || index < 0 || index > 0xffffffff || relevanceScore === undefined)
    return undefined;
  const document = decodeDocument(item, source);
  return {
    $typeName: "parlance.rerank.v1.RankedDocument",
    index,
    relevanceScore,
    ...(document === undefined ? undefined : { document }),
  };
}

/** An empty object stands for a document that was not requested. */
function decodeDocument(item: JsonObject, source: Source): RerankDocument | undefined {
  const object = objectAt(item, "document");
  const members = object === undefined ? [] : Object.keys(object);
  if (object === undefined) {
    const text = stringAt(item, "document") ?? stringAt(item, "text");
    return text === undefined ? undefined : textDocument(text);
  }
  if (members.length === 0) return undefined;
  const { text } = object;
  if (members.length === 1 && typeof text === "string") return textDocument(text);
  const value = sourceText(memberSource(source, "document"), object);
  return {
    $typeName: "parlance.rerank.v1.RerankDocument",
    document: { case: "objectJson", value },
  };
}

/** A document that is text. */
export function textDocument(value: string): RerankDocument {
  return { $typeName: "parlance.rerank.v1.RerankDocument", document: { case: "text", value } };
}
