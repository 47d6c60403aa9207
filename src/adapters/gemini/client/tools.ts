import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type Json, type JsonObject, objectAt } from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { DIALECT } from "../wire.ts";
import {
  memberOf,
  problem,
  type Reader,
  readList,
  readObject,
  readString,
  spellings,
} from "./request-cursor.ts";
import { toJsonSchema } from "./schema.ts";

/**
 * The functions and the vendor's own tools, and whether its search is asked for without any wish of
 * its own.
 */
export interface DecodedTools {
  readonly tools: Tool[];
  readonly search: boolean;
}

/** Reads `tools`. */
export function decodeTools(reader: Reader, json: JsonObject, source: Source): DecodedTools {
  const tools: Tool[] = [];
  let search = false;
  const sourceAt = elementSources(memberSource(source, "tools"));
  for (const [index, entry] of readList(reader, json, "tools", "tools").entries()) {
    const path = `tools[${index}]`;
    if (!isObject(entry)) {
      problem(reader, path, "must be an object");
      continue;
    }
    const declarations = memberSource(sourceAt(index), "functionDeclarations");
    const functionAt = elementSources(declarations);
    for (const [at, declaration] of readList(
      reader,
      entry,
      "functionDeclarations",
      `${path}.functionDeclarations`,
    ).entries()) {
      const tool = decodeFunction(
        reader,
        declaration,
        `${path}.functionDeclarations[${at}]`,
        functionAt(at),
      );
      if (tool !== undefined) tools.push(tool);
    }
    const rest = unknownMembers(entry, sourceAt(index), FUNCTIONS);
    if (rest === '{"googleSearch":{}}') search = true;
    else if (rest !== "") tools.push(builtin(rest));
  }
  return { tools, search };
}

/** Reads `toolConfig.functionCallingConfig`. */
export function decodeToolChoice(reader: Reader, json: JsonObject): ToolChoice | undefined {
  const config = readObject(reader, json, "toolConfig", "toolConfig");
  const calling = config === undefined ? undefined : objectAt(config, "functionCallingConfig");
  if (calling === undefined) return undefined;
  const names = readList(
    reader,
    calling,
    "allowedFunctionNames",
    "toolConfig.functionCallingConfig.allowedFunctionNames",
  ).filter((name) => typeof name === "string");
  const mode = modeOf(
    readString(reader, calling, "mode", "toolConfig.functionCallingConfig.mode") ?? "",
  );
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

const FUNCTIONS = spellings("functionDeclarations");

const DECLARATION = spellings("name", "description", "parameters", "parametersJsonSchema");

function decodeFunction(
  reader: Reader,
  json: Json,
  path: string,
  source: Source,
): Tool | undefined {
  const name = isObject(json) ? readString(reader, json, "name", `${path}.name`) : undefined;
  if (!isObject(json) || name === undefined || name === "")
    return problem(reader, `${path}.name`, "is required");
  const native = memberOf(json, "parametersJsonSchema");
  const schema = memberOf(json, "parameters");
  const parametersJson =
    native === undefined
      ? schema === undefined
        ? ""
        : JSON.stringify(toJsonSchema(schema))
      : sourceText(memberSource(source, "parametersJsonSchema"), native);
  const extras = unknownMembers(json, source, DECLARATION);
  const value = {
    $typeName: "parlance.chat.v1.FunctionTool",
    name,
    description: readString(reader, json, "description", `${path}.description`) ?? "",
    parametersJson,
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
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
