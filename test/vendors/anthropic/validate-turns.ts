import { firstBroken } from "../first-broken.ts";
import {
  asArray,
  asObject,
  asObjects,
  asString,
  isArray,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import { redactedThinkingData, thinkingSignature } from "./thinking-signature.ts";
import { blockTypesOfRole, validateBlocks } from "./validate-blocks.ts";
import type { ApiVersion, Judgement } from "./validate-messages.ts";

/** The first fault Anthropic would find in the `messages` of a request, or undefined. */
export function validateTurns(body: JsonObject, judgement: Judgement): string | undefined {
  if (!isArray(body.messages)) return "messages: Input should be a valid list";
  const messages = body.messages.map((message) => asObject(message) ?? {});
  if (messages.length === 0) return "messages: at least one message is required";
  const { version } = judgement;
  // Messages of role `system` between turns: by Opus 4.8 and later.
  const systemTaken = /claude-opus-4-8/.test(asString(body.model) ?? "");
  for (const [index, message] of messages.entries()) {
    const last = index === messages.length - 1;
    const fault = validateMessage(message, index, { last, systemTaken, version });
    if (fault !== undefined) return fault;
  }
  if (messages[0]?.role !== "user") return 'messages: first message must use the "user" role';
  return (
    validateToolTurns(messages) ??
    validateThinkingBlocks(messages, body, judgement.verifySignatures) ??
    validatePrefill(messages)
  );
}

interface MessageRules {
  /** It is the last message. */
  readonly last: boolean;
  readonly systemTaken: boolean;
  readonly version: ApiVersion;
}

function validateMessage(
  message: JsonObject,
  index: number,
  { last, systemTaken, version }: MessageRules,
): string | undefined {
  const { role, content } = message;
  const roles: readonly (Json | undefined)[] = [
    "user",
    "assistant",
    ...(systemTaken ? ["system"] : []),
  ];
  if (!roles.includes(role)) return roleFault(role, index);
  const unknown = Object.keys(message).find((key) => key !== "role" && key !== "content");
  if (unknown !== undefined) return `messages.${index}.${unknown}: Extra inputs are not permitted`;
  if (content === undefined) return `messages.${index}.content: Field required`;
  if (content === "" || (isArray(content) && content.length === 0)) {
    if (last && role === "assistant") return undefined;
    return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
  }
  if (isArray(content)) {
    const owner = role === "assistant" ? role : "user";
    return validateContent(content, owner, `messages.${index}.content`, version);
  }
  if (typeof content !== "string") return `messages.${index}.content: Input should be a valid list`;
  return content.trim() === ""
    ? "messages: text content blocks must contain non-whitespace text"
    : undefined;
}

function validateContent(
  content: readonly Json[],
  role: "user" | "assistant",
  at: string,
  version: ApiVersion,
): string | undefined {
  const documents = role === "assistant" && version === "2023-06-01" ? ["document"] : [];
  const cited = content.findIndex((block) => asArray(asObject(block)?.citations).length > 0);
  if (role === "user" && version === "2026-10-21" && cited >= 0) {
    return `${at}.${cited}.text.citations: citations are not permitted on text blocks in user messages`;
  }
  return validateBlocks(content, at, [...blockTypesOfRole[role], ...documents], "messages", true);
}

function roleFault(role: Json | undefined, index: number): string {
  if (role === undefined) return `messages.${index}.role: Field required`;
  return role === "system"
    ? 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.'
    : `messages: Unexpected role "${asString(role)}". Allowed roles are "user" or "assistant".`;
}

/**
 * Every call is answered in the next message, results first; every result answers a call of the
 * message before it.
 */
function validateToolTurns(messages: readonly JsonObject[]): string | undefined {
  const seen = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const calls = callsOf(message);
    const repeated = calls.some((id, position) => seen.has(id) || calls.indexOf(id) !== position);
    if (repeated) return `messages.${index}.content: \`tool_use\` ids must be unique`;
    for (const id of calls) seen.add(id);
    const fault =
      validateAnswered(calls, messages[index + 1], index) ??
      validateResults(message, callsOf(messages[index - 1]), index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function callsOf(message: JsonObject | undefined): readonly string[] {
  return idsOf(asObjects(message?.content), "tool_use", "id");
}

function validateAnswered(
  calls: readonly string[],
  next: JsonObject | undefined,
  index: number,
): string | undefined {
  const answered = idsOf(leadingResults(asObjects(next?.content)), "tool_result", "tool_use_id");
  const open = calls.filter((id) => !answered.includes(id));
  if (open.length === 0) return undefined;
  return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}

function validateResults(
  message: JsonObject,
  calls: readonly string[],
  index: number,
): string | undefined {
  const blocks = asObjects(message.content);
  const stray = blocks.findIndex(
    (block) => block.type === "tool_result" && !calls.includes(asString(block.tool_use_id) ?? ""),
  );
  const results = idsOf(blocks, "tool_result", "tool_use_id");
  const twice = results.find((id, position) => results.indexOf(id) !== position);
  return firstBroken([
    [
      stray >= 0,
      `messages.${index}.content.${stray}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${asString(blocks[stray]?.tool_use_id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    ],
    [
      twice !== undefined,
      `messages.${index}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
    ],
  ]);
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
  const continues = asObjects(messages.at(-1)?.content).some(
    (block) => block.type === "tool_result",
  );
  if (!continues || first?.type === "thinking" || first?.type === "redacted_thinking")
    return undefined;
  return `messages.${turn}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${asString(first?.type) ?? "text"}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`.`;
}

function isForged(block: JsonObject): boolean {
  if (block.type === "redacted_thinking") return block.data !== redactedThinkingData;
  return (
    block.type === "thinking" &&
    block.signature !== thinkingSignature(asString(block.thinking) ?? "")
  );
}

function validatePrefill(messages: readonly JsonObject[]): string | undefined {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return undefined;
  const text: Json | undefined =
    typeof last.content === "string" ? last.content : asObjects(last.content).at(-1)?.text;
  return typeof text === "string" && /\s$/.test(text)
    ? "messages: final assistant content cannot end with trailing whitespace"
    : undefined;
}
