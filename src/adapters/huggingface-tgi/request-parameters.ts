import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { ResponseFormat, Sampling } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../json/members.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { DIALECT } from "./wire.ts";

/** `parameters`: details are always requested, and the prompt is never repeated. */
export function encodeParameters(chat: Chat, report: EncodeReport): Body {
  return {
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, report)),
    max_new_tokens: chat.maxOutputTokens,
    grammar:
      chat.responseFormat === undefined ? undefined : encodeGrammar(chat.responseFormat, report),
    return_full_text: false,
    details: true,
  };
}

/**
 * The server refuses values that change nothing, such as a `top_p` of 1; they are left out, which
 * means the same.
 */
function encodeSampling(sampling: Sampling, report: EncodeReport): Body {
  const greedy = sampling.temperature === 0;
  if (greedy) mapped(report, "sampling.temperature");
  return {
    do_sample: greedy ? false : undefined,
    temperature: greedy ? undefined : sampling.temperature,
    top_p: encodeTopP(sampling.topP, report),
    top_k: encodeTopK(sampling.topK, report),
    seed: encodeSeed(sampling.seed, report),
    stop: sampling.stop.length === 0 ? undefined : sampling.stop,
    repetition_penalty: sampling.repetitionPenalty,
    frequency_penalty: sampling.frequencyPenalty,
    top_n_tokens: encodeTopTokens(sampling, report),
  };
}

/**
 * 1 is all tokens; 0 leaves no more than the likeliest one, which another parameter of the server
 * can express.
 */
function encodeTopP(topP: number | undefined, report: EncodeReport): number | undefined {
  if (topP === undefined || (topP > 0 && topP < 1)) return topP;
  if (topP >= 1) {
    mapped(report, "sampling.top_p");
    return undefined;
  }
  clamped(report, "sampling.top_p");
  return MIN_TOP_P;
}

const MIN_TOP_P = 0.001;

function encodeTopK(topK: number | undefined, report: EncodeReport): number | undefined {
  if (topK === undefined || topK > 0) return topK;
  mapped(report, "sampling.top_k");
  return undefined;
}

function encodeSeed(seed: bigint | undefined, report: EncodeReport): bigint | undefined {
  if (seed === undefined || seed >= 0n) return seed;
  dropped(report, "sampling.seed");
  return undefined;
}

/** Likelihoods come with the likeliest tokens: at least one of these is requested. */
function encodeTopTokens(
  { logprobs, topLogprobs }: Sampling,
  report: EncodeReport,
): number | undefined {
  if (logprobs !== true) {
    if (topLogprobs !== undefined) dropped(report, "sampling.top_logprobs");
    if (logprobs === false) mapped(report, "sampling.logprobs", "none are requested");
    return undefined;
  }
  mapped(report, "sampling.logprobs", "sent as top_n_tokens");
  if (topLogprobs === 0) mapped(report, "sampling.top_logprobs");
  return Math.max(1, topLogprobs ?? 1);
}

/**
 * `grammar` holds a JSON Schema. See
 * https://huggingface.co/docs/text-generation-inference/basic_tutorials/using_guidance. One without
 * `properties`, as that of any object, is refused by the server, which has no other way to ask for
 * JSON: https://github.com/huggingface/text-generation-inference/pull/2309 and /issues/2899
 * (2026-11).
 */
function encodeGrammar({ format }: ResponseFormat, report: EncodeReport): Writable | undefined {
  switch (format.case) {
    case "text":
      mapped(report, "response_format.text");
      return undefined;
    case "jsonObject":
    case undefined:
      return undefined;
    case "jsonSchema": {
      const path = "response_format.json_schema";
      const { name, schemaJson, strict } = format.value;
      if (name !== "") mapped(report, `${path}.name`);
      if (strict !== undefined) mapped(report, `${path}.strict`);
      if (schemaJson === "") {
        const message = "the server takes only schemas that name properties, and none for any JSON";
        refuse(report, ErrorReason.UNSUPPORTED, `${path}.schema_json`, message);
      } else if (!isObjectText(schemaJson)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.schema_json`,
          "must be one JSON object",
        );
      }
      return { type: "json", value: rawJson(schemaJson) };
    }
    case "opaque":
      if (format.value.dialect !== DIALECT) {
        dropped(report, "response_format.opaque", `only ${format.value.dialect} knows it`);
        return undefined;
      }
      if (!isObjectText(format.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          "response_format.opaque.json",
          "must be one JSON object",
        );
      }
      return rawJson(format.value.json);
  }
}
