import type { FacadeEntry } from "../../adapters/dialect-entry.ts";
import { facades } from "../../adapters/registry.ts";
import { signInPath } from "../../core/caller/sign-in.ts";
import { managementPaths } from "./litellm/litellm-paths.ts";

/**
 * What REST clients may ask for, as it is shown to them at `/`: a method and a path, with what
 * varies in braces. Paths under `/v1` are also served without it.
 */
export function servedPaths(): readonly string[] {
  const entries: readonly FacadeEntry[] = Object.values(facades);
  const posts = entries.flatMap((entry) => Object.keys(entry.posts)).flatMap(readable);
  const lists = entries.flatMap((entry) => entry.lists ?? []);
  return [
    ...new Set([
      ...posts.map((path) => `POST ${path}`),
      ...lists.map((path) => `GET ${path}`),
      ...managementPaths,
      `GET ${signInPath}`,
    ]),
  ];
}

/** The methods of a model are one path to people, which clients of Vertex AI write in full. */
function readable(path: string): readonly string[] {
  if (!/:\w+$/.test(path)) return [path];
  const method = path.replace(/:\w+$/, ":{method}");
  return [method, method.replace(/^.*(?=\/models\/)/, VERTEX_PREFIX)];
}

const VERTEX_PREFIX = "/v1/projects/{project}/locations/{location}/publishers/{publisher}";
