import {
  FinishReason,
  type Logprobs,
  type TokenLogprob,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { event } from "../../events/make-events.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  stringAt,
} from "../../json/json.ts";
import { unknownMembers } from "../../json/members.ts";
import type { Source } from "../../json/source-slice.ts";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";
import { countAt } from "../shared/count-at.ts";
import { DIALECT } from "./wire.ts";

/**
 * Members of `details` that have a field in the contract, or repeat the text; others travel as
 * extras.
 */
const KNOWN: ReadonlySet<string> = new Set([
  "finish_reason",
  "generated_tokens",
  "input_length",
  "prefill",
  "tokens",
  "top_tokens",
]);

/**
 * The end of an answer: why it stopped, what it took, and what only this dialect tells, such as the
 * seed.
 */
export function decodeDetails(details: JsonObject | undefined, source: Source): Event[] {
  const vendorReason = details === undefined ? "" : (stringAt(details, "finish_reason") ?? "");
  const reason = decodeFinishReason(vendorReason);
  const end = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason,
    stopSequence: "",
  } as const;
  const events: Event[] = [event({ case: "finish", value: end })];
  if (details === undefined) return events;
  const usage = decodeUsage(details);
  if (usage !== undefined) events.push(event({ case: "usage", value: usage }));
  const json = unknownMembers(details, source, KNOWN);
  if (json !== "") {
    const value = { $typeName: "parlance.chat.v1.ExtrasSet", dialect: DIALECT, json } as const;
    events.push(event({ case: "extrasSet", value }));
  }
  return events;
}

/**
 * Usage from details: `generated_tokens`, and the prompt's from `input_length`, which only streams
 * have, or from `prefill` where it was requested. Undefined where all are absent.
 */
export function decodeUsage(details: JsonObject): Usage | undefined {
  const prefill = arrayAt(details, "prefill")?.length ?? 0;
  const input = countAt(details, "input_length") ?? (prefill > 0 ? BigInt(prefill) : undefined);
  const output = countAt(details, "generated_tokens");
  if (input === undefined && output === undefined) return undefined;
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...(input === undefined ? undefined : { inputTokens: input }),
    ...(output === undefined ? undefined : { outputTokens: output }),
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}

/**
 * Likelihoods of tokens; undefined where none were requested, which the absence of the likeliest
 * tokens shows.
 */
export function decodeLogprobs(
  tokens: readonly Json[],
  tops: readonly Json[] | undefined,
): Logprobs | undefined {
  if (tops === undefined || tops.length === 0) return undefined;
  const content = tokens.flatMap((token, at) => decodeToken(token, tops[at]));
  return content.length === 0
    ? undefined
    : { $typeName: "parlance.chat.v1.Logprobs", content, refusal: [] };
}

function decodeToken(json: Json, top: Json | undefined): readonly TokenLogprob[] {
  if (!isObject(json) || json.special === true) return [];
  return [
    {
      $typeName: "parlance.chat.v1.TokenLogprob",
      token: stringAt(json, "text") ?? "",
      logprob: numberAt(json, "logprob") ?? -9999,
      top: Array.isArray(top) ? top.flatMap((other: Json) => decodeToken(other, undefined)) : [],
    },
  ];
}

/** Why the model stopped, from `details.finish_reason`; "" where there are no details. */
function decodeFinishReason(word: string): FinishReason {
  switch (word) {
    case "":
      return FinishReason.UNSPECIFIED;
    case "eos_token":
      return FinishReason.STOP;
    case "stop_sequence":
      return FinishReason.STOP_SEQUENCE;
    case "length":
      return FinishReason.LENGTH;
    default:
      return foreignFinish(word);
  }
}
