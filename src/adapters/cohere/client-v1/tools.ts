import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { type Body, type MemberText, printMembers } from "../../../json/members.ts";
import { memberSource, sourceText } from "../../../json/source-slice.ts";
import { writeJson } from "../../../json/write.ts";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  list,
  object,
  objects,
  requiredName,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";

const known: ReadonlySet<string> = new Set(["name", "description", "parameter_definitions"]);

/**
 * The tools. What a parameter is, a type of Python or of JSON Schema says
 * (https://docs.cohere.com/v1/docs/parameter-types-in-tool-use, 2026-11); the definitions become a
 * schema.
 */
export function decodeTools(cursor: Cursor): Tool[] {
  return objects(list(cursor, "tools")).map((tool) => {
    const since = noteMark(tool);
    const definitions = object(tool, "parameter_definitions");
    noteUnknown(tool, known);
    const value = {
      $typeName: "parlance.chat.v1.FunctionTool",
      name: requiredName(tool, "name"),
      description: string(tool, "description") ?? "",
      parametersJson: definitions === undefined ? "" : schemaOf(definitions),
      extrasJson: takeExtras(tool, NAME, since),
    } as const;
    return { $typeName: "parlance.chat.v1.Tool", tool: { case: "function", value } };
  });
}

function schemaOf(definitions: Cursor): string {
  const properties: MemberText[] = [];
  const required: string[] = [];
  for (const name of Object.keys(definitions.json)) {
    const definition = object(definitions, name);
    if (definition === undefined) continue;
    properties.push([name, propertyOf(definition)]);
    if (boolean(definition, "required") === true) required.push(name);
  }
  return printMembers([
    ["type", '"object"'],
    ["properties", printMembers(properties)],
    ...(required.length === 0 ? [] : [["required", JSON.stringify(required)] as const]),
  ]);
}

/** What else a definition says is taken for words of JSON Schema, such as `enum`. */
function propertyOf(definition: Cursor): string {
  const { json, source } = definition;
  const members = new Map<string, string>();
  const description = string(definition, "description");
  const type = requiredString(definition, "type");
  const schema = typeSchema(type.slice(0, MAX_TYPE), 0);
  for (const [key, value] of Object.entries(schema ?? {})) members.set(key, writeJson(value));
  const words = schema === undefined ? `${description ?? ""} (${type})`.trim() : description;
  if (words !== undefined) members.set("description", JSON.stringify(words));
  for (const [key, value] of Object.entries(json)) {
    if (value === null || key === "type" || key === "description" || key === "required") continue;
    members.set(key, sourceText(memberSource(source, key), value));
  }
  return printMembers(members);
}

const MAX_TYPE = 256;
const MAX_DEPTH = 8;

const types: ReadonlyMap<string, string> = new Map([
  ["str", "string"],
  ["string", "string"],
  ["int", "integer"],
  ["integer", "integer"],
  ["float", "number"],
  ["number", "number"],
  ["bool", "boolean"],
  ["boolean", "boolean"],
  ["list", "array"],
  ["tuple", "array"],
  ["set", "array"],
  ["array", "array"],
  ["dict", "object"],
  ["object", "object"],
]);

/**
 * A type such as `str`, `List[int]`, `Dict[str, float]` or `Optional[bool]` as a schema; undefined
 * where it is none that is known.
 */
function typeSchema(text: string, depth: number): Body | undefined {
  const name = text.trim().toLowerCase();
  const plain = types.get(name);
  if (plain !== undefined) return { type: plain };
  if (name === "any") return {};
  const [, outer, inner] = /^(?:typing\.)?([a-z]+)\[(.*)\]$/s.exec(name) ?? [];
  if (inner === undefined || depth === MAX_DEPTH) return undefined;
  if (outer === "optional") return typeSchema(inner, depth + 1);
  const type = types.get(outer ?? "");
  if (type === "array") return { type, items: typeSchema(inner, depth + 1) };
  if (type !== "object") return undefined;
  const comma = inner.indexOf(",");
  const value = comma === -1 ? undefined : typeSchema(inner.slice(comma + 1), depth + 1);
  return { type, additionalProperties: value };
}
