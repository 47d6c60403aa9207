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
import { sourceText } from "../../../json/source-slice.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  boolean,
  type Cursor,
  integer,
  missing,
  number,
  object,
  openRequest,
  outcome,
  requiredName,
  requiredString,
  strings,
  word,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";
import { decodeMessages } from "./messages.ts";
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
 * Reports all problems at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const stream = boolean(cursor, "stream") ?? false;
  const said = () => ({ messages: decodeMessages(cursor), tools: decodeTools(cursor) });
  const chat = decodeChat(cursor, said, boolean(cursor, "logprobs"));
  set(chat, "toolChoice", decodeToolChoice(cursor));
  set(chat, "reasoning", decodeThinking(cursor));
  noteUnknown(cursor, known);
  chat.extrasJson = takeExtras(cursor, NAME, 0);
  return outcome(cursor, { chat, stream });
}

/**
 * A chat of what is said, which is read after the model, with the knobs that both versions of the
 * API have.
 */
export function decodeChat(
  cursor: Cursor,
  said: () => Pick<Chat, "messages" | "tools">,
  logprobs?: boolean,
): Chat {
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    ...said(),
    modalities: [],
    verbosity: 0,
    serviceTier: "",
    user: "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: {},
    previousResponseId: "",
  };
  set(chat, "responseFormat", decodeFormat(cursor));
  set(chat, "sampling", decodeSampling(cursor, logprobs));
  set(chat, "maxOutputTokens", integer(cursor, "max_tokens", [1, 100_000_000]));
  return chat;
}

function set<K extends keyof Chat>(chat: Chat, key: K, value: Chat[K] | undefined): void {
  if (value !== undefined) chat[key] = value;
}

function decodeSampling(cursor: Cursor, logprobs: boolean | undefined): Sampling | undefined {
  const seed = integer(cursor, "seed", [0, Number.MAX_SAFE_INTEGER]);
  const knobs = {
    temperature: number(cursor, "temperature", [0, 100]),
    topP: number(cursor, "p", [0, 1]),
    topK: integer(cursor, "k", [0, 2_147_483_647]),
    frequencyPenalty: number(cursor, "frequency_penalty", [-100, 100]),
    presencePenalty: number(cursor, "presence_penalty", [-100, 100]),
    seed: seed === undefined ? undefined : BigInt(seed),
    logprobs,
  };
  const stop = strings(cursor, "stop_sequences");
  const entries = Object.entries(knobs).filter(([, value]) => value !== undefined);
  if (entries.length === 0 && stop.length === 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.Sampling",
    ...Object.fromEntries(entries),
    stop,
    logitBias: {},
  };
}

function decodeFormat(cursor: Cursor): ResponseFormat | undefined {
  const format = object(cursor, "response_format");
  if (format === undefined) return undefined;
  const wrap = (value: ResponseFormat["format"]): ResponseFormat => ({
    $typeName: "parlance.chat.v1.ResponseFormat",
    format: value,
  });
  switch (format.json.type) {
    case "text":
      noteUnknown(format, typeMembers);
      return wrap({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object": {
      const key = at(format, "json_schema") === undefined ? "schema" : "json_schema";
      const schema = at(format, key);
      noteUnknown(format, new Set(["type", key]));
      if (schema === undefined || !isObject(schema.json)) {
        return wrap({
          case: "jsonObject",
          value: { $typeName: "parlance.chat.v1.JsonObjectFormat" },
        });
      }
      const value = {
        $typeName: "parlance.chat.v1.JsonSchemaFormat",
        name: "",
        description: "",
        schemaJson: sourceText(schema.source, schema.json),
      } as const;
      return wrap({ case: "jsonSchema", value });
    }
    default: {
      if (requiredString(format, "type") === "") return undefined;
      const json = sourceText(format.source, format.json);
      return wrap({
        case: "opaque",
        value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json },
      });
    }
  }
}

const typeMembers: ReadonlySet<string> = new Set(["type"]);
const thinkingMembers: ReadonlySet<string> = new Set(["type", "token_budget"]);

const thinkingTypes: ReadonlyMap<string, ReasoningMode> = new Map([
  ["enabled", ReasoningMode.ENABLED],
  ["disabled", ReasoningMode.DISABLED],
]);

function decodeThinking(cursor: Cursor): ReasoningOptions | undefined {
  const thinking = object(cursor, "thinking");
  if (thinking === undefined) return undefined;
  noteUnknown(thinking, thinkingMembers);
  const budgetTokens = integer(thinking, "token_budget", [0, 100_000_000]);
  if (at(thinking, "type") === undefined) missing(thinking, "type");
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode: word(thinking, "type", thinkingTypes) ?? ReasoningMode.ENABLED,
    effort: ReasoningEffort.UNSPECIFIED,
    ...(budgetTokens === undefined ? undefined : { budgetTokens }),
    summary: ReasoningSummary.UNSPECIFIED,
  };
}
