import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  list,
  object,
  objects,
  requiredName,
  requiredObject,
  string,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

const KNOWN: ReadonlySet<string> = new Set(["type", "function"]);
const FUNCTION_MEMBERS: ReadonlySet<string> = new Set(["name", "description", "parameters"]);

/** Reads tools. What is not a function is kept in its own words. */
export function decodeTools(cursor: Cursor): Tool[] {
  return objects(list(cursor, "tools")).map((tool) => ({
    $typeName: "parlance.chat.v1.Tool",
    tool: decodeTool(tool),
  }));
}

function decodeTool(tool: Cursor): Tool["tool"] {
  const { json, source } = tool;
  if ((json.type ?? "function") !== "function") {
    const value = {
      $typeName: "parlance.chat.v1.Opaque",
      dialect: DIALECT,
      json: sourceText(source, json),
    } as const;
    return { case: "builtin", value };
  }
  const since = noteMark(tool);
  const called = requiredObject(tool, "function");
  if (called !== undefined) noteUnknown(called, FUNCTION_MEMBERS);
  noteUnknown(tool, KNOWN);
  const parameters = called && object(called, "parameters");
  return {
    case: "function",
    value: {
      $typeName: "parlance.chat.v1.FunctionTool",
      name: called === undefined ? "" : requiredName(called, "name"),
      description: (called && string(called, "description")) ?? "",
      parametersJson:
        parameters === undefined ? "" : sourceText(parameters.source, parameters.json),
      extrasJson: takeExtras(tool, DIALECT, since),
    },
  };
}
