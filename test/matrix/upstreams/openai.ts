import { asObject, asObjects, asString, contentText, parseJson } from "../../vendors/json-value.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { ToolTurn, UpstreamRow } from "../upstream-row.ts";
import { readItems, responsesThinking } from "./responses.ts";

const key = "sk-matrix-openai-9876543210";

/**
 * OpenAI, by the API in which it is asked: by Responses where the client speaks it, else by Chat
 * Completions.
 */
export const openAiUpstream: UpstreamRow = {
  name: "openai",
  model: "gpt-5-mini",
  start: () => startOpenAiVendor({ apiKey: key }),
  provider: (origin) => `kind: openai, base_url: "${origin}/v1", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^call_sim\d+_\d$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: (request) => (isResponses(request) ? readItems(request) : readChatTools(request)),
  // Chat Completions sign no reasoning.
  thinking: { ...responsesThinking, carriedBy: ["responses"] },
  usage: { input: 2006, cacheRead: 1920, cacheWrite: 64, output: 300, reasoning: 192 },
};

function isResponses({ path }: RecordedRequest): boolean {
  return path.endsWith("/responses");
}

/** The calls and tool messages of a chat completion. */
export function readChatTools({ json }: RecordedRequest): ToolTurn {
  const messages = asObjects(asObject(json)?.messages);
  const calls = messages.flatMap((message) => asObjects(message.tool_calls));
  return {
    calls: calls.map(({ id, function: called }) => {
      const { name, arguments: input } = asObject(called) ?? {};
      return { id: asString(id), name: asString(name), input: parseJson(asString(input) ?? "") };
    }),
    results: messages
      .filter(({ role }) => role === "tool")
      .map(({ tool_call_id: id, content }) => ({ id: asString(id), text: contentText(content) })),
  };
}
