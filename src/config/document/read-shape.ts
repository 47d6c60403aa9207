import type { DescField, DescMessage, DescOneof, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { isCollection, isMap, isScalar, isSeq } from "yaml";
import { SecretSchema } from "../../../gen/parlance/config/v1/secret_pb.js";
import type { Finding } from "../finding.ts";
import { nearestName } from "../nearest-name.ts";
import { elementPath, entryPath, fieldPath } from "./field-path.ts";
import { mapEntries } from "./map-entries.ts";
import { type RenamedKey, renamedKey } from "./renamed-keys.ts";
import {
  describeKind,
  durationShape,
  enumShape,
  numberOrWord,
  type ScalarShape,
  scalarShape,
} from "./scalar-shape.ts";
import { followAlias, offsetOf, type ShapeContext } from "./shape-context.ts";

/**
 * Reads a YAML node as protojson of a message. Everything that does not fit is
 * reported and left out, or replaced by an empty value where leaving it out
 * would shift its siblings, so that the rest can still be checked.
 */
export function readMessage(
  context: ShapeContext,
  node: unknown,
  desc: DescMessage,
  path: string,
): JsonObject {
  if (!isMap(node)) {
    reportMismatch(context, node, path, messageExpectation(desc), messageHint(desc));
    return {};
  }
  const json: Record<string, JsonValue> = {};
  const given = new Set<DescField>();
  const chosen = new Map<DescOneof, string>();
  for (const { name, key, value } of mapEntries(context, node, path)) {
    const field = desc.fields.find(
      (candidate) => candidate.name === name || candidate.jsonName === name,
    );
    if (field === undefined) {
      reportUnknown(context, desc, path, name, offsetOf(key));
      continue;
    }
    const inner = fieldPath(path, field.name);
    if (given.has(field)) {
      report(
        context,
        inner,
        "is given twice, in two spellings",
        "keep the one with underscores",
        "duplicate_field",
        key,
      );
      continue;
    }
    given.add(field);
    if (!chooses(context, field, inner, chosen, key)) continue;
    const read = readField(context, value, field, inner, key);
    if (read !== undefined) json[field.jsonName] = read;
  }
  return json;
}

function readField(
  context: ShapeContext,
  given: unknown,
  field: DescField,
  path: string,
  key: unknown,
): JsonValue | undefined {
  const node = followAlias(context, given, path);
  place(context, path, isCollection(node) ? key : (node ?? key));
  if (node === undefined || isNothing(node)) {
    if (field.oneof !== undefined)
      reportMismatch(
        context,
        key,
        path,
        "given",
        `write ${field.name}: {} if there is nothing to set`,
      );
    return undefined;
  }
  switch (field.fieldKind) {
    case "scalar":
      return readScalar(context, node, path, (value) =>
        scalarShape(field.scalar, plain(field, value)),
      );
    case "enum":
      return readScalar(context, node, path, (value) => enumShape(field.enum, value));
    case "message":
      return readValue(context, node, field.message, path);
    case "list":
      return readList(context, node, field, path);
    case "map":
      return readMap(context, node, field, path);
  }
}

/** The value, as text where the field takes a number or a word. */
function plain({ parent, name }: DescField, value: unknown): unknown {
  const isNumber = typeof value === "number" && numberOrWord.has(`${parent.name}.${name}`);
  return isNumber ? String(value) : value;
}

function readValue(
  context: ShapeContext,
  node: unknown,
  desc: DescMessage,
  path: string,
): JsonValue | undefined {
  if (desc.typeName === DurationSchema.typeName)
    return readScalar(context, node, path, durationShape);
  return readMessage(context, node, desc, path);
}

function readList(
  context: ShapeContext,
  node: unknown,
  field: DescField & { fieldKind: "list" },
  path: string,
): JsonValue {
  if (!isSeq(node)) {
    reportMismatch(
      context,
      node,
      path,
      "a list",
      "begin each element with a dash, or write [a, b]",
    );
    return [];
  }
  return node.items.map((item, index) => {
    const inner = elementPath(path, index);
    const element = followAlias(context, item, inner);
    place(context, inner, element ?? item);
    if (field.listKind === "message") return readMessage(context, element, field.message, inner);
    if (field.listKind === "enum") throw new Error("the config has no list of enum values");
    return readScalar(context, element, inner, (value) => scalarShape(field.scalar, value)) ?? "";
  });
}

function readMap(
  context: ShapeContext,
  node: unknown,
  field: DescField & { fieldKind: "map" },
  path: string,
): JsonValue {
  if (!isMap(node)) {
    reportMismatch(context, node, path, "a mapping from names to values", "write name: value");
    return {};
  }
  const json: Record<string, JsonValue> = {};
  for (const { name, key, value } of mapEntries(context, node, path)) {
    const inner = entryPath(path, name);
    const entry = followAlias(context, value, inner);
    place(context, inner, isCollection(entry) ? key : (entry ?? key));
    if (name === "__proto__") {
      report(context, inner, "is not a usable name", "choose another name", "map_key", key);
      continue;
    }
    if (field.mapKind === "message") json[name] = readMessage(context, entry, field.message, inner);
    else if (field.mapKind === "scalar") {
      json[name] =
        readScalar(context, entry, inner, (scalar) => scalarShape(field.scalar, scalar)) ?? "";
    }
  }
  return json;
}

function readScalar(
  context: ShapeContext,
  node: unknown,
  path: string,
  shapeOf: (value: unknown) => ScalarShape,
): string | number | boolean | undefined {
  if (isCollection(node)) {
    reportMismatch(context, node, path, "a single value", "");
    return undefined;
  }
  const shape = shapeOf(isScalar(node) ? node.value : undefined);
  if (shape.ok) return shape.json;
  report(context, path, shape.message, shape.hint, "type", node);
  return undefined;
}

/** Takes note of a oneof member; false, after a report, when another member came first. */
function chooses(
  context: ShapeContext,
  field: DescField,
  path: string,
  chosen: Map<DescOneof, string>,
  key: unknown,
): boolean {
  if (field.oneof === undefined) return true;
  const first = chosen.get(field.oneof);
  chosen.set(field.oneof, first ?? field.name);
  if (first === undefined) return true;
  report(
    context,
    path,
    `cannot be given together with ${first}`,
    "keep one of the two",
    "oneof",
    key,
  );
  return false;
}

/**
 * An unknown key is not repeated where a secret stands: it may be the secret, written without its
 * source.
 */
function reportUnknown(
  context: ShapeContext,
  desc: DescMessage,
  path: string,
  name: string,
  offset: number | undefined,
): void {
  const renamed = renamedKey(desc, name);
  if (renamed !== undefined) {
    reportRenamed(context, path, name, renamed, offset);
    return;
  }
  const known = desc.fields.map((field) => field.name);
  const secret = desc.typeName === SecretSchema.typeName;
  const choices = known.length === 0 ? "it has no options" : `known here: ${known.join(", ")}`;
  context.report({
    path: secret ? path : entryPath(path, name).replace(/^\./, ""),
    message: secret ? "has an unknown key" : "is not a known key",
    hint: () => {
      const near = nearestName(name, known);
      return near === undefined ? choices : `did you mean \`${near}\`?`;
    },
    ruleId: "unknown_field",
    ...(offset === undefined ? {} : { offset }),
  });
}

function reportRenamed(
  context: ShapeContext,
  path: string,
  name: string,
  { successor, meaning }: RenamedKey,
  offset: number | undefined,
): void {
  context.report({
    path: entryPath(path, name).replace(/^\./, ""),
    message: `is no longer a key: \`${successor}\` has taken its place`,
    hint: `write \`${successor}\`, ${meaning}`,
    ruleId: "renamed_field",
    ...(offset === undefined ? {} : { offset }),
  });
}

function reportMismatch(
  context: ShapeContext,
  node: unknown,
  path: string,
  expected: string,
  hint: string,
): void {
  const kind = isMap(node)
    ? "a mapping"
    : isSeq(node)
      ? "a list"
      : describeKind(isScalar(node) ? node.value : undefined);
  const message = expected === "given" ? "has no value" : `must be ${expected}, but is ${kind}`;
  report(context, path, message, hint, "type", node);
}

function report(
  context: ShapeContext,
  path: string,
  message: string,
  hint: Finding["hint"],
  ruleId: string,
  node: unknown,
): void {
  const offset = offsetOf(node);
  context.report({ path, message, hint, ruleId, ...(offset === undefined ? {} : { offset }) });
}

function place(context: ShapeContext, path: string, node: unknown): void {
  const offset = context.places === undefined ? undefined : offsetOf(node);
  if (offset !== undefined) context.places?.set(path, offset);
}

function isNothing(node: unknown): boolean {
  return isScalar(node) && (node.value === null || node.value === undefined);
}

function messageExpectation(desc: DescMessage): string {
  if (desc.typeName === SecretSchema.typeName)
    return "a mapping that says where the secret comes from";
  return "a mapping";
}

function messageHint(desc: DescMessage): string {
  if (desc.typeName === SecretSchema.typeName)
    return "write { env: NAME }, { file: path } or { value: text }";
  const names = desc.fields.map((field) => field.name);
  return names.length === 0 ? "write {}" : `known here: ${names.join(", ")}`;
}
