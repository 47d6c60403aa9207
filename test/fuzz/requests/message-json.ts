import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Json, JsonObject } from "../../vendors/json-value.ts";
import type { Random } from "../random.ts";

/** What messages are filled with. */
export interface MessageFacts {
  readonly models: readonly string[];
  readonly text: string;
}

/** How deep messages are filled; below that they are empty. */
const maxDepth = 6;

/**
 * A message in protobuf's JSON that its descriptor allows and its rules mostly do. The same numbers
 * give the same message.
 */
export function messageJson(
  message: DescMessage,
  random: Random,
  facts: MessageFacts,
  depth = 0,
): JsonObject {
  if (message.typeName.startsWith("google.protobuf.")) return {};
  const taken = new Set<string>();
  const members = message.fields.flatMap((field): [string, Json][] => {
    const likely = isNeeded(field) ? 0.97 : 0.25 / (1 + depth / 3);
    const { oneof } = field;
    if (depth > maxDepth || (oneof !== undefined && taken.has(oneof.name))) return [];
    const share = oneof === undefined ? likely : Math.max(likely, 1 / oneof.fields.length);
    if (!random.chance(share)) return [];
    if (oneof !== undefined) taken.add(oneof.name);
    return [[field.jsonName, fieldJson(field, random, facts, depth)]];
  });
  return Object.fromEntries(members);
}

/** What nothing works without. */
function isNeeded({ name }: DescField): boolean {
  return /^(chat|spec|model|messages|parts|role|text|inputs|query|documents|content|name|id)$/.test(
    name,
  );
}

function fieldJson(field: DescField, random: Random, facts: MessageFacts, depth: number): Json {
  switch (field.fieldKind) {
    case "message":
      return messageField(field.message, random, facts, depth);
    case "enum":
      return enumJson(field.enum, random);
    case "scalar":
      return scalarJson(field, field.scalar, random, facts);
    case "list":
      return Array.from({ length: 1 + random.int(3) }, () => itemJson(field, random, facts, depth));
    case "map":
      return Object.fromEntries(
        Array.from({ length: 1 + random.int(2) }, (_, at) => [
          `key${at}`,
          itemJson(field, random, facts, depth),
        ]),
      );
  }
}

function itemJson(
  field: DescField & { fieldKind: "list" | "map" },
  random: Random,
  facts: MessageFacts,
  depth: number,
): Json {
  if (field.message !== undefined) return messageField(field.message, random, facts, depth);
  if (field.enum !== undefined) return enumJson(field.enum, random);
  return field.scalar === undefined ? null : scalarJson(field, field.scalar, random, facts);
}

function messageField(
  message: DescMessage,
  random: Random,
  facts: MessageFacts,
  depth: number,
): Json {
  if (message.typeName === "google.protobuf.Duration") return "1.5s";
  if (message.typeName === "google.protobuf.Timestamp") return "2026-11-29T00:00:00Z";
  return messageJson(message, random, facts, depth + 1);
}

function enumJson({ values }: DescEnum, random: Random): Json {
  const { name } = random.pick(values.length > 1 ? values.slice(1) : values);
  return random.chance(0.97) ? name : random.int(1000);
}

function scalarJson(
  field: DescField,
  scalar: ScalarType,
  random: Random,
  { models, text }: MessageFacts,
): Json {
  switch (scalar) {
    case ScalarType.STRING:
      if (field.name === "model") return random.pick(models);
      if (field.name.endsWith("_json"))
        return random.pick(['{"a":1}', "[]", '{"type":"object"}', "{", ""]);
      if (field.name.endsWith("url")) return "data:image/png;base64,iVBORw0KGgo=";
      return random.pick([text, "a", "", "get_weather"]);
    case ScalarType.BOOL:
      return random.chance(0.5);
    case ScalarType.BYTES:
      return random.bytes(random.int(30)).toString("base64");
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.pick([0, 0.5, 1, -1, 1e30]);
    default:
      return random.pick([0, 1, 2, 7, 100, 2 ** 31 - 1]);
  }
}
