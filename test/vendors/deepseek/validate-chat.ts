import { asObject, asObjects, asString, isArray, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";

const roles = ["system", "user", "assistant", "tool"];

/**
 * The first fault that DeepSeek finds in a chat, or undefined. Members that it does not know it
 * passes over. See https://api-docs.deepseek.com/api/create-chat-completion (2026-11).
 */
export function validateDeepseekChat(body: JsonObject): OpenAiError | undefined {
  for (const [index, { role, content }] of asObjects(body.messages).entries()) {
    const at = `messages[${index}]`;
    if (!roles.includes(asString(role) ?? "")) {
      const listed = roles.map((each) => `\`${each}\``).join(", ");
      return failed(`${at}.role: unknown variant \`${asString(role)}\`, expected one of ${listed}`);
    }
    const part = isArray(content)
      ? asObjects(content).find(({ type }) => type !== "text")
      : undefined;
    if (part !== undefined)
      return failed(`${at}: unknown variant \`${asString(part.type)}\`, expected \`text\``);
  }
  const type = asString(asObject(body.response_format)?.type);
  return type === "json_schema"
    ? failed("This response_format type is unavailable now")
    : undefined;
}

function failed(why: string): OpenAiError {
  return invalidRequest(`Failed to deserialize the JSON body into the target type: ${why}`);
}
