import {
  asArray,
  asObject,
  asString,
  isArray,
  isSet,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";

const roles = ["system", "assistant", "user", "function", "tool", "developer"];

/** Members per role; `reasoning_content` is what reasoning models behind this API take back. */
const membersOfRole: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content", "name"],
  developer: ["role", "content", "name"],
  user: ["role", "content", "name"],
  assistant: [
    "role",
    "content",
    "name",
    "refusal",
    "tool_calls",
    "function_call",
    "audio",
    "annotations",
    "reasoning_content",
  ],
  tool: ["role", "content", "tool_call_id"],
  function: ["role", "content", "name"],
};

const membersOfPart: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "prompt_cache_breakpoint"],
  image_url: ["type", "image_url", "prompt_cache_breakpoint"],
  input_audio: ["type", "input_audio", "prompt_cache_breakpoint"],
  file: ["type", "file", "prompt_cache_breakpoint"],
  refusal: ["type", "refusal"],
};

const partsOfRole: Readonly<Record<string, readonly string[]>> = {
  user: ["text", "image_url", "input_audio", "file"],
  assistant: ["text", "refusal"],
};

/**
 * The first fault OpenAI would find in `messages`, or undefined. `lenient` accepts unknown members.
 */
export function validateChatMessages(
  messages: Json | undefined,
  lenient: boolean,
): OpenAiError | undefined {
  if (!isSet(messages))
    return invalidRequest(
      "Missing required parameter: 'messages'.",
      "messages",
      "missing_required_parameter",
    );
  if (!isArray(messages))
    return invalidRequest(
      "Invalid type for 'messages': expected an array of objects, but got something else instead.",
      "messages",
      "invalid_type",
    );
  if (messages.length === 0) {
    return invalidRequest(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "messages",
      "empty_array",
    );
  }
  for (const [index, message] of messages.entries()) {
    const fault = validateMessage(asObject(message) ?? {}, `messages[${index}]`, lenient);
    if (fault !== undefined) return fault;
  }
  return validateToolTurns(messages.map((message) => asObject(message) ?? {}));
}

function validateMessage(
  message: JsonObject,
  at: string,
  lenient: boolean,
): OpenAiError | undefined {
  const role = asString(message.role);
  if (role === undefined)
    return invalidRequest(
      `Missing required parameter: '${at}.role'.`,
      `${at}.role`,
      "missing_required_parameter",
    );
  const members = membersOfRole[role];
  if (members === undefined) {
    const listed = roles.map((each) => `'${each}'`);
    return invalidRequest(
      `Invalid value: '${role}'. Supported values are: ${listed.slice(0, -1).join(", ")}, and ${listed.at(-1)}.`,
      `${at}.role`,
      "invalid_value",
    );
  }
  const unknown = lenient ? undefined : Object.keys(message).find((key) => !members.includes(key));
  if (unknown !== undefined) return unknownParameter(`${at}.${unknown}`);
  if (role === "tool" && asString(message.tool_call_id) === undefined) {
    return invalidRequest(
      `Missing parameter '${at.replace("[", ".[")}.tool_call_id'.`,
      `${at}.tool_call_id`,
      "missing_required_parameter",
    );
  }
  return validateContent(message, role, at, lenient) ?? validateToolCalls(message, at);
}

