import type {
  JsonSchemaFormat,
  ReasoningOptions,
  ResponseFormat,
  Sampling,
  WebSearchOptions,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ReasoningEffort, ReasoningMode } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { ModelTraits } from "../../../../gen/parlance/model/v1/model_traits_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import { schemaInstruction } from "../../../core/traits/fit-format.ts";
import { nearestEffort } from "../../../core/traits/nearest-effort.ts";
import { switchesOff } from "../../../core/traits/thinks.ts";
import type { Writable } from "../../../json/write.ts";
import { memberName } from "../fit/options.ts";
import { contextSizes, efforts, wordFor } from "../options.ts";
import { type ChatQuirks, type Draft, NAME, objectText } from "../wire.ts";

/** A budget of thinking tokens up to this is LOW, up to the next MEDIUM, above it HIGH. */
const LOW_BUDGET = 2048;
const MEDIUM_BUDGET = 8192;

/** Writes the knobs of the draw. */
export function encodeSampling(sampling: Sampling, quirks: ChatQuirks): Draft {
  const bias = Object.keys(sampling.logitBias).length > 0 ? { ...sampling.logitBias } : undefined;
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    [memberName("seed", quirks)]: exact(sampling.seed),
    stop: sampling.stop.length === 0 ? undefined : sampling.stop,
    logit_bias: bias,
    logprobs: sampling.logprobs,
    top_logprobs: sampling.topLogprobs,
    top_k: sampling.topK,
    min_p: sampling.minP,
    repetition_penalty: sampling.repetitionPenalty,
  };
}

/**
 * The word for how hard the model thinks. A budget alone is emulated by the nearest effort: up to
 * 2048 tokens low, up to 8192 medium, above it high. Thinking switched off is the effort `none`.
 * `levels`: those that the model takes, empty where they are not known.
 */
export function encodeEffort(
  options: ReasoningOptions,
  levels: readonly string[],
  report: EncodeReport,
): string | undefined {
  if (options.mode === ReasoningMode.DISABLED) {
    mapped(report, "reasoning.mode", "sent as reasoning_effort none");
    if (options.effort !== ReasoningEffort.UNSPECIFIED)
      dropped(report, "reasoning.effort", "thinking is switched off");
    if (options.budgetTokens !== undefined)
      dropped(report, "reasoning.budget_tokens", "thinking is switched off");
    return "none";
  }
  const word = wordFor(efforts, options.effort);
  if (word !== undefined) {
    if (options.budgetTokens !== undefined)
      dropped(report, "reasoning.budget_tokens", "reasoning_effort says it");
    if (options.mode !== ReasoningMode.UNSPECIFIED) {
      mapped(report, "reasoning.mode", "reasoning_effort says it");
    }
    return word;
  }
  return effortOf(options, levels, report);
}

/** What says how thinking is switched. */
export interface SwitchOptions {
  readonly thinkingSwitch: NonNullable<ChatQuirks["thinkingSwitch"]>;
  readonly traits: ModelTraits;
}

/**
 * Switches thinking on or off in the vendor's own words, with the effort where the model takes one
 * and the budget where the vendor takes one.
 */
export function encodeSwitch(
  options: ReasoningOptions,
  { thinkingSwitch, traits }: SwitchOptions,
  report: EncodeReport,
): Draft {
  const off = switchesOff(options);
  const sent: SentThinking = {
    member: thinkingSwitch,
    off,
    effort: off || traits.effort !== true ? undefined : wordFor(efforts, options.effort),
    budget: thinkingSwitch === "enable_thinking" && !off ? options.budgetTokens : undefined,
  };
  reportSwitch(options, sent, report);
  const { effort, budget } = sent;
  return thinkingSwitch === "thinking"
    ? { thinking: { type: off ? "disabled" : "enabled" }, reasoning_effort: effort }
    : { enable_thinking: !off, thinking_budget: budget, reasoning_effort: effort };
}

/** As encodeSwitch, where `reasoning_effort` is the switch: `none` or `default`. */
export function encodeSwitchedEffort(options: ReasoningOptions, report: EncodeReport): string {
  const off = switchesOff(options);
  const sent = { member: "reasoning_effort", off, effort: undefined, budget: undefined };
  reportSwitch(options, sent, report);
  return off ? "none" : "default";
}

