import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type {
  AudioOutput,
  Modality,
  Prediction,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import {
  array,
  blame,
  boolean,
  createReader,
  integer,
  object,
  outcome,
  present,
  type Reader,
  string,
  word,
} from "../../shared/request-reader.ts";
import { modalities, verbosities } from "../option-values.ts";
import { extrasOf } from "../wire.ts";
import { decodeCacheHint, decodeTexts } from "./content.ts";
import { unknownMembers } from "./extras.ts";
import { decodeMessages } from "./messages.ts";
import {
  decodeReasoning,
  decodeResponseFormat,
  decodeSampling,
  decodeWebSearch,
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

/**
 * Reads a chat request as OpenAI's clients send it, with the additions that its ecosystem knows.
 * All that is wrong is told at once, in the paths of the request. Members that are not known travel
 * as extras of this dialect, byte for byte.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const reader = createReader();
  const stream = boolean(reader, json, "stream") ?? false;
  const options = object(reader, json, "stream_options") ?? {};
  boolean(reader, options, "include_usage", "stream_options");
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    model: string(reader, json, "model") ?? "",
    messages: decodeMessages(reader, json.messages, body),
    tools: decodeTools(reader, json, body),
    modalities: decodeModalities(reader, json),
    verbosity: word(reader, json, "verbosity", verbosities) ?? 0,
    serviceTier: string(reader, json, "service_tier") ?? "",
    user: string(reader, json, "user") ?? "",
    safetyIdentifier: string(reader, json, "safety_identifier") ?? "",
    promptCacheKey: string(reader, json, "prompt_cache_key") ?? "",
    metadata: decodeMetadata(reader, json),
    tags: [],
    extrasJson: extrasOf(unknownMembers(json, () => body, known)),
    previousResponseId: "",
  };
  if (chat.model === "" && typeof (json.model ?? "") === "string")
    blame(reader, "model", "is required");
  addOptions(reader, chat, json, body);
  return outcome(reader, { chat, stream });
}

function addOptions(reader: Reader, chat: Chat, json: JsonObject, body: Uint8Array): void {
  set(chat, "toolChoice", decodeToolChoice(reader, json, body));
  set(chat, "parallelToolCalls", boolean(reader, json, "parallel_tool_calls"));
  set(chat, "responseFormat", decodeResponseFormat(reader, json, body));
  set(chat, "sampling", decodeSampling(reader, json, body));
  set(chat, "n", integer(reader, json, "n", 1, 128));
  const former = integer(reader, json, "max_tokens", 1, 100_000_000);
  set(
    chat,
    "maxOutputTokens",
    integer(reader, json, "max_completion_tokens", 1, 100_000_000) ?? former,
  );
  set(chat, "reasoning", decodeReasoning(reader, json));
  set(chat, "audioOutput", decodeAudioOutput(reader, json));
  set(chat, "prediction", decodePrediction(reader, json));
  set(chat, "webSearch", decodeWebSearch(reader, json));
  set(chat, "store", boolean(reader, json, "store"));
  set(chat, "cache", decodeCacheHint({ cache_control: json.cache_control }));
}

function set<K extends keyof Chat>(chat: Chat, key: K, value: Chat[K] | undefined): void {
  if (value !== undefined) chat[key] = value;
}

function decodeModalities(reader: Reader, json: JsonObject): Modality[] {
  const found: Modality[] = [];
  for (const [at, item] of (array(reader, json, "modalities") ?? []).entries()) {
    const modality = typeof item === "string" ? modalities.get(item) : undefined;
    if (modality === undefined)
      blame(reader, `modalities[${at}]`, "must be one of text, audio, image");
    else found.push(modality);
  }
  return found;
}

function decodeMetadata(reader: Reader, json: JsonObject): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(object(reader, json, "metadata") ?? {})) {
    if (typeof value === "string") metadata[key] = value;
    else if (value !== null) blame(reader, `metadata.${key}`, "must be a string");
  }
  return metadata;
}

/** `voice` is a name, or an object with the id of the caller's own voice. */
function decodeAudioOutput(reader: Reader, json: JsonObject): AudioOutput | undefined {
  const audio = object(reader, json, "audio");
  if (audio === undefined) return undefined;
  const own = typeof audio.voice === "object" ? object(reader, audio, "voice", "audio") : undefined;
  return {
    $typeName: "parlance.chat.v1.AudioOutput",
    voice:
      (own === undefined
        ? string(reader, audio, "voice", "audio")
        : string(reader, own, "id", "audio.voice")) ?? "",
    format: string(reader, audio, "format", "audio") ?? "",
  };
}

function decodePrediction(reader: Reader, json: JsonObject): Prediction | undefined {
  const prediction = object(reader, json, "prediction");
  if (prediction === undefined) return undefined;
  const texts = decodeTexts(reader, present(prediction, "content") ?? null, "prediction.content");
  return {
    $typeName: "parlance.chat.v1.Prediction",
    content: texts.map((text) => ({ $typeName: "parlance.chat.v1.Text", text, citations: [] })),
  };
}
