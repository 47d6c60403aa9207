import type { Logprobs, TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { arrayAt, byteOf, isObject, type Json, numberAt, stringAt } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import type { Writable } from "../../json/write.ts";

/** Stands for a likelihood that is absent. */
const UNLIKELY = -9999;

/** The likelihoods of a reply or chunk; undefined when there are none. */
export function decodeLogprobs(json: readonly Json[] | undefined): Logprobs | undefined {
  const content = json?.flatMap(decodeToken) ?? [];
  return content.length === 0
    ? undefined
    : { $typeName: "parlance.chat.v1.Logprobs", content, refusal: [] };
}

/** The likelihoods of the answer's text in the format of this dialect. */
export function encodeTokens({ content }: Logprobs): Writable[] {
  return content.map((token) => ({
    ...encodeToken(token),
    top_logprobs: token.top.length === 0 ? undefined : token.top.map(encodeToken),
  }));
}

function decodeToken(json: Json): readonly TokenLogprob[] {
  if (!isObject(json)) return [];
  const bytes = arrayAt(json, "bytes");
  return [
    {
      $typeName: "parlance.chat.v1.TokenLogprob",
      token: stringAt(json, "token") ?? "",
      logprob: numberAt(json, "logprob") ?? UNLIKELY,
      ...(bytes === undefined ? undefined : { rawBytes: Uint8Array.from(bytes, byteOf) }),
      top: arrayAt(json, "top_logprobs")?.flatMap(decodeToken) ?? [],
    },
  ];
}

function encodeToken({ token, logprob, rawBytes }: TokenLogprob): Body {
  return { token, logprob, bytes: rawBytes === undefined ? undefined : [...rawBytes] };
}
