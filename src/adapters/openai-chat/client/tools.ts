import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type {
  CustomTool,
  FunctionTool,
  Tool,
  ToolChoice,
} from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  noteMark,
  noteUnknown,
  takeExtras,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import {
  at,
  boolean,
  type Cursor,
  isAtObject,
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
import { NAME } from "../wire.ts";
import { cacheMembers, decodeCacheHint } from "./content.ts";

const modes: ReadonlyMap<string, ToolChoiceMode> = new Map([
  ["none", ToolChoiceMode.NONE],
  ["auto", ToolChoiceMode.AUTO],
  ["required", ToolChoiceMode.REQUIRED],
  ["any", ToolChoiceMode.REQUIRED],
]);

const toolMembers = new Set(["type", "function", ...cacheMembers]);
const functionMembers = new Set(["name", "description", "parameters", "strict"]);
const customToolMembers = new Set(["type", "custom", ...cacheMembers]);
const customMembers = new Set(["name", "description", "format"]);
const choiceMembers = ["type", "function", "custom"] as const;
const choices = new Set(choiceMembers);
const nameMembers = new Set(["name"]);
const allowedChoice = new Set(["type", "allowed_tools"]);
const allowedMembers = new Set(["mode", "tools"]);

/**
 * Reads `tools`, and OpenAI's former `functions` after them. Tools of a type that is not known
 * travel as they are.
 */
export function decodeTools(cursor: Cursor): Tool[] {
  return [
    ...objects(list(cursor, "tools")).map(decodeTool),
    ...objects(list(cursor, "functions")).map(decodeFormer),
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
  const chosen = { ...choice, json };
  if (name !== undefined) {
    if (key === "function_call") noteUnknown(chosen, nameMembers);
    else noteChoice(chosen);
    return choose({ case: "name", value: name });
  }
  const allowed = json.type === "allowed_tools" ? decodeAllowed(chosen) : undefined;
  return allowed ?? choose({ case: "opaque", value: opaque(choice) });
}

/** What a choice of one tool says beside its name. */
function noteChoice(choice: Cursor): void {
  noteUnknown(choice, choices);
  for (const key of choiceMembers) {
    const holder = isObject(choice.json[key]) ? object(choice, key) : undefined;
    if (holder !== undefined) noteUnknown(holder, nameMembers);
  }
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
  const tools = requiredList(allowed, "tools").filter(isAtObject);
  for (const { json } of tools) {
    const name = chosenName(json);
    if (name === undefined) return undefined;
    names.push(name);
  }
  tools.forEach(noteChoice);
  noteUnknown(allowed, allowedMembers);
  noteUnknown(choice, allowedChoice);
  return choose({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

function decodeTool(cursor: Cursor): Tool {
  const mark = noteMark(cursor);
  const cache = decodeCacheHint(cursor);
  const type = string(cursor, "type") ?? "function";
  const body = type === "function" ? requiredObject(cursor, "function") : undefined;
  if (body !== undefined) {
    const named = decodeFunction(body);
    noteUnknown(cursor, toolMembers);
    const tool = functionTool({ ...named, extrasJson: takeExtras(cursor, NAME, mark) });
    return cache === undefined ? tool : { ...tool, cache };
  }
  const custom = type === "custom" ? object(cursor, "custom") : undefined;
  const tool: Tool["tool"] =
    custom === undefined
      ? { case: "builtin", value: opaque(cursor) }
      : { case: "custom", value: decodeCustom(cursor, custom, mark) };
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool,
    ...(cache === undefined ? undefined : { cache }),
  };
}

function decodeCustom(tool: Cursor, custom: Cursor, since: number): CustomTool {
  const format = custom.json.format === undefined ? undefined : at(custom, "format");
  noteUnknown(custom, customMembers);
  noteUnknown(tool, customToolMembers);
  const extras = takeOpaque(tool, NAME, since);
  return {
    $typeName: "parlance.chat.v1.CustomTool",
    name: requiredName(custom, "name"),
    description: string(custom, "description") ?? "",
    formatJson: format === undefined ? "" : decodeFormat(sourceText(format.source, format.json)),
    ...(extras === undefined ? undefined : { extras }),
  };
}

/** OpenAI's former function, whose members are those of a tool's `function`. */
function decodeFormer(former: Cursor): Tool {
  const mark = noteMark(former);
  const named = decodeFunction(former);
  const extrasJson = takeExtras(former, NAME, mark);
  const { [NAME]: inner } = extrasJson;
  if (inner !== undefined) extrasJson[NAME] = `{"function":${inner}}`;
  return functionTool({ ...named, extrasJson });
}

function functionTool(value: FunctionTool): Tool {
  return { $typeName: "parlance.chat.v1.Tool", tool: { case: "function", value } };
}

/** The object that has a function's name. */
function decodeFunction(cursor: Cursor): FunctionTool {
  const parameters = object(cursor, "parameters");
  const strict = boolean(cursor, "strict");
  noteUnknown(cursor, functionMembers);
  return {
    $typeName: "parlance.chat.v1.FunctionTool",
    name: requiredName(cursor, "name"),
    description: string(cursor, "description") ?? "",
    parametersJson: parameters === undefined ? "" : sourceText(parameters.source, parameters.json),
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: {},
  };
}
