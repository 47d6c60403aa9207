import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import { memberSource, type Source, wholeSource } from "../../../json/source-slice.ts";
import { rawJson, writeJson } from "../../../json/write.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import {
  blame,
  boolean,
  createReader,
  object,
  outcome,
  type Reader,
  string,
} from "../../shared/request-reader.ts";
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
 * Reads a request of `/api/chat`. It is streamed unless it says no. All that is wrong is told at
 * once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const reader = createReader();
  const source = wholeSource(body);
  const messages = decodeMessages(reader, json, source);
  const chat = decodeChat(reader, json, source, CHAT_MEMBERS, messages);
  return outcome(
    reader,
    withForm(reader, { ...chat, tools: decodeTools(reader, json, source) }, json),
  );
}

/**
 * Reads a request of `/api/generate`: a prompt is the one message of the user, after the system's.
 */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const reader = createReader();
  const system = string(reader, json, "system") ?? "";
  const parts = [
    ...decodeImages(reader, json, ""),
    ...textParts(string(reader, json, "prompt") ?? ""),
  ];
  if (parts.length === 0) blame(reader, "prompt", "is required");
  const messages = [
    ...(system === "" ? [] : [messageOf(Role.SYSTEM, textParts(system))]),
    messageOf(Role.USER, parts),
  ];
  const chat = decodeChat(reader, json, wholeSource(body), PROMPT_MEMBERS, messages);
  return outcome(reader, withForm(reader, chat, json));
}

function withForm(reader: Reader, chat: Chat, json: JsonObject): ChatRequest {
  return { chat, stream: boolean(reader, json, "stream") ?? true };
}

function messageOf(role: Role, parts: Message["parts"]): Message {
  return { $typeName: "parlance.chat.v1.Message", role, parts, name: "", extrasJson: {} };
}

function decodeChat(
  reader: Reader,
  json: JsonObject,
  source: Source,
  known: ReadonlySet<string>,
  messages: Message[],
): Chat {
  const model = string(reader, json, "model") ?? "";
  if (model === "" && typeof (json.model ?? "") === "string") blame(reader, "model", "is required");
  const options = object(reader, json, "options") ?? {};
  const sampling = decodeSampling(reader, json, options);
  const maxOutputTokens = decodeMaxTokens(reader, options);
  const responseFormat = decodeFormat(reader, json, memberSource(source, "format"));
  const reasoning = decodeThink(reader, json);
  const extras = decodeExtras(json, options, source, known, maxOutputTokens === undefined);
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
 * `num_ctx`.
 */
function decodeExtras(
  json: JsonObject,
  options: JsonObject,
  source: Source,
  known: ReadonlySet<string>,
  unbounded: boolean,
): string {
  const others = unknownMembers(json, source, known);
  const knownOptions = unbounded
    ? new Set([...KNOWN_OPTIONS].filter((option) => option !== "num_predict"))
    : KNOWN_OPTIONS;
  const ownOptions = unknownMembers(options, memberSource(source, "options"), knownOptions);
  if (ownOptions === "") return others;
  const member = writeJson({ options: rawJson(ownOptions) });
  return others === "" ? member : `${others.slice(0, -1)},${member.slice(1)}`;
}
