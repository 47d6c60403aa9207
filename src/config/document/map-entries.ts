import { isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import { followAlias, offsetOf, type ShapeContext } from "./shape-context.ts";

/** One key of a YAML mapping with its value. */
export interface MapEntry {
  readonly name: string;
  readonly key: unknown;
  readonly value: unknown;
}

/**
 * The entries of a mapping, with those of merged mappings (`<<: *name`) after its own, which come
 * first.
 */
export function mapEntries(context: ShapeContext, map: YAMLMap, path: string): readonly MapEntry[] {
  const entries = new Map<string, MapEntry>();
  const merged: unknown[] = [];
  context.left.nodes -= map.items.length;
  for (const { key, value } of map.items) {
    const name = keyName(key);
    if (isMergeKey(key)) merged.push(value);
    else if (name === undefined)
      reportKey(context, key, path, "a key must be a name", "put unusual names in quotes");
    else if (entries.has(name))
      reportKey(context, key, path, "this key is already given in the same mapping", "");
    else entries.set(name, { name, key, value });
  }
  for (const source of merged) {
    for (const entry of mergedEntries(context, source, path)) {
      if (!entries.has(entry.name)) entries.set(entry.name, entry);
    }
  }
  return [...entries.values()];
}

function mergedEntries(context: ShapeContext, source: unknown, path: string): readonly MapEntry[] {
  const node = followAlias(context, source, path);
  if (isMap(node)) return mapEntries(context, node, path);
  if (isSeq(node)) return node.items.flatMap((item) => mergedEntries(context, item, path));
  if (node !== undefined) reportKey(context, source, path, "only a mapping can be merged", "");
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

/** The key itself is not repeated: it may be a secret that was written without its source. */
function reportKey(
  context: ShapeContext,
  key: unknown,
  path: string,
  message: string,
  hint: string,
): void {
  const offset = offsetOf(key);
  context.report({
    path,
    message,
    hint,
    ruleId: "key",
    ...(offset === undefined ? {} : { offset }),
  });
}
