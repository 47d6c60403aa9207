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
import { validateModel } from "./model-rules.ts";
import { type Grants, validateBetas } from "./validate-betas.ts";
import { validateBlocks } from "./validate-blocks.ts";
import { validateTurns } from "./validate-turns.ts";

/**
 * API versions that are judged. 2026-10-21 takes no sampling members, no document block in an
 * assistant message and no citations on text of a user message:
 * https://platform.claude.com/docs/en/api/migration-2026-10-21 (2026-11)
 */
export type ApiVersion = "2023-06-01" | "2026-10-21";

/** How to judge a request. */
export interface Judgement {
  /** The request counts tokens: max_tokens and sampling members are not taken. */
  readonly counts: boolean;
  readonly version: ApiVersion;
  /** Thinking blocks must carry the signature the vendor issued. */
  readonly verifySignatures: boolean;
  /** What needs a beta, or is not there at this host. Absent: all is taken. */
  readonly grants?: Grants;
}

/** Request members of https://platform.claude.com/docs/en/api/messages/create (2026-07). */
const countMembers = [
  "model",
  "messages",
  "system",
  "thinking",
  "tool_choice",
  "tools",
  "cache_control",
  "output_config",
  "output_format",
  "mcp_servers",
  "context_management",
  "speed",
];
const createMembers = [
  ...countMembers,
  ...[
    "max_tokens",
    "metadata",
    "service_tier",
    "stop_sequences",
    "stream",
    "container",
    "inference_geo",
    "diagnostics",
    "thread",
  ],
];
const samplingMembers = ["temperature", "top_k", "top_p"];

/**
 * The first fault Anthropic would find in a messages request, in the words of its 400 body, or
 * undefined.
 */
export function validateMessages(body: JsonObject, judgement: Judgement): string | undefined {
  const required = judgement.counts ? ["model", "messages"] : ["model", "max_tokens", "messages"];
  const absent = required.find((key) => body[key] === undefined);
  if (absent !== undefined) return `${absent}: Field required`;
  const createsWith =
    judgement.version === "2023-06-01" ? [...createMembers, ...samplingMembers] : createMembers;
  const members = judgement.counts ? countMembers : createsWith;
  const unknown = Object.keys(body).find((key) => !members.includes(key));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  return (
    validateNumbers(body) ??
    validateSystem(body) ??
    validateTurns(body, judgement) ??
    validateTools(body) ??
    validateToolChoice(body) ??
    validateThinking(body) ??
    validateOutput(body) ??
    (judgement.grants === undefined ? undefined : validateBetas(body, judgement.grants)) ??
    validateModel(body, asString(asObjects(body.messages).at(-1)?.role)) ??
    validateCacheMarks(body)
  );
}

function validateNumbers(body: JsonObject): string | undefined {
  const { model, max_tokens: maxTokens, stop_sequences: stops, stream, service_tier: tier } = body;
  const limit = asNumber(maxTokens);
  const extra = Object.keys(asObject(body.metadata) ?? {}).find((key) => key !== "user_id");
  const blankStop = asArray(stops).some((each) => (asString(each) ?? "").trim() === "");
  return firstBroken([
    [asString(model) === undefined, "model: Input should be a valid string"],
    [
      maxTokens !== undefined && !Number.isInteger(limit),
      "max_tokens: Input should be a valid integer",
    ],
    [limit !== undefined && limit < 1, "max_tokens: must be greater than or equal to 1"],
    ...validateFraction("temperature", body.temperature),
    ...validateFraction("top_p", body.top_p),
    [isSet(body.top_k) && !Number.isInteger(body.top_k), "top_k: Input should be a valid integer"],
    [stops !== undefined && !isArray(stops), "stop_sequences: Input should be a valid list"],
    [blankStop, "stop_sequences: each stop sequence must contain non-whitespace"],
    [isSet(stream) && typeof stream !== "boolean", "stream: Input should be a valid boolean"],
    [extra !== undefined, `metadata.${extra}: Extra inputs are not permitted`],
    [
      isSet(tier) && tier !== "auto" && tier !== "standard_only",
      "service_tier: Input should be 'auto' or 'standard_only'",
    ],
  ]);
}

function validateFraction(
  name: string,
  value: Json | undefined,
): readonly (readonly [boolean, string])[] {
  const number = asNumber(value);
  return [
    [value !== undefined && number === undefined, `${name}: Input should be a valid number`],
    [number !== undefined && (number < 0 || number > 1), `${name}: range: 0..1`],
  ];
}

function validateSystem(body: JsonObject): string | undefined {
  if (body.system === undefined || typeof body.system === "string") return undefined;
  if (!isArray(body.system)) return "system: Input should be a valid list";
  return validateBlocks(body.system, "system", ["text"], "system", true);
}

function validateTools(body: JsonObject): string | undefined {
  const tools = asObjects(body.tools);
  for (const [index, tool] of tools.entries()) {
    const builtIn = isSet(tool.type) && tool.type !== "custom";
    const fault = builtIn ? undefined : validateTool(tool, `tools.${index}.custom`);
    if (fault !== undefined) return fault;
  }
  const names = tools.map((tool) => tool.name);
  return new Set(names).size === names.length ? undefined : "tools: Tool names must be unique.";
}

const toolMembers = [
  ...[
    "type",
    "name",
    "description",
    "input_schema",
    "cache_control",
    "strict",
    "defer_loading",
    "allowed_callers",
  ],
  ...["input_examples", "eager_input_streaming"],
];

