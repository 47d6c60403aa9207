import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { sourceText } from "../../../json/source-slice.ts";
import { decodeFunctionTool } from "../../shared/function-tool.ts";
import { noteMark, noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  object,
  objects,
  requiredList,
  requiredName,
  requiredObject,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { decodeCachePoint } from "./content.ts";

const SPEC = new Set(["name", "description", "inputSchema", "strict"]);
const SPEC_ONLY = new Set(["toolSpec"]);
const JSON_ONLY = new Set(["json"]);
const CONFIG = new Set(["tools", "toolChoice"]);

/** The tools and which of them is to be called. */
export interface ToolConfig {
  readonly tools: Tool[];
  readonly toolChoice?: ToolChoice;
}

/**
 * Reads `toolConfig`. A cache point belongs to the tool before it; what is no function the vendor
 * runs, and it is kept as it is.
 */
export function decodeToolConfig(cursor: Cursor): ToolConfig {
  const config = object(cursor, "toolConfig");
  if (config === undefined) return { tools: [] };
  noteUnknown(config, CONFIG);
  const tools: Tool[] = [];
  for (const tool of objects(requiredList(config, "tools"))) {
    const last = tools.at(-1);
    const cache = last === undefined ? undefined : decodeCachePoint(tool);
    if (last !== undefined && cache !== undefined) last.cache = cache;
    else tools.push(decodeTool(tool));
  }
  const choice = object(config, "toolChoice");
  return { tools, ...(choice === undefined ? undefined : { toolChoice: decodeChoice(choice) }) };
}

function decodeTool(tool: Cursor): Tool {
  if (at(tool, "toolSpec") === undefined) {
    const value = opaque(sourceText(tool.source, tool.json));
    return { $typeName: "parlance.chat.v1.Tool", tool: { case: "builtin", value } };
  }
  noteUnknown(tool, SPEC_ONLY);
  const spec = object(tool, "toolSpec") ?? tool;
  const since = noteMark(spec);
  const input = requiredObject(spec, "inputSchema");
  if (input !== undefined) noteUnknown(input, JSON_ONLY);
  const schema = input && requiredObject(input, "json");
  const value = decodeFunctionTool(spec, schema, { dialect: DIALECT, known: SPEC, since });
  return { $typeName: "parlance.chat.v1.Tool", tool: { case: "function", value } };
}

const EMPTY: ReadonlySet<string> = new Set();

function decodeChoice(choice: Cursor): ToolChoice {
  const [kind = ""] = Object.keys(choice.json);
  const body =
    kind === "auto" || kind === "any" || kind === "tool" ? object(choice, kind) : undefined;
  if (body === undefined) {
    const value = opaque(sourceText(choice.source, choice.json));
    return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "opaque", value } };
  }
  noteUnknown(choice, new Set([kind]));
  noteUnknown(body, kind === "tool" ? new Set(["name"]) : EMPTY);
  if (kind === "tool") {
    const value = requiredName(body, "name");
    return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "name", value } };
  }
  const value = kind === "any" ? ToolChoiceMode.REQUIRED : ToolChoiceMode.AUTO;
  return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "mode", value } };
}

function opaque(json: string) {
  return { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json } as const;
}
