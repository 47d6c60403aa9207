import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isPresent } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { decodeFunctionTool } from "../../shared/function-tool.ts";
import { forgetNotes, noteMark, noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  at,
  boolean,
  type Cursor,
  isAtObject,
  list,
  object,
  objects,
  requiredName,
  requiredObject,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { decodeCache } from "../cache-control.ts";
import { DIALECT } from "../wire.ts";
import { checkCache } from "./content.ts";

const functionMembers = {
  dialect: DIALECT,
  known: new Set(["type", "name", "description", "input_schema", "strict", "cache_control"]),
};
const modeMembers = new Set(["type", "disable_parallel_tool_use"]);
const nameMembers = new Set([...modeMembers, "name"]);

/**
 * The tools. One with a schema of its own is a function; all others the vendor defines, and they
 * are kept as they are.
 */
export function decodeTools(cursor: Cursor): Tool[] {
  return objects(list(cursor, "tools")).map(decodeTool);
}

/** `tool_choice` without its member for parallel use; a kind that is not known is kept as it is. */
export function decodeToolChoice(cursor: Cursor): ToolChoice | undefined {
  const choice = object(cursor, "tool_choice");
  if (choice === undefined) return undefined;
  const mark = noteMark(choice);
  noteUnknown(choice, choice.json.type === "tool" ? nameMembers : modeMembers);
  switch (choice.json.type) {
    case "auto":
      return byMode(ToolChoiceMode.AUTO);
    case "any":
      return byMode(ToolChoiceMode.REQUIRED);
    case "none":
      return byMode(ToolChoiceMode.NONE);
    case "tool": {
      const value = requiredName(choice, "name");
      if (value === "") return undefined;
      return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "name", value } };
    }
    default: {
      if (requiredString(choice, "type") === "") return undefined;
      forgetNotes(choice, mark);
      const value = opaque(sourceText(choice.source, choice.json));
      return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "opaque", value } };
    }
  }
}

/** Whether several tools may be called at once; undefined where nothing is said. */
export function decodeParallel(cursor: Cursor): boolean | undefined {
  const choice = at(cursor, "tool_choice");
  if (choice === undefined || !isAtObject(choice)) return undefined;
  const disabled = boolean(choice, "disable_parallel_tool_use");
  return disabled === undefined ? undefined : !disabled;
}

function decodeTool(tool: Cursor): Tool {
  const since = noteMark(tool);
  checkCache(tool);
  const { json, source } = tool;
  if (isPresent(json.type) && json.type !== "custom") {
    string(tool, "type");
    forgetNotes(tool, since);
    const value = opaque(sourceText(source, json));
    return { $typeName: "parlance.chat.v1.Tool", tool: { case: "builtin", value } };
  }
  const cache = decodeCache(json.cache_control);
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool: {
      case: "function",
      value: decodeFunctionTool(tool, requiredObject(tool, "input_schema"), {
        ...functionMembers,
        since,
      }),
    },
    ...(cache === undefined ? undefined : { cache }),
  };
}

function byMode(mode: ToolChoiceMode): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "mode", value: mode } };
}

function opaque(json: string): Opaque {
  return { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json };
}
