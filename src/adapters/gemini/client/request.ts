import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { type JsonObject, stringAt } from "../../../json/json.ts";
import { type ChatRequest, countClient } from "../../shared/json-codec.ts";
import { demand, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  member,
  object,
  openRequest,
  outcome,
  spellings,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { decodeMessages } from "./messages.ts";
import { decodeGeneration } from "./options.ts";
import { decodeToolChoice, decodeTools } from "./tools.ts";

const KNOWN = spellings(
  "model",
  "stream",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
  "serviceTier",
);

/** See https://ai.google.dev/api/caching (2026-11). */
const cached = {
  message: "another vendor keeps this content: send the contents themselves",
  dialects: [DIALECT],
};

const COUNT = spellings("model", "generateContentRequest");

/**
 * A call of `generateContent` or `streamGenerateContent` by one of the vendor's own clients. The
 * path names the model and the method: the edge tells them as the members `model` and `stream`.
 * Whatever the contract has no field for is kept in the extras.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body, { protobuf: true });
  return outcome(cursor, { chat: decodeChat(cursor), stream: json.stream === true });
}

/** A client asks us for the tokens of a prompt: of a whole call, or of its contents alone. */
export const countTokensFacade = countClient({
  decodeRequest(json, body) {
    const cursor = openRequest(json, body, { protobuf: true });
    const nested = object(cursor, "generateContentRequest");
    if (nested === undefined) return outcome(cursor, decodeChat(cursor));
    noteUnknown(cursor, COUNT);
    const model = stringAt(json, "model") ?? "";
    return outcome(cursor, decodeChat({ ...nested, path: "", json: { ...nested.json, model } }));
  },
  encodeResponse: (inputTokens) => JSON.stringify({ totalTokens: inputTokens }),
});

function decodeChat(cursor: Cursor): Chat {
  const config = object(cursor, "generationConfig");
  const generation = config === undefined ? undefined : decodeGeneration(config);
  const { tools, search } = decodeTools(cursor);
  const toolChoice = decodeToolChoice(cursor);
  const tier = member(cursor, "serviceTier");
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model: stringAt(cursor.json, "model") ?? "",
    messages: decodeMessages(cursor),
    tools,
    modalities: [],
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(search
      ? { webSearch: { $typeName: "parlance.chat.v1.WebSearchOptions", searchContextSize: 0 } }
      : undefined),
    ...generation,
    verbosity: 0,
    serviceTier: typeof tier === "string" ? tier : "",
    user: "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: {},
    previousResponseId: "",
  };
  if (member(cursor, "cachedContent") !== undefined) demand(cursor, "cachedContent", cached);
  noteUnknown(cursor, KNOWN);
  chat.extrasJson = takeExtras(cursor, DIALECT, 0);
  return chat;
}
