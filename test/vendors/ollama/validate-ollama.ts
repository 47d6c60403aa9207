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
} from "../json-value.ts";

const chatMembers = [
  ...[
    "model",
    "messages",
    "stream",
    "format",
    "keep_alive",
    "tools",
    "options",
    "think",
    "truncate",
    "shift",
  ],
  ...["logprobs", "top_logprobs"],
];

/**
 * The first fault Ollama finds in a chat, or undefined. The server passes over members that it does
 * not know; here they are faults, for whoever sends one has lost it.
 * https://docs.ollama.com/api/chat (2026-11)
 */
export function validateChat(body: JsonObject): string | undefined {
  const { think, format } = body;
  return (
    unknownOf(body, chatMembers, "ChatRequest") ??
    firstBroken([
      [(asString(body.model) ?? "") === "", "model is required"],
      [!isArray(body.messages), mismatch(body.messages, "ChatRequest.messages", "[]api.Message")],
      [
        isSet(body.stream) && typeof body.stream !== "boolean",
        mismatch(body.stream, "ChatRequest.stream", "bool"),
      ],
      [
        isSet(think) &&
          typeof think !== "boolean" &&
          !["low", "medium", "high", "max"].includes(asString(think) ?? ""),
        `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`,
      ],
      [
        isSet(format) && format !== "" && format !== "json" && asObject(format) === undefined,
        `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`,
      ],
    ]) ??
    validateMessages(asArray(body.messages)) ??
    validateTools(asArray(body.tools)) ??
    validateOptions(asObject(body.options) ?? {})
  );
}

function unknownOf(object: JsonObject, known: readonly string[], type: string): string | undefined {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  return unknown === undefined ? undefined : `json: unknown field "${unknown}" in ${type}`;
}

/** What Go's decoder says of a value of another type. */
function mismatch(value: Json | undefined, field: string, type: string): string {
  const kind = isArray(value)
    ? "array"
    : value === undefined || value === null
      ? "null"
      : typeof value;
  return `json: cannot unmarshal ${kind} into Go struct field ${field} of type ${type}`;
}

const messageMembers = [
  "role",
  "content",
  "thinking",
  "images",
  "tool_calls",
  "tool_name",
  "tool_call_id",
];

function validateMessages(messages: readonly Json[]): string | undefined {
  for (const each of messages) {
    const message = asObject(each) ?? {};
    const { role, content, images } = message;
    const fault =
      unknownOf(message, messageMembers, "Message") ??
      firstBroken([
        [
          !["system", "user", "assistant", "tool"].includes(asString(role) ?? ""),
          `invalid role: "${asString(role) ?? ""}", role must be one of ["system", "user", "assistant", "tool"]`,
        ],
        [
          isSet(content) && typeof content !== "string",
          mismatch(content, "Message.messages.content", "string"),
        ],
        [isSet(images) && !asArray(images).every(isBase64), "illegal base64 data at input byte 0"],
        [role !== "tool" && isSet(message.tool_name), "tool_name is for messages of role tool"],
      ]) ??
      validateCalls(asObjects(message.tool_calls));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isBase64(image: Json): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(asString(image) ?? "");
}

/** Arguments are an object, and no text of JSON as elsewhere. */
function validateCalls(calls: readonly JsonObject[]): string | undefined {
  for (const call of calls) {
    const called = asObject(call.function) ?? {};
    const { arguments: input } = called;
    const fault =
      unknownOf(call, ["id", "type", "function"], "ToolCall") ??
      unknownOf(called, ["index", "name", "arguments"], "ToolCallFunction") ??
      firstBroken([
        [(asString(called.name) ?? "") === "", "a tool call has no name"],
        [
          asObject(input) === undefined,
          mismatch(
            input,
            "ToolCallFunction.messages.tool_calls.function.arguments",
            "api.ToolCallFunctionArguments",
          ),
        ],
      ]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validateTools(tools: readonly Json[]): string | undefined {
  for (const each of tools) {
    const tool = asObject(each) ?? {};
    const definition = asObject(tool.function) ?? {};
    const fault = firstBroken([
      [tool.type !== "function", "a tool is no function"],
      [(asString(definition.name) ?? "") === "", "a tool has no name"],
      [
        asObject(definition.parameters)?.type !== "object",
        mismatch(
          definition.parameters,
          "ToolFunction.tools.function.parameters",
          "api.ToolFunctionParameters",
        ),
      ],
    ]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const numbers = [
  ...[
    "num_keep",
    "seed",
    "num_predict",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repeat_last_n",
    "temperature",
  ],
  ...[
    "repeat_penalty",
    "presence_penalty",
    "frequency_penalty",
    "num_ctx",
    "num_batch",
    "num_gpu",
    "main_gpu",
  ],
  "num_thread",
];

function validateOptions(options: JsonObject): string | undefined {
  const wrong = numbers.find(
    (name) => isSet(options[name]) && asNumber(options[name]) === undefined,
  );
  const stops = options.stop;
  return (
    unknownOf(options, [...numbers, "stop", "use_mmap"], "Options") ??
    firstBroken([
      [wrong !== undefined, `option "${wrong}" must be of type number`],
      [isSet(stops) && !isArray(stops), 'option "stop" must be of type array'],
    ])
  );
}

/**
 * The first fault Ollama finds in a request for vectors. https://docs.ollama.com/api/embed
 * (2026-11)
 */
export function validateEmbed(body: JsonObject): string | undefined {
  const { input } = body;
  const texts = typeof input === "string" ? [input] : asArray(input);
  return (
    unknownOf(
      body,
      ["model", "input", "truncate", "dimensions", "keep_alive", "options"],
      "EmbedRequest",
    ) ??
    firstBroken([
      [(asString(body.model) ?? "") === "", "model is required"],
      [!isSet(input) || texts.some((text) => typeof text !== "string"), "invalid input type"],
    ]) ??
    validateOptions(asObject(body.options) ?? {})
  );
}
