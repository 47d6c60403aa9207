import { asArray, asNumber, asObject, asString, isArray, isSet, type Json, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";
import { validateChatMessages } from "./validate-chat-messages.ts";

/** Request members of https://platform.openai.com/docs/api-reference/chat/create (2026-07). */
const members = new Set(
  `messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities
  moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort
  response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user
  verbosity web_search_options`.split(/\s+/),
);

const namePattern = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * The first fault OpenAI would find in a chat completion request, in the words of its 400 body, or undefined.
 * `lenient` accepts members OpenAI does not know, as most OpenAI-compatible servers do.
 */
export function validateChat(body: JsonObject, lenient: boolean): OpenAiError | undefined {
  if (asString(body.model) === undefined) return invalidRequest("you must provide a model parameter");
  const unknown = Object.keys(body).find((key) => !members.has(key));
  if (unknown !== undefined && !lenient) return invalidRequest(`Unrecognized request argument supplied: ${unknown}`);
  return (
    validateChatMessages(body.messages, lenient) ??
    validateNumbers(body) ??
    validateReasoningModel(body) ??
    validateDependencies(body) ??
    validateTools(body) ??
    validateToolChoice(body) ??
    validateResponseFormat(body)
  );
}

const ranges: readonly (readonly [name: string, low: number, high: number, integer: boolean])[] = [
  ["temperature", 0, 2, false],
  ["top_p", 0, 1, false],
  ["frequency_penalty", -2, 2, false],
  ["presence_penalty", -2, 2, false],
  ["n", 1, 128, true],
  ["top_logprobs", 0, 20, true],
  ["max_tokens", 1, Number.MAX_SAFE_INTEGER, true],
  ["max_completion_tokens", 1, Number.MAX_SAFE_INTEGER, true],
];

function validateNumbers(body: JsonObject): OpenAiError | undefined {
  for (const [name, low, high, integer] of ranges) {
    const sent = body[name];
    if (!isSet(sent)) continue;
    const value = asNumber(sent);
    const kind = integer ? "integer" : "decimal";
    if (value === undefined || (integer && !Number.isInteger(value))) {
      return invalidRequest(
        `Invalid type for '${name}': expected ${integer ? "an integer" : "a decimal"}, but got ${kindOf(sent)} instead.`,
        name,
        "invalid_type",
      );
    }
    const shown = integer || !Number.isInteger(value) ? String(value) : value.toFixed(1);
    if (value < low)
      return invalidRequest(
        `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${low}, but got ${shown} instead.`,
        name,
        `${kind}_below_min_value`,
      );
    if (value > high)
      return invalidRequest(
        `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${high}, but got ${shown} instead.`,
        name,
        `${kind}_above_max_value`,
      );
  }
  return undefined;
}

/** Models of the o and gpt-5 families take no max_tokens and no temperature but 1. */
function validateReasoningModel(body: JsonObject): OpenAiError | undefined {
  if (!/^(o\d|gpt-5)/.test(asString(body.model) ?? "")) return undefined;
  if (isSet(body.max_tokens)) {
    return invalidRequest(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      "max_tokens",
      "unsupported_parameter",
    );
  }
  if (isSet(body.temperature) && body.temperature !== 1) {
    return invalidRequest(
      `Unsupported value: 'temperature' does not support ${JSON.stringify(body.temperature)} with this model. Only the default (1) value is supported.`,
      "temperature",
      "unsupported_value",
    );
  }
  return undefined;
}

function validateDependencies(body: JsonObject): OpenAiError | undefined {
  const withTools = asArray(body.tools).length > 0;
  if (isArray(body.tools) && !withTools) {
    return invalidRequest(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "tools",
      "empty_array",
    );
  }
  if (isSet(body.tool_choice) && !withTools)
    return invalidRequest(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      "tool_choice",
    );
  if (isSet(body.parallel_tool_calls) && !withTools) {
    return invalidRequest(
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
      "parallel_tool_calls",
    );
  }
  if (isSet(body.stream_options) && body.stream !== true)
    return invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  if (isSet(body.top_logprobs) && body.logprobs !== true)
    return invalidRequest("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs");
  if (isSet(body.max_tokens) && isSet(body.max_completion_tokens)) {
    return invalidRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      "max_tokens",
      "invalid_parameter_combination",
    );
  }
  const stops = asArray(body.stop).length;
  if (stops > 4)
    return invalidRequest(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stops} instead.`,
      "stop",
      "array_above_max_length",
    );
  const effort = body.reasoning_effort;
  const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
  if (isSet(effort) && !efforts.includes(asString(effort) ?? ""))
    return unsupportedValue("reasoning_effort", effort, efforts);
  return undefined;
}

function validateTools(body: JsonObject): OpenAiError | undefined {
  for (const [index, tool] of asArray(body.tools).entries()) {
    const at = `tools[${index}]`;
    const type = asObject(tool)?.type;
    if (type === undefined) return missing(`${at}.type`);
    if (type === "custom") continue;
    if (type !== "function") return unsupportedValue(`${at}.type`, type, ["function", "custom"]);
    const definition = asObject(asObject(tool)?.function);
    if (definition === undefined) return missing(`${at}.function`);
    if (definition.name === undefined) return missing(`${at}.function.name`);
    if (!namePattern.test(asString(definition.name) ?? "")) {
      return invalidRequest(
        `Invalid '${at}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        `${at}.function.name`,
        "invalid_value",
      );
    }
    const parameters = asObject(definition.parameters);
    if (
      definition.parameters !== undefined &&
      parameters?.type !== "object" &&
      Object.keys(parameters ?? {}).length !== 0
    ) {
      return invalidRequest(
        `Invalid schema for function '${asString(definition.name)}': schema must be a JSON Schema of 'type: "object"', got 'type: "${asString(parameters?.type) ?? "None"}"'.`,
        `${at}.function.parameters`,
        "invalid_function_parameters",
      );
    }
  }
  return undefined;
}

