import { firstBroken } from "../first-broken.ts";
import { asObject, asString, isArray, isSet, type Json, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";
import { thinkingText } from "../plan-answer.ts";
import { encryptedReasoning } from "./encrypted-reasoning.ts";
import { missing, unknownParameter, unsupportedValue, wrongType } from "./responses-error.ts";
import { validateInputContent } from "./validate-input-content.ts";

/**
 * Members of the items that callers send, by type.
 * https://platform.openai.com/docs/api-reference/responses/create (2026-11)
 */
const membersOfItem: Readonly<Record<string, readonly string[]>> = {
  message: ["type", "role", "content", "id", "status", "phase"],
  function_call: ["type", "id", "call_id", "name", "arguments", "status", "namespace"],
  function_call_output: ["type", "id", "call_id", "output", "status"],
  custom_tool_call: ["type", "id", "call_id", "name", "input", "status", "namespace"],
  custom_tool_call_output: ["type", "id", "call_id", "output", "status"],
  reasoning: ["type", "id", "summary", "content", "encrypted_content", "status"],
  item_reference: ["type", "id"],
  web_search_call: ["type", "id", "status", "action"],
};

const idPrefixes: Readonly<Record<string, string>> = {
  message: "msg",
  function_call: "fc",
  reasoning: "rs",
};

/** The first fault in `input`: of an item by itself, or of the items together. */
export function validateInput(body: JsonObject): OpenAiError | undefined {
  const { input } = body;
  if (typeof input === "string" || (!isSet(input) && isSet(body.previous_response_id)))
    return undefined;
  if (!isSet(input)) return missing("input");
  if (!isArray(input)) return wrongType("input", "one of a string or array of input items");
  const items = input.map((item) => asObject(item) ?? {});
  for (const [index, item] of items.entries()) {
    const fault = validateItem(item, `input[${index}]`);
    if (fault !== undefined) return fault;
  }
  return (
    validateCalls(items, isSet(body.previous_response_id)) ??
    validateReasoningItems(items, body.store === false)
  );
}

/** The type of an item; a role alone makes it a message. */
export function typeOfItem(item: JsonObject): string | undefined {
  return asString(item.type) ?? (item.role === undefined ? undefined : "message");
}

function validateItem(item: JsonObject, at: string): OpenAiError | undefined {
  const type = typeOfItem(item);
  if (type === undefined) return missing(`${at}.type`);
  const known = membersOfItem[type];
  if (known === undefined) return unsupportedValue(at, type, Object.keys(membersOfItem));
  const unknown = Object.keys(item).find((key) => !known.includes(key));
  if (unknown !== undefined) return unknownParameter(`${at}.${unknown}`);
  return validateId(item, type, at) ?? validateOfType(item, type, at);
}

function validateId(item: JsonObject, type: string, at: string): OpenAiError | undefined {
  const prefix = idPrefixes[type];
  const id = asString(item.id);
  if (prefix === undefined || id === undefined || id.startsWith(`${prefix}_`)) return undefined;
  return invalidRequest(
    `Invalid '${at}.id': '${id}'. Expected an ID that begins with '${prefix}'.`,
    `${at}.id`,
    "invalid_value",
  );
}

function validateOfType(item: JsonObject, type: string, at: string): OpenAiError | undefined {
  switch (type) {
    case "message":
      return validateMessage(item, at);
    case "function_call":
      return (
        firstMissing(item, ["call_id", "name", "arguments"], at) ??
        validateCallId(item.call_id, at) ??
        (typeof item.arguments === "string" ? undefined : wrongType(`${at}.arguments`, "a string"))
      );
    case "custom_tool_call":
      return (
        firstMissing(item, ["call_id", "name", "input"], at) ?? validateCallId(item.call_id, at)
      );
    case "function_call_output":
    case "custom_tool_call_output":
      return (
        firstMissing(item, ["call_id", "output"], at) ??
        validateCallId(item.call_id, at) ??
        (isArray(item.output)
          ? validateInputContent(item.output, "user", `${at}.output`)
          : undefined)
      );
    case "reasoning":
      return isArray(item.summary) ? undefined : missing(`${at}.summary`);
    default:
      return undefined;
  }
}

const roles = ["assistant", "system", "developer", "user"];

function validateMessage(item: JsonObject, at: string): OpenAiError | undefined {
  const role = asString(item.role);
  if (role === undefined) return missing(`${at}.role`);
  if (!roles.includes(role)) return unsupportedValue(`${at}.role`, role, roles);
  if (typeof item.content === "string") return undefined;
  if (!isArray(item.content))
    return isSet(item.content) ? wrongType(`${at}.content`, "an array") : missing(`${at}.content`);
  return validateInputContent(item.content, role, `${at}.content`);
}

function firstMissing(
  item: JsonObject,
  names: readonly string[],
  at: string,
): OpenAiError | undefined {
  const name = names.find((each) => !isSet(item[each]));
  return name === undefined ? undefined : missing(`${at}.${name}`);
}

function validateCallId(sent: Json | undefined, at: string): OpenAiError | undefined {
  const id = asString(sent) ?? "";
  return firstBroken([
    [
      id === "",
      invalidRequest(
        `Invalid '${at}.call_id': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
        `${at}.call_id`,
        "empty_string",
      ),
    ],
    [
      id.length > 64,
      invalidRequest(
        `Invalid '${at}.call_id': string too long. Expected a string with maximum length 64, but got a string with length ${id.length} instead.`,
        `${at}.call_id`,
        "string_above_max_length",
      ),
    ],
  ]);
}

/** Every call has its output and every output its call, which an earlier response may hold. */
function validateCalls(items: readonly JsonObject[], continues: boolean): OpenAiError | undefined {
  for (const [call, output] of [
    ["function_call", "function_call_output"],
    ["custom_tool_call", "custom_tool_call_output"],
  ] as const) {
    const called = idsOf(items, call);
    const answered = idsOf(items, output);
    const open = called.find((id) => !answered.includes(id));
    const stray = continues ? undefined : answered.find((id) => !called.includes(id));
    if (open !== undefined)
      return invalidRequest(`No tool output found for function call ${open}.`, "input");
    if (stray !== undefined)
      return invalidRequest(
        `No tool call found for function call output with call_id ${stray}.`,
        "input",
      );
  }
  return undefined;
}

function idsOf(items: readonly JsonObject[], type: string): readonly string[] {
  return items
    .filter((item) => typeOfItem(item) === type)
    .map((item) => asString(item.call_id) ?? "");
}

/** Reasoning is the vendor's own, unchanged, and what it led to comes right after it. */
function validateReasoningItems(
  items: readonly JsonObject[],
  stateless: boolean,
): OpenAiError | undefined {
  for (const [index, item] of items.entries()) {
    if (item.type !== "reasoning") continue;
    const id = asString(item.id) ?? "";
    const encrypted = asString(item.encrypted_content);
    const next = items[index + 1];
    const alone =
      next === undefined || (typeOfItem(next) === "message" && next.role !== "assistant");
    const fault = firstBroken([
      [
        encrypted !== undefined && encrypted !== encryptedReasoning(thinkingText),
        invalidRequest(
          `The encrypted content ${encrypted?.slice(0, 4)}...${encrypted?.slice(-4)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
          null,
          "invalid_encrypted_content",
        ),
      ],
      [
        encrypted === undefined && (stateless || !/^rs_sim\d+$/.test(id)),
        invalidRequest(
          `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
          "input",
        ),
      ],
      [
        alone,
        invalidRequest(
          `Item '${id}' of type 'reasoning' was provided without its required following item.`,
          "input",
        ),
      ],
    ]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
