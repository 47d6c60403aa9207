import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { UpstreamRow } from "../upstream-row.ts";
import { readChatTools } from "./openai.ts";

const key = "matrix-compatible-9876543210";

/** One of the many servers of Chat Completions alone: callers of every other API are translated. */
export const compatibleUpstream: UpstreamRow = {
  name: "compatible",
  model: "llama-4-scout",
  start: () => startOpenAiVendor({ apiKey: key, lenient: true }),
  provider: (origin) =>
    `kind: openai_compatible, base_url: "${origin}/v1", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^call_sim\d+_\d$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: readChatTools,
  thinking: { proof: undefined, read: () => [], broughtBack: [] },
  usage: { input: 2006, cacheRead: 1920, cacheWrite: 64, output: 300, reasoning: 192 },
};
