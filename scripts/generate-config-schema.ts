// Writes docs/config.schema.json, the JSON Schema of the config file for editors, from the config's
// proto files: their names, their comments and their protovalidate rules, so that editor and
// gateway cannot disagree.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  fromBinary,
  getOption,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  DurationSchema,
  FeatureSet_FieldPresence,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  field as fieldRules,
  oneof as oneofRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { catalogRows } from "../src/adapters/catalog/catalog.ts";
import { numberOrWord } from "../src/config/document/scalar-shape.ts";

/** A JSON Schema, draft 2020-12. */
export interface JsonSchema {
  [keyword: string]: unknown;
}

type Comments = (file: string, path: readonly number[]) => string;

/**
 * The schema of the config file. Runs `buf build`, because comments are not part of the generated
 * code.
 */
export function createConfigSchema(): JsonSchema {
  const image = execFileSync(
    "node_modules/.bin/buf",
    ["build", "--path", "proto/parlance/config", "--as-file-descriptor-set", "-o", "-"],
    { maxBuffer: 1 << 26 },
  );
  const set = fromBinary(FileDescriptorSetSchema, image);
  const commentsByFile = new Map(
    set.file.map((file) => [
      file.name,
      new Map(
        file.sourceCodeInfo?.location.map((place) => [
          place.path.join(),
          place.leadingComments ?? "",
        ]),
      ),
    ]),
  );
  const comments: Comments = (file, path) => {
    const text = commentsByFile.get(`${file}.proto`)?.get(path.join()) ?? "";
    return text.trim().replaceAll(/\s*\n\s*/g, " ");
  };
  const registry = createFileRegistry(set);
  const messages = [...registry].filter(
    (desc): desc is DescMessage => desc.kind === "message" && isConfig(desc),
  );
  const definitions = messages.map((desc) => [desc.name, messageSchema(desc, comments)] as const);
  const { Config: root, ...others } = Object.fromEntries(definitions);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Parlance config",
    ...root,
    $defs: Object.fromEntries(
      Object.entries(others).sort(([left], [right]) => (left < right ? -1 : 1)),
    ),
  };
}

/** Whether a message stands in the config file: traits are those of the contract. */
function isConfig({ file }: DescMessage): boolean {
  return file.proto.package === "parlance.config.v1" || file.name.endsWith("/model_traits");
}

function messageSchema(desc: DescMessage, comments: Comments): JsonSchema {
  const index = desc.file.messages.indexOf(desc);
  const required = desc.fields.filter((field) => isRequired(field)).map((field) => field.name);
  return {
    description: comments(desc.file.name, [4, index]),
    type: "object",
    properties: Object.fromEntries(
      desc.fields.map((field, position) => [
        field.name,
        { description: comments(desc.file.name, [4, index, 2, position]), ...fieldSchema(field) },
      ]),
    ),
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    ...Object.assign({}, ...desc.oneofs.map((oneof) => oneofSchema(oneof))),
  };
}

function oneofSchema(oneof: DescOneof): JsonSchema {
  const needed = getOption(oneof, oneofRules).required;
  if (oneof.fields.length === oneof.parent.fields.length)
    return needed ? { minProperties: 1, maxProperties: 1 } : { maxProperties: 1 };
  const names = oneof.fields.map((field) => field.name);
  if (needed) return { oneOf: names.map((name) => ({ required: [name] })) };
  const pairs = names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]));
  return { not: { anyOf: pairs.map((required) => ({ required })) } };
}

function fieldSchema(field: DescField): JsonSchema {
  const rules = getOption(field, fieldRules);
  switch (field.fieldKind) {
    case "scalar":
      return orNumber(field, { ...scalarSchema(field.scalar, rules), ...kindSchema(field) });
    case "enum":
      return enumSchema(field.enum);
    case "message":
      return valueSchema(field.message);
    case "list":
      return listSchema(field, rules);
    case "map":
      return mapSchema(field, rules);
  }
}

/**
 * The kinds of providers are data, and so not in the proto files; editors should offer them all the
 * same.
 */
function kindSchema(field: DescField): JsonSchema {
  const isKind = field.parent.name === "Provider" && field.name === "kind";
  return isKind ? { enum: catalogRows.map((row) => row.id).sort() } : {};
}

