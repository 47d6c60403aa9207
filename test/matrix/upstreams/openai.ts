import { asObject, asObjects, asString, contentText, parseJson } from "../../vendors/json-value.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { ToolTurn, UpstreamRow } from "../upstream-row.ts";

const key = "sk-matrix-openai-9876543210";

/** OpenAI, by Chat Completions. They sign no reasoning. */
export const openAiUpstream: UpstreamRow = {
  name: "openai",
  model: "gpt-5-mini",
  start: () => startOpenAiVendor({ apiKey: key }),
  provider: (origin) => `kind: openai, base_url: "${origin}/v1", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^call_sim\d+_\d$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: readChatTools,
  thinking: { proof: undefined, read: () => [], broughtBack: [] },
  usage: { input: 2006, cacheRead: 1920, cacheWrite: 64, output: 300, reasoning: 192 },
};

/** Tools as Chat Completions, and others after them, write them. */
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
