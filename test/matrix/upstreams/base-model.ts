import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { UpstreamRow } from "../upstream-row.ts";

const key = "matrix-base-9876543210";
const noTools = "a prompt has no tools; they are left out, and the report says so";

/** A server of a base model, which only goes on with a text: chats of every client are a prompt. */
export const baseModelUpstream: UpstreamRow = {
  name: "base_model",
  model: "davinci-002",
  start: () => startOpenAiVendor({ apiKey: key, base: true }),
  provider: (origin) => `kind: openai, base_url: "${origin}/v1", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^never$/, received: undefined },
  readToolTurn: () => ({ calls: [], results: [] }),
  thinking: { proof: undefined, read: () => [], broughtBack: [] },
  usage: { input: 2006, cacheRead: 1920, cacheWrite: 64, output: 300, reasoning: 192 },
  loses: {
    "tools two turns": noTools,
    "parallel tools": noTools,
    thinking: "what the model thinks is not apart from the text",
  },
};