function validateToolChoice(body: JsonObject): OpenAiError | undefined {
  const choice = body.tool_choice;
  if (!isSet(choice) || ["none", "auto", "required"].includes(asString(choice) ?? "")) return undefined;
  const type = asObject(choice)?.type;
  if (asObject(choice) === undefined) return unsupportedValue("tool_choice", choice, ["none", "auto", "required"]);
  if (type === undefined) return missing("tool_choice.type");
  if (type === "allowed_tools")
    return asObject(asObject(choice)?.allowed_tools) === undefined ? missing("tool_choice.allowed_tools") : undefined;
  if (type !== "function") return unsupportedValue("tool_choice.type", type, ["allowed_tools", "function", "custom"]);
  const name = asString(asObject(asObject(choice)?.function)?.name);
  if (name === undefined) return missing("tool_choice.function");
  const known = asArray(body.tools).some((tool) => asObject(asObject(tool)?.function)?.name === name);
  return known ? undefined : invalidRequest(`Tool choice '${name}' not found in 'tools' parameter.`, "tool_choice");
}

function validateResponseFormat(body: JsonObject): OpenAiError | undefined {
  const format = asObject(body.response_format);
  if (format === undefined || format.type === "text") return undefined;
  if (format.type === "json_object") {
    const mentioned = /json/i.test(JSON.stringify(body.messages));
    return mentioned
      ? undefined
      : invalidRequest(
          "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
          "messages",
        );
  }
  if (format.type !== "json_schema")
    return unsupportedValue("response_format.type", format.type, ["json_object", "json_schema", "text"]);
  const definition = asObject(format.json_schema);
  if (definition === undefined) return missing("response_format.json_schema");
  const name = asString(definition.name);
  if (name === undefined) return missing("response_format.json_schema.name");
  if (!namePattern.test(name)) {
    return invalidRequest(
      "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
      "response_format.json_schema.name",
      "invalid_value",
    );
  }
  const schema = asObject(definition.schema);
  if (schema === undefined) return missing("response_format.json_schema.schema");
  if (definition.strict === true && schema.type === "object" && schema.additionalProperties !== false) {
    return invalidRequest(
      `Invalid schema for response_format '${name}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
      "response_format",
      null,
    );
  }
  return undefined;
}

function missing(path: string): OpenAiError {
  return invalidRequest(`Missing required parameter: '${path}'.`, path, "missing_required_parameter");
}

function unsupportedValue(path: string, value: Json | undefined, supported: readonly string[]): OpenAiError {
  const listed = supported.map((each) => `'${each}'`);
  return invalidRequest(
    `Invalid value: '${asString(value) ?? JSON.stringify(value)}'. Supported values are: ${listed.slice(0, -1).join(", ")}, and ${listed.at(-1)}.`,
    path,
    "invalid_value",
  );
}

function kindOf(value: Json | undefined): string {
  if (isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
