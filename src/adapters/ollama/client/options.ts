import type {
  ReasoningOptions,
  ResponseFormat,
  Sampling,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ReasoningEffort, ReasoningMode } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { type Source, sourceText } from "../../../json/source-slice.ts";
import {
  blame,
  boolean,
  integer,
  number,
  present,
  type Reader,
} from "../../shared/request-reader.ts";

const MOST_INT32 = 2_147_483_647;

/** The options that have a field in the contract; others travel as extras. */
export const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "seed",
  "stop",
  "repeat_penalty",
  "presence_penalty",
  "frequency_penalty",
  "num_predict",
]);

/**
 * The knobs of the draw: members of `options`, and the wish for likelihoods beside them. Undefined
 * where none is set.
 */
export function decodeSampling(
  reader: Reader,
  json: JsonObject,
  options: JsonObject,
): Sampling | undefined {
  const path = "options";
  const seed = integer(
    reader,
    options,
    "seed",
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
    path,
  );
  const knobs = {
    temperature: number(reader, options, "temperature", 0, 100, path),
    topP: number(reader, options, "top_p", 0, 1, path),
    topK: integer(reader, options, "top_k", -1, MOST_INT32, path),
    minP: number(reader, options, "min_p", 0, 1, path),
    frequencyPenalty: number(reader, options, "frequency_penalty", -100, 100, path),
    presencePenalty: number(reader, options, "presence_penalty", -100, 100, path),
    repetitionPenalty: number(reader, options, "repeat_penalty", 0, 100, path),
    seed: seed === undefined ? undefined : BigInt(seed),
    logprobs: boolean(reader, json, "logprobs"),
    topLogprobs: integer(reader, json, "top_logprobs", 0, 1000),
  };
  const stop = decodeStop(reader, options);
  const set = Object.entries(knobs).filter(([, value]) => value !== undefined);
  if (set.length === 0 && stop.length === 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.Sampling",
    stop,
    logitBias: {},
    ...Object.fromEntries(set),
  };
}

/** `num_predict`, where it is a bound: none and fewer mean that there is none. */
export function decodeMaxTokens(reader: Reader, options: JsonObject): number | undefined {
  const most = integer(reader, options, "num_predict", -MOST_INT32, 100_000_000, "options");
  return most === undefined || most < 1 ? undefined : most;
}

/** `think`: whether, or how hard. */
export function decodeThink(reader: Reader, json: JsonObject): ReasoningOptions | undefined {
  const think = present(json, "think");
  if (think === undefined) return undefined;
  const effort = typeof think === "string" ? levels.get(think) : undefined;
  if (typeof think !== "boolean" && effort === undefined) {
    blame(reader, "think", `must be a boolean or one of ${[...levels.keys()].join(", ")}`);
  }
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode:
      typeof think !== "boolean"
        ? ReasoningMode.UNSPECIFIED
        : think
          ? ReasoningMode.ENABLED
          : ReasoningMode.DISABLED,
    effort: effort ?? ReasoningEffort.UNSPECIFIED,
    summary: 0,
  };
}

const levels: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
  ["max", ReasoningEffort.MAX],
]);

/** `format`: `json` or a JSON Schema; an empty text is none. */
export function decodeFormat(
  reader: Reader,
  json: JsonObject,
  source: Source,
): ResponseFormat | undefined {
  const format = present(json, "format");
  if (format === undefined || format === "") return undefined;
  if (format === "json") {
    return formatOf({
      case: "jsonObject",
      value: { $typeName: "parlance.chat.v1.JsonObjectFormat" },
    });
  }
  if (!isObject(format)) {
    blame(reader, "format", "must be json or a JSON Schema");
    return undefined;
  }
  const schemaJson = sourceText(source, format);
  const value = {
    $typeName: "parlance.chat.v1.JsonSchemaFormat",
    name: "",
    description: "",
    schemaJson,
  } as const;
  return formatOf({ case: "jsonSchema", value });
}

function formatOf(format: ResponseFormat["format"]): ResponseFormat {
  return { $typeName: "parlance.chat.v1.ResponseFormat", format };
}

function decodeStop(reader: Reader, options: JsonObject): string[] {
  const stop: Json | undefined = present(options, "stop");
  if (stop === undefined) return [];
  if (typeof stop === "string") return [stop];
  if (Array.isArray(stop) && stop.every((text) => typeof text === "string")) return [...stop];
  blame(reader, "options.stop", "must be an array of strings");
  return [];
}
