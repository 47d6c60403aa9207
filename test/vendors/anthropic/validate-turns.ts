import { asObject, asObjects, asString, isArray, type Json, type JsonObject } from "../json-value.ts";
import { redactedThinkingData, thinkingSignature } from "./thinking-signature.ts";
import { blockTypesOfRole, validateBlocks } from "./validate-blocks.ts";

/** The first fault Anthropic would find in the `messages` of a request, or undefined. */
export function validateTurns(body: JsonObject, verifySignatures: boolean): string | undefined {
  if (!isArray(body.messages)) return "messages: Input should be a valid list";
  const messages = body.messages.map((message) => asObject(message) ?? {});
  if (messages.length === 0) return "messages: at least one message is required";
  for (const [index, message] of messages.entries()) {
    const fault = validateMessage(message, index, index === messages.length - 1);
    if (fault !== undefined) return fault;
  }
  if (messages[0]?.role !== "user") return 'messages: first message must use the "user" role';
  return (
    validateToolTurns(messages) ?? validateThinkingBlocks(messages, body, verifySignatures) ?? validatePrefill(messages)
  );
}

function validateMessage(message: JsonObject, index: number, last: boolean): string | undefined {
  const { role, content } = message;
  if (role === undefined) return `messages.${index}.role: Field required`;
  if (role === "system")
    return 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
  if (role !== "user" && role !== "assistant")
    return `messages: Unexpected role "${asString(role)}". Allowed roles are "user" or "assistant".`;
  const unknown = Object.keys(message).find((key) => key !== "role" && key !== "content");
  if (unknown !== undefined) return `messages.${index}.${unknown}: Extra inputs are not permitted`;
  if (content === undefined) return `messages.${index}.content: Field required`;
  if (typeof content !== "string" && !isArray(content))
    return `messages.${index}.content: Input should be a valid list`;
  if (content.length === 0 && !(last && role === "assistant"))
    return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
  if (typeof content === "string")
    return content !== "" && content.trim() === ""
      ? "messages: text content blocks must contain non-whitespace text"
      : undefined;
  return validateBlocks(content, `messages.${index}.content`, blockTypesOfRole[role], "messages", true);
}

/** Every call is answered in the next message, results first; every result answers a call of the message before it. */
function validateToolTurns(messages: readonly JsonObject[]): string | undefined {
  const seen = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const blocks = asObjects(message.content);
    const calls = message.role === "assistant" ? idsOf(blocks, "tool_use", "id") : [];
    if (calls.some((id) => seen.has(id)) || new Set(calls).size !== calls.length)
      return `messages.${index}.content: \`tool_use\` ids must be unique`;
    for (const id of calls) seen.add(id);
    const next = messages[index + 1];
    const answered =
      next === undefined ? [] : idsOf(leadingResults(asObjects(next.content)), "tool_result", "tool_use_id");
    const open = calls.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }
    const before = idsOf(asObjects(messages[index - 1]?.content), "tool_use", "id");
    const stray = blocks.findIndex(
      (block) => block.type === "tool_result" && !before.includes(asString(block.tool_use_id) ?? ""),
    );
    if (stray >= 0) {
      return `messages.${index}.content.${stray}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${asString(blocks[stray]?.tool_use_id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    const results = idsOf(blocks, "tool_result", "tool_use_id");
    const twice = results.find((id, position) => results.indexOf(id) !== position);
    if (twice !== undefined)
      return `messages.${index}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`;
  }
  return undefined;
}

/** The results that come before anything else: only those count as immediately after. */
function leadingResults(blocks: readonly JsonObject[]): readonly JsonObject[] {
  const end = blocks.findIndex((block) => block.type !== "tool_result");
  return end < 0 ? blocks : blocks.slice(0, end);
}

function idsOf(blocks: readonly JsonObject[], type: string, key: string): readonly string[] {
  return blocks.filter((block) => block.type === type).map((block) => asString(block[key]) ?? "");
}

function validateThinkingBlocks(
  messages: readonly JsonObject[],
  body: JsonObject,
  verifySignatures: boolean,
): string | undefined {
  for (const [index, message] of messages.entries()) {
    const forged = verifySignatures ? asObjects(message.content).findIndex(isForged) : -1;
    if (forged < 0) continue;
    const redacted = asObjects(message.content)[forged]?.type === "redacted_thinking";
    return redacted
      ? `messages.${index}.content.${forged}: Invalid \`data\` in \`redacted_thinking\` block`
      : `messages.${index}.content.${forged}: Invalid \`signature\` in \`thinking\` block`;
  }
  if (asObject(body.thinking)?.type !== "enabled") return undefined;
  const turn = messages.findLastIndex((message) => message.role === "assistant");
  const first = asObjects(messages[turn]?.content)[0];
  const continues = asObjects(messages.at(-1)?.content).some((block) => block.type === "tool_result");
  if (!continues || first?.type === "thinking" || first?.type === "redacted_thinking") return undefined;
  return `messages.${turn}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${asString(first?.type) ?? "text"}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`.`;
}

function isForged(block: JsonObject): boolean {
  if (block.type === "redacted_thinking") return block.data !== redactedThinkingData;
  return block.type === "thinking" && block.signature !== thinkingSignature(asString(block.thinking) ?? "");
}

function validatePrefill(messages: readonly JsonObject[]): string | undefined {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return undefined;
  const text: Json | undefined = typeof last.content === "string" ? last.content : asObjects(last.content).at(-1)?.text;
  return typeof text === "string" && /\s$/.test(text)
    ? "messages: final assistant content cannot end with trailing whitespace"
    : undefined;
}
