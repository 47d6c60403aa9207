import { type Document, isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import { appendAll } from "../../../core/append-all.ts";
import type { Report } from "../../config-scope.ts";
import { elementPath, entryPath } from "../../document/field-path.ts";
import {
  createAliasTargets,
  followAlias,
  maxAliases,
  maxNodes,
  offsetOf,
  type ShapeScope,
} from "../../document/shape-scope.ts";
import type { Branch, Leaf, Member, Place, Tree } from "./tree.ts";

/** How a document is read. */
export interface ReadTreeOptions {
  readonly report: Report;
  /** What is added to every offset: where an included file begins. */
  readonly base: number;
}

/**
 * Reads a YAML document as LiteLLM would: of keys that are given twice the last counts, aliases and
 * merges are followed. What cannot be read is reported and left out.
 */
export function readTree(document: Document, { report, base }: ReadTreeOptions): Tree {
  const left = { nodes: maxNodes, aliases: maxAliases };
  const targetOf = createAliasTargets(document);
  const scope: ShapeScope = {
    path: "",
    targetOf,
    left,
    places: undefined,
    report: (finding) => {
      const { offset } = finding;
      report(offset === undefined ? finding : { ...finding, offset: offset + base });
    },
  };
  return read({ ...scope, base }, document.contents);
}

interface TreeScope extends ShapeScope {
  readonly base: number;
}

function read(scope: TreeScope, value: unknown): Tree {
  const node = followAlias(scope, value);
  // An alias stands where it is written, not where its anchor does.
  const at: Place = {
    offset: (offsetOf(value) ?? offsetOf(node) ?? 0) + scope.base,
    path: scope.path,
  };
  if (isMap(node)) return readBranch(scope, node, at);
  if (isSeq(node)) {
    const items = node.items.map((item, index) =>
      read({ ...scope, path: elementPath(scope.path, index) }, item),
    );
    return { kind: "series", items, at };
  }
  return readLeaf(node, at);
}

function readLeaf(node: unknown, at: Place): Leaf {
  const value: unknown = isScalar(node) ? node.value : null;
  const source = isScalar(node) && typeof node.source === "string" ? node.source : "";
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return { kind: "leaf", value, source, at };
  return { kind: "leaf", value: null, source, at };
}

function readBranch(scope: TreeScope, node: YAMLMap, at: Place): Branch {
  const own = new Map<string, Member>();
  const merged: Member[] = [];
  for (const { key, value } of node.items) {
    if (isMerge(key)) {
      for (const source of mergeSources(scope, value)) appendAll(merged, source.members.values());
      continue;
    }
    const name = isScalar(key) ? String(key.value ?? "") : "";
    const path = entryPath(scope.path, name).replace(/^\./, "");
    const place = { offset: (offsetOf(key) ?? 0) + scope.base, path };
    own.set(name, { name, at: place, value: read({ ...scope, path }, value) });
  }
  const members = new Map<string, Member>();
  for (const member of merged) if (!members.has(member.name)) members.set(member.name, member);
  for (const [name, member] of own) members.set(name, member);
  return { kind: "branch", members, at };
}

function mergeSources(scope: TreeScope, value: unknown): readonly Branch[] {
  const tree = read(scope, value);
  const sources = tree.kind === "series" ? tree.items : [tree];
  return sources.filter((source) => source.kind === "branch");
}

function isMerge(key: unknown): boolean {
  return (
    isScalar(key) && (typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN"))
  );
}
