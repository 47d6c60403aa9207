import type { EncodeOptions } from "../../core/dialect.ts";
import { pathSegments } from "../../core/dispatch/url-path.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "gemini";

/**
 * What a vendor or a model may deviate in. Absent: as the model's name says (model-traits.ts).
 *
 * - `vertex`: Vertex AI: other paths, embeddings by `:predict`, counting with the parts of a prompt
 *   side by side.
 * - `thinking`: how thinking is requested: by level, by budget or not at all.
 * - `jsonSchema`: whether JSON Schema is taken as it is (`responseJsonSchema`,
 *   `parametersJsonSchema`).
 * - `toolCallIds`: whether function calls and responses may carry ids.
 * - `multimodalToolResults`: whether a function response may hold media.
 * - `signedCalls`: whether a function call without a signature is refused.
 * - `embedContent`: whether Vertex AI serves the embedding model by `:embedContent`.
 */
export interface GeminiQuirks {
  readonly vertex?: boolean;
  readonly thinking?: "level" | "budget" | "none";
  readonly jsonSchema?: boolean;
  readonly toolCallIds?: boolean;
  readonly multimodalToolResults?: boolean;
  readonly signedCalls?: boolean;
  readonly embedContent?: boolean;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type GeminiOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** The methods of a model that this dialect calls. */
export type Method =
  | "generateContent"
  | "streamGenerateContent"
  | "countTokens"
  | "embedContent"
  | "batchEmbedContents"
  | "predict";

/**
 * The path of a model's method. At Google AI Studio after the host:
 * `/v1beta/models/{model}:{method}`, tuned models by their resource name. At Vertex AI after
 * `/v1/projects/{project}/locations/{location}`: `/publishers/{publisher}/models/{model}:{method}`,
 * where `publisher/model` names another publisher than google and `endpoints/{id}` a deployed
 * model. A stream is requested as server-sent events (`alt=sse`).
 */
export function methodPath(options: GeminiOptions, method: Method): string {
  const query = method === "streamGenerateContent" ? "?alt=sse" : "";
  return `${isVertex(options) ? vertexPath(options.model) : `/v1beta/${resourceName(options.model)}`}:${method}${query}`;
}

/**
 * The resource name of a model at Google AI Studio, escaped for a path: `models/{model}` unless it
 * says otherwise.
 */
export function resourceName(model: string): string {
  return /^(?:models|tunedModels)\//.test(model)
    ? escapePath(model)
    : `models/${escapePath(model)}`;
}

/** Whether the vendor is Vertex AI. */
export function isVertex(options: Pick<GeminiOptions, "quirks">): boolean {
  return options.quirks.vertex === true;
}

function vertexPath(model: string): string {
  const name = model.startsWith("models/") ? model.slice(7) : model;
  if (/^(?:publishers|endpoints)\//.test(name)) return `/${escapePath(name)}`;
  const cut = name.indexOf("/");
  const publisher = cut > 0 ? name.slice(0, cut) : "google";
  return `/publishers/${escapePath(publisher)}/models/${escapePath(cut > 0 ? name.slice(cut + 1) : name)}`;
}

/**
 * A name in a path: all that means something in a URL is escaped, but for the `@` before a version.
 */
export function escapePath(name: string): string {
  return pathSegments(name).replaceAll("%40", "@");
}
