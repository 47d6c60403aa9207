import type { OriginBody } from "../../../core/dialect.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type Json,
  type JsonObject,
  looseNumber,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { pairsCalls } from "../../turns/pairs-calls.ts";
import { emulation } from "../emulation.ts";
import { decodeMedia } from "../media.ts";
import { SEALED_SIGNATURE, sealOf } from "../sealed-reasoning.ts";
import { modelNumber, modelTraits } from "../vendor/model-traits.ts";
import type { GeminiOptions } from "../wire.ts";

/**
 * Fits contents to their model and host, by the rules that the encoder and the policies before it
 * go by; what is known of no model stays as it is. Several answers and media by addresses that the
 * host does not fetch are emulated, the rest is the encoder's to write otherwise.
 */
export function fitContents(origin: OriginBody, options: GeminiOptions): Fit {
  const { body, json } = origin;
  const config = objectAt(json, "generationConfig") ?? objectAt(json, "generation_config");
  if (config !== undefined && asksSeveral(config, options)) return "translated";
  if (asBuffer(body).includes('"file') && holdsForeignFile(json, options)) return "translated";
  if (config !== undefined && exceedsThinking(config, options)) return "encoded";
  if (asBuffer(body).includes('"image/jpg"')) return "encoded";
  if (asBuffer(body).includes('"anyOf"') && holdsUnions(json, config)) return "encoded";
  if (asBuffer(body).includes('"function') && !pairsResults(json)) return "encoded";
  return holdsSeal(origin) ? "encoded" : "as_is";
}

/** What the vendor keeps may hold calls. */
function pairsResults(json: JsonObject): boolean {
  const kept = json.cachedContent ?? json.cached_content ?? null;
  return kept !== null || pairsCalls(arrayAt(json, "contents") ?? [], PAIRS);
}

const PAIRS = {
  parts: "parts",
  call: ["functionCall", "function_call"],
  result: ["functionResponse", "function_response"],
};

/** Whether a schema has members beside `anyOf`, which the vendor refuses. */
function holdsUnions(json: JsonObject, config: JsonObject | undefined): boolean {
  const tools = (arrayAt(json, "tools") ?? []).filter(isObject);
  const functions = tools.flatMap((tool) => {
    return arrayAt(tool, "functionDeclarations") ?? arrayAt(tool, "function_declarations") ?? [];
  });
  const schemas = functions.flatMap((each) => (isObject(each) ? [each.parameters] : []));
  const answer = config?.responseSchema ?? config?.response_schema;
  return [...schemas, answer].some((schema) => isObject(schema) && holdsUnion(schema));
}

function holdsUnion(schema: JsonObject): boolean {
  if (schema.anyOf !== undefined && Object.keys(schema).length > 1) return true;
  const { properties, items, anyOf } = schema;
  const inner = [
    ...(isObject(properties) ? Object.values(properties) : []),
    ...(Array.isArray(anyOf) ? anyOf : []),
    items,
  ];
  return inner.some((each) => isObject(each) && holdsUnion(each));
}

/** Whether contents hold reasoning of other vendors that was sealed for the client. */
export function holdsSeal({ body, json }: OriginBody): boolean {
  if (!asBuffer(body).includes(`"${SEALED_SIGNATURE}`)) return false;
  const inner = objectAt(json, "generateContentRequest") ?? json;
  return partsOf(inner).some((part) => sealOf(part) !== "none");
}

function partsOf(json: JsonObject): readonly Json[] {
  return (arrayAt(json, "contents") ?? []).flatMap((turn) =>
    isObject(turn) ? (arrayAt(turn, "parts") ?? []) : [],
  );
}

function asksSeveral(config: JsonObject, { model, quirks }: GeminiOptions): boolean {
  const count = config.candidateCount ?? config.candidate_count;
  return looseNumber(count) > 1 && emulation.singleAnswer?.(model, quirks) === true;
}

function holdsForeignFile(json: JsonObject, { model, quirks }: GeminiOptions): boolean {
  const kinds = emulation.bytesOnly?.("chat", model, quirks);
  if (kinds === undefined) return false;
  return partsOf(json).some((part) => {
    const media = isObject(part) ? decodeMedia(part) : undefined;
    if (
      media?.case !== "image" &&
      media?.case !== "audio" &&
      media?.case !== "video" &&
      media?.case !== "document"
    )
      return false;
    const { source } = media.value;
    return (
      source.case === "url" &&
      kinds.has(media.case) &&
      emulation.takesAddress?.(source.value) !== true
    );
  });
}

function exceedsThinking(config: JsonObject, options: GeminiOptions): boolean {
  const thinking = objectAt(config, "thinkingConfig") ?? objectAt(config, "thinking_config");
  const model = servedModel(options);
  if (thinking === undefined || modelNumber(model) === 0) return false;
  const traits = modelTraits(options);
  const level = stringAt(thinking, "thinkingLevel") ?? stringAt(thinking, "thinking_level");
  if (level !== undefined) return !traits.levels.includes(level.toLowerCase());
  const budget = thinking.thinkingBudget ?? thinking.thinking_budget;
  if (typeof budget !== "number") return traits.thinking === "none";
  return traits.thinking === "none" || (budget === 0 && !traits.canStopThinking);
}
