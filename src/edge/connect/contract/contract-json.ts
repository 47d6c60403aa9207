import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import { type FieldFault, MAX_FAULT_FIELDS } from "../../../core/faults/fault.ts";
import { nearestName } from "../../../core/names/nearest-name.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";

/** A message as its callers write JSON, read against the contract. */
export interface ContractJson {
  /** The same with the full names of enum values, without what is unknown. */
  readonly json: JsonObject;
  /** Members that the contract does not know, with the nearest names; at most 64. */
  readonly unknown: readonly FieldFault[];
  /** Words that no enum has. */
  readonly wrong: readonly FieldFault[];
}

/**
 * Reads what Protobuf's own reader refused: finds members that the contract does not know, and
 * enum values by their short names in any case (`user` for `ROLE_USER`). Paths are those of the
 * request. One pass over the values.
 */
export function readContractJson(schema: DescMessage, json: JsonObject): ContractJson {
  const reading: Reading = { unknown: [], wrong: [], names: new Map() };
  return { json: readMessage(schema, json, "", reading), ...reading };
}

interface Reading {
  readonly unknown: FieldFault[];
  readonly wrong: FieldFault[];
  /** The fields of the messages so far, by each name that JSON has for them. */
  readonly names: Map<DescMessage, ReadonlyMap<string, DescField>>;
}

function readMessage(
  schema: DescMessage,
  json: JsonObject,
  path: string,
  reading: Reading,
): JsonObject {
  // Their JSON is not made of their fields (https://protobuf.dev/programming-guides/json).
  if (schema.typeName.startsWith("google.protobuf.")) return json;
  const fields = fieldsOf(schema, reading);
  const read: [key: string, value: Json][] = [];
  for (const [key, value = null] of Object.entries(json)) {
    const field = fields.get(key);
    const place = path === "" ? key : `${path}.${key}`;
    if (field === undefined) note(reading.unknown, place, unknownMember(key, schema));
    else read.push([key, readField(field, value, place, reading)]);
  }
  return Object.fromEntries(read);
}

function fieldsOf(schema: DescMessage, { names }: Reading): ReadonlyMap<string, DescField> {
  const known = names.get(schema);
  if (known !== undefined) return known;
  const fields = new Map<string, DescField>();
  for (const field of schema.fields) {
    fields.set(field.name, field);
    fields.set(field.jsonName, field);
  }
  names.set(schema, fields);
  return fields;
}

function readField(field: DescField, json: Json, path: string, reading: Reading): Json {
  if (field.fieldKind === "list" && Array.isArray(json))
    return json.map((item: Json, index) => readValue(field, item, `${path}[${index}]`, reading));
  if (field.fieldKind !== "map") return readValue(field, json, path, reading);
  if (!isObject(json)) return json;
  const entries = Object.entries(json).map(([key, value = null]): [string, Json] => [
    key,
    readValue(field, value, `${path}[${JSON.stringify(key)}]`, reading),
  ]);
  return Object.fromEntries(entries);
}

function readValue(field: DescField, json: Json, path: string, reading: Reading): Json {
  if (field.message !== undefined)
    return isObject(json) ? readMessage(field.message, json, path, reading) : json;
  if (field.enum === undefined || typeof json !== "string") return json;
  return readWord(field.enum, json, path, reading);
}

function readWord(schema: DescEnum, word: string, path: string, reading: Reading): string {
  const prefix = (schema.sharedPrefix ?? "").toUpperCase();
  const upper = word.toUpperCase().replaceAll("-", "_");
  const found = schema.values.find(({ name }) => name === upper || name === prefix + upper);
  if (found !== undefined) return found.name;
  const names = schema.values
    .filter(({ number }) => number !== 0)
    .map(({ name }) => name.slice(prefix.length).toLowerCase());
  note(reading.wrong, path, `must be one of ${names.join(", ")}`);
  return word;
}

function unknownMember(key: string, { typeName, fields }: DescMessage): string {
  const names = fields.map(({ jsonName }) => jsonName);
  const near = nearestName(key, names);
  return near === undefined
    ? `is no member of ${typeName}, which has ${names.join(", ")}`
    : `is no member of ${typeName}: did you mean ${near}?`;
}

function note(faults: FieldFault[], field: string, message: string): void {
  if (faults.length < MAX_FAULT_FIELDS) faults.push({ field, message });
}
