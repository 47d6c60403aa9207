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
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";
import { effortFault, modelRules, reasons } from "../openai/model-rules.ts";
import {
  belowMinimum,
  missing,
  unknownParameter,
  unsupportedValue,
  wrongType,
} from "./responses-error.ts";
import { validateInput } from "./validate-input.ts";
import { validateTools } from "./validate-tools.ts";

/** Request members of https://platform.openai.com/docs/api-reference/responses/create (2026-11). */
const members = new Set(
  `background conversation include input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls
  previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store
  stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user`.split(
    /\s+/,
  ),
);

/**
 * Members of a request that counts tokens:
 * https://platform.openai.com/docs/api-reference/responses/input-tokens (2026-11).
 */
const countMembers = new Set(
  "conversation input instructions model parallel_tool_calls previous_response_id reasoning text tool_choice tools truncation".split(
    " ",
  ),
);

const includable = [
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
];

/**
 * The first fault that OpenAI would find in a request of the Responses API, in the words of its 400
 * body, or undefined.
 */
export function validateResponses(body: JsonObject, counts: boolean): OpenAiError | undefined {
  const known = counts ? countMembers : members;
  const unknown = Object.keys(body).find((key) => !known.has(key));
  if (unknown !== undefined) return unknownParameter(unknown);
  if (!isSet(body.model)) return missing("model");
  return (
    validateInput(body) ??
    validateNumbers(body) ??
    validateDependencies(body) ??
    validateReasoning(body.reasoning) ??
    validateModelFamily(body) ??
    validateTools(body) ??
    validateText(asObject(body.text))
  );
}

const ranges: readonly (readonly [name: string, low: number, high: number])[] = [
  ["temperature", 0, 2],
  ["top_p", 0, 1],
  ["top_logprobs", 0, 20],
  ["max_output_tokens", 16, Number.MAX_SAFE_INTEGER],
  ["max_tool_calls", 1, Number.MAX_SAFE_INTEGER],
];

function validateNumbers(body: JsonObject): OpenAiError | undefined {
  for (const [name, low, high] of ranges) {
    if (!isSet(body[name])) continue;
    const value = asNumber(body[name]);
    if (value === undefined) return wrongType(name, "a number");
    if (value < low) return belowMinimum(name, low, value);
    if (value > high) {
      return invalidRequest(
        `Invalid '${name}': decimal above maximum value. Expected a value <= ${high}, but got ${value} instead.`,
        name,
        "decimal_above_max_value",
      );
    }
  }
  return undefined;
}

/**
 * Models that do not reason have no effort, no summary and nothing encrypted; those that do take
 * neither temperature nor top_p while they reason. See model-rules.ts.
 */
function validateModelFamily(body: JsonObject): OpenAiError | undefined {
  const rules = modelRules(asString(body.model) ?? "");
  if (rules === undefined) return undefined;
  const reasoning = asObject(body.reasoning) ?? {};
  if (rules.efforts.length === 0) return validatePlainModel(body, reasoning);
  const knob = ["temperature", "top_p"].find((name) => isSet(body[name]) && body[name] !== 1);
  return (
    effortFault(rules, reasoning.effort, "reasoning.effort") ??
    firstBroken([
      [knob !== undefined && reasons(rules, reasoning.effort), unsupportedParameter(knob ?? "")],
      [
        !rules.parallelToolCalls && body.parallel_tool_calls === false,
        unsupportedParameter("parallel_tool_calls"),
      ],
    ])
  );
}

function validatePlainModel(body: JsonObject, reasoning: JsonObject): OpenAiError | undefined {
  const member = ["effort", "summary"].find((name) => isSet(reasoning[name]));
  return firstBroken([
    [member !== undefined, unsupportedParameter(`reasoning.${member}`)],
    [
      asArray(body.include).includes("reasoning.encrypted_content"),
      invalidRequest("Encrypted content is not supported with this model.", "include"),
    ],
  ]);
}

function unsupportedParameter(name: string): OpenAiError {
  return invalidRequest(
    `Unsupported parameter: '${name}' is not supported with this model.`,
    name,
    "unsupported_parameter",
  );
}

