import { expect } from "vitest";
import {
  asObject,
  asObjects,
  asString,
  contentText,
  type JsonObject,
  parseJson,
} from "../../vendors/json-value.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import { thinkingText } from "../../vendors/plan-answer.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { ThinkingFacts, ToolTurn, UpstreamRow } from "../upstream-row.ts";

const key = "sk-matrix-responses-9876543210";

/** Reasoning comes back by its id, for the vendor keeps it. */
export const responsesThinking: ThinkingFacts = {
  proof: undefined,
  read: ({ json }) =>
    asObjects(asObject(json)?.input)
      .filter(({ type }) => type === "reasoning")
      .map(({ id, summary }) => ({ text: contentText(summary), signature: id })),
  broughtBack: [{ text: thinkingText, signature: expect.stringMatching(/^rs_sim\d+$/) }],
  carriedBy: ["openai", "responses", "anthropic", "aws", "gemini", "rpc"],
};

/** A server of the Responses API alone. */
export const responsesUpstream: UpstreamRow = {
  name: "responses",
  model: "gpt-5-mini",
  start: () => startOpenAiVendor({ apiKey: key }),
  provider: (origin) =>
    `kind: openai_responses_compatible, base_url: "${origin}/v1", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => headers.authorization,
  credential: `Bearer ${key}`,
  toolIds: { shown: /^call_sim\d+_\d$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: readItems,
  thinking: responsesThinking,
  usage: { input: 2006, cacheRead: 1920, cacheWrite: 64, output: 300, reasoning: 192 },
};

/** The calls and outputs among the items of a request. */
export function readItems({ json }: RecordedRequest): ToolTurn {
  const items = asObjects(asObject(json)?.input);
  const ofType = (wanted: string): readonly JsonObject[] =>
    items.filter(({ type }) => type === wanted);
  return {
    calls: ofType("function_call").map(({ call_id: id, name, arguments: input }) => ({
      id: asString(id),
      name: asString(name),
      input: parseJson(asString(input) ?? ""),
    })),
    results: ofType("function_call_output").map(({ call_id: id, output }) => ({
      id: asString(id),
      text: contentText(output),
    })),
  };
}
