import type { Facade } from "../../core/dialect.ts";
import type { OperationName } from "../../core/operation.ts";

/** A REST path that asks a model, as a row. */
export interface CallRoute {
  readonly operation: OperationName;
  /** Whose clients ask there. */
  readonly facade: FacadeName;
}

/** A route and what its path says. */
export interface MatchedRoute {
  readonly route: CallRoute;
  /**
   * What the path says in the body's place: the model at Azure, the model and the form of the
   * answer at Google.
   */
  readonly members: PathMembers;
}

/** Members of a request that its path tells. */
export interface PathMembers {
  readonly model?: string;
  readonly stream?: boolean;
}

/** Whose clients speak to us. */
export type FacadeName = keyof Facades;

/** Who speaks to which clients, loaded when the first of them asks. */
export interface Facades {
  /**
   * OpenAI's clients, of Chat Completions and Embeddings; errors of unknown paths are told in its
   * words too.
   */
  readonly openAi: () => Promise<Facade>;
  /** OpenAI's clients, of Responses. */
  readonly responses: () => Promise<Facade>;
  /** Anthropic's clients. */
  readonly anthropic: () => Promise<Facade>;
  /** Google's clients. */
  readonly gemini: () => Promise<Facade>;
  /** Ollama's clients, of its chat and its embeddings. */
  readonly ollama: () => Promise<Facade>;
  /** Ollama's clients, of its older generate. */
  readonly ollamaGenerate: () => Promise<Facade>;
  /** Cohere's clients, and those of any vendor for rankings. */
  readonly cohere: () => Promise<Facade>;
}

/**
 * The rows, by the path without its version. Those without one are also served under `/v1` and
 * `/openai/v1`.
 */
export function callRoutes(): ReadonlyMap<string, CallRoute> {
  return new Map<string, CallRoute>([
    ["/chat/completions", { operation: "chat", facade: "openAi" }],
    ["/embeddings", { operation: "embed", facade: "openAi" }],
    ["/responses", { operation: "chat", facade: "responses" }],
    ["/responses/input_tokens", { operation: "count_tokens", facade: "responses" }],
    ["/messages", { operation: "chat", facade: "anthropic" }],
    ["/messages/count_tokens", { operation: "count_tokens", facade: "anthropic" }],
    ["/api/chat", { operation: "chat", facade: "ollama" }],
    ["/api/generate", { operation: "chat", facade: "ollamaGenerate" }],
    ["/api/embed", { operation: "embed", facade: "ollama" }],
    ["/rerank", { operation: "rerank", facade: "cohere" }],
    ["/v2/rerank", { operation: "rerank", facade: "cohere" }],
    ["/v2/embed", { operation: "embed", facade: "cohere" }],
    ["/v2/chat", { operation: "chat", facade: "cohere" }],
  ]);
}

/** What Azure's clients can ask of a deployment. */
const deploymentPaths: ReadonlySet<string> = new Set(["/chat/completions", "/embeddings"]);

/** Azure's older clients name the version in the query. */
const versions = ["/openai/v1", "/v1", "/openai"] as const;

/**
 * Takes the version off a path: `/v1/models`, `/openai/v1/models` and `/openai/models` are
 * `/models`.
 */
export function withoutVersion(path: string): string {
  for (const version of versions) {
    if (path.startsWith(version) && path.charCodeAt(version.length) === 0x2f)
      return path.slice(version.length);
  }
  return path;
}

/** Finds the row of a path; undefined where there is none. */
export type RouteMatcher = (path: string) => MatchedRoute | undefined;

/** Makes the matcher of every path that asks a model. */
export function createRouteMatcher(): RouteMatcher {
  const rows = callRoutes();
  const methods = googleMethods();
  return (path) => {
    const direct = rows.get(withoutVersion(path));
    if (direct !== undefined) return { route: direct, members: {} };
    return matchGoogle(methods, path) ?? matchDeployment(rows, path);
  };
}

/** `/openai/deployments/{model}/chat/completions`, as Azure's clients write it. */
function matchDeployment(
  rows: ReadonlyMap<string, CallRoute>,
  path: string,
): MatchedRoute | undefined {
  const deployment = /^\/openai\/deployments\/([^/]+)(\/.+)$/.exec(path);
  const [, encodedModel, rest] = deployment ?? [];
  if (encodedModel === undefined || rest === undefined || !deploymentPaths.has(rest))
    return undefined;
  const route = rows.get(rest);
  const model = decodePathSegment(encodedModel);
  return route === undefined || model === undefined ? undefined : { route, members: { model } };
}

/**
 * What Google's clients call, by the word after the model:
 * https://ai.google.dev/api/generate-content.
 */
export function googleMethods(): ReadonlyMap<string, CallRoute & { readonly stream?: boolean }> {
  return new Map<string, CallRoute & { readonly stream?: boolean }>([
    ["generateContent", { operation: "chat", facade: "gemini", stream: false }],
    ["streamGenerateContent", { operation: "chat", facade: "gemini", stream: true }],
    ["countTokens", { operation: "count_tokens", facade: "gemini" }],
    ["embedContent", { operation: "embed", facade: "gemini" }],
    ["batchEmbedContents", { operation: "embed", facade: "gemini" }],
  ]);
}

/**
 * `/v1beta/models/{model}:{method}`, and as clients of Vertex AI write it
 * `/v1/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{method}`,
 * where project and location are not looked at. A publisher other than Google is the first part of
 * the model's name: `provider/model`.
 */
function matchGoogle(
  methods: ReturnType<typeof googleMethods>,
  path: string,
): MatchedRoute | undefined {
  const [, publisher, encodedModel, method] = GOOGLE_PATH.exec(path) ?? [];
  const route = methods.get(method ?? "");
  const encoded =
    publisher === undefined || publisher === "google"
      ? encodedModel
      : `${publisher}/${encodedModel}`;
  const model = decodePathSegment(encoded ?? "");
  if (route === undefined || model === undefined) return undefined;
  const { stream } = route;
  return { route, members: stream === undefined ? { model } : { model, stream } };
}

const GOOGLE_PATH =
  /^\/v1(?:beta1?|alpha)?\/(?:(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/([^/]+)\/)?models\/(.+):(\w+)$/;

/** Percent-decodes a path segment; undefined where it is not well-formed. */
export function decodePathSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
