import { isObject, type Json, type JsonObject } from "../../../json/json.ts";

/**
 * How much references may still copy, in characters. One for all tools of a request: many small
 * texts must not become a huge one.
 */
export interface CopyAllowance {
  left: number;
}

/** What the references of a request may copy. */
export function createCopyAllowance(): CopyAllowance {
  return { left: 2_000_000 };
}

/** What a schema costs that is copied, beside its characters. */
const SCHEMA_COST = 32;

/**
 * Schemas within schemas, those that references name included: a chain of references must not
 * overflow the stack.
 */
const MAX_DEPTH = 512;

/**
 * A schema without references within itself, and where references remain: cycles, other documents,
 * names of nothing, and those that would copy too much or lead too deep.
 */
export interface Inlined {
  readonly schema: Json;
  readonly remaining: readonly string[];
}

/**
 * Puts what `$ref` names in its place, with the members beside the reference over it, and takes
 * `$defs` and `definitions` away.
 */
export function inlineRefs(root: Json, allowance: CopyAllowance): Inlined {
  const remaining: string[] = [];
  /** The references that are being followed. */
  const open = new Set<string>();
  const copy = (cost: number): void => {
    if (open.size > 0) allowance.left -= cost;
  };

  function walk(schema: Json, path: string, depth: number): Json {
    if (!isObject(schema)) return schema;
    copy(SCHEMA_COST);
    const ref = schema.$ref;
    if (typeof ref === "string") return follow(schema, ref, path, depth);
    const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
      if (value === undefined || key === "$defs" || key === "definitions") return [];
      copy(key.length);
      return [[key, walkMember(key, value, `${path}/${key}`, depth + 1)]];
    });
    return Object.fromEntries(entries);
  }

  function follow(schema: JsonObject, ref: string, path: string, depth: number): Json {
    copy(ref.length);
    const target =
      open.has(ref) || allowance.left <= 0 || depth > MAX_DEPTH ? undefined : resolve(root, ref);
    if (target === undefined) {
      remaining.push(path === "" ? "/" : path);
      return withoutRef(schema);
    }
    open.add(ref);
    const found = walk(target, path, depth + 1);
    open.delete(ref);
    const beside = walk(withoutRef(schema), path, depth + 1);
    return isObject(found) && isObject(beside) ? { ...found, ...beside } : found;
  }

  function walkMember(key: string, value: Json, path: string, depth: number): Json {
    if (NAMED.has(key) && isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, schema]) => {
          copy(name.length);
          return [name, walk(schema ?? null, `${path}/${name}`, depth)];
        }),
      );
    }
    if (Array.isArray(value) && LISTED.has(key)) {
      return value.map((schema, at) => walk(schema, `${path}/${at}`, depth));
    }
    if (NESTED.has(key) && !Array.isArray(value)) return walk(value, path, depth);
    if (open.size > 0) copy(sizeOf(value));
    return value;
  }

  return { schema: walk(root, "", 0), remaining };
}

/** About how many characters a value has that is copied as it is, such as an `enum`. */
function sizeOf(value: Json | undefined): number {
  if (typeof value === "string") return value.length + 1;
  if (typeof value !== "object" || value === null) return 1;
  return Object.entries(value).reduce((size, [key, inner]) => size + key.length + sizeOf(inner), 1);
}

/**
 * Keywords whose members are names of the caller's own: a property may well be called `$ref` or
 * `properties`.
 */
const NAMED: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);
const LISTED: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems", "items"]);
const NESTED: ReadonlySet<string> = new Set([
  "items",
  "additionalProperties",
  "not",
  "contains",
  "propertyNames",
  "if",
  "then",
  "else",
]);

function withoutRef(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(
      ([key]) => key !== "$ref" && key !== "$defs" && key !== "definitions",
    ),
  );
}

/** A JSON pointer (RFC 6901) into the same document. */
function resolve(root: Json, ref: string): Json | undefined {
  if (ref !== "#" && !ref.startsWith("#/")) return undefined;
  let now: Json | undefined = root;
  for (const step of ref === "#" ? [] : ref.slice(2).split("/")) {
    const key = unescapeUri(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(now)) now = now[Number(key)];
    else if (isObject(now) && Object.hasOwn(now, key)) now = now[key];
    else return undefined;
  }
  return now;
}

function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
