import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { demand, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  list,
  missing,
  object,
  openRequest,
  outcome,
  requiredName,
  string,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { decodeImages, decodeMessages, textParts } from "./messages.ts";
import {
  decodeFormat,
  decodeMaxTokens,
  decodeSampling,
  decodeThink,
  KNOWN_OPTIONS,
} from "./options.ts";
import { decodeTools } from "./tools.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "options",
  "format",
  "think",
  "logprobs",
  "top_logprobs",
]);
const CHAT_MEMBERS: ReadonlySet<string> = new Set([...KNOWN, "messages", "tools"]);
const PROMPT_MEMBERS: ReadonlySet<string> = new Set([...KNOWN, "prompt", "system", "images"]);

/** See https://docs.ollama.com/api/generate (2026-11). */
const remembered = {
  message: "only the server that wrote it can read it: send the conversation to /api/chat",
  dialects: [DIALECT],
};

/**
 * Reads a request of `/api/chat`. It is streamed unless it says no. Reports all problems at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const messages = decodeMessages(cursor);
  const tools = decodeTools(cursor);
  const chat = decodeChat(cursor, messages, CHAT_MEMBERS);
  return outcome(cursor, withForm(cursor, { ...chat, tools }));
}

/**
 * Reads a request of `/api/generate`: a prompt is the one message of the user, after the system's.
 */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const system = string(cursor, "system") ?? "";
  const parts = [...decodeImages(cursor), ...textParts(string(cursor, "prompt") ?? "")];
  if (parts.length === 0) missing(cursor, "prompt");
  if (list(cursor, "context").length > 0) demand(cursor, "context", remembered);
  const messages = [
    ...(system === "" ? [] : [messageOf(Role.SYSTEM, textParts(system))]),
    messageOf(Role.USER, parts),
  ];
  return outcome(cursor, withForm(cursor, decodeChat(cursor, messages, PROMPT_MEMBERS)));
}

function withForm(cursor: Cursor, chat: Chat): ChatRequest {
  return { chat, stream: boolean(cursor, "stream") ?? true };
}

function messageOf(role: Role, parts: Message["parts"]): Message {
  return { $typeName: "parlance.chat.v1.Message", role, parts, name: "", text: "", extrasJson: {} };
}

/** `known`: members of the request that are read. */
function decodeChat(cursor: Cursor, messages: Message[], known: ReadonlySet<string>): Chat {
  const model = requiredName(cursor, "model");
  const options = object(cursor, "options") ?? { ...cursor, json: {}, path: "options" };
  const sampling = decodeSampling(cursor, options);
  const maxOutputTokens = decodeMaxTokens(options);
  const responseFormat = decodeFormat(cursor);
  const reasoning = decodeThink(cursor);
  noteUnknown(options, KNOWN_OPTIONS, maxOutputTokens === undefined ? ["num_predict"] : []);
  noteUnknown(cursor, known);
  return {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model,
    messages,
    tools: [],
    modalities: [],
    verbosity: 0,
    serviceTier: "",
    user: "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: takeExtras(cursor, DIALECT, 0),
    previousResponseId: "",
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(responseFormat === undefined ? undefined : { responseFormat }),
    ...(reasoning === undefined ? undefined : { reasoning }),
  };
}
