import type { DescField, DescMessage, DescOneof, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { isCollection, isMap, isScalar, isSeq } from "yaml";
import { SecretSchema } from "../../../gen/parlance/config/v1/secret_pb.js";
import { nearestName } from "../../core/names/nearest-name.ts";
import { inElement, inEntry, inField } from "../config-scope.ts";
import { entryPath } from "./field-path.ts";
import { type MapEntry, mapEntries } from "./map-entries.ts";
import { renamedKey } from "./renamed-keys.ts";
import {
  describeKind,
  durationShape,
  enumShape,
  numberOrWord,
  type ScalarShape,
  scalarShape,
} from "./scalar-shape.ts";
import { followAlias, offsetOf, problemAt, type ShapeScope } from "./shape-scope.ts";

/**
 * Reads a YAML node as protojson of a message. Everything that does not fit is
 * reported and left out, or replaced by an empty value where leaving it out
 * would shift its siblings, so that the rest can still be checked.
 */
export function readMessage(scope: ShapeScope, node: unknown, desc: DescMessage): JsonObject {
  if (!isMap(node)) {
    reportMismatch(scope, node, messageExpectation(desc), messageHint(desc));
    return {};
  }
  const json: Record<string, JsonValue> = {};
  const present = new Set<DescField>();
  const chosen = new Map<DescOneof, string>();
  for (const entry of mapEntries(scope, node)) {
    const { name, key, value } = entry;
    const field = desc.fields.find(
      (candidate) => candidate.name === name || candidate.jsonName === name,
    );
    if (field === undefined) {
      reportUnknown(scope, desc, entry);
      continue;
    }
    const inner = inField(scope, field.name);
    if (present.has(field)) {
      const message = "is given twice, in two spellings";
      const hint = "keep the one with underscores";
      problemAt(inner, key, { message, hint, ruleId: "duplicate_field" });
      continue;
    }
    present.add(field);
    if (!chooses(inner, field, chosen, key)) continue;
    const read = readField(inner, value, field, key);
    if (read !== undefined) json[field.jsonName] = read;
  }
  return json;
}

function readField(
  scope: ShapeScope,
  value: unknown,
  field: DescField,
  key: unknown,
): JsonValue | undefined {
  const node = followAlias(scope, value);
  place(scope, isCollection(node) ? key : (node ?? key));
  if (node === undefined || isNothing(node)) {
    if (field.oneof !== undefined) {
      const hint = `write ${field.name}: {} if there is nothing to set`;
      problemAt(scope, key, { message: "has no value", hint, ruleId: "type" });
    }
    return undefined;
  }
  switch (field.fieldKind) {
    case "scalar":
      return readScalar(scope, node, (value) => scalarShape(field.scalar, plain(field, value)));
    case "enum":
      return readScalar(scope, node, (value) => enumShape(field.enum, value));
    case "message":
      return field.message.typeName === DurationSchema.typeName
        ? readScalar(scope, node, durationShape)
        : readMessage(scope, node, field.message);
    case "list":
      return readList(scope, node, field);
    case "map":
      return readMap(scope, node, field);
  }
}

/** The value, as text where the field takes a number or a word. */
function plain({ parent, name }: DescField, value: unknown): unknown {
  const isNumber = typeof value === "number" && numberOrWord.has(`${parent.name}.${name}`);
  return isNumber ? String(value) : value;
}

function readList(
  scope: ShapeScope,
  node: unknown,
  field: DescField & { fieldKind: "list" },
): JsonValue {
  if (!isSeq(node)) {
    reportMismatch(scope, node, "a list", "begin each element with a dash, or write [a, b]");
    return [];
  }
  return node.items.map((item, index) => {
    const inner = inElement(scope, index);
    const element = followAlias(inner, item);
    place(inner, element ?? item);
    if (field.listKind === "message") return readMessage(inner, element, field.message);
    if (field.listKind === "enum")
      return readScalar(inner, element, (value) => enumShape(field.enum, value)) ?? 0;
    return readScalar(inner, element, (value) => scalarShape(field.scalar, value)) ?? "";
  });
}

function readMap(
  scope: ShapeScope,
  node: unknown,
  field: DescField & { fieldKind: "map" },
): JsonValue {
  if (!isMap(node)) {
    reportMismatch(scope, node, "a mapping from names to values", "write name: value");
    return {};
  }
  const json: Record<string, JsonValue> = {};
  for (const { name, key, value } of mapEntries(scope, node)) {
    const inner = inEntry(scope, name);
    const entry = followAlias(inner, value);
    place(inner, isCollection(entry) ? key : (entry ?? key));
    if (name === "__proto__") {
      const message = "is not a usable name";
      problemAt(inner, key, { message, hint: "choose another name", ruleId: "map_key" });
      continue;
    }
    if (field.mapKind === "message") json[name] = readMessage(inner, entry, field.message);
    else if (field.mapKind === "scalar")
      json[name] = readScalar(inner, entry, (scalar) => scalarShape(field.scalar, scalar)) ?? "";
  }
  return json;
}

function readScalar(
  scope: ShapeScope,
  node: unknown,
  shapeOf: (value: unknown) => ScalarShape,
): string | number | boolean | undefined {
  if (isCollection(node)) {
    reportMismatch(scope, node, "a single value", "");
    return undefined;
  }
  const shape = shapeOf(isScalar(node) ? node.value : undefined);
  if (shape.ok) return shape.json;
  const { message, hint } = shape;
  return problemAt(scope, node, { message, hint, ruleId: "type" });
}

/** Takes note of a oneof member; false, after a report, when another member came first. */
function chooses(
  scope: ShapeScope,
  field: DescField,
  chosen: Map<DescOneof, string>,
  key: unknown,
): boolean {
  if (field.oneof === undefined) return true;
  const first = chosen.get(field.oneof);
  chosen.set(field.oneof, first ?? field.name);
  if (first === undefined) return true;
  const message = `cannot be given together with ${first}`;
  problemAt(scope, key, { message, hint: "keep one of the two", ruleId: "oneof" });
  return false;
}

/**
 * An unknown key is not repeated where a secret stands: it may be the secret, written without its
 * source.
 */
function reportUnknown(scope: ShapeScope, desc: DescMessage, { name, key }: MapEntry): void {
  const at = { ...scope, path: entryPath(scope.path, name).replace(/^\./, "") };
  const renamed = renamedKey(desc, name);
  if (renamed !== undefined) {
    const { successor, meaning } = renamed;
    problemAt(at, key, {
      message: `is no longer a key: \`${successor}\` has taken its place`,
      hint: `write \`${successor}\`, ${meaning}`,
      ruleId: "renamed_field",
    });
    return;
  }
  const known = desc.fields.map((field) => field.name);
  const secret = desc.typeName === SecretSchema.typeName;
  const choices = known.length === 0 ? "it has no options" : `known here: ${known.join(", ")}`;
  problemAt(secret ? scope : at, key, {
    message: secret ? "has an unknown key" : "is not a known key",
    hint: () => {
      const near = nearestName(name, known);
      return near === undefined ? choices : `did you mean \`${near}\`?`;
    },
    ruleId: "unknown_field",
  });
}

function reportMismatch(scope: ShapeScope, node: unknown, expected: string, hint: string): void {
  const kind = isMap(node)
    ? "a mapping"
    : isSeq(node)
      ? "a list"
      : describeKind(isScalar(node) ? node.value : undefined);
  const message = `must be ${expected}, but is ${kind}`;
  problemAt(scope, node, { message, hint, ruleId: "type" });
}

function place({ path, places }: ShapeScope, node: unknown): void {
  const offset = places === undefined ? undefined : offsetOf(node);
  if (offset !== undefined) places?.set(path, offset);
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
