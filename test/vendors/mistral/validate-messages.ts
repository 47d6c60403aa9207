import { asArray, asObjects, asString, type Json, type JsonObject } from "../json-value.ts";

const behind: Readonly<Record<string, readonly string[]>> = {
  "": ["system", "user", "assistant"],
  system: ["system", "user", "assistant"],
  user: ["system", "user", "assistant"],
  assistant: ["assistant", "user", "tool"],
  tool: ["assistant", "tool"],
};

/**
 * The first fault that Mistral finds in a conversation, or undefined: which role may follow which,
 * answers that say something, and a mark on an answer that is to be gone on with. The order is that
 * of https://github.com/mistralai/mistral-common (2026-11).
 */
export function validateMistralMessages(sent: Json | undefined): string | undefined {
  const messages = asObjects(sent);
  let last = "";
  for (const message of messages) {
    const role = asString(message.role) ?? "";
    if (behind[last]?.includes(role) !== true)
      return `Unexpected role '${role}' after role '${last}'`;
    if (role === "assistant" && isEmpty(message))
      return "Assistant message must have either content or tool_calls.";
    last = role;
  }
  const end = messages.at(-1);
  const marked = end?.prefix === true || asArray(end?.tool_calls).length > 0;
  return last === "assistant" && !marked
    ? "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
    : undefined;
}

function isEmpty({ content, tool_calls: calls }: JsonObject): boolean {
  const silent = content === undefined || content === null || content === "";
  return silent && asArray(calls).length === 0;
}
