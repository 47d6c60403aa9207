import { firstBroken } from "../first-broken.ts";
import { asArray, asObject, asObjects, asString, isSet, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";
import { missing, unknownParameter, unsupportedValue } from "./responses-error.ts";

const namePattern = /^[a-zA-Z0-9_-]{1,128}$/;
const toolTypes = [
  "function",
  "custom",
  "namespace",
  "web_search",
  "web_search_preview",
  "file_search",
  "code_interpreter",
  "computer_use_preview",
  "image_generation",
  "local_shell",
  "shell",
  "apply_patch",
  "mcp",
];
const functionMembers = [
  "type",
  "name",
  "description",
  "parameters",
  "strict",
  "output_schema",
  "defer_loading",
];

/**
 * The first fault in `tools` and `tool_choice`. A function stands flat: its name beside its type.
 */
export function validateTools(body: JsonObject): OpenAiError | undefined {
  for (const [index, tool] of asObjects(body.tools).entries()) {
    const fault = validateTool(tool, `tools[${index}]`);
    if (fault !== undefined) return fault;
  }
  return validateToolChoice(body);
}

function validateTool(tool: JsonObject, at: string): OpenAiError | undefined {
  const type = asString(tool.type);
  if (type === undefined) return missing(`${at}.type`);
  if (!toolTypes.includes(type)) return unsupportedValue(`${at}.type`, type, toolTypes);
  if (type === "namespace") return validateNamespace(tool, at);
  if (type !== "function") return undefined;
  const unknown = Object.keys(tool).find((key) => !functionMembers.includes(key));
  const name = asString(tool.name);
  const parameters = asObject(tool.parameters);
  const shapeless =
    parameters !== undefined && Object.keys(parameters).length > 0 && parameters.type !== "object";
  return (
    firstBroken([
      [name === undefined, missing(`${at}.name`)],
      [unknown !== undefined, unknownParameter(`${at}.${unknown}`)],
      [
        !namePattern.test(name ?? ""),
        invalidRequest(
          `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
          `${at}.name`,
          "invalid_value",
        ),
      ],
      [
        shapeless,
        schemaFault(
          name ?? "",
          at,
          `schema must be a JSON Schema of 'type: "object"', got 'type: "${asString(parameters?.type) ?? "None"}"'.`,
        ),
      ],
    ]) ?? (tool.strict === true ? validateStrict(parameters ?? {}, name ?? "", at) : undefined)
  );
}

function validateNamespace(tool: JsonObject, at: string): OpenAiError | undefined {
  const inner = asObjects(tool.tools);
  if (asString(tool.name) === undefined) return missing(`${at}.name`);
  if (asString(tool.description) === undefined) return missing(`${at}.description`);
  if (inner.length === 0) return missing(`${at}.tools`);
  for (const [index, each] of inner.entries()) {
    const fault = validateTool(each, `${at}.tools[${index}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A strict function allows no other members and requires all of its own. */
function validateStrict(parameters: JsonObject, name: string, at: string): OpenAiError | undefined {
  const required = asArray(parameters.required);
  const optional = Object.keys(asObject(parameters.properties) ?? {}).find(
    (key) => !required.includes(key),
  );
  return firstBroken([
    [
      parameters.additionalProperties !== false,
      schemaFault(
        name,
        at,
        "In context=(), 'additionalProperties' is required to be supplied and to be false.",
      ),
    ],
    [
      optional !== undefined,
      schemaFault(
        name,
        at,
        `In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing '${optional}'.`,
      ),
    ],
  ]);
}

function schemaFault(name: string, at: string, why: string): OpenAiError {
  return invalidRequest(
    `Invalid schema for function '${name}': ${why}`,
    `${at}.parameters`,
    "invalid_function_parameters",
  );
}

function validateToolChoice(body: JsonObject): OpenAiError | undefined {
  const choice = body.tool_choice;
  if (!isSet(choice)) return undefined;
  const offered = asObjects(body.tools);
  if (typeof choice === "string") {
    if (!["none", "auto", "required"].includes(choice))
      return unsupportedValue("tool_choice", choice, ["none", "auto", "required"]);
    return choice === "required" && offered.length === 0
      ? invalidRequest(
          "Tool choice 'required' must be specified with 'tools' parameter.",
          "tool_choice",
        )
      : undefined;
  }
  const wanted = asObject(choice);
  if (wanted?.type === undefined) return missing("tool_choice.type");
  if (wanted.type === "allowed_tools")
    return isSet(wanted.tools) ? undefined : missing("tool_choice.tools");
  if (wanted.type !== "function") return undefined;
  const unknown = Object.keys(wanted).find((key) => key !== "type" && key !== "name");
  if (unknown !== undefined) return unknownParameter(`tool_choice.${unknown}`);
  if (asString(wanted.name) === undefined) return missing("tool_choice.name");
  return offered.some((tool) => tool.name === wanted.name)
    ? undefined
    : invalidRequest(`Tool choice 'function' not found in 'tools' parameter.`, "tool_choice");
}
