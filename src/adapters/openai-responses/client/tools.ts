import type { CustomTool, Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { arrayAt, isObject, stringAt } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { decodeFunctionTool } from "../../shared/function-tool.ts";
import { noteMark, noteUnknown, takeOpaque } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  isAtObject,
  list,
  object,
  objects,
  problem,
  requiredName,
  requiredString,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { opaque } from "../content-part.ts";
import { DIALECT } from "../wire.ts";

const functionMembers = {
  dialect: DIALECT,
  known: new Set(["type", "name", "description", "parameters", "strict"]),
};
const NAME_MEMBERS: ReadonlySet<string> = new Set(["type", "name"]);
const ALLOWED_MEMBERS: ReadonlySet<string> = new Set(["type", "mode", "tools"]);
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(["type", "name", "description", "format"]);

const modes: ReadonlyMap<string, ToolChoiceMode> = new Map([
  ["none", ToolChoiceMode.NONE],
  ["auto", ToolChoiceMode.AUTO],
  ["required", ToolChoiceMode.REQUIRED],
]);

/**
 * The tools: functions and custom tools the caller runs; all others the vendor runs, and they are
 * kept as they are.
 */
export function decodeTools(cursor: Cursor): Tool[] {
  return objects(list(cursor, "tools")).map((tool) => ({
    $typeName: "parlance.chat.v1.Tool",
    tool: decodeTool(tool),
  }));
}

/** `tool_choice` in each of its forms; one that is not known is kept as it is. */
export function decodeToolChoice(cursor: Cursor): ToolChoice | undefined {
  const sent = at(cursor, "tool_choice");
  if (sent === undefined) return undefined;
  if (typeof sent.json === "string") {
    const mode = word(cursor, "tool_choice", modes);
    return mode === undefined ? undefined : of({ case: "mode", value: mode });
  }
  if (!isAtObject(sent)) return problem(sent, "", "must be a string or an object");
  const choice = sent;
  const kept = (): ToolChoice =>
    of({ case: "opaque", value: opaque(sourceText(choice.source, choice.json)) });
  switch (stringAt(choice.json, "type")) {
    case "function":
    case "custom": {
      noteUnknown(choice, NAME_MEMBERS);
      const name = requiredName(choice, "name");
      return name === "" ? undefined : of({ case: "name", value: name });
    }
    case "allowed_tools":
      return allowedOf(choice) ?? kept();
    case undefined:
      requiredString(choice, "type");
      return undefined;
    default:
      return kept();
  }
}

/** Undefined where not all of the tools are the caller's own. */
function allowedOf(cursor: Cursor): ToolChoice | undefined {
  const { json: choice } = cursor;
  const mode = modes.get(stringAt(choice, "mode") ?? "auto");
  const tools = arrayAt(choice, "tools") ?? [];
  const names = tools.flatMap((tool) => {
    const own = isObject(tool) && (tool.type === "function" || tool.type === "custom");
    const name = own ? stringAt(tool, "name") : undefined;
    return name === undefined ? [] : [name];
  });
  if (
    mode === undefined ||
    mode === ToolChoiceMode.NONE ||
    names.length === 0 ||
    names.length !== tools.length
  ) {
    return undefined;
  }
  noteUnknown(cursor, ALLOWED_MEMBERS);
  for (const tool of objects(list(cursor, "tools"))) noteUnknown(tool, NAME_MEMBERS);
  return of({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

function of(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}

function decodeTool(tool: Cursor): Tool["tool"] {
  const { json, source } = tool;
  const since = noteMark(tool);
  requiredString(tool, "type");
  if (json.type === "function")
    return {
      case: "function",
      value: decodeFunctionTool(tool, object(tool, "parameters"), { ...functionMembers, since }),
    };
  if (json.type === "custom") return { case: "custom", value: decodeCustom(tool) };
  return { case: "builtin", value: opaque(sourceText(source, json)) };
}

function decodeCustom(tool: Cursor): CustomTool {
  const format = object(tool, "format");
  const since = noteMark(tool);
  noteUnknown(tool, CUSTOM_MEMBERS);
  const extras = takeOpaque(tool, DIALECT, since);
  return {
    $typeName: "parlance.chat.v1.CustomTool",
    name: requiredName(tool, "name"),
    description: string(tool, "description") ?? "",
    formatJson: format === undefined ? "" : sourceText(format.source, format.json),
    ...(extras === undefined ? undefined : { extras }),
  };
}
