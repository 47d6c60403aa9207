import { startCohereVendor } from "../../vendors/cohere/start-cohere-vendor.ts";
import { asObject, asObjects, asString } from "../../vendors/json-value.ts";
import { thinkingText } from "../../vendors/plan-answer.ts";
import type { UpstreamRow } from "../upstream-row.ts";
import { readChatTools } from "./openai.ts";

const key = "matrix-cohere-9876543210";

/**
 * Cohere, version 2. It signs no reasoning, but takes its words back, and says nothing of when to
 * come again.
 */
export const cohereUpstream: UpstreamRow = {
  name: "cohere",
  model: "command-a-plus-05-2026",
  start: () => startCohereVendor({ apiKey: key }),
  provider: (origin) => `kind: cohere, base_url: "${origin}", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^call_sim\d+_\d$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: readChatTools,
  thinking: {
    proof: undefined,
    read: ({ json }) => {
      const blocks = asObjects(asObject(json)?.messages).flatMap(({ content }) =>
        asObjects(content),
      );
      const thoughts = blocks.flatMap(({ type, thinking }) =>
        type === "thinking" ? [asString(thinking) ?? ""] : [],
      );
      return thoughts.length === 0 ? [] : [{ text: thoughts.join(""), signature: undefined }];
    },
    broughtBack: [{ text: thinkingText, signature: undefined }],
  },
  usage: { input: 2006, cacheRead: 1920, cacheWrite: undefined, output: 300, reasoning: 192 },
  silentOnRetry: ["e429"],
};
