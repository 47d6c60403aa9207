import { isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import { followAlias, problemAt, type ShapeScope } from "./shape-scope.ts";

/** One key of a YAML mapping with its value. */
export interface MapEntry {
  readonly name: string;
  readonly key: unknown;
  readonly value: unknown;
}

/**
 * The entries of a mapping, with those of merged mappings (`<<: *name`) after its own, which come
 * first. Of a bad key the text is not repeated: it may be a secret that was written without its
 * source.
 */
export function mapEntries(scope: ShapeScope, map: YAMLMap): readonly MapEntry[] {
  const entries = new Map<string, MapEntry>();
  const merged: unknown[] = [];
  scope.left.nodes -= map.items.length;
  for (const { key, value } of map.items) {
    const name = keyName(key);
    if (isMergeKey(key)) merged.push(value);
    else if (name === undefined) {
      const hint = "put unusual names in quotes";
      problemAt(scope, key, { message: "a key must be a name", hint, ruleId: "key" });
    } else if (entries.has(name)) {
      const message = "this key is already given in the same mapping";
      problemAt(scope, key, { message, ruleId: "key" });
    } else entries.set(name, { name, key, value });
  }
  for (const source of merged) {
    for (const entry of mergedEntries(scope, source)) {
      if (!entries.has(entry.name)) entries.set(entry.name, entry);
    }
  }
  return [...entries.values()];
}

function mergedEntries(scope: ShapeScope, source: unknown): readonly MapEntry[] {
  const node = followAlias(scope, source);
  if (isMap(node)) return mapEntries(scope, node);
  if (isSeq(node)) return node.items.flatMap((item) => mergedEntries(scope, item));
  if (node !== undefined)
    problemAt(scope, source, { message: "only a mapping can be merged", ruleId: "key" });
  return [];
}

function isMergeKey(key: unknown): boolean {
  return (
    isScalar(key) && (typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN"))
  );
}

function keyName(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  if (typeof key.value === "string") return key.value;
  return typeof key.value === "number" || typeof key.value === "boolean"
    ? (key.source ?? String(key.value))
    : undefined;
}
