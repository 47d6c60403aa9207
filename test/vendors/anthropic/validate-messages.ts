import { asArray, asNumber, asObject, asObjects, asString, isArray, isSet, type JsonObject } from "../json-value.ts";
import { validateBlocks } from "./validate-blocks.ts";
import { validateTurns } from "./validate-turns.ts";

/** How to judge a request. */
export interface Judgement {
  /** The request counts tokens: max_tokens and sampling members are not taken. */
  readonly counts: boolean;
  /** Thinking blocks must carry the signature the vendor issued. */
  readonly verifySignatures: boolean;
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
  "max_tokens",
  "metadata",
  "service_tier",
  "stop_sequences",
  "stream",
  "temperature",
  "top_k",
  "top_p",
  "container",
  "inference_geo",
  "diagnostics",
];

/** The first fault Anthropic would find in a messages request, in the words of its 400 body, or undefined. */
export function validateMessages(body: JsonObject, judgement: Judgement): string | undefined {
  const required = judgement.counts ? ["model", "messages"] : ["model", "max_tokens", "messages"];
  const absent = required.find((key) => body[key] === undefined);
  if (absent !== undefined) return `${absent}: Field required`;
  const members = judgement.counts ? countMembers : createMembers;
  const unknown = Object.keys(body).find((key) => !members.includes(key));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  return (
    validateNumbers(body) ??
    validateSystem(body) ??
    validateTurns(body, judgement.verifySignatures) ??
    validateTools(body) ??
    validateToolChoice(body) ??
    validateThinking(body) ??
    validateOutput(body) ??
    validateCacheMarks(body)
  );
}

