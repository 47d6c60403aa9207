import { posix } from "node:path";
import type { RepositoryFile } from "./find-violations.ts";
import { splitSource } from "./source-text.ts";

/** What each node imports, by its name. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

const specifier = /\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/**
 * The imports of files, also those of types alone and those made while running. `nodeOf` puts files
 * together: imports within a node are left out.
 */
export function readImports(
  files: readonly RepositoryFile[],
  nodeOf: (path: string) => string = (path) => path,
): ImportGraph {
  const graph = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    const node = nodeOf(path);
    const imports = graph.get(node) ?? new Set();
    graph.set(node, imports);
    for (const [, relative = ""] of splitSource(text).code.matchAll(specifier)) {
      const imported = nodeOf(posix.join(posix.dirname(path), relative));
      if (imported !== node) imports.add(imported);
    }
  }
  return graph;
}

/** One circle of imports for each way back that a walk of the graph finds; empty: there is none. */
export function findCircles(graph: ImportGraph): readonly (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  const left = new Set<string>();
  const trail: string[] = [];
  const enter = (node: string): void => {
    if (left.has(node)) return;
    const start = trail.indexOf(node);
    if (start >= 0) {
      circles.push(trail.slice(start));
      return;
    }
    trail.push(node);
    for (const next of graph.get(node) ?? []) enter(next);
    trail.pop();
    left.add(node);
  };
  for (const node of graph.keys()) enter(node);
  return circles;
}
