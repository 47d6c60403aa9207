import type { Logprobs, TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  arrayAt,
  byteOf,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  stringAt,
} from "../../json/json.ts";
import type { Draft } from "./wire.ts";

/** What a vendor says where a likelihood is too small to tell. */
const UNLIKELY = -9999;

/**
 * Likelihoods of a choice; undefined when there are none. Together's lists of `tokens` and
 * `token_logprobs` are read too.
 */
export function decodeLogprobs(json: JsonObject): Logprobs | undefined {
  const content = arrayAt(json, "content")?.flatMap(decodeToken) ?? decodeLists(json);
  const refusal = arrayAt(json, "refusal")?.flatMap(decodeToken) ?? [];
  if (content.length === 0 && refusal.length === 0) return undefined;
  return { $typeName: "parlance.chat.v1.Logprobs", content, refusal };
}

/** Likelihoods in OpenAI's words. */
export function encodeLogprobs(logprobs: Logprobs): Draft {
  return {
    content: logprobs.content.length === 0 ? null : logprobs.content.map(encodeToken),
    refusal: logprobs.refusal.length === 0 ? null : logprobs.refusal.map(encodeToken),
  };
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

function decodeLists(json: JsonObject): TokenLogprob[] {
  const tokens = arrayAt(json, "tokens");
  const values = arrayAt(json, "token_logprobs");
  if (tokens === undefined || values === undefined) return [];
  const tops = arrayAt(json, "top_logprobs") ?? [];
  return tokens.map((token, at) => {
    const value = values[at];
    return {
      $typeName: "parlance.chat.v1.TokenLogprob",
      token: typeof token === "string" ? token : "",
      logprob: typeof value === "number" ? value : UNLIKELY,
      top: decodeTop(tops[at]),
    };
  });
}

/** Alternatives of legacy completions: an object of the likelihood of each. */
function decodeTop(json: Json | undefined): TokenLogprob[] {
  return Object.entries(isObject(json) ? json : {}).map(([token, value]) => ({
    $typeName: "parlance.chat.v1.TokenLogprob",
    token,
    logprob: typeof value === "number" ? value : UNLIKELY,
    top: [],
  }));
}

function encodeToken(token: TokenLogprob): Draft {
  return { ...encodeChance(token), top_logprobs: token.top.map(encodeChance) };
}

function encodeChance({ token, logprob, rawBytes }: TokenLogprob): Draft {
  return { token, logprob, bytes: rawBytes === undefined ? null : [...rawBytes] };
}
