import { firstBroken } from "../first-broken.ts";
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isArray,
  isSet,
  type Json,
  type JsonObject,
  parseJson,
} from "../json-value.ts";

const members = [
  ...[
    "model",
    "messages",
    "stream",
    "tools",
    "strict_tools",
    "documents",
    "citation_options",
    "response_format",
  ],
  ...[
    "safety_mode",
    "max_tokens",
    "stop_sequences",
    "temperature",
    "seed",
    "frequency_penalty",
    "presence_penalty",
  ],
  ...["k", "p", "logprobs", "tool_choice", "thinking", "priority"],
];

/**
 * The first fault Cohere finds in a chat, or undefined. https://docs.cohere.com/reference/chat
 * (2026-11)
 */
export function validateChat(body: JsonObject): string | undefined {
  return (
    unknownOf(body, members) ??
    firstBroken([
      [(asString(body.model) ?? "") === "", "model is required"],
      [asArray(body.messages).length === 0, "list of messages must not be empty"],
      [isSet(body.stream) && typeof body.stream !== "boolean", "stream must be a boolean"],
    ]) ??
    validateKnobs(body) ??
    validateMessages(asObjects(body.messages)) ??
    validateTools(body) ??
    validateFormat(body)
  );
}

/** The fault of the first member that the vendor does not have. */
export function unknownOf(object: JsonObject, known: readonly string[]): string | undefined {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  return unknown === undefined
    ? undefined
    : `unknown field: parameter '${unknown}' is not a valid field`;
}

function validateKnobs(body: JsonObject): string | undefined {
  const { max_tokens: maxTokens, stop_sequences: stops, thinking } = body;
  const outside = (name: string, least: number, most: number): readonly [boolean, string] => {
    const value = body[name];
    const number = asNumber(value);
    const broken = isSet(value) && (number === undefined || number < least || number > most);
    return [broken, `${name} must be between ${least} and ${most} inclusive.`];
  };
  const plan = asObject(thinking);
  const budget = plan?.token_budget;
  return firstBroken([
    outside("temperature", 0, 1),
    outside("p", 0.01, 0.99),
    outside("k", 0, 500),
    outside("frequency_penalty", 0, 1),
    outside("presence_penalty", 0, 1),
    [isSet(maxTokens) && !((asNumber(maxTokens) ?? 0) >= 1), "max_tokens must be greater than 0"],
    [asArray(stops).length > 5, "stop_sequences must have at most 5 items"],
    [
      plan !== undefined && plan.type !== "enabled" && plan.type !== "disabled",
      "thinking.type must be enabled or disabled",
    ],
    [
      isSet(budget) && !((asNumber(budget) ?? 0) >= 1),
      "thinking.token_budget must be greater than 0",
    ],
  ]);
}

const roleMembers: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content"],
  user: ["role", "content"],
  assistant: ["role", "content", "tool_calls", "tool_plan", "citations"],
  tool: ["role", "content", "tool_call_id"],
};

const roleContent: Readonly<Record<string, readonly string[]>> = {
  system: ["text"],
  user: ["text", "image_url"],
  assistant: ["text", "thinking"],
  tool: ["text", "document"],
};

