import { thinkingSignature } from "../anthropic/thinking-signature.ts";
import { firstBroken } from "../first-broken.ts";
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isSet,
  type JsonObject,
  parseJson,
} from "../json-value.ts";
import { validateBlocks } from "./validate-blocks.ts";

const members = [
  ...[
    "messages",
    "system",
    "inferenceConfig",
    "toolConfig",
    "additionalModelRequestFields",
    "outputConfig",
  ],
  ...[
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "performanceConfig",
    "promptVariables",
  ],
  ...["requestMetadata", "serviceTier"],
];

/**
 * The first fault Bedrock finds in the body of Converse or ConverseStream, or undefined. AWS passes
 * over members that it does not know; here they are faults, for whoever sends one has lost it. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (2026-11).
 */
export function validateConverse(body: JsonObject): string | undefined {
  return (
    unknownOf(body, members, "") ??
    validateInference(body) ??
    validateSystem(body) ??
    validateTurns(body) ??
    validateToolConfig(body) ??
    validateThinking(body) ??
    validateFormat(body)
  );
}

/** The fault of the first member that the vendor does not have. */
export function unknownOf(
  object: JsonObject,
  known: readonly string[],
  at: string,
): string | undefined {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  return unknown === undefined
    ? undefined
    : `extraneous key [${unknown}] is not permitted at ${at === "" ? "#" : at}`;
}

function validateInference(body: JsonObject): string | undefined {
  const config = asObject(body.inferenceConfig) ?? {};
  const { maxTokens, temperature, topP, stopSequences } = config;
  const outside = (value: unknown): boolean =>
    isSet(asNumber(value as never)) && !within(Number(value));
  return (
    unknownOf(config, ["maxTokens", "temperature", "topP", "stopSequences"], "inferenceConfig") ??
    firstBroken([
      [
        maxTokens !== undefined && !Number.isInteger(maxTokens),
        "inferenceConfig.maxTokens must be an integer",
      ],
      [
        (asNumber(maxTokens) ?? 1) < 1,
        `1 validation error detected: Value '${asNumber(maxTokens)}' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1`,
      ],
      [
        outside(temperature),
        constraint("inferenceConfig.temperature", temperature, "value less than or equal to 1"),
      ],
      [outside(topP), constraint("inferenceConfig.topP", topP, "value less than or equal to 1")],
      [
        asArray(stopSequences).some((text) => typeof text !== "string" || text === ""),
        constraint("inferenceConfig.stopSequences", "", "length greater than or equal to 1"),
      ],
    ])
  );
}

function within(value: number): boolean {
  return value >= 0 && value <= 1;
}

function constraint(at: string, value: unknown, rule: string): string {
  return `1 validation error detected: Value '${String(value)}' at '${at}' failed to satisfy constraint: Member must have ${rule}`;
}

function validateSystem(body: JsonObject): string | undefined {
  for (const [index, block] of asObjects(body.system).entries()) {
    const fault = firstBroken([
      [
        Object.keys(block).length !== 1,
        `The system block at system.${index} must set exactly one member.`,
      ],
      [
        typeof block.text === "string" && block.text.trim() === "",
        `The text field in the SystemContentBlock object at system.${index} is blank. Add text to the text field, and try again.`,
      ],
    ]);
    const unknown = unknownOf(block, ["text", "guardContent", "cachePoint"], `system.${index}`);
    if (fault ?? unknown) return fault ?? unknown;
  }
  return undefined;
}