function validateTool(tool: JsonObject, at: string): string | undefined {
  const absent = ["name", "input_schema"].find((key) => tool[key] === undefined);
  const type = asObject(tool.input_schema)?.type;
  const unknown = Object.keys(tool).find((key) => !toolMembers.includes(key));
  const named = /^[a-zA-Z0-9_-]{1,128}$/.test(asString(tool.name) ?? "");
  return firstBroken([
    [absent !== undefined, `${at}.${absent}: Field required`],
    [!named, `${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`],
    [type === undefined, `${at}.input_schema.type: Field required`],
    [type !== "object", `${at}.input_schema.type: Input should be 'object'`],
    [unknown !== undefined, `${at}.${unknown}: Extra inputs are not permitted`],
  ]);
}

function validateToolChoice(body: JsonObject): string | undefined {
  if (body.tool_choice === undefined) return undefined;
  const choice = asObject(body.tool_choice);
  if (choice === undefined)
    return "tool_choice: Input should be a valid dictionary or object to extract fields from";
  const type = asString(choice.type);
  if (type === undefined) return "tool_choice: Unable to extract tag using discriminator 'type'";
  const members = toolChoiceMembers[type];
  if (members === undefined) {
    return `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`;
  }
  const unknown = Object.keys(choice).find((key) => !members.includes(key));
  const known = asObjects(body.tools).some((tool) => tool.name === choice.name);
  return firstBroken([
    [
      asArray(body.tools).length === 0 && type !== "none",
      "tool_choice: may only be specified while providing tools",
    ],
    [unknown !== undefined, `tool_choice.${type}.${unknown}: Extra inputs are not permitted`],
    [type === "tool" && choice.name === undefined, "tool_choice.tool.name: Field required"],
    [type === "tool" && !known, `Tool '${asString(choice.name)}' not found in provided tools`],
  ]);
}

const toolChoiceMembers: Readonly<Record<string, readonly string[]>> = {
  auto: ["type", "disable_parallel_tool_use"],
  any: ["type", "disable_parallel_tool_use"],
  tool: ["type", "disable_parallel_tool_use", "name"],
  none: ["type"],
};

/**
 * The rules of https://platform.claude.com/docs/en/build-with-claude/extended-thinking (2026-07).
 */
function validateThinking(body: JsonObject): string | undefined {
  if (body.thinking === undefined) return undefined;
  const thinking = asObject(body.thinking);
  if (thinking === undefined)
    return "thinking: Input should be a valid dictionary or object to extract fields from";
  const type = asString(thinking.type) ?? "";
  const tags = ["adaptive", "between_tools", "disabled", "enabled"];
  if (!tags.includes(type)) {
    return `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags.map((tag) => `'${tag}'`).join(", ")}`;
  }
  if (type === "disabled") return undefined;
  const choice = asObject(body.tool_choice)?.type;
  return (
    (type === "enabled" ? validateBudget(thinking.budget_tokens, body.max_tokens) : undefined) ??
    firstBroken([
      [
        isSet(body.temperature) && body.temperature !== 1,
        "`temperature` may only be set to 1 when thinking is enabled.",
      ],
      [isSet(body.top_k), "`top_k` must be unset when thinking is enabled."],
      [
        choice === "any" || choice === "tool",
        "Thinking may not be enabled when tool_choice forces tool use.",
      ],
    ])
  );
}

function validateBudget(sent: Json | undefined, maxTokens: Json | undefined): string | undefined {
  const budget = asNumber(sent) ?? 0;
  return firstBroken([
    [sent === undefined, "thinking.enabled.budget_tokens: Field required"],
    [
      budget < 1024,
      "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ],
    [
      budget >= (asNumber(maxTokens) ?? Number.POSITIVE_INFINITY),
      "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ],
  ]);
}

function validateOutput(body: JsonObject): string | undefined {
  const config = asObject(body.output_config) ?? {};
  const unknown = Object.keys(config).find(
    (key) => !["effort", "format", "task_budget"].includes(key),
  );
  const effortKnown =
    !isSet(config.effort) ||
    ["low", "medium", "high", "xhigh", "max"].includes(asString(config.effort) ?? "");
  const format = asObject(config.format) ?? asObject(body.output_format);
  return (
    firstBroken([
      [unknown !== undefined, `output_config.${unknown}: Extra inputs are not permitted`],
      [
        !effortKnown,
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
      ],
    ]) ?? (format === undefined ? undefined : validateFormat(format))
  );
}

function validateFormat(format: JsonObject): string | undefined {
  const schema = asObject(format.schema);
  const extra = Object.keys(format).find((key) => key !== "type" && key !== "schema");
  const open = schema?.type === "object" && schema.additionalProperties !== false;
  return firstBroken([
    [format.type !== "json_schema", "output_config.format.type: Input should be 'json_schema'"],
    [schema === undefined, "output_config.format.schema: Field required"],
    [extra !== undefined, `output_config.format.${extra}: Extra inputs are not permitted`],
    [
      open,
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ],
  ]);
}

/** At most four cache breakpoints, each of type ephemeral with a ttl of 5m or 1h. */
function validateCacheMarks(body: JsonObject): string | undefined {
  const blocks = [
    ...asObjects(body.system),
    ...asObjects(body.tools),
    ...asObjects(body.messages).flatMap((message) => asObjects(message.content)),
    body,
  ];
  const marks = blocks.flatMap((block) =>
    isSet(block.cache_control) ? [asObject(block.cache_control) ?? {}] : [],
  );
  if (marks.some((mark) => mark.type !== "ephemeral"))
    return "cache_control: Input tag found using 'type' does not match any of the expected tags: 'ephemeral'";
  if (marks.some((mark) => isSet(mark.ttl) && mark.ttl !== "5m" && mark.ttl !== "1h"))
    return "cache_control.ephemeral.ttl: Input should be '5m' or '1h'";
  return marks.length > 4
    ? `A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`
    : undefined;
}
