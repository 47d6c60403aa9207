import type { JsonObject } from "../../src/json/json.ts";

/** What is asked for, in the words of each kind of client that can. */
export interface Ask {
  readonly messages?: JsonObject;
  readonly chat?: JsonObject;
  readonly responses?: JsonObject;
  readonly typed?: JsonObject;
}

/** A temperature, and a text that ends the answer. */
export const knobs: Ask = {
  messages: { temperature: 0.5, stop_sequences: ["END"] },
  chat: { temperature: 0.5, stop: ["END"] },
  typed: { sampling: { temperature: 0.5, stop: ["END"] } },
};
/** Knobs at the values that change nothing. */
export const neutral: Ask = {
  messages: { temperature: 1, top_p: 1 },
  chat: { temperature: 1, top_p: 1 },
  responses: { temperature: 1, top_p: 1 },
  typed: { sampling: { temperature: 1, topP: 1 } },
};
/** Penalties for repeated words. */
export const penalties: Ask = {
  chat: { presence_penalty: 0.5, frequency_penalty: 0.5 },
  typed: { sampling: { presencePenalty: 0.5, frequencyPenalty: 0.5 } },
};
/** The likelihood of each token. */
export const likelihoods: Ask = {
  chat: { logprobs: true, top_logprobs: 2 },
  typed: { sampling: { logprobs: true, topLogprobs: 2 } },
};
/** A level of effort; Messages has no words for the lowest. */
export const effort = (word: string): Ask => ({
  ...(/^(?:none|minimal)$/.test(word) ? {} : { messages: { output_config: { effort: word } } }),
  chat: { reasoning_effort: word },
  responses: { reasoning: { effort: word } },
  typed: { reasoning: { effort: `REASONING_EFFORT_${word.toUpperCase()}` } },
});
/** Two things at once, by the clients that can ask for both. */
export const both = (one: Ask, other: Ask): Ask => ({
  ...(one.messages && other.messages ? { messages: { ...one.messages, ...other.messages } } : {}),
  ...(one.chat && other.chat ? { chat: { ...one.chat, ...other.chat } } : {}),
  ...(one.responses && other.responses
    ? { responses: { ...one.responses, ...other.responses } }
    : {}),
  ...(one.typed && other.typed ? { typed: { ...one.typed, ...other.typed } } : {}),
});
/** No thinking. */
export const off: Ask = {
  messages: { thinking: { type: "disabled" } },
  typed: { reasoning: { mode: "REASONING_MODE_DISABLED" } },
};
/** Two tools. */
export const tools: Ask = {
  messages: { tools: ["one", "two"].map((name) => ({ name, input_schema: { type: "object" } })) },
  chat: { tools: ["one", "two"].map((name) => ({ type: "function", function: { name } })) },
  responses: { tools: ["one", "two"].map((name) => ({ type: "function", name })) },
  typed: { tools: ["one", "two"].map((name) => ({ function: { name } })) },
};
/** A call of any of two tools. */
export const required = both(tools, {
  messages: { tool_choice: { type: "any" } },
  chat: { tool_choice: "required" },
  responses: { tool_choice: "required" },
  typed: { toolChoice: { mode: "TOOL_CHOICE_MODE_REQUIRED" } },
});
/** A call of one of two tools. */
export const named = both(tools, {
  messages: { tool_choice: { type: "tool", name: "one" } },
  chat: { tool_choice: { type: "function", function: { name: "one" } } },
  responses: { tool_choice: { type: "function", name: "one" } },
  typed: { toolChoice: { name: "one" } },
});
/** Tools, one call at a time. */
export const single: Ask = both(tools, {
  messages: { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
  chat: { parallel_tool_calls: false },
  responses: { parallel_tool_calls: false },
  typed: { parallelToolCalls: false },
});
/** Thinking as the model likes. */
export const thinking: Ask = {
  messages: { thinking: { type: "adaptive" } },
  typed: { reasoning: { mode: "REASONING_MODE_ADAPTIVE" } },
};
/** An answer by a schema. */
export const schema: Ask = {
  messages: {
    output_config: { format: { type: "json_schema", schema: { type: "object" } } },
  },
  chat: {
    response_format: {
      type: "json_schema",
      json_schema: { name: "s", schema: { type: "object" } },
    },
  },
  typed: { responseFormat: { jsonSchema: { name: "s", schemaJson: '{"type":"object"}' } } },
};
/** A short answer. */
export const brief: Ask = {
  chat: { verbosity: "low" },
  responses: { text: { verbosity: "low" } },
  typed: { verbosity: "VERBOSITY_LOW" },
};

/** A model, what is asked of it, and what becomes of that. */
export type Row = readonly [
  model: string,
  what: string,
  ask: Ask,
  /** What is sent; undefined: there is no such member. */
  sent: Readonly<Record<string, unknown>>,
  /** What is reported of the fields concerned. */
  reported: readonly string[],
];