/** What is sent of options of reasoning, beside the switch. */
interface SentThinking {
  readonly member: string;
  readonly off: boolean;
  readonly effort: string | undefined;
  readonly budget: number | undefined;
}

function reportSwitch(
  { mode, effort, budgetTokens }: ReasoningOptions,
  sent: SentThinking,
  report: EncodeReport,
): void {
  const note = `sent as ${sent.member}`;
  if (mode !== ReasoningMode.UNSPECIFIED) mapped(report, "reasoning.mode", note);
  if (effort !== ReasoningEffort.UNSPECIFIED && sent.effort === undefined) {
    if (sent.off) mapped(report, "reasoning.effort", note);
    else emulated(report, "reasoning.effort", `${note}, for the model knows no levels`);
  }
  if (budgetTokens === undefined) return;
  if (sent.off) mapped(report, "reasoning.budget_tokens", note);
  else if (sent.budget !== undefined)
    mapped(report, "reasoning.budget_tokens", "sent as thinking_budget");
  else dropped(report, "reasoning.budget_tokens");
}

/** Writes the form of the answer. */
export function encodeResponseFormat(
  form: ResponseFormat,
  quirks: ChatQuirks,
  report: EncodeReport,
): Writable {
  const { format } = form;
  switch (format.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema":
      return encodeSchema(format.value, quirks, report);
    case "opaque":
      if (format.value.dialect === NAME)
        return objectText(format.value.json, "response_format.opaque.json", report);
      dropped(
        report,
        "response_format.opaque",
        `only the dialect ${format.value.dialect} knows it`,
      );
      return undefined;
    case undefined:
      return undefined;
  }
}

function encodeSchema(
  format: JsonSchemaFormat,
  quirks: ChatQuirks,
  report: EncodeReport,
): Writable {
  const path = "response_format.json_schema";
  const { name, description, schemaJson, strict } = format;
  const schema =
    schemaJson === "" ? undefined : objectText(schemaJson, `${path}.schema_json`, report);
  if (quirks.jsonSchema === false) {
    emulated(report, path);
    if (strict === true) dropped(report, `${path}.strict`);
    if (strict === false) mapped(report, `${path}.strict`);
    return { type: "json_object" };
  }
  return {
    type: "json_schema",
    json_schema: {
      name: name === "" ? "response" : name,
      description: description === "" ? undefined : description,
      schema,
      strict,
    },
  };
}

/**
 * The instruction that stands in for a schema where the vendor enforces none; undefined where it is
 * not needed.
 */
export function formInstruction(
  form: ResponseFormat | undefined,
  quirks: ChatQuirks,
): Draft | undefined {
  if (form?.format.case !== "jsonSchema" || quirks.jsonSchema !== false) return undefined;
  return { role: "system", content: schemaInstruction(form.format.value) };
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

function effortOf(
  options: ReasoningOptions,
  levels: readonly string[],
  report: EncodeReport,
): string | undefined {
  const budget = options.budgetTokens;
  if (budget !== undefined) {
    const word = nearestEffort(effortOfBudget(budget), levels);
    const note = `sent as reasoning_effort ${word}`;
    if (budget === 0 && word !== "none") clamped(report, "reasoning.budget_tokens", note);
    else emulated(report, "reasoning.budget_tokens", note);
    return word;
  }
  if (options.mode === ReasoningMode.ENABLED) {
    const word = nearestEffort("medium", levels);
    emulated(report, "reasoning.mode", `sent as reasoning_effort ${word}`);
    return word;
  }
  if (options.mode === ReasoningMode.ADAPTIVE) {
    mapped(report, "reasoning.mode", "the vendor's default");
  }
  return undefined;
}

function effortOfBudget(budget: number): string {
  if (budget === 0) return "none";
  if (budget <= LOW_BUDGET) return "low";
  return budget <= MEDIUM_BUDGET ? "medium" : "high";
}

/** A number where it holds the integer exactly, so that the body can be printed natively. */
function exact(value: bigint | undefined): number | bigint | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
