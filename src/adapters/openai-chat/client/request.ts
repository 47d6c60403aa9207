import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type {
  AudioOutput,
  Modality,
  Prediction,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Bounds,
  boolean,
  type Cursor,
  integer,
  list,
  missing,
  object,
  openRequest,
  outcome,
  problem,
  requiredName,
  string,
  stringMap,
  word,
} from "../../shared/request-cursor.ts";
import { modalities, verbosities } from "../options.ts";
import { NAME } from "../wire.ts";
import { decodeCacheHint, decodeTexts } from "./content.ts";
import { decodeMessages } from "./messages.ts";
import {
  decodeReasoning,
  decodeResponseFormat,
  decodeSampling,
  decodeWebSearch,
  temperatureBounds,
  topPBounds,
} from "./options.ts";
import { decodeToolChoice, decodeTools } from "./tools.ts";

const known = new Set([
  "model",
  "messages",
  "tools",
  "functions",
  "tool_choice",
  "function_call",
  "parallel_tool_calls",
  "response_format",
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "frequency_penalty",
  "presence_penalty",
  "repetition_penalty",
  "seed",
  "stop",
  "logit_bias",
  "logprobs",
  "top_logprobs",
  "n",
  "max_tokens",
  "max_completion_tokens",
  "reasoning_effort",
  "reasoning",
  "thinking",
  "modalities",
  "audio",
  "prediction",
  "verbosity",
  "web_search_options",
  "search_parameters",
  "service_tier",
  "store",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "metadata",
  "cache_control",
  "stream",
  "stream_options",
]);

/** Lists in options whose elements a vendor gets as they came. */
const LISTS: ReadonlySet<string> = new Set(["tools", "content"]);
const streamMembers = new Set(["include_usage"]);
const audioMembers = new Set(["voice", "format"]);
const voiceMembers = new Set(["id"]);
const predictionMembers = new Set(["type", "content"]);

/**
 * Reads a chat request as OpenAI's clients send it, with the additions that its ecosystem knows.
 * Reports all problems at once, with the paths of the request. Members that are not known travel as
 * extras of this dialect, byte for byte.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const stream = boolean(cursor, "stream") ?? false;
  const options = object(cursor, "stream_options");
  if (options !== undefined) {
    boolean(options, "include_usage");
    noteUnknown(options, streamMembers);
  }
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    messages: decodeMessages(cursor),
    tools: decodeTools(cursor),
    modalities: decodeModalities(cursor),
    verbosity: word(cursor, "verbosity", verbosities) ?? 0,
    serviceTier: string(cursor, "service_tier") ?? "",
    user: string(cursor, "user") ?? "",
    safetyIdentifier: string(cursor, "safety_identifier") ?? "",
    promptCacheKey: string(cursor, "prompt_cache_key") ?? "",
    metadata: stringMap(cursor, "metadata"),
    tags: [],
    extrasJson: {},
    previousResponseId: "",
  };
  addOptions(chat, cursor);
  noteUnknown(cursor, known);
  chat.extrasJson = takeExtras(cursor, NAME, 0, LISTS);
  return outcome(cursor, { chat, stream });
}

const choiceBounds: Bounds = [1, 128];
const tokenBounds: Bounds = [1, 100_000_000];

function addOptions(chat: Chat, cursor: Cursor): void {
  set(chat, "toolChoice", decodeToolChoice(cursor));
  set(chat, "parallelToolCalls", boolean(cursor, "parallel_tool_calls"));
  set(chat, "responseFormat", decodeResponseFormat(cursor));
  set(chat, "sampling", decodeSampling(cursor));
  set(chat, "n", integer(cursor, "n", choiceBounds));
  const former = integer(cursor, "max_tokens", tokenBounds);
  set(chat, "maxOutputTokens", integer(cursor, "max_completion_tokens", tokenBounds) ?? former);
  set(chat, "reasoning", decodeReasoning(cursor));
  set(chat, "audioOutput", decodeAudioOutput(cursor));
  set(chat, "prediction", decodePrediction(cursor));
  set(chat, "webSearch", decodeWebSearch(cursor));
  set(chat, "store", boolean(cursor, "store"));
  set(chat, "cache", decodeCacheHint(cursor, ["cache_control"]));
}

function set<K extends keyof Chat>(chat: Chat, key: K, value: Chat[K] | undefined): void {
  if (value !== undefined) chat[key] = value;
}

function decodeModalities(cursor: Cursor): Modality[] {
  return list(cursor, "modalities").flatMap((element) => {
    const modality = typeof element.json === "string" ? modalities.get(element.json) : undefined;
    return modality ?? problem(element, "", "must be one of text, audio, image") ?? [];
  });
}

/** `voice` is a name, or an object with the id of the caller's own voice. */
function decodeAudioOutput(cursor: Cursor): AudioOutput | undefined {
  const audio = object(cursor, "audio");
  if (audio === undefined) return undefined;
  const own = typeof audio.json.voice === "object" ? object(audio, "voice") : undefined;
  if (own !== undefined) noteUnknown(own, voiceMembers);
  noteUnknown(audio, audioMembers);
  return {
    $typeName: "parlance.chat.v1.AudioOutput",
    voice: (own === undefined ? string(audio, "voice") : string(own, "id")) ?? "",
    format: string(audio, "format") ?? "",
  };
}

