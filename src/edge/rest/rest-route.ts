import type { FacadeEntry } from "../../adapters/dialect-entry.ts";
import { type FacadeName, facades, isFacadeName } from "../../adapters/registry.ts";
import type { OperationName } from "../../core/operation.ts";
import { bedrockModel } from "./lists/aws-models.ts";

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

/** A path of the registry with what stands behind it. */
interface RegisteredPath {
  readonly path: string;
  readonly route: CallRoute;
  readonly stream: boolean | undefined;
}

function registeredPaths(): readonly RegisteredPath[] {
  const entries: readonly (readonly [string, FacadeEntry])[] = Object.entries(facades);
  return entries.flatMap(([facade, { posts }]) =>
    Object.entries(posts).flatMap(([path, post]) => {
      if (!isFacadeName(facade)) return [];
      const { operation, stream } =
        typeof post === "string" ? { operation: post, stream: undefined } : post;
      return [{ path, route: { operation, facade }, stream }];
    }),
  );
}

/**
 * The rows, by the path without its version. Those without one are also served under `/v1` and
 * `/openai/v1`.
 */
export function callRoutes(): ReadonlyMap<string, CallRoute> {
  const plain = registeredPaths().filter(({ path }) => !path.includes("{"));
  return new Map(plain.map(({ path, route }) => [withoutVersion(path), route]));
}

const DEPLOYMENT = "/openai/deployments/{model}";

/** What Azure's clients can ask of a deployment. */
function deploymentRoutes(): ReadonlyMap<string, CallRoute> {
  const routes = registeredPaths().filter(({ path }) => path.startsWith(DEPLOYMENT));
  return new Map(routes.map(({ path, route }) => [path.slice(DEPLOYMENT.length), route]));
}

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
  const deployments = deploymentRoutes();
  const methods = googleMethods();
  const invocations = bedrockRoutes();
  return (path) => {
    const direct = rows.get(withoutVersion(path));
    if (direct !== undefined) return { route: direct, members: {} };
    return (
      matchGoogle(methods, path) ??
      matchDeployment(deployments, path) ??
      matchBedrock(invocations, path)
    );
  };
}

/** `/openai/deployments/{model}/chat/completions`, as Azure's clients write it. */
function matchDeployment(
  rows: ReadonlyMap<string, CallRoute>,
  path: string,
): MatchedRoute | undefined {
  const deployment = /^\/openai\/deployments\/([^/]+)(\/.+)$/.exec(path);
  const [, encodedModel, rest] = deployment ?? [];
  if (encodedModel === undefined || rest === undefined) return undefined;
  const route = rows.get(rest);
  const model = decodePathSegment(encodedModel);
  return route === undefined || model === undefined ? undefined : { route, members: { model } };
}

const MODEL = "/model/{model}/";

/** What AWS's SDKs call of a model, by the last segment of the path. */
function bedrockRoutes(): ReadonlyMap<string, RegisteredPath> {
  const routes = registeredPaths().filter(({ path }) => path.startsWith(MODEL));
  return new Map(routes.map((route) => [route.path.slice(MODEL.length), route]));
}

/**
 * `/model/{model}/converse`: the SDKs percent-encode the model, and some leave its slashes. An ARN
 * of ours stands for the model that it names.
 */
function matchBedrock(
  rows: ReadonlyMap<string, RegisteredPath>,
  path: string,
): MatchedRoute | undefined {
  if (!path.startsWith("/model/")) return undefined;
  const end = path.lastIndexOf("/");
  const row = rows.get(path.slice(end + 1));
  const named = decodePathSegment(path.slice("/model/".length, end));
  const model = named === undefined ? undefined : bedrockModel(named);
  if (row === undefined || model === undefined || model === "") return undefined;
  const { route, stream } = row;
  return { route, members: stream === undefined ? { model } : { model, stream } };
}

/** What Google's clients call, by the word after the model. */
export function googleMethods(): ReadonlyMap<string, CallRoute & { readonly stream?: boolean }> {
  return new Map(
    registeredPaths().flatMap(({ path, route, stream }) => {
      const [, method] = /\/models\/\{model\}:(\w+)$/.exec(path) ?? [];
      if (method === undefined) return [];
      return [[method, stream === undefined ? route : { ...route, stream }] as const];
    }),
  );
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
  const { stream, operation, facade } = route;
  const members = stream === undefined ? { model } : { model, stream };
  return { route: { operation, facade }, members };
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
