import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { CustomTool, Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sliceJson, sliceJsonText } from "../../../json/slice.ts";
import { elementSources, memberSource, wholeSource } from "../../../json/source-slice.ts";
import {
  array,
  blame,
  boolean,
  object,
  present,
  type Reader,
  requiredName,
  string,
  under,
  word,
} from "../../shared/request-reader.ts";
import { extrasOf, NAME } from "../wire.ts";
import { decodeCacheHint } from "./content.ts";
import { unknownMembers } from "./extras.ts";

const modes: ReadonlyMap<string, ToolChoiceMode> = new Map([
  ["none", ToolChoiceMode.NONE],
  ["auto", ToolChoiceMode.AUTO],
  ["required", ToolChoiceMode.REQUIRED],
  ["any", ToolChoiceMode.REQUIRED],
]);

const toolMembers = new Set(["type", "function", "cache_control"]);
const functionMembers = new Set(["name", "description", "parameters", "strict"]);

/**
 * Reads `tools`, and OpenAI's former `functions` after them. Tools of a type that is not known
 * travel as they are.
 */
export function decodeTools(reader: Reader, json: JsonObject, body: Uint8Array): Tool[] {
  const tools: Tool[] = [];
  const sourceAt = elementSources(memberSource(wholeSource(body), "tools"));
  for (const [at, item] of (array(reader, json, "tools") ?? []).entries()) {
    const path = `tools[${at}]`;
    if (isObject(item)) tools.push(decodeTool(reader, item, path, sourceAt(at)()));
    else blame(reader, path, "must be an object");
  }
  const formerSourceAt = elementSources(memberSource(wholeSource(body), "functions"));
  for (const [at, item] of (array(reader, json, "functions") ?? []).entries()) {
    const path = `functions[${at}]`;
    if (isObject(item))
      tools.push(decodeFunction(reader, item, path, formerSourceAt(at)(), {}, undefined));
    else blame(reader, path, "must be an object");
  }
  return tools;
}

/** Reads `tool_choice`, or OpenAI's former `function_call`. */
export function decodeToolChoice(
  reader: Reader,
  json: JsonObject,
  body: Uint8Array,
): ToolChoice | undefined {
  const key = present(json, "tool_choice") === undefined ? "function_call" : "tool_choice";
  const given = present(json, key);
  if (given === undefined) return undefined;
  if (!isObject(given)) {
    const mode = word(reader, json, key, modes);
    return mode === undefined ? undefined : choose({ case: "mode", value: mode });
  }
  const name = key === "function_call" ? stringAt(given, "name") : chosenName(given);
  if (name !== undefined) return choose({ case: "name", value: name });
  const allowed = given.type === "allowed_tools" ? decodeAllowed(reader, given) : undefined;
  return allowed ?? choose({ case: "opaque", value: opaque(sliceJsonText(body, [key]), given) });
}

function choose(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}

function opaque(text: string | undefined, json: Json): Opaque {
  return {
    $typeName: "parlance.chat.v1.Opaque",
    dialect: NAME,
    json: text ?? JSON.stringify(json),
  };
}

function chosenName(json: JsonObject): string | undefined {
  const holder = objectAt(json, "function") ?? objectAt(json, "custom");
  return holder === undefined ? undefined : stringAt(holder, "name");
}

function decodeAllowed(reader: Reader, json: JsonObject): ToolChoice | undefined {
  const path = "tool_choice.allowed_tools";
  const allowed = object(reader, json, "allowed_tools", "tool_choice") ?? {};
  const mode = word(reader, allowed, "mode", modes, path) ?? ToolChoiceMode.AUTO;
  const names: string[] = [];
  for (const tool of array(reader, allowed, "tools", path) ?? []) {
    const name = isObject(tool) ? chosenName(tool) : undefined;
    if (name === undefined) return undefined;
    names.push(name);
  }
  if (names.length === 0) blame(reader, under(path, "tools"), "must be a non-empty array");
  return choose({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

function decodeTool(
  reader: Reader,
  json: JsonObject,
  path: string,
  source: Uint8Array | undefined,
): Tool {
  const cache = decodeCacheHint(json);
  const type = string(reader, json, "type", path) ?? "function";
  const body = isObject(json.function) && type === "function" ? json.function : undefined;
  if (body !== undefined) {
    const text = source === undefined ? undefined : sliceJson(source, ["function"]);
    const extras = extrasOf(unknownMembers(json, () => source, toolMembers));
    return decodeFunction(reader, body, under(path, "function"), text, extras, cache);
  }
  if (type === "function") blame(reader, under(path, "function"), "is required");
  const custom = type === "custom" ? object(reader, json, "custom", path) : undefined;
  const tool: Tool["tool"] =
    custom === undefined
      ? { case: "builtin", value: opaque(sliceOf(source, []), json) }
      : { case: "custom", value: decodeCustom(reader, custom, under(path, "custom"), source) };
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool,
    ...(cache === undefined ? undefined : { cache }),
  };
}

function decodeCustom(
  reader: Reader,
  json: JsonObject,
  path: string,
  source: Uint8Array | undefined,
): CustomTool {
  return {
    $typeName: "parlance.chat.v1.CustomTool",
    name: requiredName(reader, json, path),
    description: string(reader, json, "description", path) ?? "",
    formatJson: json.format === undefined ? "" : (sliceOf(source, ["custom", "format"]) ?? ""),
  };
}

function sliceOf(source: Uint8Array | undefined, path: readonly string[]): string | undefined {
  return source === undefined ? undefined : sliceJsonText(source, path);
}

/**
 * A function; `source` is the text of the object that has its name. Members that are not known go
 * into its extras.
 */
function decodeFunction(
  reader: Reader,
  json: JsonObject,
  path: string,
  source: Uint8Array | undefined,
  extras: Record<string, string>,
  cache: Tool["cache"],
): Tool {
  const parameters = object(reader, json, "parameters", path);
  const strict = boolean(reader, json, "strict", path);
  const inner = unknownMembers(json, () => source, functionMembers);
  const outer = extras[NAME];
  const merged =
    inner === undefined
      ? outer
      : `${outer === undefined ? "{" : `${outer.slice(0, -1)},`}"function":${inner}}`;
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool: {
      case: "function",
      value: {
        $typeName: "parlance.chat.v1.FunctionTool",
        name: requiredName(reader, json, path),
        description: string(reader, json, "description", path) ?? "",
        parametersJson: parameters === undefined ? "" : (sliceOf(source, ["parameters"]) ?? ""),
        ...(strict === undefined ? undefined : { strict }),
        extrasJson: extrasOf(merged),
      },
    },
    ...(cache === undefined ? undefined : { cache }),
  };
}
