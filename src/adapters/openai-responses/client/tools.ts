import type {
  CustomTool,
  FunctionTool,
  Tool,
  ToolChoice,
} from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
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
import { opaque } from "../output-item.ts";
import { DIALECT } from "../wire.ts";

const FUNCTION_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "parameters",
  "strict",
]);
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(["type", "name", "description", "format"]);

/**
 * The tools: functions and custom tools the caller runs; all others the vendor runs, and they are
 * kept as they are.
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
    const path = `tools[${index}]`;
    if (isObject(tool)) return [decodeTool(problems, tool, path, sourceAt(index))];
    problem(problems, path, `must be an object, not ${kindOfJson(tool)}`);
    return [];
  });
}

/** `tool_choice` in each of its forms; one that is not known is kept as it is. */
export function decodeToolChoice(
  problems: Problems,
  json: JsonObject,
  source: Source,
): ToolChoice | undefined {
  const choice = json.tool_choice;
  if (!given(choice)) return undefined;
  if (typeof choice === "string") {
    const mode = modeOf(choice);
    if (mode !== undefined) return of({ case: "mode", value: mode });
    return problem(problems, "tool_choice", 'must be "none", "auto", "required" or an object');
  }
  if (!isObject(choice)) return problem(problems, "tool_choice", "must be a string or an object");
  const kept = (): ToolChoice =>
    of({ case: "opaque", value: opaque(sourceText(memberSource(source, "tool_choice"), choice)) });
  switch (stringAt(choice, "type")) {
    case "function":
    case "custom": {
      const name = optionalString(problems, choice, "name", "tool_choice.name");
      if (name === undefined || name === "")
        return problem(problems, "tool_choice.name", "is required");
      return of({ case: "name", value: name });
    }
    case "allowed_tools":
      return allowedOf(choice) ?? kept();
    case undefined:
      return problem(problems, "tool_choice.type", "is required");
    default:
      return kept();
  }
}

/** Undefined where not all of the tools are the caller's own. */
function allowedOf(choice: JsonObject): ToolChoice | undefined {
  const mode = modeOf(stringAt(choice, "mode") ?? "auto");
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
  return of({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

function modeOf(word: string): ToolChoiceMode | undefined {
  switch (word) {
    case "none":
      return ToolChoiceMode.NONE;
    case "auto":
      return ToolChoiceMode.AUTO;
    case "required":
      return ToolChoiceMode.REQUIRED;
    default:
      return undefined;
  }
}

function of(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}

function decodeTool(problems: Problems, tool: JsonObject, path: string, source: Source): Tool {
  const type = tool.type;
  if (typeof type !== "string")
    problem(problems, `${path}.type`, given(type) ? "must be a string" : "is required");
  if (type === "function") {
    return {
      $typeName: "parlance.chat.v1.Tool",
      tool: { case: "function", value: decodeFunction(problems, tool, path, source) },
    };
  }
  if (type === "custom" && unknownMembers(tool, source, CUSTOM_MEMBERS) === "") {
    return {
      $typeName: "parlance.chat.v1.Tool",
      tool: { case: "custom", value: decodeCustom(problems, tool, path, source) },
    };
  }
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool: { case: "builtin", value: opaque(sourceText(source, tool)) },
  };
}

function decodeFunction(
  problems: Problems,
  tool: JsonObject,
  path: string,
  source: Source,
): FunctionTool {
  const name = nameOf(problems, tool, path);
  const schema = tool.parameters;
  if (given(schema) && !isObject(schema))
    problem(problems, `${path}.parameters`, "must be an object");
  const strict = optionalBoolean(problems, tool, "strict", `${path}.strict`);
  const extras = unknownMembers(tool, source, FUNCTION_MEMBERS);
  return {
    $typeName: "parlance.chat.v1.FunctionTool",
    name,
    description: optionalString(problems, tool, "description", `${path}.description`) ?? "",
    parametersJson: isObject(schema) ? sourceText(memberSource(source, "parameters"), schema) : "",
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

function decodeCustom(
  problems: Problems,
  tool: JsonObject,
  path: string,
  source: Source,
): CustomTool {
  const format = tool.format;
  if (given(format) && !isObject(format)) problem(problems, `${path}.format`, "must be an object");
  return {
    $typeName: "parlance.chat.v1.CustomTool",
    name: nameOf(problems, tool, path),
    description: optionalString(problems, tool, "description", `${path}.description`) ?? "",
    formatJson: isObject(format) ? sourceText(memberSource(source, "format"), format) : "",
  };
}

function nameOf(problems: Problems, tool: JsonObject, path: string): string {
  const name = optionalString(problems, tool, "name", `${path}.name`) ?? "";
  if (name === "") problem(problems, `${path}.name`, "is required");
  return name;
}