function validateDependencies(body: JsonObject): OpenAiError | undefined {
  const stray = asArray(body.include).findIndex(
    (word) => !includable.includes(asString(word) ?? ""),
  );
  const tiers = ["auto", "default", "flex", "priority", "scale"];
  return firstBroken([
    [isSet(body.include) && !isArray(body.include), wrongType("include", "an array of strings")],
    [stray >= 0, unsupportedValue(`include[${stray}]`, asArray(body.include)[stray], includable)],
    [
      isSet(body.stream_options) && body.stream !== true,
      invalidRequest(
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        "stream_options",
      ),
    ],
    [
      isSet(body.previous_response_id) && isSet(body.conversation),
      invalidRequest(
        "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.",
        "previous_response_id",
        "mutually_exclusive_parameters",
      ),
    ],
    [
      isSet(body.previous_response_id) && !/^resp_/.test(asString(body.previous_response_id) ?? ""),
      invalidRequest(
        `Invalid 'previous_response_id': '${asString(body.previous_response_id)}'. Expected an ID that begins with 'resp'.`,
        "previous_response_id",
        "invalid_value",
      ),
    ],
    [
      isSet(body.service_tier) && !tiers.includes(asString(body.service_tier) ?? ""),
      unsupportedValue("service_tier", body.service_tier, tiers),
    ],
    [
      isSet(body.truncation) && body.truncation !== "auto" && body.truncation !== "disabled",
      unsupportedValue("truncation", body.truncation, ["auto", "disabled"]),
    ],
  ]);
}

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const summaries = ["auto", "concise", "detailed"];

function validateReasoning(sent: Json | undefined): OpenAiError | undefined {
  if (!isSet(sent)) return undefined;
  const reasoning = asObject(sent);
  if (reasoning === undefined) return wrongType("reasoning", "an object");
  const known = ["effort", "summary", "generate_summary", "context", "mode"];
  const unknown = Object.keys(reasoning).find((key) => !known.includes(key));
  return firstBroken([
    [unknown !== undefined, unknownParameter(`reasoning.${unknown}`)],
    [
      isSet(reasoning.effort) && !efforts.includes(asString(reasoning.effort) ?? ""),
      unsupportedValue("reasoning.effort", reasoning.effort, efforts),
    ],
    [
      isSet(reasoning.summary) && !summaries.includes(asString(reasoning.summary) ?? ""),
      unsupportedValue("reasoning.summary", reasoning.summary, summaries),
    ],
  ]);
}

function validateText(text: JsonObject | undefined): OpenAiError | undefined {
  if (text === undefined) return undefined;
  const unknown = Object.keys(text).find((key) => key !== "format" && key !== "verbosity");
  if (unknown !== undefined) return unknownParameter(`text.${unknown}`);
  const format = asObject(text.format);
  if (format === undefined || format.type === "text" || format.type === "json_object")
    return undefined;
  if (format.type !== "json_schema")
    return unsupportedValue("text.format.type", format.type, [
      "text",
      "json_object",
      "json_schema",
    ]);
  return validateJsonSchema(format);
}

function validateJsonSchema(format: JsonObject): OpenAiError | undefined {
  const known = ["type", "name", "schema", "strict", "description"];
  const unknown = Object.keys(format).find((key) => !known.includes(key));
  const name = asString(format.name);
  const schema = asObject(format.schema);
  const open =
    format.strict === true && schema?.type === "object" && schema.additionalProperties !== false;
  return firstBroken([
    [unknown !== undefined, unknownParameter(`text.format.${unknown}`)],
    [name === undefined, missing("text.format.name")],
    [
      !/^[a-zA-Z0-9_-]{1,64}$/.test(name ?? ""),
      invalidRequest(
        "Invalid 'text.format.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        "text.format.name",
        "invalid_value",
      ),
    ],
    [schema === undefined, missing("text.format.schema")],
    [
      open,
      invalidRequest(
        `Invalid schema for response_format '${name}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
        "text.format.schema",
        "invalid_json_schema",
      ),
    ],
  ]);
}
