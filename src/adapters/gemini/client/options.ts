import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  ReasoningSummary,
  type ResponseFormat,
  type Sampling,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  at,
  boolean,
  type Cursor,
  integer,
  list,
  member,
  number,
  object,
  spellings,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { toJsonSchema } from "./schema.ts";

/** Members of a chat that `generationConfig` tells. */
export type Generation = Pick<Chat, "modalities"> &
  Partial<
    Pick<
      Chat,
      "sampling" | "n" | "maxOutputTokens" | "responseFormat" | "reasoning" | "audioOutput"
    >
  >;

const KNOWN = spellings(
  "temperature",
  "topP",
  "topK",
  "frequencyPenalty",
  "presencePenalty",
  "seed",
  "stopSequences",
  "responseLogprobs",
  "logprobs",
  "candidateCount",
  "maxOutputTokens",
  "responseModalities",
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "thinkingConfig",
);

const VOICE = new Set(["prebuiltVoiceConfig"]);
const PREBUILT = new Set(["voiceName"]);
const THINKING = spellings("thinkingBudget", "thinkingLevel", "includeThoughts");

const MAX_INT32 = 2_147_483_647;

/** Reads `generationConfig`. */
export function decodeGeneration(config: Cursor): Generation {
  const { json } = config;
  const sampling = decodeSampling(config);
  const n = integer(config, "candidateCount", [1, 128]);
  const maxOutputTokens = integer(config, "maxOutputTokens", [1, 100_000_000]);
  const responseFormat = decodeFormat(config);
  const thinking = object(config, "thinkingConfig");
  const voice = voiceOf(json);
  if (voice !== undefined) noteVoice(config);
  noteUnknown(
    config,
    voice === undefined ? KNOWN : new Set([...KNOWN, "speechConfig"]),
    unused(config),
  );
  return {
    modalities: list(config, "responseModalities").flatMap((word) => modalityOf(word.json)),
    ...(sampling === undefined ? undefined : { sampling }),
    ...(n === undefined ? undefined : { n }),
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(responseFormat === undefined ? undefined : { responseFormat }),
    ...(thinking === undefined ? undefined : { reasoning: decodeThinking(thinking) }),
    ...(voice === undefined
      ? undefined
      : { audioOutput: { $typeName: "parlance.chat.v1.AudioOutput", voice, format: "" } }),
  };
}

/** Of two schemas JSON Schema counts. */
function unused(config: Cursor): readonly string[] {
  const both = member(config, "responseJsonSchema") !== undefined;
  return both ? ["responseSchema", "response_schema"] : [];
}

function decodeSampling(config: Cursor): Sampling | undefined {
  const temperature = number(config, "temperature", [0, 100]);
  const topP = number(config, "topP", [0, 1]);
  const topK = number(config, "topK", [0, MAX_INT32]);
  const frequencyPenalty = number(config, "frequencyPenalty", [-100, 100]);
  const presencePenalty = number(config, "presencePenalty", [-100, 100]);
  const seed = integer(config, "seed", [-MAX_INT32 - 1, MAX_INT32]);
  const logprobs = boolean(config, "responseLogprobs");
  const topLogprobs = integer(config, "logprobs", [0, 1000]);
  const stop = strings(config, "stopSequences");
  const knobs = {
    ...(temperature === undefined ? undefined : { temperature }),
    ...(topP === undefined ? undefined : { topP }),
    ...(topK === undefined ? undefined : { topK: Math.trunc(topK) }),
    ...(frequencyPenalty === undefined ? undefined : { frequencyPenalty }),
    ...(presencePenalty === undefined ? undefined : { presencePenalty }),
    ...(seed === undefined ? undefined : { seed: BigInt(seed) }),
    ...(logprobs === undefined ? undefined : { logprobs }),
    ...(topLogprobs === undefined ? undefined : { topLogprobs }),
  };
  if (Object.keys(knobs).length === 0 && stop.length === 0) return undefined;
  return { $typeName: "parlance.chat.v1.Sampling", ...knobs, stop, logitBias: {} };
}

/** A schema in the vendor's words becomes JSON Schema; JSON Schema stays byte for byte. */
function decodeFormat(config: Cursor): ResponseFormat | undefined {
  const native = at(config, "responseJsonSchema");
  const schema = member(config, "responseSchema");
  const mime = string(config, "responseMimeType");
  if (native !== undefined || schema !== undefined) {
    const schemaJson =
      native === undefined
        ? JSON.stringify(toJsonSchema(schema ?? {}))
        : sourceText(native.source, native.json);
    const value = {
      $typeName: "parlance.chat.v1.JsonSchemaFormat",
      name: "",
      description: "",
      schemaJson,
    } as const;
    return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "jsonSchema", value } };
  }
  if (mime !== "application/json") return undefined;
  const value = { $typeName: "parlance.chat.v1.JsonObjectFormat" } as const;
  return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "jsonObject", value } };
}

function decodeThinking(config: Cursor): ReasoningOptions {
  noteUnknown(config, THINKING, unknownLevel(config));
  const budget = integer(config, "thinkingBudget", [-1, 100_000_000]);
  const level = string(config, "thinkingLevel") ?? "";
  const include = boolean(config, "includeThoughts");
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode:
      budget === -1
        ? ReasoningMode.ADAPTIVE
        : budget === 0
          ? ReasoningMode.DISABLED
          : budget === undefined
            ? ReasoningMode.UNSPECIFIED
            : ReasoningMode.ENABLED,
    effort: efforts.get(level.toLowerCase()) ?? ReasoningEffort.UNSPECIFIED,
    ...(budget === undefined || budget <= 0 ? undefined : { budgetTokens: budget }),
    summary:
      include === undefined
        ? ReasoningSummary.UNSPECIFIED
        : include
          ? ReasoningSummary.AUTO
          : ReasoningSummary.OMITTED,
  };
}

function unknownLevel(config: Cursor): readonly string[] {
  const level = string(config, "thinkingLevel") ?? "";
  const known = level === "" || efforts.has(level.toLowerCase());
  return known ? [] : ["thinkingLevel", "thinking_level"];
}

const efforts: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["minimal", ReasoningEffort.MINIMAL],
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
]);

const modalities: ReadonlyMap<unknown, Modality> = new Map([
  ["TEXT", Modality.TEXT],
  ["IMAGE", Modality.IMAGE],
  ["AUDIO", Modality.AUDIO],
]);

function modalityOf(word: unknown): Modality[] {
  const modality = modalities.get(typeof word === "string" ? word.toUpperCase() : word);
  return modality === undefined ? [] : [modality];
}

/** The one voice; more of the speech's form has no field. */
function voiceOf(json: JsonObject): string | undefined {
  const speech = objectAt(json, "speechConfig");
  const config = speech === undefined ? undefined : objectAt(speech, "voiceConfig");
  const prebuilt = config === undefined ? undefined : objectAt(config, "prebuiltVoiceConfig");
  const plain = isObject(speech) && Object.keys(speech).length === 1;
  return prebuilt === undefined || !plain ? undefined : stringAt(prebuilt, "voiceName");
}

function noteVoice(config: Cursor): void {
  const speech = object(config, "speechConfig");
  const voice = speech && object(speech, "voiceConfig");
  const prebuilt = voice && object(voice, "prebuiltVoiceConfig");
  if (voice !== undefined) noteUnknown(voice, VOICE);
  if (prebuilt !== undefined) noteUnknown(prebuilt, PREBUILT);
}
