import type { Facade, Operation } from "../../core/dialect.ts";

/** The dialects that REST clients speak. */
export interface Facades {
  readonly openAi: Facade;
  readonly anthropic: Facade;
  readonly cohere: Facade;
}

/** A REST path that asks a model, as a row. */
export interface CallRoute {
  readonly operation: Operation;
  /** The dialect in which its clients speak. */
  readonly facade: Facade;
}

/** A route and what its path says. */
export interface MatchedRoute {
  readonly route: CallRoute;
  /** The model, where the path names it (Azure's deployments). */
  readonly model?: string;
}

/** The rows, by the path without its version. Those without one are also served under `/v1` and `/openai/v1`. */
export function callRoutes({ openAi, anthropic, cohere }: Facades): ReadonlyMap<string, CallRoute> {
  return new Map<string, CallRoute>([
    ["/chat/completions", { operation: "chat", facade: openAi }],
    ["/embeddings", { operation: "embed", facade: openAi }],
    ["/messages", { operation: "chat", facade: anthropic }],
    ["/messages/count_tokens", { operation: "count_tokens", facade: anthropic }],
    ["/rerank", { operation: "rerank", facade: cohere }],
    ["/v2/rerank", { operation: "rerank", facade: cohere }],
    ["/v2/embed", { operation: "embed", facade: cohere }],
    ["/v2/chat", { operation: "chat", facade: cohere }],
  ]);
}

/** What Azure's clients can ask of a deployment. */
const deploymentPaths: ReadonlySet<string> = new Set(["/chat/completions", "/embeddings"]);

const versions = ["/openai/v1", "/v1"] as const;

/** Takes the version off a path: `/v1/models` and `/openai/v1/models` are `/models`. */
export function withoutVersion(path: string): string {
  for (const version of versions) {
    if (path.startsWith(version) && path.charCodeAt(version.length) === 0x2f) return path.slice(version.length);
  }
  return path;
}

/** Finds the row of a path; undefined where there is none. */
export function matchCallRoute(rows: ReadonlyMap<string, CallRoute>, path: string): MatchedRoute | undefined {
  const direct = rows.get(withoutVersion(path));
  if (direct !== undefined) return { route: direct };
  const deployment = /^\/openai\/deployments\/([^/]+)(\/.+)$/.exec(path);
  const [, encodedModel, rest] = deployment ?? [];
  if (encodedModel === undefined || rest === undefined || !deploymentPaths.has(rest)) return undefined;
  const route = rows.get(rest);
  const model = decodePathSegment(encodedModel);
  return route === undefined || model === undefined ? undefined : { route, model };
}

/** Percent-decodes a path segment; undefined where it is not well-formed. */
export function decodePathSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
