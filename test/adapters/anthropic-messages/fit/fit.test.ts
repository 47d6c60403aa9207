import { describe, expect, it } from "vitest";
import { anthropicMessages } from "../../../../src/adapters/anthropic-messages/index.ts";
import type { Fit } from "../../../../src/core/fidelity/fit.ts";

const format = { output_config: { format: { type: "json_schema", schema: {} } } };
const effort = (level: string) => ({ output_config: { effort: level } });
const thinking = (type: string, members: object = {}) => ({ thinking: { type, ...members } });
const answer = (content: unknown) => ({ messages: [{ role: "assistant", content }] });
const prefill = answer([{ type: "text", text: "{" }]);
const paused = answer([{ type: "server_tool_use", id: "s1", name: "web_search", input: {} }]);

const loneResult = {
  messages: [
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "sunny" }] },
  ],
};
const cases: readonly (readonly [
  title: string,
  model: string,
  quirks: object,
  members: object,
  fit: Fit,
])[] = [
  ["knobs that the model takes", "claude-sonnet-4", {}, { temperature: 0.5, top_p: 1 }, "as_is"],
  ["both knobs of the draw", "claude-sonnet-4-5", {}, { temperature: 0.5, top_p: 1 }, "encoded"],
  ["no knob that the model takes", "claude-opus-4-7", {}, { temperature: 0.5 }, "encoded"],
  ["a knob that is null", "claude-opus-4-7", {}, { temperature: null }, "as_is"],
  ["a budget", "claude-sonnet-4-5", {}, thinking("enabled", { budget_tokens: 1024 }), "as_is"],
  ["a budget", "claude-opus-4-7", {}, thinking("enabled", { budget_tokens: 1024 }), "encoded"],
  ["thinking that adapts", "claude-sonnet-4-5", {}, thinking("adaptive"), "encoded"],
  ["thinking that adapts", "claude-opus-4-6", {}, thinking("adaptive"), "as_is"],
  [
    "a knob beside thinking",
    "claude-opus-4-6",
    {},
    { ...thinking("adaptive"), top_k: 5 },
    "encoded",
  ],
  ["a level of effort", "claude-opus-4-6", {}, effort("max"), "as_is"],
  ["no level of effort that the model has", "claude-haiku-4-5", {}, effort("low"), "encoded"],
  ["a schema", "claude-sonnet-4-5", {}, format, "as_is"],
  ["a schema", "claude-sonnet-4", {}, format, "translated"],
  ["a schema at a host", "claude-sonnet-4-5", { structuredOutput: false }, format, "translated"],
  ["an answer to be gone on with", "claude-sonnet-4-5", {}, prefill, "as_is"],
  ["a search that the vendor paused", "claude-opus-4-8", {}, paused, "as_is"],
  ["an answer to be gone on with", "kimi-k2", {}, prefill, "as_is"],
  ["a result alone", "claude-sonnet-4-5", {}, loneResult, "encoded"],
  [
    "a result in a thread",
    "claude-sonnet-4-5",
    {},
    { ...loneResult, thread: { id: "t" } },
    "as_is",
  ],
  ["a model that is not known", "kimi-k2", {}, { ...format, temperature: 0.5, top_k: 1 }, "as_is"],
];

describe("a message of a client of the dialect", () => {
  for (const [title, model, quirks, members, wanted] of cases) {
    it(`with ${title} is ${wanted} for ${model} ${JSON.stringify(quirks)}`, () => {
      const text = JSON.stringify({ max_tokens: 2048, messages: [], ...members });
      const origin = { body: Buffer.from(text), json: JSON.parse(text) };
      const options = { model, stream: false, quirks: { ...quirks } };
      expect(anthropicMessages.passthrough.fit?.("chat", origin, options)).toBe(wanted);
    });
  }
});
