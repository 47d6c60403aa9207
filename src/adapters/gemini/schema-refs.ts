import { isObject, type Json, type JsonObject } from "../../core/json.ts";

/** Schemas that references may make of one; beyond it they are left in place, so that a small text cannot become a huge one. */
const MOST_COPIES = 10_000;

/** A schema without references within itself, and where references remain: cycles, other documents, names of nothing. */
export interface Inlined {
  readonly schema: Json;
  readonly remaining: readonly string[];
}

/** Puts what `$ref` names in its place, with the members beside the reference over it, and takes `$defs` and `definitions` away. */
export function inlineRefs(root: Json): Inlined {
  const remaining: string[] = [];
  let copies = 0;

  function walk(schema: Json, path: string, open: readonly string[]): Json {
    if (!isObject(schema)) return schema;
    copies += 1;
    const ref = schema.$ref;
    if (typeof ref === "string") return follow(schema, ref, path, open);
    const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
      if (value === undefined || key === "$defs" || key === "definitions") return [];
      return [[key, walkMember(key, value, `${path}/${key}`, open)]];
    });
    return Object.fromEntries(entries);
  }

  function follow(schema: JsonObject, ref: string, path: string, open: readonly string[]): Json {
    const target = open.includes(ref) || copies > MOST_COPIES ? undefined : resolve(root, ref);
    if (target === undefined) {
      remaining.push(path === "" ? "/" : path);
      return withoutRef(schema);
    }
    const found = walk(target, path, [...open, ref]);
    const beside = walk(withoutRef(schema), path, open);
    return isObject(found) && isObject(beside) ? { ...found, ...beside } : found;
  }

  function walkMember(key: string, value: Json, path: string, open: readonly string[]): Json {
    if (NAMED.has(key) && isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, schema]) => [name, walk(schema ?? null, `${path}/${name}`, open)]),
      );
    }
    if (Array.isArray(value)) {
      return LISTED.has(key) ? value.map((schema, at) => walk(schema, `${path}/${at}`, open)) : value;
    }
    return NESTED.has(key) ? walk(value, path, open) : value;
  }

  return { schema: walk(root, "", []), remaining };
}

/** Keywords whose members are names of the caller's own: a property may well be called `$ref` or `properties`. */
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
    Object.entries(schema).filter(([key]) => key !== "$ref" && key !== "$defs" && key !== "definitions"),
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
