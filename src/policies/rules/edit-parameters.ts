import type { Origin } from "../../core/dialect.ts";
import type { ParameterName } from "../../core/rules/parameter-places.ts";
import { editTopLevel, type JsonEdits } from "../../json/edit.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/** A parameter with the value that a body gets for it. */
export interface WrittenParameter {
  readonly name: ParameterName;
  readonly value: number | string;
}

/**
 * The caller's bytes with other values of parameters; every other byte stays. Undefined where the
 * dialect has no member for one, or the body cannot be edited so.
 */
export function editParameters(
  origin: Origin,
  parameters: readonly WrittenParameter[],
): Origin | undefined {
  let edits: JsonEdits = {};
  let { json } = origin;
  for (const { name, value } of parameters) {
    const places = origin.parameters?.[name] ?? [];
    const there = places.filter((path) => (valueAt(json, path) ?? null) !== null);
    const edited = there.length > 0 ? there : places.slice(0, 1);
    if (edited.length === 0) return undefined;
    for (const path of edited) {
      edits = setEdit(edits, path, JSON.stringify(value));
      json = setMember(json, path, value);
    }
  }
  const body = editTopLevel(origin.body, edits);
  return body === undefined ? undefined : { ...origin, body, json };
}

function valueAt(json: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = json;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

function setMember(json: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [key = "", ...rest] = path;
  const inner = json[key];
  return {
    ...json,
    [key]: rest.length === 0 ? value : setMember(isObject(inner) ? inner : {}, rest, value),
  };
}

function setEdit(edits: JsonEdits, path: readonly string[], text: string): JsonEdits {
  const [key = "", ...rest] = path;
  const inner = edits[key];
  return {
    ...edits,
    [key]: rest.length === 0 ? text : setEdit(isEdits(inner) ? inner : {}, rest, text),
  };
}

function isEdits(edit: JsonEdits[string] | undefined): edit is JsonEdits {
  return (
    typeof edit === "object" && edit !== null && Object.getPrototypeOf(edit) === Object.prototype
  );
}
