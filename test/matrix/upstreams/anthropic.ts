import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import { thinkingSignature } from "../../vendors/anthropic/thinking-signature.ts";
import {
  asObject,
  asObjects,
  asString,
  contentText,
  type JsonObject,
} from "../../vendors/json-value.ts";
import { thinkingText } from "../../vendors/plan-answer.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { UpstreamRow } from "../upstream-row.ts";

const key = "sk-ant-matrix-9876543210";
const signature = thinkingSignature(thinkingText);

/** Anthropic, by Messages. */
export const anthropicUpstream: UpstreamRow = {
  name: "anthropic",
  model: "claude-sonnet-4-5",
  start: () => startAnthropicVendor({ apiKey: key }),
  provider: (origin) => `kind: anthropic, base_url: "${origin}", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => asString(headers["x-api-key"]),
  credential: key,
  toolIds: { shown: /^toolu_sim\d+_\d$/, received: /^toolu_sim\d+_\d$/ },
  readToolTurn: (request) => {
    const blocks = blocksOf(request);
    return {
      calls: blocks
        .filter(({ type }) => type === "tool_use")
        .map(({ id, name, input }) => ({ id: asString(id), name: asString(name), input })),
      results: blocks
        .filter(({ type }) => type === "tool_result")
        .map(({ tool_use_id: id, content }) => ({ id: asString(id), text: contentText(content) })),
    };
  },
  thinking: {
    proof: signature,
    read: (request) =>
      blocksOf(request)
        .filter(({ type }) => type === "thinking")
        .map((block) => ({ text: block.thinking, signature: block.signature })),
    broughtBack: [{ text: thinkingText, signature }],
    carriedBy: ["anthropic", "aws", "openai", "responses", "gemini", "rpc"],
  },
  usage: {
    input: 22 + 1536 + 4096,
    cacheRead: 4096,
    cacheWrite: 1536,
    output: 300,
    reasoning: 192,
  },
};

function blocksOf({ json }: RecordedRequest): readonly JsonObject[] {
  return asObjects(asObject(json)?.messages).flatMap(({ content }) => asObjects(content));
}
