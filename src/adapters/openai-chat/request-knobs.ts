import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type {
  ReasoningOptions,
  ResponseFormat,
  Sampling,
  WebSearchOptions,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { ReasoningEffort, ReasoningMode, ReasoningSummary } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { type ChatQuirks, type Draft, drop, NAME, type Report, tell } from "./wire.ts";
import { contextSizes, efforts, wordFor } from "./words.ts";

/** A budget of thinking tokens up to this is LOW, up to the next MEDIUM, above it HIGH. */
const LOW_BUDGET = 2048;
const MEDIUM_BUDGET = 8192;

/** Writes the knobs of the draw. */
export function encodeSampling(sampling: Sampling, quirks: ChatQuirks, report: Report): Draft {
  const bias = Object.keys(sampling.logitBias).length > 0 ? { ...sampling.logitBias } : undefined;
  const draft: Draft = {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    [quirks.seedField ?? "seed"]: exact(sampling.seed),
    stop: sampling.stop.length === 0 ? undefined : sampling.stop,
    logit_bias: bias,
    logprobs: sampling.logprobs,
    top_logprobs: sampling.topLogprobs,
  };
  const extended: Draft = {
    top_k: sampling.topK,
    min_p: sampling.minP,
    repetition_penalty: sampling.repetitionPenalty,
  };
  if (quirks.extendedSampling !== false) return { ...draft, ...extended };
  for (const key of Object.keys(extended)) {
    if (extended[key] !== undefined) drop(report, `sampling.${key}`, "the vendor has no such knob");
  }
  return draft;
}

/**
 * The word for how hard the model thinks. A budget alone is emulated by the nearest effort: up to 2048 tokens low, up to
 * 8192 medium, above it high. Thinking switched off is the effort `none`.
 */
export function encodeEffort(options: ReasoningOptions, report: Report): string | undefined {
  if (options.summary !== ReasoningSummary.UNSPECIFIED) {
    drop(report, "reasoning.summary", "the vendor has no summaries in this dialect");
  }
  if (options.mode === ReasoningMode.DISABLED) {
    tell(report, "reasoning.mode", FieldOutcome.MAPPED, "sent as reasoning_effort none");
    if (options.effort !== ReasoningEffort.UNSPECIFIED) drop(report, "reasoning.effort", "thinking is switched off");
    if (options.budgetTokens !== undefined) drop(report, "reasoning.budget_tokens", "thinking is switched off");
    return "none";
  }
  const word = wordFor(efforts, options.effort);
  if (word !== undefined) {
    if (options.budgetTokens !== undefined) drop(report, "reasoning.budget_tokens", "reasoning_effort says it");
    if (options.mode !== ReasoningMode.UNSPECIFIED) {
      tell(report, "reasoning.mode", FieldOutcome.MAPPED, "reasoning_effort says it");
    }
    return word;
  }
  return effortOf(options, report);
}

/** Writes the form of the answer. */
export function encodeResponseFormat(form: ResponseFormat, quirks: ChatQuirks, report: Report): Writable {
  const { format } = form;
  switch (format.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema": {
      if (quirks.jsonSchema === false) {
        tell(report, "response_format.json_schema", FieldOutcome.EMULATED, "asked for in words; only JSON is enforced");
        return { type: "json_object" };
      }
      const { name, description, schemaJson, strict } = format.value;
      return {
        type: "json_schema",
        json_schema: {
          name: name === "" ? "response" : name,
          description: description === "" ? undefined : description,
          schema: schemaJson === "" ? undefined : rawJson(schemaJson),
          strict,
        },
      };
    }
    case "opaque":
      if (format.value.dialect === NAME) return rawJson(format.value.json);
      drop(report, "response_format", `only the dialect ${format.value.dialect} knows it`);
      return undefined;
    case undefined:
      return undefined;
  }
}

/** The instruction that stands in for a schema where the vendor enforces none; undefined where it is not needed. */
export function schemaInstruction(form: ResponseFormat | undefined, quirks: ChatQuirks): Draft | undefined {
  if (form?.format.case !== "jsonSchema" || quirks.jsonSchema !== false) return undefined;
  const { schemaJson, description } = form.format.value;
  const purpose = description === "" ? "" : ` (${description})`;
  const schema = schemaJson === "" ? "." : ` that follows this JSON Schema${purpose}:\n${schemaJson}`;
  return { role: "system", content: `Answer with one JSON object and nothing else${schema}` };
}

/** Writes the vendor's own web search. */
export function encodeWebSearch({ searchContextSize, userLocation }: WebSearchOptions): Draft {
  const place = (text: string): string | undefined => (text === "" ? undefined : text);
  return {
    search_context_size: wordFor(contextSizes, searchContextSize),
    user_location:
      userLocation === undefined
        ? undefined
        : {
            type: "approximate",
            approximate: {
              city: place(userLocation.city),
              region: place(userLocation.region),
              country: place(userLocation.country),
              timezone: place(userLocation.timezone),
            },
          },
  };
}

function effortOf(options: ReasoningOptions, report: Report): string | undefined {
  const budget = options.budgetTokens;
  if (budget !== undefined) {
    const word = budget === 0 ? "none" : budget <= LOW_BUDGET ? "low" : budget <= MEDIUM_BUDGET ? "medium" : "high";
    tell(report, "reasoning.budget_tokens", FieldOutcome.EMULATED, `sent as reasoning_effort ${word}`);
    return word;
  }
  if (options.mode === ReasoningMode.ENABLED) {
    tell(report, "reasoning.mode", FieldOutcome.EMULATED, "sent as reasoning_effort medium");
    return "medium";
  }
  if (options.mode === ReasoningMode.ADAPTIVE) {
    drop(report, "reasoning.mode", "the vendor's default decides");
  }
  return undefined;
}

/** A number where it holds the integer exactly, so that the body can be printed natively. */
function exact(value: bigint | undefined): number | bigint | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
