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
import { unknownMembers } from "../../../json/members.ts";
import { memberSource, type Source, sourceText } from "../../../json/source-slice.ts";
import {
  memberOf,
  type Reader,
  readBoolean,
  readInteger,
  readList,
  readNumber,
  readObject,
  readString,
  spellings,
} from "./request-cursor.ts";
import { toJsonSchema } from "./schema.ts";

/**
 * Members of a chat that `generationConfig` tells, and its members that only this dialect has; ""
 * for none.
 */
export interface Generation {
  readonly chat: Pick<Chat, "modalities"> &
    Partial<
      Pick<
        Chat,
        "sampling" | "n" | "maxOutputTokens" | "responseFormat" | "reasoning" | "audioOutput"
      >
    >;
  readonly extras: string;
}

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

const MOST = 2_147_483_647;

/** Reads `generationConfig`. */
export function decodeGeneration(reader: Reader, json: JsonObject, source: Source): Generation {
  const sampling = decodeSampling(reader, json);
  const n = readInteger(reader, json, "candidateCount", [1, 128]);
  const maxOutputTokens = readInteger(reader, json, "maxOutputTokens", [1, 100_000_000]);
  const responseFormat = decodeFormat(reader, json, source);
  const thinking = readObject(reader, json, "thinkingConfig", "generationConfig.thinkingConfig");
  const voice = voiceOf(json);
  const known = voice === undefined ? KNOWN : new Set([...KNOWN, "speechConfig"]);
  return {
    chat: {
      modalities: readList(
        reader,
        json,
        "responseModalities",
        "generationConfig.responseModalities",
      ).flatMap(modalityOf),
      ...(sampling === undefined ? undefined : { sampling }),
      ...(n === undefined ? undefined : { n }),
      ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
      ...(responseFormat === undefined ? undefined : { responseFormat }),
      ...(thinking === undefined ? undefined : { reasoning: decodeThinking(reader, thinking) }),
      ...(voice === undefined
        ? undefined
        : { audioOutput: { $typeName: "parlance.chat.v1.AudioOutput", voice, format: "" } }),
    },
    extras: unknownMembers(json, source, known),
  };
}

function decodeSampling(reader: Reader, json: JsonObject): Sampling | undefined {
  const temperature = readNumber(reader, json, "temperature", [0, 100]);
  const topP = readNumber(reader, json, "topP", [0, 1]);
  const topK = readNumber(reader, json, "topK", [0, MOST]);
  const frequencyPenalty = readNumber(reader, json, "frequencyPenalty", [-100, 100]);
  const presencePenalty = readNumber(reader, json, "presencePenalty", [-100, 100]);
  const seed = readInteger(reader, json, "seed", [-MOST - 1, MOST]);
  const logprobs = readBoolean(
    reader,
    json,
    "responseLogprobs",
    "generationConfig.responseLogprobs",
  );
  const topLogprobs = readInteger(reader, json, "logprobs", [0, 1000]);
  const stop = readList(reader, json, "stopSequences", "generationConfig.stopSequences").filter(
    (text) => typeof text === "string",
  );
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
function decodeFormat(
  reader: Reader,
  json: JsonObject,
  source: Source,
): ResponseFormat | undefined {
  const native = memberOf(json, "responseJsonSchema");
  const schema = memberOf(json, "responseSchema");
  const mime = readString(reader, json, "responseMimeType", "generationConfig.responseMimeType");
  if (native !== undefined || schema !== undefined) {
    const schemaJson =
      native === undefined
        ? JSON.stringify(toJsonSchema(schema ?? {}))
        : sourceText(memberSource(source, "responseJsonSchema"), native);
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

function decodeThinking(reader: Reader, json: JsonObject): ReasoningOptions {
  const budget = readInteger(reader, json, "thinkingBudget", [-1, 100_000_000]);
  const level =
    readString(reader, json, "thinkingLevel", "generationConfig.thinkingConfig.thinkingLevel") ??
    "";
  const include = readBoolean(
    reader,
    json,
    "includeThoughts",
    "generationConfig.thinkingConfig.includeThoughts",
  );
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
