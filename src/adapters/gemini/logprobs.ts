import type { Logprobs, TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  stringAt,
} from "../../json/json.ts";
import type { Body } from "../../json/members.ts";

/**
 * The likelihoods of a candidate's `logprobsResult`. See
 * https://ai.google.dev/api/generate-content#LogprobsResult.
 */
export function decodeLogprobs(json: JsonObject): Logprobs | undefined {
  const chosen = arrayAt(json, "chosenCandidates") ?? [];
  const top = arrayAt(json, "topCandidates") ?? [];
  if (chosen.length === 0 && top.length === 0) return undefined;
  const content = (chosen.length > 0 ? chosen : top.map(likeliest)).map((token, at) => ({
    ...decodeToken(token),
    top: candidatesOf(top[at]).map(decodeToken),
  }));
  return { $typeName: "parlance.chat.v1.Logprobs", content, refusal: [] };
}

/** The same in the vendor's words. */
export function encodeLogprobs({ content }: Logprobs): Body {
  const hasTop = content.some((token) => token.top.length > 0);
  return {
    ...(hasTop
      ? { topCandidates: content.map((token) => ({ candidates: token.top.map(encodeToken) })) }
      : undefined),
    chosenCandidates: content.map(encodeToken),
  };
}

function encodeToken({ token, logprob }: TokenLogprob): Body {
  return { token, logProbability: logprob };
}

function decodeToken(json: Json | undefined): TokenLogprob {
  const object = isObject(json) ? json : {};
  return {
    $typeName: "parlance.chat.v1.TokenLogprob",
    token: stringAt(object, "token") ?? "",
    logprob: Math.min(numberAt(object, "logProbability") ?? 0, 1),
    top: [],
  };
}

function candidatesOf(json: Json | undefined): readonly Json[] {
  return isObject(json) ? (arrayAt(json, "candidates") ?? []) : [];
}

function likeliest(json: Json): Json {
  return candidatesOf(json)[0] ?? {};
}
