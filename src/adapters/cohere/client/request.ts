import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  ReasoningSummary,
  type ResponseFormat,
  type Sampling,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { sliceJsonText } from "../../../json/slice.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { otherMembers } from "../extras.ts";
import { NAME } from "../wire.ts";
import { decodeMessages } from "./messages.ts";
import {
  blame,
  boolean,
  createReader,
  integer,
  number,
  object,
  present,
  type Reader,
  strings,
  verdict,
  words,
} from "./request-cursor.ts";
import { decodeToolChoice, decodeTools } from "./tools.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "documents",
  "tools",
  "tool_choice",
  "strict_tools",
  "response_format",
  "max_tokens",
  "stop_sequences",
  "temperature",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "k",
  "p",
  "logprobs",
  "thinking",
  "stream",
]);

/**
 * Reads a call of `/v2/chat` by one of the vendor's own clients. Whatever it says that the contract
 * has no field for (`safety_mode`, `citation_options` ...) is kept in the extras, byte for byte.
 * All that is wrong is told at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const reader = createReader();
  const stream = boolean(reader, json, "stream") ?? false;
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    model: words(reader, json, "model"),
    messages: decodeMessages(reader, json, body),
    tools: decodeTools(reader, json, body),
    modalities: [],
    verbosity: 0,
    serviceTier: "",
    user: "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: otherMembers(json, known, body),
    previousResponseId: "",
  };
  set(chat, "toolChoice", decodeToolChoice(reader, json));
  set(chat, "responseFormat", decodeFormat(reader, json, body));
  set(chat, "sampling", decodeSampling(reader, json));
  set(chat, "maxOutputTokens", integer(reader, json, "max_tokens", [1, 100_000_000]));
  set(chat, "reasoning", decodeThinking(reader, json));
  return verdict(reader, { chat, stream });
}

function set<K extends keyof Chat>(chat: Chat, key: K, value: Chat[K] | undefined): void {
  if (value !== undefined) chat[key] = value;
}

function decodeSampling(reader: Reader, json: JsonObject): Sampling | undefined {
  const seed = integer(reader, json, "seed", [0, Number.MAX_SAFE_INTEGER]);
  const knobs = {
    temperature: number(reader, json, "temperature", 0, 100),
    topP: number(reader, json, "p", 0, 1),
    topK: integer(reader, json, "k", [0, 2_147_483_647]),
    frequencyPenalty: number(reader, json, "frequency_penalty", -100, 100),
    presencePenalty: number(reader, json, "presence_penalty", -100, 100),
    seed: seed === undefined ? undefined : BigInt(seed),
    logprobs: boolean(reader, json, "logprobs"),
  };
  const stop = strings(reader, json, "stop_sequences");
  const given = Object.entries(knobs).filter(([, value]) => value !== undefined);
  if (given.length === 0 && stop.length === 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.Sampling",
    ...Object.fromEntries(given),
    stop,
    logitBias: {},
  };
}

function decodeFormat(
  reader: Reader,
  json: JsonObject,
  body: Uint8Array,
): ResponseFormat | undefined {
  const format = object(reader, json, "response_format");
  if (format === undefined) return undefined;
  const wrap = (value: ResponseFormat["format"]): ResponseFormat => ({
    $typeName: "parlance.chat.v1.ResponseFormat",
    format: value,
  });
  const schema = present(format, "json_schema") === undefined ? "schema" : "json_schema";
  switch (format.type) {
    case "text":
      return wrap({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object": {
      if (!isObject(format[schema])) {
        return wrap({
          case: "jsonObject",
          value: { $typeName: "parlance.chat.v1.JsonObjectFormat" },
        });
      }
      const schemaJson =
        sliceJsonText(body, ["response_format", schema]) ?? JSON.stringify(format[schema]);
      const value = {
        $typeName: "parlance.chat.v1.JsonSchemaFormat",
        name: "",
        description: "",
        schemaJson,
      } as const;
      return wrap({ case: "jsonSchema", value });
    }
    default: {
      if (typeof format.type !== "string")
        return blame(reader, "response_format.type", "is required");
      const text = sliceJsonText(body, ["response_format"]) ?? JSON.stringify(format);
      return wrap({
        case: "opaque",
        value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json: text },
      });
    }
  }
}

function decodeThinking(reader: Reader, json: JsonObject): ReasoningOptions | undefined {
  const thinking = object(reader, json, "thinking");
  if (thinking === undefined) return undefined;
  const budgetTokens = integer(
    reader,
    thinking,
    "token_budget",
    [0, 100_000_000],
    "thinking.token_budget",
  );
  if (thinking.type !== "enabled" && thinking.type !== "disabled") {
    blame(reader, "thinking.type", 'must be "enabled" or "disabled"');
  }
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode: thinking.type === "disabled" ? ReasoningMode.DISABLED : ReasoningMode.ENABLED,
    effort: ReasoningEffort.UNSPECIFIED,
    ...(budgetTokens === undefined ? undefined : { budgetTokens }),
    summary: ReasoningSummary.UNSPECIFIED,
  };
}
