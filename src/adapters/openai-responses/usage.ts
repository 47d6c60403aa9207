import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { type JsonObject, objectAt } from "../../json/json.ts";
import {
  type Body,
  membersOf,
  mergeMembers,
  unknownMembers,
  unknownTexts,
} from "../../json/members.ts";
import { memberSource, noSource, type Source } from "../../json/source-slice.ts";
import { rawJson } from "../../json/write.ts";
import { countAt } from "../shared/count-at.ts";
import { DIALECT } from "./wire.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "input_tokens",
  "input_tokens_details",
  "output_tokens",
  "output_tokens_details",
  "total_tokens",
]);

const INPUT: ReadonlySet<string> = new Set([
  "cached_tokens",
  "cache_write_tokens",
  "text_tokens",
  "audio_tokens",
  "image_tokens",
]);

const OUTPUT: ReadonlySet<string> = new Set([
  "reasoning_tokens",
  "text_tokens",
  "audio_tokens",
  "image_tokens",
]);

/**
 * The vendor's usage; input includes what was cached, output what was reasoned. Members without a
 * field here (costs, tools that the vendor ran) are kept as extras. `tier` is the tier of the
 * response, which is the one that is billed.
 */
export function decodeUsage(json: JsonObject, tier: string, source: Source = noSource): Usage {
  const input = objectAt(json, "input_tokens_details") ?? {};
  const output = objectAt(json, "output_tokens_details") ?? {};
  const members = [
    ...unknownTexts(json, source, KNOWN),
    ...detailsOf("input_tokens_details", input, source, INPUT),
    ...detailsOf("output_tokens_details", output, source, OUTPUT),
  ];
  const extras = members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",");
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...inputOf(json, input),
    ...count("cacheReadTokens", input, "cached_tokens"),
    ...count("cacheWriteTokens", input, "cache_write_tokens"),
    ...count("outputTokens", json, "output_tokens"),
    ...count("reasoningTokens", output, "reasoning_tokens"),
    ...count("totalTokens", json, "total_tokens"),
    ...count("inputTextTokens", input, "text_tokens"),
    ...count("inputAudioTokens", input, "audio_tokens"),
    ...count("inputImageTokens", input, "image_tokens"),
    ...count("outputTextTokens", output, "text_tokens"),
    ...count("outputAudioTokens", output, "audio_tokens"),
    ...count("outputImageTokens", output, "image_tokens"),
    toolUses: {},
    serviceTier: tier,
    extrasJson: extras === "" ? {} : { [DIALECT]: `{${extras}}` },
  };
}

/**
 * Usage as the vendor tells it. Counts that clients read without asking are 0 where they are not
 * known.
 */
export function encodeUsage(usage: Usage): Body {
  const input = usage.inputTokens ?? 0n;
  const output = usage.outputTokens ?? 0n;
  const body: Body = {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens ?? 0n,
      cache_write_tokens: usage.cacheWriteTokens,
      text_tokens: usage.inputTextTokens,
      audio_tokens: usage.inputAudioTokens,
      image_tokens: usage.inputImageTokens,
    },
    output_tokens: output,
    output_tokens_details: {
      reasoning_tokens: usage.reasoningTokens ?? 0n,
      text_tokens: usage.outputTextTokens,
      audio_tokens: usage.outputAudioTokens,
      image_tokens: usage.outputImageTokens,
    },
    total_tokens: usage.totalTokens ?? input + output,
  };
  const extras = usage.extrasJson[DIALECT];
  if (extras !== undefined) addExtras(body, extras);
  return body;
}

/** Extras never replace what is counted. */
function addExtras(body: Body, extras: string): void {
  for (const [key, text] of membersOf(extras) ?? []) {
    if (!KNOWN.has(key)) body[key] = rawJson(text);
    else if (key.endsWith("_details")) mergeMembers(body, `{${JSON.stringify(key)}:${text}}`);
  }
}

function detailsOf(
  key: string,
  json: JsonObject,
  source: Source,
  known: ReadonlySet<string>,
): readonly (readonly [key: string, text: string])[] {
  const text = unknownMembers(json, memberSource(source, key), known);
  return text === "" ? [] : [[key, text]];
}

type Count = { [K in keyof Usage]-?: bigint extends Usage[K] ? K : never }[keyof Usage];

/**
 * All of the prompt. A vendor that counts what was cached outside of it is seen by the cache being
 * larger than the prompt.
 */
function inputOf(json: JsonObject, details: JsonObject): { readonly inputTokens?: bigint } {
  const input = countAt(json, "input_tokens");
  const cached =
    (countAt(details, "cached_tokens") ?? 0n) + (countAt(details, "cache_write_tokens") ?? 0n);
  if (input === undefined) return {};
  return { inputTokens: cached > input ? input + cached : input };
}

function count<K extends Count>(
  member: K,
  json: JsonObject,
  key: string,
): { readonly [M in K]?: bigint } {
  const value = countAt(json, key);
  // A computed key is typed as any string, though it is exactly the requested member.
  return value === undefined ? {} : ({ [member]: value } as { readonly [M in K]?: bigint });
}
