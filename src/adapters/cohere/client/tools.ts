import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  list,
  member,
  object,
  objects,
  problem,
  requiredName,
  requiredObject,
  string,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";

const known: ReadonlySet<string> = new Set(["name", "description", "parameters"]);
const toolMembers: ReadonlySet<string> = new Set(["type", "function"]);

/**
 * The tools: functions, and what else the vendor may have, which is kept as it is. `strict_tools`
 * is said of each.
 */
export function decodeTools(cursor: Cursor): Tool[] {
  const strict = boolean(cursor, "strict_tools");
  return objects(list(cursor, "tools")).flatMap((tool): Tool[] => {
    const { json, source } = tool;
    if (json.type === "function" || typeof json.type !== "string")
      return decodeFunction(tool, strict);
    const value = {
      $typeName: "parlance.chat.v1.Opaque",
      dialect: NAME,
      json: sourceText(source, json),
    } as const;
    return [{ $typeName: "parlance.chat.v1.Tool", tool: { case: "builtin", value } }];
  });
}

/** `tool_choice`: REQUIRED or NONE; AUTO is what happens without it. */
export function decodeToolChoice(cursor: Cursor): ToolChoice | undefined {
  const choice = member(cursor, "tool_choice");
  if (choice === undefined) return undefined;
  const mode = typeof choice === "string" ? modes.get(choice.toUpperCase()) : undefined;
  if (mode === undefined) return problem(cursor, "tool_choice", "must be one of REQUIRED, NONE");
  return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "mode", value: mode } };
}

const modes: ReadonlyMap<string, ToolChoiceMode> = new Map([
  ["REQUIRED", ToolChoiceMode.REQUIRED],
  ["NONE", ToolChoiceMode.NONE],
  ["AUTO", ToolChoiceMode.AUTO],
]);

function decodeFunction(tool: Cursor, strict: boolean | undefined): Tool[] {
  const body = requiredObject(tool, "function");
  if (body === undefined) return [];
  const since = noteMark(tool);
  noteUnknown(body, known);
  noteUnknown(tool, toolMembers);
  const parameters = object(body, "parameters");
  const value = {
    $typeName: "parlance.chat.v1.FunctionTool",
    name: requiredName(body, "name"),
    description: string(body, "description") ?? "",
    parametersJson: parameters === undefined ? "" : sourceText(parameters.source, parameters.json),
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: takeExtras(body, NAME, since),
  } as const;
  return [{ $typeName: "parlance.chat.v1.Tool", tool: { case: "function", value } }];
}
