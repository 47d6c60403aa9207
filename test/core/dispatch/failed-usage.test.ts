import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { startGateway } from "../../../src/serve.ts";
import {
  events,
  type Script,
  type ScriptedVendor,
  startScriptedVendor,
  whole,
} from "../../adapters/answers/start-scripted-vendor.ts";
import type { Json } from "../../vendors/json-value.ts";

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const chunk = (delta: Json, finish_reason: Json = null): Json => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});
const opener = chunk({ role: "assistant", content: "ok" });
const chatAnswer = (choices: Json): Script => whole({ id: "c", model: "m", choices, usage });
const googleUsage = { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 };
const candidate = {
  candidates: [{ content: { parts: [] }, finishReason: "MALFORMED_FUNCTION_CALL" }],
  usageMetadata: googleUsage,
};
const claudeAnswer: Json = {
  type: "message",
  role: "assistant",
  content: [],
  stop_reason: "abort",
  usage: { input_tokens: 7, output_tokens: 3 },
};
const cohereUsage = { tokens: { input_tokens: 7, output_tokens: 3 } };

/** Vendors, and answers of theirs that failed and tell 7 tokens in, 3 out. */
const rows: readonly (readonly [kind: string, title: string, stream: boolean, script: Script])[] = [
  [
    "openai_compatible",
    "an error as its finish",
    false,
    chatAnswer([{ index: 0, message: { content: "x" }, finish_reason: "error" }]),
  ],
  ["openai_compatible", "no choices", false, chatAnswer([])],
  [
    "openai_compatible",
    "an error as its finish, usage behind it",
    true,
    events([opener, chunk({}, "abort"), { ...Object(chunk({})), choices: [], usage }, "[DONE]"]),
  ],
  [
    "openai_compatible",
    "an error as its finish, with usage",
    true,
    events([opener, { ...Object(chunk({}, "error")), usage }, "[DONE]"]),
  ],
  ["gemini", "a malformed call", false, whole(candidate)],
  ["gemini", "a malformed call", true, events([candidate])],
  ["anthropic", "a word of a failure", false, whole(claudeAnswer)],
  [
    "cohere",
    "an error as its finish",
    false,
    whole({ message: { content: [] }, finish_reason: "ERROR", usage: cohereUsage }),
  ],
];

const vendors = new Map<string, ScriptedVendor>();
const records: CallRecord[] = [];
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  const providers: Record<string, Json> = {};
  for (const kind of new Set(rows.map(([kind]) => kind))) {
    const vendor = await startScriptedVendor();
    vendors.set(kind, vendor);
    const base_url = `${vendor.url}${kind === "openai_compatible" ? "/v1" : ""}`;
    providers[kind] = { kind, base_url, api_key: { value: "k" } };
  }
  gateway = await startGateway({
    config: { text: JSON.stringify({ server: { port: 0 }, providers }), filename: "test" },
    world: { record: (record) => void records.push(record) },
  });
});
afterAll(async () => {
  await gateway.close();
  for (const vendor of vendors.values()) await vendor.close();
});

const paths = [
  ["chat", "/v1/chat/completions"],
  ["messages", "/v1/messages"],
] as const;

describe("an answer that failed is counted", () => {
  for (const [kind, title, stream, script] of rows)
    for (const [client, path] of paths) {
      it(`${kind}: ${title}, ${stream ? "streamed" : "whole"}, by ${client}`, async () => {
        vendors.get(kind)?.answer(script);
        records.length = 0;
        const reply = await fetch(`${gateway.url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            model: `${kind}/m`,
            stream,
            max_tokens: 9,
            messages: [{ role: "user", content: "q" }],
          }),
        });
        await reply.text();
        expect(records[0]?.usage).toMatchObject({ inputTokens: 7n, outputTokens: 3n });
        expect(records[0]?.fault?.message).toBeDefined();
      });
    }
});
