import {
  both,
  brief,
  effort,
  knobs,
  likelihoods,
  neutral,
  off,
  penalties,
  type Row,
  schema,
  single,
  tools,
} from "./trait-asks.ts";

const NO = undefined;
const KNOBS = ["sampling.temperature DROPPED", "sampling.stop DROPPED"];
const noKnobs = { temperature: NO, stop: NO };
const openAiKnobs = (model: string): Row => [model, "knobs", knobs, noKnobs, KNOBS];
const clampedTo = (word: string) =>
  [{ reasoning_effort: word }, ["reasoning.effort CLAMPED"]] as const;
const byResponses = (word: string) =>
  [{ reasoning: { effort: word } }, ["reasoning.effort CLAMPED"]] as const;

/** What is sent to models of OpenAI, at several vendors. */
export const openAiRows: readonly Row[] = [
  ...["openai/gpt-5", "openai/gpt-5-mini-2025-08-07", "openai/o3", "openai/o4-mini"].map(
    openAiKnobs,
  ),
  ...["azure/gpt-5-nano", "azure/o1", "router/openai/gpt-5", "compatible/gpt-5-pro"].map(
    openAiKnobs,
  ),
  ["responses/gpt-5", "knobs", knobs, noKnobs, KNOBS],
  ["openai/gpt-4.1", "knobs", knobs, { temperature: 0.5, stop: ["END"] }, []],
  ["openai/gpt-5-chat-latest", "knobs", knobs, { temperature: 0.5, stop: ["END"] }, []],
  ["openai/gpt-5.1", "knobs", knobs, { temperature: 0.5, stop: ["END"] }, []],
  ["openai/gpt-5.2", "knobs, with an effort", both(knobs, effort("high")), noKnobs, KNOBS],
  ["openai/gpt-5.5", "knobs", knobs, noKnobs, KNOBS],
  [
    "openai/gpt-5.5",
    "knobs, without effort",
    both(knobs, effort("none")),
    { temperature: 0.5 },
    [],
  ],
  [
    "openai/o3",
    "knobs that change nothing",
    neutral,
    { temperature: NO, top_p: NO },
    ["sampling.temperature MAPPED", "sampling.top_p MAPPED"],
  ],
  [
    "openai/gpt-5",
    "penalties",
    penalties,
    { presence_penalty: NO, frequency_penalty: NO },
    ["sampling.frequency_penalty DROPPED", "sampling.presence_penalty DROPPED"],
  ],
  [
    "openai/gpt-5",
    "likelihoods",
    likelihoods,
    { logprobs: NO, top_logprobs: NO },
    ["sampling.logprobs DROPPED", "sampling.top_logprobs DROPPED"],
  ],
  [
    "openai/gpt-4o",
    "an effort",
    effort("high"),
    { reasoning_effort: NO },
    ["reasoning.effort DROPPED"],
  ],
  [
    "openai/gpt-4.1-mini",
    "no effort",
    effort("none"),
    { reasoning_effort: NO },
    ["reasoning.effort MAPPED"],
  ],
  [
    "azure/gpt-4.1",
    "an effort",
    effort("low"),
    { reasoning_effort: NO },
    ["reasoning.effort DROPPED"],
  ],
  [
    "router/openai/gpt-4o",
    "an effort",
    effort("low"),
    { reasoning_effort: NO },
    ["reasoning.effort DROPPED"],
  ],
  [
    "responses/gpt-4.1",
    "an effort",
    effort("high"),
    { reasoning: NO },
    ["reasoning.effort DROPPED"],
  ],
  ["openai/gpt-4.1", "no thinking", off, { reasoning_effort: NO }, ["reasoning.mode MAPPED"]],
  ["openai/o3", "effort xhigh", effort("xhigh"), ...clampedTo("high")],
  ["openai/gpt-5", "effort max", effort("max"), ...clampedTo("high")],
  ["openai/gpt-5", "effort minimal", effort("minimal"), { reasoning_effort: "minimal" }, []],
  ["openai/gpt-5.1", "effort minimal", effort("minimal"), ...clampedTo("low")],
  ["openai/gpt-5.1", "no effort", effort("none"), { reasoning_effort: "none" }, []],
  ["openai/gpt-5.2", "effort xhigh", effort("xhigh"), { reasoning_effort: "xhigh" }, []],
  ["openai/gpt-5.6-sol", "effort max", effort("max"), { reasoning_effort: "max" }, []],
  ["openai/gpt-5", "no effort", effort("none"), ...clampedTo("minimal")],
  ["openai/gpt-5-pro", "effort low", effort("low"), ...byResponses("high")],
  ["openai/gpt-5-codex", "effort xhigh", effort("xhigh"), ...byResponses("high")],
  ["router/openai/gpt-5-codex", "effort xhigh", effort("xhigh"), ...clampedTo("high")],
  [
    "openai/gpt-5.1-codex-max",
    "effort xhigh",
    effort("xhigh"),
    { reasoning: { effort: "xhigh" } },
    [],
  ],
  [
    "openai/gpt-5.4",
    "tools beside an effort",
    both(tools, effort("high")),
    { reasoning: { effort: "high" } },
    [],
  ],
  ["openai/gpt-5.4", "tools", tools, { messages: [{ role: "user", content: "hi" }] }, []],
  ["openai/gpt-5.5", "tools", tools, { input: [{ role: "user" }] }, []],
  [
    "openai/gpt-5.5",
    "tools without effort",
    both(tools, effort("none")),
    { reasoning_effort: "none" },
    [],
  ],
  [
    "openai/gpt-5.2",
    "tools beside an effort",
    both(tools, effort("high")),
    { reasoning_effort: "high" },
    [],
  ],
  ["openai/o4-mini", "no thinking", off, { reasoning_effort: "low" }, ["reasoning.mode CLAMPED"]],
  [
    "responses/o3",
    "effort max",
    effort("max"),
    { reasoning: { effort: "high" } },
    ["reasoning.effort CLAMPED"],
  ],
  ["groq/openai/gpt-oss-120b", "effort xhigh", effort("xhigh"), ...clampedTo("high")],
  [
    "openai/o3",
    "one call at a time",
    single,
    { parallel_tool_calls: NO },
    ["parallel_tool_calls MAPPED"],
  ],
  ["openai/gpt-4.1", "verbosity", brief, { verbosity: NO }, ["verbosity DROPPED"]],
  ["openai/gpt-5", "verbosity", brief, { verbosity: "low" }, []],
  [
    "openai/gpt-3.5-turbo",
    "a schema",
    schema,
    { response_format: { type: "json_object" } },
    ["response_format.json_schema EMULATED"],
  ],
];
