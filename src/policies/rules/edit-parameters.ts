import type { Call } from "../../core/call.ts";
import type { ParameterName } from "../../core/rules/parameter-places.ts";
import type { JsonEdits } from "../../json/edit.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/** A parameter with the value that a body gets for it. */
export interface WrittenParameter {
  readonly name: ParameterName;
  readonly value: number | string;
}

/**
 * The call with other values of parameters in its body, whose every other byte stays. Undefined
 * where it has no body, or its dialect no member for one of them.
 */
export function editParameters<C extends Pick<Call, "origin" | "request">>(
  call: C,
  parameters: readonly WrittenParameter[],
): C | undefined {
  const { origin, request } = call;
  if (origin === undefined || request.edit === undefined) return undefined;
  let edits: JsonEdits = {};
  for (const { name, value } of parameters) {
    const places = origin.parameters?.[name] ?? [];
    const there = places.filter((path) => (valueAt(origin.json, path) ?? null) !== null);
    const edited = there.length > 0 ? there : places.slice(0, 1);
    if (edited.length === 0) return undefined;
    for (const path of edited) edits = withEdit(edits, path, JSON.stringify(value));
  }
  return { ...call, ...request.edit(edits) };
}

function valueAt(json: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = json;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

function withEdit(edits: JsonEdits, path: readonly string[], text: string): JsonEdits {
  const [key = "", ...rest] = path;
  const inner = edits[key];
  return {
    ...edits,
    [key]: rest.length === 0 ? text : withEdit(isEdits(inner) ? inner : {}, rest, text),
  };
}

function isEdits(edit: JsonEdits[string] | undefined): edit is JsonEdits {
  return (
    typeof edit === "object" && edit !== null && Object.getPrototypeOf(edit) === Object.prototype
  );
}