function decodePrediction(cursor: Cursor): Prediction | undefined {
  const prediction = object(cursor, "prediction");
  if (prediction === undefined) return undefined;
  noteUnknown(prediction, predictionMembers);
  const content = at(prediction, "content");
  if (content === undefined) missing(prediction, "content");
  const texts = content === undefined ? [] : decodeTexts(content);
  return {
    $typeName: "parlance.chat.v1.Prediction",
    content: texts.map((text) => ({ $typeName: "parlance.chat.v1.Text", text, citations: [] })),
  };
}

/**
 * The texts of a chat that says nothing but texts and how they are answered, one for each message;
 * undefined where it may say more, or its decoder might refuse it. It costs a tenth of decoding.
 */
export function plainTexts(json: JsonObject): readonly string[] | undefined {
  for (const name of Object.keys(json)) {
    const value = json[name];
    if (value === undefined || plainOptions.get(name)?.(value) !== true) return undefined;
  }
  const { model, messages } = json;
  if (model === undefined || !Array.isArray(messages) || messages.length === 0) return undefined;
  const texts: string[] = [];
  for (const message of messages) {
    const text = plainText(message);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts;
}

/** The text of a message of a role whose messages are read alike, without any other member. */
function plainText(message: Json): string | undefined {
  if (!isObject(message) || Object.keys(message).length !== 2) return undefined;
  const { role, content } = message;
  if (typeof role !== "string" || !plainRoles.has(role)) return undefined;
  return typeof content === "string" && content !== "" ? content : undefined;
}

const plainRoles: ReadonlySet<string> = new Set(["system", "developer", "user", "assistant"]);

const isText = (value: Json): boolean => typeof value === "string" && value !== "";
const isFlag = (value: Json): boolean => typeof value === "boolean";
const isWithin =
  ([low, high]: Bounds) =>
  (value: Json): boolean =>
    typeof value === "number" && value >= low && value <= high;
const isWholeWithin = (bounds: Bounds) => {
  const fits = isWithin(bounds);
  return (value: Json): boolean => Number.isInteger(value) && fits(value);
};

/** Members that say neither texts nor tools, with what their decoders take for certain. */
const plainOptions: ReadonlyMap<string, (value: Json) => boolean> = new Map([
  ["model", isText],
  ["messages", Array.isArray],
  ["stream", isFlag],
  ["temperature", isWithin(temperatureBounds)],
  ["top_p", isWithin(topPBounds)],
  ["max_tokens", isWholeWithin(tokenBounds)],
  ["max_completion_tokens", isWholeWithin(tokenBounds)],
  ["n", isWholeWithin(choiceBounds)],
  ["user", isText],
]);
