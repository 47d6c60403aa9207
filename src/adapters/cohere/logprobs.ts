import type { Logprobs, TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { arrayAt, isObject, type Json, stringAt } from "../../json/json.ts";
import type { Draft } from "./wire.ts";

/**
 * `logprobs` of a reply, or of one frame: items of a text with one likelihood for each of its
 * tokens. Where an item has several tokens nobody knows which part of the text is whose, so that
 * all of it is the first one's. Undefined where there are none.
 */
export function decodeLogprobs(json: Json | undefined): Logprobs | undefined {
  const items: readonly Json[] = Array.isArray(json) ? json : isObject(json) ? [json] : [];
  const content = items.flatMap(decodeItem);
  return content.length === 0
    ? undefined
    : { $typeName: "parlance.chat.v1.Logprobs", content, refusal: [] };
}

/**
 * Likelihoods in the vendor's words. Ids of tokens are not known here, and clients do not look for
 * them.
 */
export function encodeLogprobs({ content }: Logprobs): Draft[] {
  return content.map(({ token, logprob }) => ({ text: token, token_ids: [], logprobs: [logprob] }));
}

function decodeItem(item: Json): TokenLogprob[] {
  if (!isObject(item)) return [];
  const text = stringAt(item, "text") ?? "";
  const values = (arrayAt(item, "logprobs") ?? []).filter(
    (value) => typeof value === "number" && value <= 1,
  );
  return values.map((value, at) => ({
    $typeName: "parlance.chat.v1.TokenLogprob",
    token: at === 0 ? text : "",
    logprob: Number(value),
    top: [],
  }));
}
