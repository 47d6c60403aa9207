import type { Agent } from "node:http";
import {
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from "../../vendors/json-value.ts";
import { post } from "../post.ts";
import { gatewayKey } from "../start-matrix.ts";

/** The betas that Claude Code negotiates with what it takes for Anthropic itself. */
const betas = [
  "claude-code-20250219",
  "interleaved-thinking-2025-05-14",
  "redact-thinking-2026-02-12",
  "context-management-2025-06-27",
  "prompt-caching-scope-2026-01-05",
  "mid-conversation-system-2026-04-07",
  "advanced-tool-use-2025-11-20",
  "effort-2025-11-24",
  "extended-cache-ttl-2025-04-11",
];

/** The headers of Claude Code. */
export const claudeCodeHeaders: Readonly<Record<string, string>> = {
  authorization: `Bearer ${gatewayKey}`,
  "content-type": "application/json",
  accept: "application/json",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": betas.join(","),
  "anthropic-dangerous-direct-browser-access": "true",
  "user-agent": "claude-cli/2.1.197 (external, cli)",
  "x-app": "cli",
  "x-stainless-lang": "js",
  "x-stainless-retry-count": "0",
};

const pathSchema: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    file_path: { type: "string", description: "The absolute path to the file" },
  },
  required: ["file_path"],
  additionalProperties: false,
};

/** Some of its tools: of its own, of an MCP server that is loaded late, with what is new of each. */
export const claudeCodeTools: readonly JsonObject[] = [
  {
    name: "Read",
    description: "Reads a file from the local filesystem.",
    input_schema: pathSchema,
    eager_input_streaming: true,
  },
  {
    name: "Bash",
    description: "Executes a command.",
    input_schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { command: { type: "string", minLength: 1 } },
      required: ["command"],
      additionalProperties: false,
    },
    input_examples: [{ command: "ls" }],
    eager_input_streaming: true,
  },
  {
    name: "mcp__a_server_with_a_long_name__and_a_tool_that_looks_things_up_in_its_documents",
    description: "Finds a page.",
    input_schema: { type: "object", properties: {} },
    defer_loading: true,
    cache_control: { type: "ephemeral", ttl: "1h" },
  },
];

/** A request as Claude Code makes it: how it thinks, what it caches, who asks. */
export function claudeCodeBody(model: string, messages: readonly JsonObject[]): JsonObject {
  return {
    model,
    messages,
    system: [
      { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.197; cc_entrypoint=cli;" },
      {
        type: "text",
        text: "You are Claude Code, Anthropic's official CLI for Claude.",
        cache_control: { type: "ephemeral", scope: "global" },
      },
      {
        type: "text",
        text: "# Environment\nWorking directory: /home/user/project",
        cache_control: { type: "ephemeral", ttl: "1h" },
      },
    ],
    tools: claudeCodeTools,
    metadata: {
      user_id: JSON.stringify({ device_id: "d".repeat(64), account_uuid: "", session_id: "s" }),
    },
    max_tokens: 32_000,
    thinking: { type: "adaptive" },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    output_config: { effort: "medium" },
    stream: true,
  };
}

/** What Claude Code makes of a reply. */
export interface ClaudeCodeReply {
  readonly status: number;
  readonly text: string;
  /** The blocks of the answer, in order. */
  readonly content: readonly JsonObject[];
  readonly stopReason: string | undefined;
  readonly usage: JsonObject;
  /** The error of a refused request. */
  readonly error: JsonObject | undefined;
  /** The header that reports what became of fields. */
  readonly fidelity: string;
}

/**
 * Posts a body to a path of the Messages API, and reads a stream or a whole answer. `moreBetas`: what
 * the request needs beyond the usual.
 */
export async function askAsClaudeCode(
  agent: Agent,
  url: string,
  body: JsonObject,
  moreBetas: readonly string[] = [],
): Promise<ClaudeCodeReply> {
  const sent = Buffer.from(JSON.stringify(body));
  const headers = { ...claudeCodeHeaders, "anthropic-beta": [...betas, ...moreBetas].join(",") };
  const reply = await post(agent, url, headers, sent);
  const raw = reply.body.toString();
  const whole = asObject(parseJson(raw)) ?? foldEvents(raw);
  const content = asObjects(whole.content);
  return {
    status: reply.status,
    text: content.map(({ text }) => asString(text) ?? "").join(""),
    content,
    stopReason: asString(whole.stop_reason),
    usage: asObject(whole.usage) ?? {},
    error: asObject(whole.error),
    fidelity: String(reply.headers["x-parlance-fidelity"] ?? ""),
  };
}

/** The message that the events of a stream say; a stream without an end is an error. */
function foldEvents(raw: string): JsonObject {
  const events = raw
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => asObject(parseJson(line.slice(6))) ?? {});
  const failed = events.find(({ type }) => type === "error");
  if (failed !== undefined || events.at(-1)?.type !== "message_stop")
    return { error: asObject(failed?.error) ?? { message: `no end of: ${raw}` } };
  const end = events.findLast(({ type }) => type === "message_delta") ?? {};
  const starts = events.filter(({ type }) => type === "content_block_start");
  return {
    content: starts.map(({ index, content_block: opened }) => {
      const deltas = events
        .filter((event) => event.type === "content_block_delta" && event.index === index)
        .map(({ delta }) => asObject(delta) ?? {});
      const input = deltas.map(({ partial_json: json }) => asString(json) ?? "").join("");
      const block = deltas.reduce(grown, asObject(opened) ?? {});
      return input === "" ? block : { ...block, input: parseJson(input) ?? null };
    }),
    stop_reason: asObject(end.delta)?.stop_reason ?? null,
    usage: end.usage ?? null,
  };
}

function grown(block: JsonObject, delta: JsonObject): JsonObject {
  const add = (name: string): Json =>
    `${asString(block[name]) ?? ""}${asString(delta[name]) ?? ""}`;
  switch (delta.type) {
    case "text_delta":
      return { ...block, text: add("text") };
    case "thinking_delta":
      return { ...block, thinking: add("thinking") };
    case "signature_delta":
      return { ...block, signature: add("signature") };
    default:
      return block;
  }
}
