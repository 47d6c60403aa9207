import { asObject, asObjects, asString } from "../../vendors/json-value.ts";
import { startOllamaVendor } from "../../vendors/ollama/start-ollama-vendor.ts";
import { thinkingText } from "../../vendors/plan-answer.ts";
import type { UpstreamRow } from "../upstream-row.ts";

const key = "matrix-ollama-9876543210";

/**
 * Ollama's own API. It signs no reasoning, but takes its words back, and tells two counts and no
 * more.
 */
export const ollamaUpstream: UpstreamRow = {
  name: "ollama",
  model: "qwen3:4b",
  start: () => startOllamaVendor({ apiKey: key }),
  provider: (origin) => `kind: ollama, base_url: "${origin}", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^call_sim\d+_\d$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: ({ json }) => {
    const messages = asObjects(asObject(json)?.messages);
    return {
      calls: messages
        .flatMap(({ tool_calls: calls }) => asObjects(calls))
        .map(({ id, function: called }) => {
          const { name, arguments: input } = asObject(called) ?? {};
          return { id: asString(id), name: asString(name), input };
        }),
      results: messages
        .filter(({ role }) => role === "tool")
        .map(({ tool_call_id: id, content }) => ({ id: asString(id), text: asString(content) })),
    };
  },
  thinking: {
    proof: undefined,
    read: ({ json }) =>
      asObjects(asObject(json)?.messages).flatMap(({ thinking }) =>
        thinking === undefined ? [] : [{ text: thinking, signature: undefined }],
      ),
    broughtBack: [{ text: thinkingText, signature: undefined }],
  },
  usage: {
    input: 2006,
    cacheRead: undefined,
    cacheWrite: undefined,
    output: 300,
    reasoning: undefined,
  },
  silentOnRetry: ["e429"],
};
