import { describe, expect, it } from "vitest";
import type { FieldReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { catalogRows } from "../../../../src/adapters/catalog/catalog.ts";
import { loadEveryDialect } from "../../../../src/adapters/dialects.ts";
import { decodeRequest } from "../../../../src/adapters/openai-chat/client/request.ts";
import type { Dialect } from "../../../../src/core/dialect.ts";
import { prepare } from "../../../../src/core/dispatch/prepare-request.ts";
import { chat } from "../../../../src/core/operation.ts";
import type { Quirks } from "../../../../src/core/quirks.ts";
import type { WireOutlet } from "../../../../src/core/target/outlet.ts";
import type { Json, JsonObject } from "../../../../src/json/json.ts";
import { attemptedCall, callOf, requestOf } from "../../../calls.ts";

const dialects = await loadEveryDialect();
const hello = { role: "user", content: "Hello" };
const call = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
const schema = { name: "x", schema: { type: "object" }, strict: true };

/** Members of a body, each tried alone, in the words of OpenAI's clients. */
const bodies: readonly JsonObject[] = [
  {},
  { max_tokens: 10 },
  { max_completion_tokens: 10 },
  { max_tokens: 10, max_completion_tokens: 11 },
  { max_completion_tokens: null },
  { seed: 7 },
  { seed: 1234567890123456 },
  { temperature: 0.5, top_p: 0.5, stop: ["END"] },
  { top_k: 5 },
  { min_p: 0.1 },
  { repetition_penalty: 1.1 },
  { repetition_penalty: 1 },
  { frequency_penalty: 0.5, presence_penalty: 0.5 },
  { logit_bias: { "1": 2 } },
  { logit_bias: {} },
  { logprobs: true, top_logprobs: 2 },
  { logprobs: false },
  { n: 1 },
  { n: 2 },
  { store: true },
  { store: false },
  { store: null },
  { metadata: { a: "b" } },
  { metadata: {} },
  { user: "u" },
  { user: "" },
  { safety_identifier: "s" },
  { prompt_cache_key: "k" },
  { prompt_cache_retention: "24h" },
  { service_tier: "flex" },
  { service_tier: "auto" },
  { modalities: ["text"] },
  { modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } },
  { prediction: { type: "content", content: "x" } },
  { verbosity: "low" },
  { web_search_options: { search_context_size: "low" } },
  { reasoning_effort: "low" },
  { response_format: { type: "text" } },
  { response_format: { type: "json_object" } },
  { response_format: { type: "json_schema", json_schema: schema } },
  { tools },
  { tools, tool_choice: "auto" },
  { tools, tool_choice: "required", parallel_tool_calls: false },
  { tools, parallel_tool_calls: true },
  { vendor_member: { deep: [1] } },
  { max_completion_tokens: 10, seed: 7, store: false, user: "u", vendor_member: 1.0 },
  { messages: [{ role: "developer", content: "Be short." }, hello] },
  { messages: [{ role: "system", content: "Be short." }, hello] },
  { messages: [{ ...hello, name: "bob" }] },
  { messages: [{ ...hello, name: "" }] },
  {
    messages: [
      { role: "developer", content: "Be short.", name: "ops" },
      hello,
      { role: "assistant", content: "Hi", name: "b" },
      hello,
    ],
  },
  ...[
    { reasoning_content: "A THOUGHT" },
    { reasoning: "A THOUGHT" },
    { reasoning_content: "" },
    {
      reasoning: "T",
      reasoning_details: [{ type: "reasoning.text", text: "T", signature: "S", index: 0 }],
    },
    {
      reasoning_content: "T",
      thinking_blocks: [{ type: "thinking", thinking: "T", signature: "S" }],
    },
    { refusal: null, annotations: [], audio: null, function_call: null, tool_calls: null },
    { refusal: "No." },
    { content: null, refusal: "No." },
  ].map((turn) => ({ messages: [hello, { role: "assistant", content: "Hi", ...turn }, hello] })),
  ...["aB3dE6gH9", "call_1", `call_${"x".repeat(60)}`].map((id) => ({
    tools,
    messages: [
      hello,
      { role: "assistant", content: null, tool_calls: [call(id)] },
      { role: "tool", tool_call_id: id, content: "1" },
    ],
  })),
  {
    messages: [
      hello,
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { ...call("aB3dE6gH9"), extra_content: { google: { thought_signature: "S" } } },
        ],
      },
      { role: "tool", tool_call_id: "aB3dE6gH9", content: "1" },
    ],
  },
];

/** Rows and families that are called in this dialect, each kind once. */
function servedRows(): readonly (readonly [title: string, outlet: WireOutlet])[] {
  const seen = new Set<string>();
  return catalogRows.flatMap((row) =>
    [row, ...(row.families ?? [])].flatMap(({ dialect: name, operations, quirks }) => {
      const dialect = dialects.get(name);
      const key = JSON.stringify([name, quirks]);
      if (dialect?.name !== "openai-chat" || !operations.includes("chat") || seen.has(key))
        return [];
      seen.add(key);
      return [[row.id, outletOf(dialect, quirks)] as const];
    }),
  );
}

function outletOf(dialect: Dialect, quirks: Quirks): WireOutlet {
  return {
    kind: "wire",
    provider: "p",
    dialect,
    quirks,
    operations: new Set(["chat"]),
    forwardedHeaders: [],
    alternatives: new Map(),
    families: [],
    send: () => Promise.reject(new Error("nothing is sent")),
  };
}

interface Sent {
  readonly body: Json;
  readonly report: readonly string[];
}

const target = { provider: "p", model: "some-model" };

function sentTo(outlet: WireOutlet, json: JsonObject, byRest: boolean): Sent | "translated" {
  const body = Buffer.from(JSON.stringify(json));
  const decoded = decodeRequest(json, body);
  if (!decoded.ok) throw new Error(decoded.fault.message);
  const request = requestOf(chat, decoded.value.chat, decoded.value.stream);
  const origin = { dialect: "openai-chat", body, json, wantsUsage: false };
  const typed = callOf({ request, ...(byRest ? { origin } : undefined) });
  const attempted = attemptedCall(typed, target, { outlet });
  if (byRest && attempted.attempt?.fit === "translated") return "translated";
  const { request: sent, report } = prepare(outlet, attempted);
  return { body: said(JSON.parse(Buffer.from(sent.body).toString())), report: told(report) };
}

function told(report: readonly FieldReport[]): readonly string[] {
  return report.map(({ field, outcome }) => `${field}=${FieldOutcome[outcome]}`).sort();
}

/** A body without members that say nothing. */
function said(json: Json): Json {
  if (Array.isArray(json)) return json.map(said);
  if (typeof json !== "object" || json === null) return json;
  const members = Object.entries(json as JsonObject).flatMap(([key, value]) =>
    value === undefined || (key !== "content" && isEmpty(value)) ? [] : [[key, said(value)]],
  );
  return Object.fromEntries(members);
}

function isEmpty(value: Json): boolean {
  if (value === null || value === "" || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : JSON.stringify(value) === "{}";
}

describe("a chat of OpenAI's clients is sent as any other client's", () => {
  for (const [id, outlet] of servedRows()) {
    it(`to ${id}`, () => {
      for (const members of bodies) {
        for (const stream of [false, true]) {
          const json = { model: "m", messages: [hello], ...members, stream };
          const passed = sentTo(outlet, json, true);
          if (passed === "translated") continue;
          expect([members, passed]).toEqual([members, sentTo(outlet, json, false)]);
        }
      }
    });
  }
});
