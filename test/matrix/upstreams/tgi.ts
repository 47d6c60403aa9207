import { startTgiVendor } from "../../vendors/tgi/start-tgi-vendor.ts";
import type { UpstreamRow } from "../upstream-row.ts";

const key = "hf_matrix_9876543210";
const usage = { cacheRead: undefined, cacheWrite: undefined, output: 300, reasoning: undefined };

/**
 * Text Generation Inference, by its own API, which is about text alone. A whole answer does not
 * tell the prompt's tokens.
 */
export const tgiUpstream: UpstreamRow = {
  name: "tgi",
  model: "served-model",
  modelUnsent: true,
  start: () => startTgiVendor({ apiKey: key }),
  provider: (origin) => `kind: huggingface_tgi, base_url: "${origin}", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^never$/, received: undefined },
  readToolTurn: () => ({ calls: [], results: [] }),
  thinking: { proof: undefined, read: () => [], broughtBack: [] },
  usage: { ...usage, input: 2006 },
  unaryUsage: { ...usage, input: undefined },
  statuses: { e400: 422, e500: 424 },
  silentOnRetry: ["e429"],
  loses: {
    "tools two turns":
      "the server's own API has no tools; they are left out, and the report says so",
    "parallel tools": "as above",
    thinking: "the server tells no reasoning apart from the text",
  },
};
