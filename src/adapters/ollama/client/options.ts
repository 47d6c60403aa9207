import type {
  ReasoningOptions,
  ResponseFormat,
  Sampling,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ReasoningEffort, ReasoningMode } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  at,
  boolean,
  type Cursor,
  integer,
  member,
  number,
  problem,
  strings,
} from "../../shared/request-cursor.ts";

const MAX_INT32 = 2_147_483_647;

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
export function decodeSampling(cursor: Cursor, options: Cursor): Sampling | undefined {
  const seed = integer(options, "seed", [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  const knobs = {
    temperature: number(options, "temperature", [0, 100]),
    topP: number(options, "top_p", [0, 1]),
    topK: integer(options, "top_k", [-1, MAX_INT32]),
    minP: number(options, "min_p", [0, 1]),
    frequencyPenalty: number(options, "frequency_penalty", [-100, 100]),
    presencePenalty: number(options, "presence_penalty", [-100, 100]),
    repetitionPenalty: number(options, "repeat_penalty", [0, 100]),
    seed: seed === undefined ? undefined : BigInt(seed),
    logprobs: boolean(cursor, "logprobs"),
    topLogprobs: integer(cursor, "top_logprobs", [0, 1000]),
  };
  const stop = decodeStop(options);
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
export function decodeMaxTokens(options: Cursor): number | undefined {
  const bound = integer(options, "num_predict", [-MAX_INT32, 100_000_000]);
  return bound === undefined || bound < 1 ? undefined : bound;
}

/** `think`: whether, or how hard. */
export function decodeThink(cursor: Cursor): ReasoningOptions | undefined {
  const think = member(cursor, "think");
  if (think === undefined) return undefined;
  const effort = typeof think === "string" ? levels.get(think) : undefined;
  if (typeof think !== "boolean" && effort === undefined) {
    problem(cursor, "think", `must be one of true, false, ${[...levels.keys()].join(", ")}`);
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
export function decodeFormat(cursor: Cursor): ResponseFormat | undefined {
  const format = at(cursor, "format");
  if (format === undefined || format.json === "") return undefined;
  if (format.json === "json") {
    return formatOf({
      case: "jsonObject",
      value: { $typeName: "parlance.chat.v1.JsonObjectFormat" },
    });
  }
  if (!isObject(format.json)) return problem(format, "", "must be json or a JSON Schema");
  const value = {
    $typeName: "parlance.chat.v1.JsonSchemaFormat",
    name: "",
    description: "",
    schemaJson: sourceText(format.source, format.json),
  } as const;
  return formatOf({ case: "jsonSchema", value });
}

function formatOf(format: ResponseFormat["format"]): ResponseFormat {
  return { $typeName: "parlance.chat.v1.ResponseFormat", format };
}

function decodeStop(options: Cursor): string[] {
  const stop = member(options, "stop");
  return typeof stop === "string" ? [stop] : strings(options, "stop");
}
