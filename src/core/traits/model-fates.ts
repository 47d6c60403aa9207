import type { FidelityTable, FieldFate } from "../fidelity/fidelity-table.ts";
import { samplingKnobs } from "./fit-sampling.ts";

const NO_KNOB = "the model takes no such knob in this request";
const ANYWAY = "it is what the model does anyway";

const knobs: FidelityTable = Object.fromEntries(
  samplingKnobs.map(({ field, neutral }): [string, FieldFate] => [
    `sampling.${field}`,
    neutral === undefined ? { dropped: NO_KNOB } : { mapped: ANYWAY, dropped: NO_KNOB },
  ]),
);

/** What can become of fields of a chat that its model does not take, in every dialect. */
export const modelFates: FidelityTable = {
  ...knobs,
  tools: { dropped: "the model calls no tools" },
  tool_choice: {
    mapped: "the model calls no tools, or has no other",
    clamped: "loosened as far as the model demands in this request",
    dropped: "the model calls no tools",
  },
  parallel_tool_calls: {
    mapped: "the model makes one call at a time, or none",
    dropped: "the model makes one call at a time",
  },
  "response_format.json_object": { emulated: "requested in the prompt" },
  "response_format.json_schema": { emulated: "requested in the prompt" },
  verbosity: { mapped: ANYWAY, dropped: "the model takes none" },
  ...Object.fromEntries(
    ["image", "audio", "video", "document"].map((kind): [string, FieldFate] => [
      `messages[].parts[].${kind}`,
      { dropped: "the model takes none, and words stand in its place" },
    ]),
  ),
};

/** The same for how the model thinks, in dialects that do not fit that by themselves. */
export const thinkingFates: FidelityTable = {
  "reasoning.mode": {
    mapped: "the model always thinks, or never",
    clamped: "sent as the lowest effort, for the model cannot be kept from thinking",
    dropped: "the model always thinks, or never",
  },
  "reasoning.effort": {
    mapped: "the model does not think",
    clamped: "sent as the nearest level that the model takes",
    dropped: "the model takes none",
  },
  "reasoning.budget_tokens": {
    mapped: "the model does not think",
    dropped: "the effort says it, or the model takes none",
  },
  "reasoning.summary": {
    mapped: "the model does not think",
    dropped: "the model does not think, or tells nothing of it",
  },
};
