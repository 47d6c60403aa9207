import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  missing,
  number,
  object,
  openRequest,
  outcome,
  requiredName,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { decodeCache } from "../cache-control.ts";
import { DIALECT } from "../wire.ts";
import { checkCache } from "./content.ts";
import { noteKept } from "./demands.ts";
import { decodeMessages, decodeSystem } from "./messages.ts";
import { decodeOutputOptions } from "./reasoning.ts";
import { decodeParallel, decodeToolChoice, decodeTools } from "./tools.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "max_tokens",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "stream",
  "metadata",
  "service_tier",
  "cache_control",
]);

/**
 * A call of the Messages API by one of the vendor's own clients. Whatever it says that the contract
 * has no field for is kept in the extras. Reports all problems at once, with paths like the
 * vendor's.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body, { dotted: true });
  if (!isPresent(json.max_tokens)) missing(cursor, "max_tokens");
  const chat = decodeChat(cursor, integer(cursor, "max_tokens", [0, 100_000_000]));
  return outcome(cursor, { chat, stream: boolean(cursor, "stream") ?? false });
}

/** The prompt alone, as count_tokens takes it: without a bound on the answer. */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<Chat> {
  const cursor = openRequest(json, body, { dotted: true });
  return outcome(cursor, decodeChat(cursor, undefined));
}

function decodeChat(cursor: Cursor, maxTokens: number | undefined): Chat {
  const output = decodeOutputOptions(cursor);
  const toolChoice = decodeToolChoice(cursor);
  const parallelToolCalls = decodeParallel(cursor);
  const sampling = decodeSampling(cursor);
  const metadata = object(cursor, "metadata");
  checkCache(cursor);
  const cache = decodeCache(cursor.json.cache_control);
  if (metadata !== undefined) noteUnknown(metadata, USER_MEMBERS);
  const unread = maxTokens === 0 ? [...output.unread, "max_tokens"] : output.unread;
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    messages: [...decodeSystem(cursor), ...decodeMessages(cursor)],
    tools: decodeTools(cursor),
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(parallelToolCalls === undefined ? undefined : { parallelToolCalls }),
    ...(output.format === undefined ? undefined : { responseFormat: output.format }),
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxTokens === undefined || maxTokens === 0 ? undefined : { maxOutputTokens: maxTokens }),
    ...(output.reasoning === undefined ? undefined : { reasoning: output.reasoning }),
    modalities: [],
    verbosity: 0,
    serviceTier: string(cursor, "service_tier") ?? "",
    user: (metadata && string(metadata, "user_id")) ?? "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: {},
    previousResponseId: "",
    ...(cache === undefined ? undefined : { cache }),
  };
  noteKept(cursor);
  noteUnknown(cursor, KNOWN, unread);
  chat.extrasJson = takeExtras(cursor, DIALECT, 0);
  return chat;
}

function decodeSampling(cursor: Cursor): Sampling | undefined {
  const temperature = number(cursor, "temperature", [0, 1]);
  const topP = number(cursor, "top_p", [0, 1]);
  const topK = integer(cursor, "top_k", [0, 2_147_483_647]);
  const stop = strings(cursor, "stop_sequences");
  if (temperature === undefined && topP === undefined && topK === undefined && stop.length === 0)
    return undefined;
  return {
    $typeName: "parlance.chat.v1.Sampling",
    ...(temperature === undefined ? undefined : { temperature }),
    ...(topP === undefined ? undefined : { topP }),
    ...(topK === undefined ? undefined : { topK }),
    stop,
    logitBias: {},
  };
}

const USER_MEMBERS: ReadonlySet<string> = new Set(["user_id"]);