function validateContent(
  message: JsonObject,
  role: string,
  at: string,
  lenient: boolean,
): OpenAiError | undefined {
  const { content } = message;
  if (typeof content === "string") return undefined;
  if (!isSet(content)) {
    const optional =
      role === "assistant" &&
      (isSet(message.tool_calls) ||
        isSet(message.function_call) ||
        isSet(message.refusal) ||
        isSet(message.audio));
    return optional
      ? undefined
      : invalidRequest(
          "Invalid value for 'content': expected a string, got null.",
          `${at.replace("[", ".[")}.content`,
        );
  }
  if (!isArray(content))
    return invalidRequest(
      `Invalid type for '${at}.content': expected one of a string or array of objects, but got an object instead.`,
      `${at}.content`,
      "invalid_type",
    );
  if (content.length === 0)
    return invalidRequest(
      `Invalid '${at}.content': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `${at}.content`,
      "empty_array",
    );
  for (const [index, part] of content.entries()) {
    const fault = validatePart(
      asObject(part) ?? {},
      partsOfRole[role] ?? ["text"],
      `${at}.content[${index}]`,
      lenient,
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validatePart(
  part: JsonObject,
  allowed: readonly string[],
  at: string,
  lenient: boolean,
): OpenAiError | undefined {
  const type = asString(part.type);
  if (type === undefined)
    return invalidRequest(
      `Missing required parameter: '${at}.type'.`,
      `${at}.type`,
      "missing_required_parameter",
    );
  if (!allowed.includes(type)) {
    return invalidRequest(
      `Invalid value: '${type}'. Supported values are: ${allowed.map((each) => `'${each}'`).join(", ")}.`,
      at,
      "invalid_value",
    );
  }
  const unknown = lenient
    ? undefined
    : Object.keys(part).find((key) => !membersOfPart[type]?.includes(key));
  if (unknown !== undefined) return unknownParameter(`${at}.${unknown}`);
  if (type === "text" && asString(part.text) === undefined)
    return invalidRequest(
      `Missing required parameter: '${at}.text'.`,
      `${at}.text`,
      "missing_required_parameter",
    );
  if (type === "image_url") return validateImage(part, at);
  if (type === "input_audio") {
    const format = asString(asObject(part.input_audio)?.format) ?? "";
    return ["wav", "mp3"].includes(format)
      ? undefined
      : invalidRequest(
          `Invalid value: '${format}'. Supported values are: 'wav' and 'mp3'.`,
          `${at}.input_audio.format`,
          "invalid_value",
        );
  }
  const file = asObject(part.file);
  if (type === "file" && file?.file_data === undefined && file?.file_id === undefined) {
    return invalidRequest(
      `Missing required parameter: '${at}.file.file_id'.`,
      `${at}.file.file_id`,
      "missing_required_parameter",
    );
  }
  return undefined;
}

function validateImage(part: JsonObject, at: string): OpenAiError | undefined {
  const image = asObject(part.image_url);
  if (image === undefined)
    return invalidRequest(
      `Invalid type for '${at}.image_url': expected an object, but got a string instead.`,
      `${at}.image_url`,
      "invalid_type",
    );
  const url = asString(image.url);
  if (url === undefined)
    return invalidRequest(
      `Missing required parameter: '${at}.image_url.url'.`,
      `${at}.image_url.url`,
      "missing_required_parameter",
    );
  if (!/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$)/.test(url)) {
    return invalidRequest(
      `Invalid '${at}.image_url.url'. Expected a valid URL, but got a value with an invalid format.`,
      `${at}.image_url.url`,
      "invalid_value",
    );
  }
  const detail = image.detail;
  if (!isSet(detail) || ["auto", "low", "high"].includes(asString(detail) ?? "")) return undefined;
  return invalidRequest(
    `Invalid value: '${asString(detail)}'. Supported values are: 'low', 'high', and 'auto'.`,
    `${at}.image_url.detail`,
    "invalid_value",
  );
}

function validateToolCalls(message: JsonObject, at: string): OpenAiError | undefined {
  if (!isSet(message.tool_calls)) return undefined;
  const calls = asArray(message.tool_calls);
  if (calls.length === 0)
    return invalidRequest(
      `Invalid '${at}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `${at}.tool_calls`,
      "empty_array",
    );
  for (const [index, each] of calls.entries()) {
    const call = asObject(each) ?? {};
    const where = `${at}.tool_calls[${index}]`;
    const absent = ["id", "type"].find((key) => asString(call[key]) === undefined);
    if (absent !== undefined)
      return invalidRequest(
        `Missing required parameter: '${where}.${absent}'.`,
        `${where}.${absent}`,
        "missing_required_parameter",
      );
    const definition = asObject(call.function);
    if (call.type === "function" && typeof definition?.arguments !== "string") {
      return invalidRequest(
        `Invalid type for '${where}.function.arguments': expected a string, but got an object instead.`,
        `${where}.function.arguments`,
        "invalid_type",
      );
    }
  }
  return undefined;
}

/**
 * Each call must be answered by the tool messages right after it, and a tool message must answer a
 * call.
 */
function validateToolTurns(messages: readonly JsonObject[]): OpenAiError | undefined {
  let open: string[] = [];
  let answerable: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      const id = asString(message.tool_call_id) ?? "";
      if (!answerable.includes(id)) {
        return invalidRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      open = open.filter((each) => each !== id);
      continue;
    }
    if (open.length > 0) return unanswered(open, index);
    open = asArray(message.tool_calls).map((call) => asString(asObject(call)?.id) ?? "");
    answerable = [...open];
  }
  return open.length > 0 ? unanswered(open, messages.length) : undefined;
}

function unanswered(ids: readonly string[], index: number): OpenAiError {
  return invalidRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`,
    `messages.[${index}].role`,
  );
}

function unknownParameter(path: string): OpenAiError {
  return invalidRequest(`Unknown parameter: '${path}'.`, path, "unknown_parameter");
}
