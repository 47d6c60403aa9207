import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { CustomTool, Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  at,
  boolean,
  type Cursor,
  list,
  member,
  object,
  objects,
  requiredList,
  requiredName,
  requiredObject,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { decodeFormat } from "../../tools/custom-format.ts";
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
export function decodeTools(cursor: Cursor): Tool[] {
  return [
    ...objects(list(cursor, "tools")).map(decodeTool),
    ...objects(list(cursor, "functions")).map((former) => decodeFunction(former)),
  ];
}

/** Reads `tool_choice`, or OpenAI's former `function_call`. */
export function decodeToolChoice(cursor: Cursor): ToolChoice | undefined {
  const key = member(cursor, "tool_choice") === undefined ? "function_call" : "tool_choice";
  const choice = at(cursor, key);
  if (choice === undefined) return undefined;
  const { json } = choice;
  if (!isObject(json)) {
    const mode = word(cursor, key, modes);
    return mode === undefined ? undefined : choose({ case: "mode", value: mode });
  }
  const name = key === "function_call" ? stringAt(json, "name") : chosenName(json);
  if (name !== undefined) return choose({ case: "name", value: name });
  const allowed = json.type === "allowed_tools" ? decodeAllowed({ ...choice, json }) : undefined;
  return allowed ?? choose({ case: "opaque", value: opaque(choice) });
}

function choose(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}

function opaque({ source, json }: Cursor<Json>): Opaque {
  return { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json: sourceText(source, json) };
}

function chosenName(json: JsonObject): string | undefined {
  const holder = objectAt(json, "function") ?? objectAt(json, "custom");
  return holder === undefined ? undefined : stringAt(holder, "name");
}

function decodeAllowed(choice: Cursor): ToolChoice | undefined {
  const allowed = requiredObject(choice, "allowed_tools");
  if (allowed === undefined) return undefined;
  const mode = word(allowed, "mode", modes) ?? ToolChoiceMode.AUTO;
  const names: string[] = [];
  for (const { json } of requiredList(allowed, "tools")) {
    const name = isObject(json) ? chosenName(json) : undefined;
    if (name === undefined) return undefined;
    names.push(name);
  }
  return choose({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

function decodeTool(cursor: Cursor): Tool {
  const cache = decodeCacheHint(cursor.json);
  const type = string(cursor, "type") ?? "function";
  const body = type === "function" ? requiredObject(cursor, "function") : undefined;
  if (body !== undefined) {
    const outer = unknownMembers(cursor.json, cursor.source, toolMembers);
    const tool = decodeFunction(body, outer);
    return cache === undefined ? tool : { ...tool, cache };
  }
  const custom = type === "custom" ? object(cursor, "custom") : undefined;
  const tool: Tool["tool"] =
    custom === undefined
      ? { case: "builtin", value: opaque(cursor) }
      : { case: "custom", value: decodeCustom(custom) };
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool,
    ...(cache === undefined ? undefined : { cache }),
  };
}

function decodeCustom(custom: Cursor): CustomTool {
  const format = custom.json.format === undefined ? undefined : at(custom, "format");
  return {
    $typeName: "parlance.chat.v1.CustomTool",
    name: requiredName(custom, "name"),
    description: string(custom, "description") ?? "",
    formatJson: format === undefined ? "" : decodeFormat(sourceText(format.source, format.json)),
  };
}

/**
 * The object that has a function's name. Members that are not known go into its extras, after
 * `outer`: those of the tool around it as an object text.
 */
function decodeFunction(cursor: Cursor, outer?: string): Tool {
  const parameters = object(cursor, "parameters");
  const strict = boolean(cursor, "strict");
  const inner = unknownMembers(cursor.json, cursor.source, functionMembers);
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
        name: requiredName(cursor, "name"),
        description: string(cursor, "description") ?? "",
        parametersJson:
          parameters === undefined ? "" : sourceText(parameters.source, parameters.json),
        ...(strict === undefined ? undefined : { strict }),
        extrasJson: extrasOf(merged),
      },
    },
  };
}
