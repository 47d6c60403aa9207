import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { DialectName, EncodeOptions } from "../../core/dialect.ts";
import type { EncodeReport } from "../../core/fidelity/encode-report.ts";
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
import type { Body } from "../../json/members.ts";

/**
 * A vendor's rerank format that is like no other's: its path and body, and where the answer has
 * what.
 */
export interface Reranker {
  /** The dialect's name, also in `extras_json`. */
  readonly name: DialectName;
  /** Whether the vendor itself leaves out all but the best. */
  readonly topN: boolean;
  /** Whether the vendor repeats documents on demand. */
  readonly returnDocuments: boolean;
  /** Whether documents may be objects; they are sent as text if not. */
  readonly objects: boolean;
  request(input: RerankInput, options: RerankerOptions, report: EncodeReport): RerankCall;
  /** Undefined: the reply has no results. An index or a score that is missing is NaN. */
  results(reply: JsonObject): readonly Score[] | undefined;
  /** The tokens that were read, where the vendor reports them. */
  usage(reply: JsonObject): Usage | undefined;
  /** Members of replies that are read, or say nothing. */
  readonly known: ReadonlySet<string>;
}

/** What rerankers get: quirks are read member by member, so any record will do. */
export type RerankerOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** A rerank request, without what the vendor does not do itself. */
export interface RerankInput {
  readonly query: string;
  readonly documents: readonly RerankDocument[];
  /** At most as many as there are documents. */
  readonly topN: number | undefined;
  readonly returnDocuments: boolean | undefined;
}

/** A document: a text, or the JSON text of an object where the vendor takes those. */
export interface RerankDocument {
  readonly kind: "text" | "object";
  readonly text: string;
}

/** The path of a rerank request after the base URL, and its body but for extras. */
export interface RerankCall {
  readonly path: string;
  readonly body: Body;
}

/** What the vendor thinks of a document. */
export interface Score {
  readonly index: number;
  readonly score: number;
  /** The text, where it is repeated. */
  readonly text?: string | undefined;
}

/** Reads a list of objects with an index and a score each. */
function readScores(
  list: readonly Json[] | undefined,
  scoreKey: string,
): readonly Score[] | undefined {
  return list?.map((item) => {
    const json = isObject(item) ? item : {};
    const index = intAt(json, "index") ?? Number.NaN;
    const score = numberAt(json, scoreKey) ?? Number.NaN;
    return { index, score, text: textOf(json) };
  });
}

function textOf(json: JsonObject): string | undefined {
  return stringAt(json, "document") ?? stringAt(objectAt(json, "document") ?? {}, "text");
}

/** The list of results under a key. */
export function scoresAt(
  json: JsonObject,
  key: string,
  scoreKey: string,
): readonly Score[] | undefined {
  return readScores(arrayAt(json, key), scoreKey);
}

/** Usage of which only the tokens of the prompt are known. Undefined: not even those. */
export function inputUsage(tokens: number | undefined): Usage | undefined {
  if (tokens === undefined || tokens < 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.Usage",
    inputTokens: BigInt(tokens),
    totalTokens: BigInt(tokens),
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}
