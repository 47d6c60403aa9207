import { firstBroken } from "../first-broken.ts";
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isArray,
  isSet,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";
import { effortFault, memberFault, modelRules, reasons } from "./model-rules.ts";
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
 * The first fault OpenAI would find in a chat completion request, in the words of its 400 body, or
 * undefined. `lenient` accepts members OpenAI does not know, as most OpenAI-compatible servers do.
 */
export function validateChat(body: JsonObject, lenient: boolean): OpenAiError | undefined {
  if (asString(body.model) === undefined)
    return invalidRequest("you must provide a model parameter");
  const unknown = Object.keys(body).find((key) => !members.has(key));
  if (unknown !== undefined && !lenient)
    return invalidRequest(`Unrecognized request argument supplied: ${unknown}`);
  return (
    validateChatMessages(body.messages, lenient) ??
    validateNumbers(body) ??
    validateReasoningModel(body) ??
    validateDependencies(body) ??
    validateTools(body, lenient) ??
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
    const fault = isSet(body[name])
      ? validateNumber(name, body[name], low, high, integer)
      : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validateNumber(
  name: string,
  sent: Json | undefined,
  low: number,
  high: number,
  integer: boolean,
): OpenAiError | undefined {
  const value = asNumber(sent) ?? Number.NaN;
  const kind = integer ? "integer" : "decimal";
  const mistyped = integer ? !Number.isInteger(value) : Number.isNaN(value);
  const shown = integer || !Number.isInteger(value) ? String(value) : value.toFixed(1);
  const fault = (message: string, code: string) => invalidRequest(message, name, code);
  return firstBroken([
    [
      mistyped,
      fault(
        `Invalid type for '${name}': expected ${integer ? "an integer" : "a decimal"}, but got ${kindOf(sent)} instead.`,
        "invalid_type",
      ),
    ],
    [
      value < low,
      fault(
        `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${low}, but got ${shown} instead.`,
        `${kind}_below_min_value`,
      ),
    ],
    [
      value > high,
      fault(
        `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${high}, but got ${shown} instead.`,
        `${kind}_above_max_value`,
      ),
    ],
  ]);
}

const knobs = [
  ...["top_p", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"],
  "stop",
];

/**
 * Models that do not reason have no effort; those that do take no max_tokens, and no knobs of
 * sampling while they reason. See model-rules.ts.
 */
function validateReasoningModel(body: JsonObject): OpenAiError | undefined {
  const rules = modelRules(asString(body.model) ?? "");
  if (rules === undefined) return undefined;
  const { efforts, parallelToolCalls } = rules;
  if (efforts.length === 0) {
    return isSet(body.reasoning_effort)
      ? invalidRequest("Unrecognized request argument supplied: reasoning_effort")
      : undefined;
  }
  const knob = reasons(rules, body.reasoning_effort);
  return (
    effortFault(rules, body.reasoning_effort, "reasoning_effort") ??
    firstBroken([
      [
        isSet(body.max_tokens),
        invalidRequest(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          "max_tokens",
          "unsupported_parameter",
        ),
      ],
      [
        knob && isSet(body.temperature) && body.temperature !== 1,
        invalidRequest(
          `Unsupported value: 'temperature' does not support ${JSON.stringify(body.temperature)} with this model. Only the default (1) value is supported.`,
          "temperature",
          "unsupported_value",
        ),
      ],
    ]) ??
    memberFault(body, [
      ...(knob ? knobs : []),
      ...(parallelToolCalls ? [] : ["parallel_tool_calls"]),
    ])
  );
}

function validateDependencies(body: JsonObject): OpenAiError | undefined {
  const withTools = asArray(body.tools).length > 0;
  const stops = asArray(body.stop).length;
  const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
  const effortKnown =
    !isSet(body.reasoning_effort) || efforts.includes(asString(body.reasoning_effort) ?? "");
  const onlyWith = (name: string, other: string) =>
    invalidRequest(
      `Invalid value for '${name}': '${name}' is only allowed when '${other}' are specified.`,
      name,
    );
  const onlyWhen = (name: string, other: string) =>
    invalidRequest(`The '${name}' parameter is only allowed when '${other}' is enabled.`, name);
  return firstBroken([
    [
      isArray(body.tools) && !withTools,
      invalidRequest(
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "tools",
        "empty_array",
      ),
    ],
    [isSet(body.tool_choice) && !withTools, onlyWith("tool_choice", "tools")],
    [isSet(body.parallel_tool_calls) && !withTools, onlyWith("parallel_tool_calls", "tools")],
    [isSet(body.stream_options) && body.stream !== true, onlyWhen("stream_options", "stream")],
    [isSet(body.top_logprobs) && body.logprobs !== true, onlyWhen("top_logprobs", "logprobs")],
    [
      isSet(body.max_tokens) && isSet(body.max_completion_tokens),
      invalidRequest(
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "max_tokens",
        "invalid_parameter_combination",
      ),
    ],
    [
      stops > 4,
      invalidRequest(
        `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stops} instead.`,
        "stop",
        "array_above_max_length",
      ),
    ],
    [!effortKnown, unsupportedValue("reasoning_effort", body.reasoning_effort, efforts)],
  ]);
}

function validateTools(body: JsonObject, lenient: boolean): OpenAiError | undefined {
  for (const [index, tool] of asArray(body.tools).entries()) {
    const fault = validateTool(asObject(tool) ?? {}, `tools[${index}]`, lenient);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Servers that are not OpenAI know functions alone. */
function validateTool(tool: JsonObject, at: string, lenient: boolean): OpenAiError | undefined {
  const { type } = tool;
  if (type === undefined) return missing(`${at}.type`);
  if (type === "custom" && !lenient) return undefined;
  if (type !== "function") return unsupportedValue(`${at}.type`, type, ["function", "custom"]);
  const definition = asObject(tool.function);
  if (definition === undefined) return missing(`${at}.function`);
  const name = asString(definition.name) ?? "";
  const parameters = asObject(definition.parameters) ?? {};
  const shapeless = Object.keys(parameters).length > 0 && parameters.type !== "object";
  return firstBroken([
    [definition.name === undefined, missing(`${at}.function.name`)],
    [
      !namePattern.test(name),
      invalidRequest(
        `Invalid '${at}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        `${at}.function.name`,
        "invalid_value",
      ),
    ],
    [
      shapeless,
      invalidRequest(
        `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${asString(parameters.type) ?? "None"}"'.`,
        `${at}.function.parameters`,
        "invalid_function_parameters",
      ),
    ],
  ]);
}

function validateToolChoice(body: JsonObject): OpenAiError | undefined {
  const choice = body.tool_choice;
  if (!isSet(choice) || ["none", "auto", "required"].includes(asString(choice) ?? ""))
    return undefined;
  const type = asObject(choice)?.type;
  if (asObject(choice) === undefined)
    return unsupportedValue("tool_choice", choice, ["none", "auto", "required"]);
  if (type === undefined) return missing("tool_choice.type");
  if (type === "allowed_tools")
    return asObject(asObject(choice)?.allowed_tools) === undefined
      ? missing("tool_choice.allowed_tools")
      : undefined;
  if (type !== "function")
    return unsupportedValue("tool_choice.type", type, ["allowed_tools", "function", "custom"]);
  const name = asString(asObject(asObject(choice)?.function)?.name);
  if (name === undefined) return missing("tool_choice.function");
  const known = asArray(body.tools).some(
    (tool) => asObject(asObject(tool)?.function)?.name === name,
  );
  return known
    ? undefined
    : invalidRequest(`Tool choice '${name}' not found in 'tools' parameter.`, "tool_choice");
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
    return unsupportedValue("response_format.type", format.type, [
      "json_object",
      "json_schema",
      "text",
    ]);
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
  if (
    definition.strict === true &&
    schema.type === "object" &&
    schema.additionalProperties !== false
  ) {
    return invalidRequest(
      `Invalid schema for response_format '${name}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
      "response_format",
      null,
    );
  }
  return undefined;
}

function missing(path: string): OpenAiError {
  return invalidRequest(
    `Missing required parameter: '${path}'.`,
    path,
    "missing_required_parameter",
  );
}

function unsupportedValue(
  path: string,
  value: Json | undefined,
  supported: readonly string[],
): OpenAiError {
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
