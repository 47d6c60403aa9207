import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { FunctionTool, Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { given, unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import {
  kindOfJson,
  optionalBoolean,
  optionalString,
  type Problems,
  problem,
} from "../../shared/request-problems.ts";
import { decodeCache } from "../cache-control.ts";
import { DIALECT } from "../wire.ts";
import { checkCache } from "./check-content.ts";

const FUNCTION_MEMBERS: ReadonlySet<string> = new Set([
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
]);

/**
 * The tools. One with a schema of its own is a function; all others the vendor defines, and they
 * are kept as they are.
 */
export function decodeTools(problems: Problems, json: JsonObject, source: Source): Tool[] {
  const tools = json.tools;
  if (!given(tools)) return [];
  if (!Array.isArray(tools)) {
    problem(problems, "tools", "must be a list of tools");
    return [];
  }
  const sourceAt = elementSources(memberSource(source, "tools"));
  return tools.flatMap((tool: Json, index) => {
    const path = `tools.${index}`;
    if (isObject(tool)) return [decodeTool(problems, tool, path, sourceAt(index))];
    problem(problems, path, `must be an object, not ${kindOfJson(tool)}`);
    return [];
  });
}

/**
 * `tool_choice` without what it says of parallel use; a kind that is not known is kept as it is.
 */
export function decodeToolChoice(
  problems: Problems,
  json: JsonObject,
  source: Source,
): ToolChoice | undefined {
  const choice = json.tool_choice;
  if (!given(choice)) return undefined;
  if (!isObject(choice)) return problem(problems, "tool_choice", "must be an object");
  switch (choice.type) {
    case "auto":
      return byMode(ToolChoiceMode.AUTO);
    case "any":
      return byMode(ToolChoiceMode.REQUIRED);
    case "none":
      return byMode(ToolChoiceMode.NONE);
    case "tool": {
      const name = optionalString(problems, choice, "name", "tool_choice.name");
      if (name === undefined || name === "")
        return problem(problems, "tool_choice.name", "is required");
      return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "name", value: name } };
    }
    default: {
      if (typeof choice.type !== "string")
        return problem(problems, "tool_choice.type", "is required");
      const value = opaque(sourceText(memberSource(source, "tool_choice"), choice));
      return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "opaque", value } };
    }
  }
}

/** Whether several tools may be called at once; undefined where nothing is said. */
export function decodeParallel(problems: Problems, json: JsonObject): boolean | undefined {
  const choice = json.tool_choice;
  if (!isObject(choice)) return undefined;
  const path = "tool_choice.disable_parallel_tool_use";
  const disabled = optionalBoolean(problems, choice, "disable_parallel_tool_use", path);
  return disabled === undefined ? undefined : !disabled;
}

function decodeTool(problems: Problems, tool: JsonObject, path: string, source: Source): Tool {
  checkCache(problems, tool, path);
  const type = tool.type;
  if (given(type) && type !== "custom") {
    if (typeof type !== "string") problem(problems, `${path}.type`, "must be a string");
    const value = opaque(sourceText(source, tool));
    return { $typeName: "parlance.chat.v1.Tool", tool: { case: "builtin", value } };
  }
  const cache = decodeCache(tool.cache_control);
  const value = decodeFunction(problems, tool, path, source);
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool: { case: "function", value },
    ...(cache === undefined ? undefined : { cache }),
  };
}

function decodeFunction(
  problems: Problems,
  tool: JsonObject,
  path: string,
  source: Source,
): FunctionTool {
  const name = optionalString(problems, tool, "name", `${path}.name`) ?? "";
  if (name === "") problem(problems, `${path}.name`, "is required");
  const schema = tool.input_schema;
  if (!isObject(schema))
    problem(
      problems,
      `${path}.input_schema`,
      schema === undefined ? "is required" : "must be an object",
    );
  const strict = optionalBoolean(problems, tool, "strict", `${path}.strict`);
  const extras = unknownMembers(tool, source, FUNCTION_MEMBERS);
  return {
    $typeName: "parlance.chat.v1.FunctionTool",
    name,
    description: optionalString(problems, tool, "description", `${path}.description`) ?? "",
    parametersJson: isObject(schema)
      ? sourceText(memberSource(source, "input_schema"), schema)
      : "",
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

function byMode(mode: ToolChoiceMode): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice: { case: "mode", value: mode } };
}

function opaque(json: string): Opaque {
  return { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json };
}
