import {
  callRoutes,
  createRouteMatcher,
  googleMethods,
  type MatchedRoute,
} from "../../../src/edge/rest/rest-route.ts";
import { servedPaths } from "../../../src/edge/rest/served-paths.ts";

/** A REST path that the gateway serves. */
export interface RestSurface {
  readonly method: string;
  /** The path, for a model's name where it has a place for one. */
  readonly path: (model: string) => string;
  /** Undefined for paths that ask no model. */
  readonly matched: MatchedRoute | undefined;
}

/** Every REST path, from the gateway's own tables: a new row is attacked by itself. */
export function restSurfaces(): readonly RestSurface[] {
  const match = createRouteMatcher();
  const rows = [...callRoutes().keys()].flatMap((path) =>
    path.startsWith("/v2") || path.startsWith("/api")
      ? [path]
      : [path, `/v1${path}`, `/openai/v1${path}`],
  );
  const templates = [
    ...servedPaths(),
    ...rows.map((path) => `POST ${path}`),
    "GET /",
    "GET /healthz",
    "GET /readyz",
  ];
  const filled = templates.flatMap((template) =>
    template.includes("{method}")
      ? [...googleMethods().keys()].map((method) => template.replace("{method}", method))
      : [template],
  );
  return [...new Set(filled)].map((template) => {
    const [method = "", form = ""] = template.split(" ");
    const path = (model: string): string =>
      form.replace("{model}", encodeURIComponent(model)).replaceAll(/\{\w+\}/g, "x");
    return { method, path, matched: match(path("m")) };
  });
}
