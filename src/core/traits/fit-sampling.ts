import type { Sampling } from "../../../gen/parlance/chat/v1/generation_pb.js";
import type { Takes } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { drops, type Fitting, maps } from "./fitting.ts";

/** One knob of the draw. */
export interface SamplingKnob {
  /** Its field of the contract within `sampling`, which is its name in most APIs too. */
  readonly field: string;
  readonly local: Exclude<keyof Sampling, "$typeName" | "$unknown">;
  /** What says whether a model takes it. */
  readonly trait: Exclude<keyof Takes, "$typeName" | "$unknown">;
  /** The value that changes nothing. Absent: none is known. */
  readonly neutral?: number | boolean;
}

/** The knobs of the draw that models may not take. */
export const samplingKnobs: readonly SamplingKnob[] = [
  { field: "temperature", local: "temperature", trait: "temperature", neutral: 1 },
  { field: "top_p", local: "topP", trait: "topP", neutral: 1 },
  { field: "top_k", local: "topK", trait: "topK", neutral: -1 },
  { field: "min_p", local: "minP", trait: "minP", neutral: 0 },
  { field: "frequency_penalty", local: "frequencyPenalty", trait: "frequencyPenalty", neutral: 0 },
  { field: "presence_penalty", local: "presencePenalty", trait: "presencePenalty", neutral: 0 },
  {
    field: "repetition_penalty",
    local: "repetitionPenalty",
    trait: "repetitionPenalty",
    neutral: 1,
  },
  { field: "seed", local: "seed", trait: "seed" },
  { field: "stop", local: "stop", trait: "stop" },
  { field: "logit_bias", local: "logitBias", trait: "logitBias" },
  { field: "logprobs", local: "logprobs", trait: "logprobs", neutral: false },
  { field: "top_logprobs", local: "topLogprobs", trait: "logprobs", neutral: 0 },
];

/** Leaves out the knobs of the draw that a model does not take. */
export function fitSampling(fitting: Fitting, takes: Takes): void {
  const { sampling } = fitting.chat;
  if (sampling === undefined) return;
  const fitted: Sampling = { ...sampling };
  const before = fitting.report.length;
  for (const { field, local, trait, neutral } of samplingKnobs) {
    const value = sampling[local];
    if (takes[trait] !== false || !isSet(value)) continue;
    if (value === neutral) maps(fitting, `sampling.${field}`, "it is what the model does anyway");
    else drops(fitting, `sampling.${field}`, "the model takes no such knob in this request");
    clear(fitted, local);
  }
  const both = fitted.temperature !== undefined && fitted.topP !== undefined;
  if (both && takes.temperatureWithTopP === false) {
    drops(fitting, "sampling.top_p", "the model takes temperature or top_p, not both");
    clear(fitted, "topP");
  }
  if (fitting.report.length > before) fitting.chat.sampling = fitted;
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined;
}

function clear(sampling: Sampling, local: SamplingKnob["local"]): void {
  if (local === "stop") sampling.stop = [];
  else if (local === "logitBias") sampling.logitBias = {};
  else delete sampling[local];
}
