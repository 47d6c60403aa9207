import { asArray, asObject, asObjects, asString, isSet, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";
import { validateMistralMessages } from "./validate-messages.ts";

/** Request members of https://docs.mistral.ai/api/#operation/chatCompletion (2026-11). */
const members = new Set(
  `model messages temperature top_p max_tokens stream stop random_seed metadata response_format tools tool_choice presence_penalty
  frequency_penalty n prediction parallel_tool_calls prompt_mode reasoning_effort safe_prompt prompt_cache_key guardrails logprobs
  top_logprobs service_tier`.split(/\s+/),
);

const membersOfRole: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content"],
  user: ["role", "content"],
  assistant: ["role", "content", "tool_calls", "prefix"],
  tool: ["role", "content", "tool_call_id", "name"],
};

/** Models whose effort can be set, to `none` or `high`. */
const adjustable = /^mistral-(?:small|medium)-260\d/;

/**
 * The first fault that Mistral finds in a chat, or undefined: members that it does not know at any
 * of three depths, ids of calls that are not nine letters and digits, roles in another order than
 * its own.
 */
export function validateMistralChat(body: JsonObject): OpenAiError | undefined {
  const unknown = Object.keys(body).find((key) => !members.has(key));
  if (unknown !== undefined) return forbidden(`body.${unknown}`);
  const effort = body.reasoning_effort;
  if (isSet(effort) && !adjustable.test(asString(body.model) ?? ""))
    return invalidRequest("reasoning_effort is not supported by this model.", "reasoning_effort");
  if (isSet(effort) && effort !== "none" && effort !== "high")
    return invalidRequest("reasoning_effort must be 'none' or 'high'.", "reasoning_effort");
  const order = validateMistralMessages(body.messages);
  if (order !== undefined) return invalidRequest(order, "messages");
  return validateEach(asObjects(body.messages)) ?? validateTools(asObjects(body.tools));
}

function validateEach(messages: readonly JsonObject[]): OpenAiError | undefined {
  for (const [index, message] of messages.entries()) {
    const at = `body.messages.${index}`;
    const known = membersOfRole[asString(message.role) ?? ""] ?? [];
    const unknown = Object.keys(message).find((key) => !known.includes(key));
    if (unknown !== undefined) return forbidden(`${at}.${unknown}`);
    const ids = asObjects(message.tool_calls).map(({ id }) => id);
    const id = [...ids, message.tool_call_id].find(
      (each) => isSet(each) && !/^[a-zA-Z0-9]{9}$/.test(asString(each) ?? ""),
    );
    if (id !== undefined)
      return invalidRequest(
        `Tool call id was ${asString(id)} but must be a-z, A-Z, 0-9, with a length of 9.`,
      );
    const part = asObjects(message.content).findIndex(
      ({ type }) =>
        !["text", "image_url", "thinking", "document_url", "reference", "input_audio"].includes(
          asString(type) ?? "",
        ),
    );
    if (part >= 0) return forbidden(`${at}.content.${part}.type`);
  }
  return undefined;
}

function validateTools(tools: readonly JsonObject[]): OpenAiError | undefined {
  for (const [index, tool] of tools.entries()) {
    const at = `body.tools.${index}`;
    const definition = asObject(tool.function) ?? {};
    const outer = Object.keys(tool).find((key) => key !== "type" && key !== "function");
    const inner = Object.keys(definition).find(
      (key) => !["name", "description", "parameters", "strict"].includes(key),
    );
    if (outer !== undefined) return forbidden(`${at}.${outer}`);
    if (inner !== undefined) return forbidden(`${at}.function.${inner}`);
    if (asArray(Object.keys(asObject(definition.parameters) ?? {})).length === 0)
      return invalidRequest(`${at}.function.parameters: Field required`);
  }
  return undefined;
}

function forbidden(at: string): OpenAiError {
  return invalidRequest(`${at}: Extra inputs are not permitted`, null, "extra_forbidden");
}
