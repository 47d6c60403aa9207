import type {
  ReasoningOptions,
  ResponseFormat,
  Sampling,
  WebSearchOptions,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  ReasoningMode,
  ReasoningSummary,
  SearchContextSize,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { sliceJsonText } from "../../../json/slice.ts";
import {
  array,
  blame,
  boolean,
  integer,
  number,
  object,
  present,
  type Reader,
  string,
  word,
} from "../../shared/request-reader.ts";
import { contextSizes, efforts } from "../option-values.ts";
import { NAME } from "../wire.ts";

/**
 * Reads the knobs of the draw; undefined when none is set. `body` gives the seed's exact digits.
 */
export function decodeSampling(
  reader: Reader,
  json: JsonObject,
  body: Uint8Array,
): Sampling | undefined {
  const sampling: Sampling = {
    $typeName: "parlance.chat.v1.Sampling",
    stop: decodeStop(reader, json),
    logitBias: {},
  };
  set(sampling, "temperature", number(reader, json, "temperature", 0, 100));
  set(sampling, "topP", number(reader, json, "top_p", 0, 1));
  set(sampling, "topK", integer(reader, json, "top_k", -1, 2147483647));
  set(sampling, "minP", number(reader, json, "min_p", 0, 1));
  set(sampling, "frequencyPenalty", number(reader, json, "frequency_penalty", -100, 100));
  set(sampling, "presencePenalty", number(reader, json, "presence_penalty", -100, 100));
  set(sampling, "repetitionPenalty", number(reader, json, "repetition_penalty", 0, 100));
  set(sampling, "seed", decodeSeed(reader, json, body));
  set(sampling, "logprobs", boolean(reader, json, "logprobs"));
  set(sampling, "topLogprobs", integer(reader, json, "top_logprobs", 0, 1000));
  for (const [token, bias] of Object.entries(object(reader, json, "logit_bias") ?? {})) {
    if (typeof bias === "number") sampling.logitBias[token] = bias;
    else blame(reader, `logit_bias.${token}`, "must be a number");
  }
  const used =
    Object.keys(sampling).length > 3 ||
    sampling.stop.length > 0 ||
    Object.keys(sampling.logitBias).length > 0;
  return used ? sampling : undefined;
}

/**
 * Reads how much the model thinks: OpenAI's `reasoning_effort`, OpenRouter's `reasoning` and
 * Anthropic's `thinking`, which gateways accept side by side. Of two that say the same thing the
 * first in this order holds.
 */
export function decodeReasoning(reader: Reader, json: JsonObject): ReasoningOptions | undefined {
  const unified = object(reader, json, "reasoning") ?? {};
  const thinking = object(reader, json, "thinking") ?? {};
  const effort =
    word(reader, json, "reasoning_effort", efforts) ??
    word(reader, unified, "effort", efforts, "reasoning");
  const budget =
    integer(reader, unified, "max_tokens", 0, 100_000_000, "reasoning") ??
    integer(reader, thinking, "budget_tokens", 0, 100_000_000, "thinking");
  const enabled = boolean(reader, unified, "enabled", "reasoning");
  const mode =
    word(reader, thinking, "type", thinkingTypes, "thinking") ??
    (enabled === undefined ? undefined : enabled ? ReasoningMode.ENABLED : ReasoningMode.DISABLED);
  const summary = word(reader, unified, "summary", summaries, "reasoning");
  if ((effort ?? budget ?? mode ?? summary) === undefined) return undefined;
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode: mode ?? 0,
    effort: effort ?? 0,
    ...(budget === undefined ? undefined : { budgetTokens: budget }),
    summary: summary ?? 0,
  };
}

