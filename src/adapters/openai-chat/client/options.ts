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
import { isObject, type Json } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Bounds,
  boolean,
  type Cursor,
  integer,
  member,
  number,
  object,
  problem,
  requiredObject,
  string,
  strings,
  word,
} from "../../shared/request-cursor.ts";
import { contextSizes, efforts } from "../options.ts";
import { NAME } from "../wire.ts";

const thinkingMembers = new Set(["type", "budget_tokens"]);
const unifiedMembers = new Set(["enabled", "effort", "max_tokens", "summary"]);
const formatMembers = new Set(["type"]);
const schemaFormatMembers = new Set(["type", "json_schema"]);
const schemaMembers = new Set(["name", "description", "schema", "strict"]);
const searchMembers = new Set(["search_context_size", "user_location"]);
const locationMembers = new Set(["type", "approximate"]);
const placeMembers = new Set(["city", "region", "country", "timezone"]);

/** What `temperature` may be. */
export const temperatureBounds: Bounds = [0, 100];

/** What `top_p` may be. */
export const topPBounds: Bounds = [0, 1];

/** Reads the knobs of the draw; undefined when none is set. */
export function decodeSampling(cursor: Cursor): Sampling | undefined {
  const sampling: Sampling = {
    $typeName: "parlance.chat.v1.Sampling",
    stop: decodeStop(cursor),
    logitBias: {},
  };
  set(sampling, "temperature", number(cursor, "temperature", temperatureBounds));
  set(sampling, "topP", number(cursor, "top_p", topPBounds));
  set(sampling, "topK", integer(cursor, "top_k", [-1, 2147483647]));
  set(sampling, "minP", number(cursor, "min_p", [0, 1]));
  set(sampling, "frequencyPenalty", number(cursor, "frequency_penalty", [-100, 100]));
  set(sampling, "presencePenalty", number(cursor, "presence_penalty", [-100, 100]));
  set(sampling, "repetitionPenalty", number(cursor, "repetition_penalty", [0, 100]));
  set(sampling, "seed", decodeSeed(cursor));
  set(sampling, "logprobs", boolean(cursor, "logprobs"));
  set(sampling, "topLogprobs", integer(cursor, "top_logprobs", [0, 1000]));
  const biases = object(cursor, "logit_bias");
  for (const [token, bias] of Object.entries(biases?.json ?? {})) {
    if (typeof bias === "number") sampling.logitBias[token] = bias;
    else if (biases !== undefined) problem(biases, token, "must be a number");
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
export function decodeReasoning(cursor: Cursor): ReasoningOptions | undefined {
  const unified = object(cursor, "reasoning");
  const thinking = object(cursor, "thinking");
  if (thinking !== undefined) noteUnknown(thinking, thinkingMembers);
  const said = unified === undefined ? undefined : decodeUnified(unified);
  const effort = word(cursor, "reasoning_effort", efforts) ?? said?.effort;
  const bounded = thinking && integer(thinking, "budget_tokens", [0, 100_000_000]);
  const budget = said?.budget ?? bounded;
  const mode = (thinking && word(thinking, "type", thinkingTypes)) ?? said?.mode;
  const summary = said?.summary;
  if ((effort ?? budget ?? mode ?? summary) === undefined) return undefined;
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode: mode ?? 0,
    effort: effort ?? 0,
    ...(budget === undefined ? undefined : { budgetTokens: budget }),
    summary: summary ?? 0,
  };
}

function decodeUnified(unified: Cursor) {
  noteUnknown(unified, unifiedMembers);
  const enabled = boolean(unified, "enabled");
  const switched = enabled ? ReasoningMode.ENABLED : ReasoningMode.DISABLED;
  return {
    effort: word(unified, "effort", efforts),
    budget: integer(unified, "max_tokens", [0, 100_000_000]),
    mode: enabled === undefined ? undefined : switched,
    summary: word(unified, "summary", summaries),
  };
}

/** Reads `response_format`; a form that is not known travels as it is. */
export function decodeResponseFormat(cursor: Cursor): ResponseFormat | undefined {
  const format = object(cursor, "response_format");
  if (format === undefined) return undefined;
  switch (format.json.type) {
    case "text":
      noteUnknown(format, formatMembers);
      return form({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object":
      noteUnknown(format, formatMembers);
      return form({
        case: "jsonObject",
        value: { $typeName: "parlance.chat.v1.JsonObjectFormat" },
      });
    case "json_schema":
      return decodeSchema(format);
    default: {
      const json = sourceText(format.source, format.json);
      return form({
        case: "opaque",
        value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json },
      });
    }
  }
}

/** Reads `web_search_options`, or what clients of xAI write in its place. */
export function decodeWebSearch(cursor: Cursor): WebSearchOptions | undefined {
  const search = object(cursor, "web_search_options");
  if (search === undefined) return decodeLiveSearch(cursor);
  noteUnknown(search, searchMembers);
  const size = word(search, "search_context_size", contextSizes) ?? SearchContextSize.UNSPECIFIED;
  const location = object(search, "user_location");
  if (location === undefined)
    return { $typeName: "parlance.chat.v1.WebSearchOptions", searchContextSize: size };
  const approximate = object(location, "approximate");
  noteUnknown(location, locationMembers);
  if (approximate !== undefined) noteUnknown(approximate, placeMembers);
  const place = (key: string) => (approximate && string(approximate, key)) ?? "";
  return {
    $typeName: "parlance.chat.v1.WebSearchOptions",
    searchContextSize: size,
    userLocation: {
      $typeName: "parlance.chat.v1.UserLocation",
      city: place("city"),
      region: place("region"),
      country: place("country"),
      timezone: place("timezone"),
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

function decodeStop(cursor: Cursor): string[] {
  const stop = member(cursor, "stop");
  return typeof stop === "string" ? [stop] : strings(cursor, "stop");
}

/** The seed in its exact digits. */
function decodeSeed(cursor: Cursor): bigint | undefined {
  const value = at(cursor, "seed");
  if (value === undefined) return undefined;
  const text = typeof value.json === "number" ? sourceText(value.source, value.json) : "";
  const seed = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (seed !== undefined && BigInt.asIntN(64, seed) === seed) return seed;
  return problem(value, "", "must be a whole number of at most 64 bits");
}

function form(format: ResponseFormat["format"]): ResponseFormat {
  return { $typeName: "parlance.chat.v1.ResponseFormat", format };
}

function decodeSchema(format: Cursor): ResponseFormat {
  const holder = requiredObject(format, "json_schema");
  noteUnknown(format, schemaFormatMembers);
  if (holder !== undefined) noteUnknown(holder, schemaMembers);
  const schema = holder && object(holder, "schema");
  const strict = holder && boolean(holder, "strict");
  return form({
    case: "jsonSchema",
    value: {
      $typeName: "parlance.chat.v1.JsonSchemaFormat",
      name: (holder && string(holder, "name")) ?? "",
      description: (holder && string(holder, "description")) ?? "",
      schemaJson: schema === undefined ? "" : sourceText(schema.source, schema.json),
      ...(strict === undefined ? undefined : { strict }),
    },
  });
}

/**
 * Reads `search_parameters`, which xAI itself takes no more: a search of the web that the model may
 * make. See https://docs.x.ai/docs/guides/live-search (2026-11).
 */
function decodeLiveSearch(cursor: Cursor): WebSearchOptions | undefined {
  const search = object(cursor, "search_parameters");
  if (search === undefined) return undefined;
  noteUnknown(search, isWebAlone(search.json.sources) ? webSearchMembers : liveSearchMembers);
  if (search.json.mode === "off") return undefined;
  return {
    $typeName: "parlance.chat.v1.WebSearchOptions",
    searchContextSize: SearchContextSize.UNSPECIFIED,
  };
}

const liveSearchMembers = new Set(["mode", "return_citations"]);
const webSearchMembers = new Set([...liveSearchMembers, "sources"]);

function isWebAlone(sources: Json | undefined): boolean {
  const isWeb = (source: Json): boolean =>
    isObject(source) && source.type === "web" && Object.keys(source).length === 1;
  return Array.isArray(sources) && sources.every(isWeb);
}
