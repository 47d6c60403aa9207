import { firstBroken } from "../first-broken.ts";
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isArray,
  isSet,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import type { GeminiFault } from "./gemini-error.ts";
import { unknownFields } from "./known-fields.ts";
import { validateSignatures } from "./thought-signature.ts";
import { validateContents } from "./validate-contents.ts";
import { validateSchema } from "./validate-schema.ts";
import { validateTools } from "./validate-tools.ts";

/**
 * Whether a model is of the third generation or later, which thinks by level and demands its
 * signatures back.
 */
export function isThirdGeneration(model: string): boolean {
  return /gemini-([3-9]|\d\d)/.test(model);
}

/** The first fault that Google would find in a request to generate content, or undefined. */
export function validateGenerate(body: JsonObject, model: string): GeminiFault | undefined {
  const unknown = unknownFields(body, "generate");
  if (unknown !== undefined) return unknown;
  const contents = asObjects(body.contents);
  const message =
    validateContents(body.contents) ??
    validateInstruction(body.systemInstruction) ??
    validateSignatures(contents, isThirdGeneration(model)) ??
    validateConfig(asObject(body.generationConfig) ?? {}, model) ??
    validateTools(body) ??
    validateTogether(body, model) ??
    validateSafety(body.safetySettings);
  return message === undefined ? undefined : { message };
}

const ranges: readonly (readonly [name: string, low: number, high: number])[] = [
  ["temperature", 0, 2],
  ["topP", 0, 1],
  ["candidateCount", 1, 8],
  ["maxOutputTokens", 1, Number.MAX_SAFE_INTEGER],
  ["logprobs", 0, 20],
];

function validateConfig(config: JsonObject, model: string): string | undefined {
  const at = "GenerateContentRequest.generation_config";
  for (const [name, low, high] of ranges) {
    const value = asNumber(config[name]);
    if (isSet(config[name]) && (value === undefined || value < low || value > high)) {
      return `* ${at}.${name}: ${name} must be in the range [${low}, ${high}].\n`;
    }
  }
  const json =
    config.responseMimeType === "application/json" || config.responseMimeType === "text/x.enum";
  const schemas = ["responseSchema", "responseJsonSchema"].filter((name) => isSet(config[name]));
  return (
    firstBroken([
      [
        isSet(config.responseMimeType) && !json && config.responseMimeType !== "text/plain",
        `* ${at}.response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.\n`,
      ],
      [
        schemas.length > 0 && !json,
        `* ${at}.response_schema: only allowed when \`response_mime_type\` is \`application/json\` or \`text/x.enum\`.\n`,
      ],
      [schemas.length > 1, "Only one of response_schema and response_json_schema can be set."],
      [
        asArray(config.stopSequences).length > 5,
        `* ${at}.stop_sequences: the maximum number of stop sequences is 5.\n`,
      ],
      [
        isSet(config.logprobs) && config.responseLogprobs !== true,
        `* ${at}.logprobs: logprobs is only allowed when response_logprobs is true.\n`,
      ],
    ]) ??
    validateThinking(asObject(config.thinkingConfig) ?? {}, model) ??
    (isSet(config.responseSchema)
      ? validateSchema(config.responseSchema, `${at}.response_schema`)
      : undefined)
  );
}

/** https://ai.google.dev/gemini-api/docs/thinking (2026-11) */
function validateThinking(thinking: JsonObject, model: string): string | undefined {
  const level = asString(thinking.thinkingLevel)?.toLowerCase();
  return firstBroken([
    [
      isSet(thinking.thinkingLevel) && isSet(thinking.thinkingBudget),
      "You can only set only one of thinking budget and thinking level.",
    ],
    [
      level !== undefined && !isThirdGeneration(model),
      "Thinking level is not supported for this model.",
    ],
    [
      level !== undefined && !["minimal", "low", "medium", "high"].includes(level),
      `Invalid value at 'generation_config.thinking_config.thinking_level' (type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), "${level}"`,
    ],
    [
      isSet(thinking.thinkingBudget) && (asNumber(thinking.thinkingBudget) ?? -2) < -1,
      "The thinking budget is invalid. Please choose a value between 0 and 24576, or -1.",
    ],
  ]);
}

function validateTogether(body: JsonObject, model: string): string | undefined {
  const functions = asObjects(body.tools).some(
    (tool) => asArray(tool.functionDeclarations).length > 0,
  );
  const json = asObject(body.generationConfig)?.responseMimeType === "application/json";
  return functions && json && !isThirdGeneration(model)
    ? "Function calling with a response mime type: 'application/json' is unsupported"
    : undefined;
}

function validateInstruction(instruction: Json | undefined): string | undefined {
  if (!isSet(instruction)) return undefined;
  const parts = asObjects(asObject(instruction)?.parts);
  return parts.length === 0 || parts.some((part) => typeof part.text !== "string")
    ? "* GenerateContentRequest.system_instruction.parts: system instructions must be text.\n"
    : undefined;
}

const categories = [
  "HARM_CATEGORY_HARASSMENT",
  "HARM_CATEGORY_HATE_SPEECH",
  "HARM_CATEGORY_SEXUALLY_EXPLICIT",
  "HARM_CATEGORY_DANGEROUS_CONTENT",
  "HARM_CATEGORY_CIVIC_INTEGRITY",
];
const thresholds = [
  "BLOCK_LOW_AND_ABOVE",
  "BLOCK_MEDIUM_AND_ABOVE",
  "BLOCK_ONLY_HIGH",
  "BLOCK_NONE",
  "OFF",
];

function validateSafety(settings: Json | undefined): string | undefined {
  if (isSet(settings) && !isArray(settings))
    return "Invalid value at 'safety_settings' (repeated), starting an object on a non-repeated field";
  for (const [index, setting] of asObjects(settings).entries()) {
    const bad =
      !categories.includes(asString(setting.category) ?? "") ||
      !thresholds.includes(asString(setting.threshold) ?? "");
    if (bad)
      return `* GenerateContentRequest.safety_settings[${index}]: element predicate failed: $.category in (HarmCategory values)\n`;
  }
  return undefined;
}
