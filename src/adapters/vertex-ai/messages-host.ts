import type { CallersHeader } from "../../core/caller/callers-header.ts";
import { type HostRules, makersOwn, makersOwnInside } from "../anthropic-messages/fit/options.ts";

const TOOL_SEARCH = "tool-search-tool-2025-10-19";
const CONTEXT = "context-management-2025-06-27";

/** The one search of the web that Vertex AI has. */
const WEB_SEARCH = "web_search_20250305";

/**
 * What `rawPredict` takes of the Messages API. See
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai,
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool and
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/web-search
 * (2026-11).
 */
export const messagesHost: HostRules = {
  lacks: makersOwn,
  lacksInside: makersOwnInside,
  betaOf: new Map([
    ["context_management", CONTEXT],
    ["defer_loading", TOOL_SEARCH],
    ["input_examples", "tool-examples-2025-10-29"],
  ]),
  lacksTool: /^(?:web_fetch|code_execution|advisor|mcp_toolset)(?:_|$)/,
  betaOfTool: [
    [/^tool_search_tool/, TOOL_SEARCH],
    [/^web_search_/, "web-search-2025-03-05"],
    [/^memory_/, CONTEXT],
  ],
  webSearch: WEB_SEARCH,
  referenceBeta: TOOL_SEARCH,
};

/**
 * What counting takes, which knows three betas alone:
 * https://github.com/anthropics/claude-code/issues/12429 (2026-11).
 */
export const countHost: HostRules = {
  lacks: makersOwn,
  lacksInside: new Set([...makersOwnInside, "defer_loading", "input_examples"]),
  betaOf: new Map([["context_management", CONTEXT]]),
  lacksTool: /^(?:web_search|web_fetch|code_execution|advisor|mcp_toolset|tool_search_tool)(?:_|$)/,
  betaOfTool: [],
};

/**
 * The betas that callers may name; any other is refused: "Unexpected value(s) `...` for the
 * `anthropic-beta` header". No page lists them; this is what Claude Code sends to Vertex AI, and
 * https://github.com/BerriAI/litellm/blob/main/litellm/anthropic_beta_headers_config.json (2026-11).
 */
const known: ReadonlySet<string> = new Set([
  "claude-code-20250219",
  "compact-2026-01-12",
  "compact-2026-09-04",
  "computer-use-2025-01-24",
  "computer-use-2025-11-24",
  "context-1m-2025-08-07",
  CONTEXT,
  "dangerous-tool-use-2026-09-03",
  "interleaved-thinking-2025-05-14",
  "per-turn-control-2026-07-01",
  "thinking-binding-controls-2026-08-01",
  "thinking-display-updates-2026-08-18",
  "tool-examples-2025-10-29",
  TOOL_SEARCH,
  "web-search-2025-03-05",
]);

const countKnown: ReadonlySet<string> = new Set([
  "claude-code-20250219",
  CONTEXT,
  "interleaved-thinking-2025-05-14",
]);

/** Betas that the maker has under another name. */
const renamed: ReadonlyMap<string, string> = new Map([
  ["advanced-tool-use-2025-11-20", TOOL_SEARCH],
]);

/**
 * The betas of a caller that Vertex AI knows, beside those that members of the request need; other
 * headers stay as they are.
 */
export function fitBetas({ name, value, own, operation }: CallersHeader): string {
  if (name !== "anthropic-beta") return value;
  const taken = operation === "count_tokens" ? countKnown : known;
  const named = listOf(value).map((beta) => renamed.get(beta) ?? beta);
  return [...new Set([...listOf(own), ...named.filter((beta) => taken.has(beta))])].join(",");
}

function listOf(header: string): readonly string[] {
  return header
    .split(",")
    .map((beta) => beta.trim())
    .filter((beta) => beta !== "");
}