function validateMessages(messages: readonly JsonObject[]): string | undefined {
  for (const [index, message] of messages.entries()) {
    const fault = validateMessage(message, index) ?? validateAnswered(messages, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validateMessage(message: JsonObject, index: number): string | undefined {
  const role = asString(message.role) ?? "";
  const known = roleMembers[role];
  if (known === undefined)
    return `messages[${index}].role must be one of system, user, assistant, tool`;
  const { content, tool_calls: calls } = message;
  const silent =
    content === undefined || content === null || (isArray(content) && content.length === 0);
  const allowed = roleContent[role] ?? [];
  const strange = asObjects(content).find(({ type }) => !allowed.includes(asString(type) ?? ""));
  return (
    unknownOf(message, known) ??
    firstBroken([
      [silent && asArray(calls).length === 0, `messages[${index}].content must not be empty`],
      [
        role === "user" && content === "",
        `messages[${index}].content must be at least 1 token long`,
      ],
      [
        !silent && typeof content !== "string" && !isArray(content),
        `messages[${index}].content is of no known type`,
      ],
      [
        strange !== undefined,
        `messages[${index}].content: type '${asString(strange?.type)}' is not valid for role '${role}'`,
      ],
      [
        role === "tool" && asString(message.tool_call_id) === undefined,
        `messages[${index}].tool_call_id is required`,
      ],
    ]) ??
    validateCalls(asObjects(calls), index)
  );
}

function validateCalls(calls: readonly JsonObject[], index: number): string | undefined {
  for (const [at, call] of calls.entries()) {
    const called = asObject(call.function);
    const path = `messages[${index}].tool_calls[${at}]`;
    const fault = firstBroken([
      [(asString(call.id) ?? "") === "", `${path}.id is required`],
      [call.type !== "function", `${path}.type must be function`],
      [(asString(called?.name) ?? "") === "", `${path}.function.name is required`],
      [
        asObject(parseJson(asString(called?.arguments) ?? "")) === undefined,
        `${path}.function.arguments must be a valid JSON object`,
      ],
    ]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Calls are answered by the tool messages that follow at once, and those answer nothing else. */
function validateAnswered(messages: readonly JsonObject[], index: number): string | undefined {
  const message = messages[index];
  if (message?.role === "assistant") {
    const calls = asObjects(message.tool_calls).map(({ id }) => asString(id) ?? "");
    const end = messages.findIndex(({ role }, at) => at > index && role !== "tool");
    const answers = messages.slice(index + 1, end < 0 ? undefined : end);
    const answered = answers.map(({ tool_call_id: id }) => asString(id) ?? "");
    const open = calls.filter((id) => !answered.includes(id));
    const stray = answered.find((id) => !calls.includes(id));
    return firstBroken([
      [new Set(calls).size < calls.length, `messages[${index}].tool_calls must have unique ids`],
      [open.length > 0, `tool call id ${open[0]} was not answered by a tool message`],
      [stray !== undefined, `tool message with tool_call_id ${stray} answers no tool call`],
    ]);
  }
  const before = messages[index - 1]?.role;
  const misplaced = message?.role === "tool" && before !== "tool" && before !== "assistant";
  return misplaced ? "a tool message must follow an assistant message with tool calls" : undefined;
}

function validateTools(body: JsonObject): string | undefined {
  const tools = asObjects(body.tools);
  for (const [index, tool] of tools.entries()) {
    const definition = asObject(tool.function) ?? {};
    const parameters = asObject(definition.parameters);
    const fault =
      unknownOf(tool, ["type", "function"]) ??
      unknownOf(definition, ["name", "description", "parameters"]) ??
      firstBroken([
        [tool.type !== "function", `tools[${index}].type must be function`],
        [(asString(definition.name) ?? "") === "", `tools[${index}].function.name is required`],
        [
          parameters?.type !== "object",
          `tools[${index}].function.parameters must be a JSON schema of type object`,
        ],
      ]);
    if (fault !== undefined) return fault;
  }
  const choice: Json | undefined = body.tool_choice;
  return firstBroken([
    [
      isSet(choice) && choice !== "REQUIRED" && choice !== "NONE",
      "tool_choice must be one of REQUIRED, NONE",
    ],
    [isSet(choice) && tools.length === 0, "tool_choice requires tools"],
  ]);
}

/** The rules of https://docs.cohere.com/docs/structured-outputs (2026-11). */
function validateFormat(body: JsonObject): string | undefined {
  const format = asObject(body.response_format);
  if (format === undefined) return undefined;
  const schema = asObject(format.json_schema);
  const asksJson = format.type === "json_object";
  return (
    unknownOf(format, ["type", "json_schema"]) ??
    firstBroken([
      [
        !asksJson && format.type !== "text",
        "response_format.type must be one of text, json_object",
      ],
      [schema !== undefined && !asksJson, "response_format.json_schema requires type json_object"],
      [
        asksJson && asArray(body.tools).length > 0,
        "response_format json_object is not supported with tools",
      ],
      [
        asksJson && asArray(body.documents).length > 0,
        "response_format json_object is not supported with documents",
      ],
      [
        schema !== undefined && schema.type !== "object",
        "the top level of response_format.json_schema must be an object",
      ],
      [
        schema !== undefined && asArray(schema.required).length === 0,
        "objects of a json_schema must have a required field",
      ],
    ])
  );
}