/** A field whose number may stand without quotes. */
function orNumber(field: DescField, schema: JsonSchema): JsonSchema {
  if (!numberOrWord.has(`${field.parent.name}.${field.name}`)) return schema;
  return { anyOf: [schema, { type: "integer", minimum: 1, maximum: 64 }] };
}

function valueSchema(desc: DescMessage): JsonSchema {
  if (desc.typeName !== DurationSchema.typeName) return { $ref: `#/$defs/${desc.name}` };
  return { type: "string", pattern: "^[0-9]{1,11}((\\.[0-9]{1,9})?s|ms)$" };
}

function listSchema(field: DescField & { fieldKind: "list" }, rules: FieldRules): JsonSchema {
  const list = rules.type.case === "repeated" ? rules.type.value : undefined;
  return {
    type: "array",
    items: elementSchema(field, list?.items),
    ...bounds({ minItems: list?.minItems, maxItems: list?.maxItems }),
    ...(list?.unique === true ? { uniqueItems: true } : {}),
  };
}

function elementSchema(
  field: DescField & { fieldKind: "list" },
  rules: FieldRules | undefined,
): JsonSchema {
  switch (field.listKind) {
    case "message":
      return valueSchema(field.message);
    case "enum":
      return enumSchema(field.enum);
    case "scalar":
      return scalarSchema(field.scalar, rules);
  }
}

function mapSchema(field: DescField & { fieldKind: "map" }, rules: FieldRules): JsonSchema {
  const map = rules.type.case === "map" ? rules.type.value : undefined;
  if (field.mapKind === "enum") throw new Error(`${field}: maps of enum values are not covered`);
  return {
    type: "object",
    propertyNames: scalarSchema(ScalarType.STRING, map?.keys),
    additionalProperties:
      field.mapKind === "message"
        ? valueSchema(field.message)
        : scalarSchema(field.scalar, map?.values),
    ...bounds({ minProperties: map?.minPairs, maxProperties: map?.maxPairs }),
  };
}

function scalarSchema(type: ScalarType, rules: FieldRules | undefined): JsonSchema {
  switch (type) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING:
      return textSchema(rules);
    case ScalarType.UINT32:
      return { type: "integer", minimum: 0, maximum: 0xffffffff, ...rangeSchema(rules) };
    case ScalarType.DOUBLE:
      return { type: "number", ...rangeSchema(rules) };
    default:
      throw new Error(`${ScalarType[type]} is not covered`);
  }
}

function textSchema(rules: FieldRules | undefined): JsonSchema {
  const text = rules?.type.case === "string" ? rules.type.value : undefined;
  const { minLen, maxLen, maxBytes, pattern } = text ?? {};
  return {
    type: "string",
    ...bounds({ minLength: minLen, maxLength: maxLen || maxBytes }),
    ...(pattern ? { pattern } : {}),
  };
}

function rangeSchema(rules: FieldRules | undefined): JsonSchema {
  if (rules?.type.case !== "uint32" && rules?.type.case !== "double") return {};
  const { lessThan, greaterThan } = rules.type.value;
  return {
    ...(greaterThan.case === "gte" ? { minimum: greaterThan.value } : {}),
    ...(lessThan.case === "lte" ? { maximum: lessThan.value } : {}),
  };
}

function enumSchema(desc: DescEnum): JsonSchema {
  const prefix = (desc.sharedPrefix ?? "").toUpperCase();
  return {
    enum: desc.values
      .filter((value) => value.number !== 0)
      .map((value) => value.name.slice(prefix.length)),
  };
}

/** Whether a rule refuses the value that a field has when it is left out. */
function isRequired(field: DescField): boolean {
  const rules = getOption(field, fieldRules);
  if (rules.required) return true;
  const { case: kind, value } = rules.type;
  if (kind === "repeated") return value.minItems > 0n;
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) return false;
  if (kind === "string")
    return value.minLen > 0n || (value.pattern !== "" && !new RegExp(value.pattern).test(""));
  if (kind === "enum") return value.notIn.includes(0);
  return kind === "uint32" && value.greaterThan.case === "gte" && value.greaterThan.value > 0;
}

function bounds(values: Readonly<Record<string, bigint | undefined>>): JsonSchema {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value > 0n);
  return Object.fromEntries(given.map(([name, value]) => [name, Number(value)]));
}

/** The schema as it is written to the file. */
export function printConfigSchema(): string {
  return `${JSON.stringify(createConfigSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  const target = "docs/config.schema.json";
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, printConfigSchema());
}
