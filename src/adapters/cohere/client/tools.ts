import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { sliceElements, sliceJson, sliceJsonText } from "../../../json/slice.ts";
import { otherMembers } from "../extras.ts";
import { NAME } from "../wire.ts";
import {
  blame,
  boolean,
  list,
  object,
  present,
  type Reader,
  string,
  words,
} from "./request-cursor.ts";

const known: ReadonlySet<string> = new Set(["name", "description", "parameters"]);

/**
 * The tools: functions, and what else the vendor may have, which is kept as it is. `strict_tools`
 * is said of each.
 */
export function decodeTools(reader: Reader, json: JsonObject, body: Uint8Array): Tool[] {
  const tools = list(reader, json, "tools");
  const strict = boolean(reader, json, "strict_tools");
  const sources =
    tools.length === 0 ? [] : (sliceElements(sliceJson(body, ["tools"]) ?? new Uint8Array()) ?? []);
  return tools.flatMap((tool: Json, at): Tool[] => {
    const path = `tools[${at}]`;
    const source = sources[at] ?? Buffer.from(JSON.stringify(tool));
    if (!isObject(tool)) {
      blame(reader, path, "must be an object");
      return [];
    }
    if (tool.type !== "function" && typeof tool.type === "string") {
      const value = {
        $typeName: "parlance.chat.v1.Opaque",
        dialect: NAME,
        json: text(source),
      } as const;
      return [{ $typeName: "parlance.chat.v1.Tool", tool: { case: "builtin", value } }];
    }
    return decodeFunction(reader, tool, path, source, strict);
  });
}

/** `tool_choice`: REQUIRED or NONE; AUTO is what happens without it. */
export function decodeToolChoice(reader: Reader, json: JsonObject): ToolChoice | undefined {
  const choice = present(json, "tool_choice");
  if (choice === undefined) return undefined;
  const mode = typeof choice === "string" ? modes.get(choice.toUpperCase()) : undefined;
  if (mode === undefined) return blame(reader, "tool_choice", "must be REQUIRED or NONE");
  return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "mode", value: mode } };
}

const modes: ReadonlyMap<string, ToolChoiceMode> = new Map([
  ["REQUIRED", ToolChoiceMode.REQUIRED],
  ["NONE", ToolChoiceMode.NONE],
  ["AUTO", ToolChoiceMode.AUTO],
]);

function decodeFunction(
  reader: Reader,
  tool: JsonObject,
  path: string,
  source: Uint8Array,
  strict: boolean | undefined,
): Tool[] {
  const body = object(reader, tool, "function", `${path}.function`);
  if (body === undefined) {
    if (present(tool, "function") === undefined) blame(reader, `${path}.function`, "is required");
    return [];
  }
  const parameters = object(reader, body, "parameters", `${path}.function.parameters`);
  const value = {
    $typeName: "parlance.chat.v1.FunctionTool",
    name: words(reader, body, "name", `${path}.function.name`),
    description: string(reader, body, "description", `${path}.function.description`) ?? "",
    parametersJson:
      parameters === undefined
        ? ""
        : (sliceJsonText(source, ["function", "parameters"]) ?? JSON.stringify(parameters)),
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: otherMembers(body, known, sliceJson(source, ["function"])),
  } as const;
  return [{ $typeName: "parlance.chat.v1.Tool", tool: { case: "function", value } }];
}

function text(source: Uint8Array): string {
  return Buffer.from(source).toString();
}