function validateNumbers(body: JsonObject): string | undefined {
  if (asString(body.model) === undefined) return "model: Input should be a valid string";
  if (body.max_tokens !== undefined) {
    const maxTokens = asNumber(body.max_tokens);
    if (maxTokens === undefined || !Number.isInteger(maxTokens)) return "max_tokens: Input should be a valid integer";
    if (maxTokens < 1) return "max_tokens: must be greater than or equal to 1";
  }
  for (const name of ["temperature", "top_p"]) {
    const value = body[name];
    if (value === undefined) continue;
    const number = asNumber(value);
    if (number === undefined) return `${name}: Input should be a valid number`;
    if (number < 0 || number > 1) return `${name}: range: 0..1`;
  }
  if (body.top_k !== undefined && !Number.isInteger(body.top_k)) return "top_k: Input should be a valid integer";
  if (body.stop_sequences !== undefined && !isArray(body.stop_sequences))
    return "stop_sequences: Input should be a valid list";
  const blank = asArray(body.stop_sequences).findIndex((each) => (asString(each) ?? "").trim() === "");
  if (blank >= 0) return "stop_sequences: each stop sequence must contain non-whitespace";
  if (isSet(body.stream) && typeof body.stream !== "boolean") return "stream: Input should be a valid boolean";
  const extra = Object.keys(asObject(body.metadata) ?? {}).find((key) => key !== "user_id");
  if (extra !== undefined) return `metadata.${extra}: Extra inputs are not permitted`;
  const tier = body.service_tier;
  return tier === undefined || tier === "auto" || tier === "standard_only"
    ? undefined
    : "service_tier: Input should be 'auto' or 'standard_only'";
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
    if (builtIn) continue;
    const at = `tools.${index}.custom`;
    const absent = ["name", "input_schema"].find((key) => tool[key] === undefined);
    if (absent !== undefined) return `${at}.${absent}: Field required`;
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(asString(tool.name) ?? ""))
      return `${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    const type = asObject(tool.input_schema)?.type;
    if (type === undefined) return `${at}.input_schema.type: Field required`;
    if (type !== "object") return `${at}.input_schema.type: Input should be 'object'`;
    const members = [
      "type",
      "name",
      "description",
      "input_schema",
      "cache_control",
      "strict",
      "defer_loading",
      "allowed_callers",
      "input_examples",
      "eager_input_streaming",
    ];
    const unknown = Object.keys(tool).find((key) => !members.includes(key));
    if (unknown !== undefined) return `${at}.${unknown}: Extra inputs are not permitted`;
  }
  const names = tools.map((tool) => tool.name);
  return new Set(names).size === names.length ? undefined : "tools: Tool names must be unique.";
}

function validateToolChoice(body: JsonObject): string | undefined {
  if (body.tool_choice === undefined) return undefined;
  const choice = asObject(body.tool_choice);
  if (choice === undefined) return "tool_choice: Input should be a valid dictionary or object to extract fields from";
  const type = asString(choice.type);
  if (type === undefined) return "tool_choice: Unable to extract tag using discriminator 'type'";
  if (!["auto", "any", "tool", "none"].includes(type)) {
    return `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`;
  }
  if (asArray(body.tools).length === 0 && type !== "none")
    return "tool_choice: may only be specified while providing tools";
  const members =
    type === "none" ? ["type"] : ["type", "disable_parallel_tool_use", ...(type === "tool" ? ["name"] : [])];
  const unknown = Object.keys(choice).find((key) => !members.includes(key));
  if (unknown !== undefined) return `tool_choice.${type}.${unknown}: Extra inputs are not permitted`;
  if (type !== "tool") return undefined;
  if (choice.name === undefined) return "tool_choice.tool.name: Field required";
  const known = asObjects(body.tools).some((tool) => tool.name === choice.name);
  return known ? undefined : `Tool '${asString(choice.name)}' not found in provided tools`;
}

/** The rules of https://platform.claude.com/docs/en/build-with-claude/extended-thinking (2026-07). */
function validateThinking(body: JsonObject): string | undefined {
  const thinking = asObject(body.thinking);
  if (thinking === undefined)
    return body.thinking === undefined
      ? undefined
      : "thinking: Input should be a valid dictionary or object to extract fields from";
  const type = asString(thinking.type) ?? "";
  const tags = ["adaptive", "between_tools", "disabled", "enabled"];
  if (!tags.includes(type))
    return `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags.map((tag) => `'${tag}'`).join(", ")}`;
  if (type === "disabled") return undefined;
  if (type === "enabled") {
    const budget = asNumber(thinking.budget_tokens);
    if (budget === undefined) return "thinking.enabled.budget_tokens: Field required";
    if (budget < 1024) return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
    if (budget >= (asNumber(body.max_tokens) ?? Number.POSITIVE_INFINITY))
      return "`max_tokens` must be greater than `thinking.budget_tokens`.";
  }
  if (isSet(body.temperature) && body.temperature !== 1)
    return "`temperature` may only be set to 1 when thinking is enabled.";
  if (isSet(body.top_k)) return "`top_k` must be unset when thinking is enabled.";
  const choice = asObject(body.tool_choice)?.type;
  return choice === "any" || choice === "tool"
    ? "Thinking may not be enabled when tool_choice forces tool use."
    : undefined;
}

function validateOutput(body: JsonObject): string | undefined {
  const config = asObject(body.output_config);
  const unknown = Object.keys(config ?? {}).find((key) => !["effort", "format", "task_budget"].includes(key));
  if (unknown !== undefined) return `output_config.${unknown}: Extra inputs are not permitted`;
  const efforts = ["low", "medium", "high", "xhigh", "max"];
  if (isSet(config?.effort) && !efforts.includes(asString(config?.effort) ?? ""))
    return "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'";
  const format = asObject(config?.format) ?? asObject(body.output_format);
  if (format === undefined) return undefined;
  if (format.type !== "json_schema") return "output_config.format.type: Input should be 'json_schema'";
  const schema = asObject(format.schema);
  if (schema === undefined) return "output_config.format.schema: Field required";
  const extra = Object.keys(format).find((key) => key !== "type" && key !== "schema");
  if (extra !== undefined) return `output_config.format.${extra}: Extra inputs are not permitted`;
  return schema.type === "object" && schema.additionalProperties !== false
    ? "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
    : undefined;
}

/** At most four cache breakpoints, each of type ephemeral with a ttl of 5m or 1h. */
function validateCacheMarks(body: JsonObject): string | undefined {
  const blocks = [
    ...asObjects(body.system),
    ...asObjects(body.tools),
    ...asObjects(body.messages).flatMap((message) => asObjects(message.content)),
    body,
  ];
  const marks = blocks.flatMap((block) => (isSet(block.cache_control) ? [asObject(block.cache_control) ?? {}] : []));
  if (marks.some((mark) => mark.type !== "ephemeral"))
    return "cache_control: Input tag found using 'type' does not match any of the expected tags: 'ephemeral'";
  if (marks.some((mark) => isSet(mark.ttl) && mark.ttl !== "5m" && mark.ttl !== "1h"))
    return "cache_control.ephemeral.ttl: Input should be '5m' or '1h'";
  return marks.length > 4
    ? `A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`
    : undefined;
}
