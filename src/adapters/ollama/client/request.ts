import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import { rawJson, writeJson } from "../../../json/write.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import {
  boolean,
  type Cursor,
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

/**
 * Reads a request of `/api/chat`. It is streamed unless it says no. Reports all problems at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const messages = decodeMessages(cursor);
  const chat = decodeChat(cursor, messages, CHAT_MEMBERS);
  return outcome(cursor, withForm(cursor, { ...chat, tools: decodeTools(cursor) }));
}

/**
 * Reads a request of `/api/generate`: a prompt is the one message of the user, after the system's.
 */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const system = string(cursor, "system") ?? "";
  const parts = [...decodeImages(cursor), ...textParts(string(cursor, "prompt") ?? "")];
  if (parts.length === 0) missing(cursor, "prompt");
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
  const knownOptions =
    maxOutputTokens === undefined
      ? new Set([...KNOWN_OPTIONS].filter((option) => option !== "num_predict"))
      : KNOWN_OPTIONS;
  const extras = joinExtras(
    unknownMembers(cursor.json, cursor.source, known),
    unknownMembers(options.json, options.source, knownOptions),
  );
  return {
    $typeName: "parlance.chat.v1.Chat",
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
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    previousResponseId: "",
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(responseFormat === undefined ? undefined : { responseFormat }),
    ...(reasoning === undefined ? undefined : { reasoning }),
  };
}

/**
 * What only this dialect has, byte for byte: members such as `keep_alive`, and options such as
 * `num_ctx`. Both are object texts; "": there are none.
 */
function joinExtras(members: string, options: string): string {
  if (options === "") return members;
  const member = writeJson({ options: rawJson(options) });
  return members === "" ? member : `${members.slice(0, -1)},${member.slice(1)}`;
}