/** Reads `response_format`; a form that is not known travels as it is. */
export function decodeResponseFormat(
  reader: Reader,
  json: JsonObject,
  body: Uint8Array,
): ResponseFormat | undefined {
  const given = object(reader, json, "response_format");
  if (given === undefined) return undefined;
  switch (given.type) {
    case "text":
      return form({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object":
      return form({
        case: "jsonObject",
        value: { $typeName: "parlance.chat.v1.JsonObjectFormat" },
      });
    case "json_schema":
      return decodeSchema(reader, given, body);
    default: {
      const value = sliceJsonText(body, ["response_format"]) ?? JSON.stringify(given);
      return form({
        case: "opaque",
        value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json: value },
      });
    }
  }
}

/** Reads `web_search_options`. */
export function decodeWebSearch(reader: Reader, json: JsonObject): WebSearchOptions | undefined {
  const given = object(reader, json, "web_search_options");
  if (given === undefined) return undefined;
  const path = "web_search_options";
  const size =
    word(reader, given, "search_context_size", contextSizes, path) ?? SearchContextSize.UNSPECIFIED;
  const location = object(reader, given, "user_location", path);
  if (location === undefined)
    return { $typeName: "parlance.chat.v1.WebSearchOptions", searchContextSize: size };
  const place = `${path}.user_location.approximate`;
  const approximate = object(reader, location, "approximate", `${path}.user_location`) ?? {};
  return {
    $typeName: "parlance.chat.v1.WebSearchOptions",
    searchContextSize: size,
    userLocation: {
      $typeName: "parlance.chat.v1.UserLocation",
      city: string(reader, approximate, "city", place) ?? "",
      region: string(reader, approximate, "region", place) ?? "",
      country: string(reader, approximate, "country", place) ?? "",
      timezone: string(reader, approximate, "timezone", place) ?? "",
    },
  };
}

const thinkingTypes: ReadonlyMap<string, ReasoningMode> = new Map([
  ["enabled", ReasoningMode.ENABLED],
  ["disabled", ReasoningMode.DISABLED],
  ["adaptive", ReasoningMode.ADAPTIVE],
]);

const summaries: ReadonlyMap<string, ReasoningSummary> = new Map([
  ["auto", ReasoningSummary.AUTO],
  ["concise", ReasoningSummary.CONCISE],
  ["detailed", ReasoningSummary.DETAILED],
]);

function set<K extends keyof Sampling>(
  sampling: Sampling,
  key: K,
  value: Sampling[K] | undefined,
): void {
  if (value !== undefined) sampling[key] = value;
}

function decodeStop(reader: Reader, json: JsonObject): string[] {
  const stop = present(json, "stop");
  if (stop === undefined) return [];
  if (typeof stop === "string") return [stop];
  const list = array(reader, json, "stop") ?? [];
  return list.flatMap((item, at) => {
    if (typeof item === "string") return [item];
    blame(reader, `stop[${at}]`, "must be a string");
    return [];
  });
}

function decodeSeed(reader: Reader, json: JsonObject, body: Uint8Array): bigint | undefined {
  const given = present(json, "seed");
  if (given === undefined) return undefined;
  const text = typeof given === "number" ? (sliceJsonText(body, ["seed"]) ?? "") : "";
  const seed = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (seed !== undefined && BigInt.asIntN(64, seed) === seed) return seed;
  blame(reader, "seed", "must be an integer of at most 64 bits");
  return undefined;
}

function form(format: ResponseFormat["format"]): ResponseFormat {
  return { $typeName: "parlance.chat.v1.ResponseFormat", format };
}

function decodeSchema(reader: Reader, given: JsonObject, body: Uint8Array): ResponseFormat {
  const path = "response_format.json_schema";
  const schema = object(reader, given, "json_schema", "response_format");
  if (schema === undefined) blame(reader, path, "is required");
  const holder = schema ?? {};
  const strict = boolean(reader, holder, "strict", path);
  const exact = isObject(holder.schema)
    ? sliceJsonText(body, ["response_format", "json_schema", "schema"])
    : undefined;
  object(reader, holder, "schema", path);
  return form({
    case: "jsonSchema",
    value: {
      $typeName: "parlance.chat.v1.JsonSchemaFormat",
      name: string(reader, holder, "name", path) ?? "",
      description: string(reader, holder, "description", path) ?? "",
      schemaJson: exact ?? "",
      ...(strict === undefined ? undefined : { strict }),
    },
  });
}