function validateTurns(body: JsonObject): string | undefined {
  const messages = asObjects(body.messages);
  const [first] = messages;
  if (first?.role !== "user") {
    return "A conversation must start with a user message. Try again with a conversation that starts with a user message.";
  }
  for (const [index, message] of messages.entries()) {
    const { role, content } = message;
    const fault = firstBroken([
      [
        role !== "user" && role !== "assistant",
        `1 validation error detected: Value '${asString(role)}' at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`,
      ],
      [
        role === messages[index - 1]?.role,
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
      ],
      [
        asArray(content).length === 0,
        `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
      ],
    ]);
    const deeper =
      unknownOf(message, ["role", "content"], `messages.${index}`) ??
      validateBlocks(
        asObjects(content),
        `messages.${index}.content`,
        role === "user" ? "user" : "assistant",
      );
    if (fault ?? deeper) return fault ?? deeper;
  }
  return validatePairs(messages, body);
}

/**
 * Calls are answered, each once, in the turn that follows, and nothing is answered that was not
 * called.
 */
function validatePairs(messages: readonly JsonObject[], body: JsonObject): string | undefined {
  const blocks = messages.flatMap(({ content }) => asObjects(content));
  const usesTools = blocks.some(
    ({ toolUse, toolResult }) => toolUse !== undefined || toolResult !== undefined,
  );
  if (usesTools && asArray(asObject(body.toolConfig)?.tools).length === 0) {
    return "The toolConfig field must be defined when using toolUse and toolResult content blocks.";
  }
  for (const [index, message] of messages.entries()) {
    const calls = idsOf(message, "toolUse");
    const answered = idsOf(messages[index + 1], "toolResult");
    const results = idsOf(message, "toolResult");
    const open = calls.filter((id) => !answered.includes(id));
    const called = idsOf(messages[index - 1], "toolUse");
    const fault = firstBroken([
      [
        hasTwins(calls),
        `The toolUse blocks at messages.${index}.content contain duplicate Ids: ${twinOf(calls)}`,
      ],
      [
        hasTwins(results),
        `The toolResult blocks at messages.${index}.content contain duplicate Ids: ${twinOf(results)}`,
      ],
      [
        results.length > called.length,
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      ],
      [
        open.length > 0,
        `Expected toolResult blocks at messages.${index + 1}.content for the following Ids: ${open.join(", ")}`,
      ],
      [
        results.some((id) => !called.includes(id)),
        `Unexpected toolResult blocks at messages.${index}.content for the following Ids: ${results.join(", ")}`,
      ],
    ]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function idsOf(message: JsonObject | undefined, kind: "toolUse" | "toolResult"): readonly string[] {
  return asObjects(message?.content).flatMap(
    (block) => asString(asObject(block[kind])?.toolUseId) ?? [],
  );
}

function hasTwins(ids: readonly string[]): boolean {
  return new Set(ids).size < ids.length;
}

function twinOf(ids: readonly string[]): string {
  return ids.find((id, index) => ids.indexOf(id) !== index) ?? "";
}

function validateToolConfig(body: JsonObject): string | undefined {
  if (body.toolConfig === undefined) return undefined;
  const config = asObject(body.toolConfig) ?? {};
  const tools = asObjects(config.tools);
  if (tools.length === 0)
    return constraint("toolConfig.tools", "[]", "length greater than or equal to 1");
  for (const [index, tool] of tools.entries()) {
    const fault = validateTool(tool, `toolConfig.tools.${index}`);
    if (fault !== undefined) return fault;
  }
  const names = tools.flatMap((tool) => asString(asObject(tool.toolSpec)?.name) ?? []);
  const choice: JsonObject = asObject(config.toolChoice) ?? { auto: {} };
  const forced = asString(asObject(choice.tool)?.name);
  return (
    unknownOf(config, ["tools", "toolChoice"], "toolConfig") ??
    unknownOf(choice, ["auto", "any", "tool"], "toolConfig.toolChoice") ??
    firstBroken([
      [hasTwins(names), `The toolConfig contains duplicate tool names: ${twinOf(names)}`],
      [
        forced !== undefined && !names.includes(forced),
        `The value at toolConfig.toolChoice.tool.name is ${forced}, which is no name of a tool.`,
      ],
    ])
  );
}

function validateTool(tool: JsonObject, at: string): string | undefined {
  const unknown = unknownOf(tool, ["toolSpec", "cachePoint", "systemTool"], at);
  const spec = asObject(tool.toolSpec);
  if (unknown !== undefined || spec === undefined) return unknown;
  const schema = asObject(asObject(spec.inputSchema)?.json);
  const name = asString(spec.name) ?? "";
  return (
    unknownOf(spec, ["name", "description", "inputSchema", "strict"], `${at}.toolSpec`) ??
    firstBroken([
      [
        !/^[a-zA-Z0-9_-]{1,64}$/.test(name),
        `1 validation error detected: Value '${name}' at '${at}.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`,
      ],
      [
        spec.description === "",
        constraint(`${at}.toolSpec.description`, "", "length greater than or equal to 1"),
      ],
      [
        schema?.type !== "object",
        `The value at ${at}.toolSpec.inputSchema.json.type must be one of the following: object.`,
      ],
    ])
  );
}

/**
 * The rules of
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
 * (2026-11).
 */
function validateThinking(body: JsonObject): string | undefined {
  const thinking = asObject(asObject(body.additionalModelRequestFields)?.thinking);
  const { maxTokens, temperature } = asObject(body.inferenceConfig) ?? {};
  const messages = asObjects(body.messages);
  for (const [index, message] of messages.entries()) {
    const forged = asObjects(message.content).findIndex(isForged);
    if (forged >= 0)
      return modelFault(
        `messages.${index}.content.${forged}: Invalid \`signature\` in \`thinking\` block`,
      );
  }
  if (thinking === undefined || thinking.type !== "enabled") return undefined;
  const budget = asNumber(thinking.budget_tokens) ?? 0;
  const choice = asObject(asObject(body.toolConfig)?.toolChoice) ?? {};
  const last = messages.findLast(({ role }) => role === "assistant");
  const continues = idsOf(messages.at(-1), "toolResult").length > 0;
  const told = firstBroken([
    [
      budget < 1024,
      "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ],
    [
      budget >= (asNumber(maxTokens) ?? Number.POSITIVE_INFINITY),
      "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ],
    [
      isSet(temperature) && temperature !== 1,
      "`temperature` may only be set to 1 when thinking is enabled.",
    ],
    [
      choice.any !== undefined || choice.tool !== undefined,
      "Thinking may not be enabled when tool_choice forces tool use.",
    ],
    [
      continues && asObjects(last?.content)[0]?.reasoningContent === undefined,
      "Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.",
    ],
  ]);
  return told === undefined ? undefined : modelFault(told);
}

function isForged({ reasoningContent }: JsonObject): boolean {
  const text = asObject(asObject(reasoningContent)?.reasoningText);
  return text !== undefined && text.signature !== thinkingSignature(asString(text.text) ?? "");
}

/** What the model behind Bedrock says of a request. */
function modelFault(message: string): string {
  return `The model returned the following errors: ${message}`;
}

/**
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html (2026-11): the schema
 * is a text of JSON.
 */
function validateFormat(body: JsonObject): string | undefined {
  const config = asObject(body.outputConfig) ?? {};
  const format = asObject(config.textFormat);
  const unknown = unknownOf(config, ["textFormat", "effort"], "outputConfig");
  if (unknown !== undefined || format === undefined) return unknown;
  const jsonSchema = asObject(asObject(format.structure)?.jsonSchema);
  const schema = asObject(parseJson(asString(jsonSchema?.schema) ?? ""));
  return firstBroken([
    [
      format.type !== "json_schema",
      constraint("outputConfig.textFormat.type", format.type, "the value json_schema"),
    ],
    [
      schema === undefined,
      "The value at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.",
    ],
    [
      schema?.type === "object" && schema.additionalProperties !== false,
      modelFault(
        "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
      ),
    ],
  ]);
}
