import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { unknownMembers } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  list,
  member,
  object,
  objects,
  requiredName,
  spellings,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { toJsonSchema } from "./schema.ts";

/**
 * The functions and the vendor's own tools, and whether its search is requested without options.
 */
export interface DecodedTools {
  readonly tools: Tool[];
  readonly search: boolean;
}

/** Reads `tools`. */
export function decodeTools(cursor: Cursor): DecodedTools {
  const tools: Tool[] = [];
  let search = false;
  for (const entry of objects(list(cursor, "tools"))) {
    for (const declaration of objects(list(entry, "functionDeclarations")))
      tools.push(decodeFunction(declaration));
    const rest = unknownMembers(entry.json, entry.source, FUNCTIONS);
    if (rest === '{"googleSearch":{}}') search = true;
    else if (rest !== "") tools.push(builtin(rest));
  }
  return { tools, search };
}

/** Reads `toolConfig.functionCallingConfig`. */
export function decodeToolChoice(cursor: Cursor): ToolChoice | undefined {
  const config = object(cursor, "toolConfig");
  if (config !== undefined) noteUnknown(config, TOOL_CONFIG);
  const calling = config && object(config, "functionCallingConfig");
  if (calling === undefined) return undefined;
  const names = strings(calling, "allowedFunctionNames");
  const word = string(calling, "mode") ?? "";
  const mode = modeOf(word);
  noteUnknown(calling, CALLING, word !== "" && mode === 0 ? ["mode"] : []);
  const [only] = names;
  if (mode === ToolChoiceMode.UNSPECIFIED) return undefined;
  if (mode === ToolChoiceMode.REQUIRED && names.length === 1 && only !== undefined)
    return choice({ case: "name", value: only });
  if (names.length === 0 || mode === ToolChoiceMode.NONE)
    return choice({ case: "mode", value: mode });
  return choice({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

const CALLING = spellings("mode", "allowedFunctionNames");

const TOOL_CONFIG = spellings("functionCallingConfig");

const FUNCTIONS = spellings("functionDeclarations");

const DECLARATION = spellings("name", "description", "parameters", "parametersJsonSchema");

function decodeFunction(declaration: Cursor): Tool {
  const since = noteMark(declaration);
  const native = at(declaration, "parametersJsonSchema");
  const schema = member(declaration, "parameters");
  const parametersJson =
    native === undefined
      ? schema === undefined
        ? ""
        : JSON.stringify(toJsonSchema(schema))
      : sourceText(native.source, native.json);
  noteUnknown(
    declaration,
    DECLARATION,
    native !== undefined && schema !== undefined ? ["parameters"] : [],
  );
  const value = {
    $typeName: "parlance.chat.v1.FunctionTool",
    name: requiredName(declaration, "name"),
    description: string(declaration, "description") ?? "",
    parametersJson,
    extrasJson: takeExtras(declaration, DIALECT, since),
  } as const;
  return { $typeName: "parlance.chat.v1.Tool", tool: { case: "function", value } };
}

function builtin(json: string): Tool {
  const value = { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json } as const;
  return { $typeName: "parlance.chat.v1.Tool", tool: { case: "builtin", value } };
}

function choice(value: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice: value };
}

function modeOf(word: string): ToolChoiceMode {
  switch (word.toUpperCase()) {
    case "NONE":
      return ToolChoiceMode.NONE;
    case "ANY":
      return ToolChoiceMode.REQUIRED;
    case "AUTO":
    case "VALIDATED":
      return ToolChoiceMode.AUTO;
    default:
      return ToolChoiceMode.UNSPECIFIED;
  }
}
