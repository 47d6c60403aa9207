import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { type JsonObject, stringAt } from "../../../json/json.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  object,
  openRequest,
  outcome,
  string,
  stringMap,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { decodeMessages } from "./messages.ts";
import { decodeConfig, decodeFormat, decodeModelFields } from "./options.ts";
import { decodeToolConfig } from "./tools.ts";

/** Without those that only this vendor has, such as `guardrailConfig`, which are extras. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "messages",
  "system",
  "inferenceConfig",
  "toolConfig",
  "additionalModelRequestFields",
  "requestMetadata",
  "serviceTier",
  "outputConfig",
]);

const TIER_MEMBERS: ReadonlySet<string> = new Set(["type"]);

/**
 * A call of Converse or ConverseStream by one of AWS's SDKs. The path names the model and whether
 * the answer is streamed: the edge says them as the members `model` and `stream`. What the contract
 * has no field for is kept in the extras. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (2026-11).
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const chat = decodeChat(cursor, stringAt(json, "model") ?? "");
  return outcome(cursor, { chat, stream: json.stream === true });
}

/** What a cursor at a body of Converse says, to a model. */
export function decodeChat(cursor: Cursor, model: string): Chat {
  const config = decodeConfig(cursor);
  const fields = decodeModelFields(cursor);
  const { format, effort } = decodeFormat(cursor);
  const { tools, toolChoice } = decodeToolConfig(cursor);
  const sampling =
    fields.topK === undefined
      ? config.sampling
      : {
          $typeName: "parlance.chat.v1.Sampling" as const,
          stop: [],
          logitBias: {},
          ...config.sampling,
          topK: fields.topK,
        };
  const reasoning =
    effort === undefined
      ? fields.reasoning
      : {
          $typeName: "parlance.chat.v1.ReasoningOptions" as const,
          mode: 0,
          summary: 0,
          ...fields.reasoning,
          effort,
        };
  const tier = object(cursor, "serviceTier");
  if (tier !== undefined) noteUnknown(tier, TIER_MEMBERS);
  const { maxOutputTokens } = config;
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model,
    messages: decodeMessages(cursor, model),
    tools,
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(format === undefined ? undefined : { responseFormat: format }),
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(reasoning === undefined ? undefined : { reasoning }),
    modalities: [],
    verbosity: 0,
    serviceTier: (tier && string(tier, "type")) ?? "",
    user: "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: stringMap(cursor, "requestMetadata"),
    tags: [],
    extrasJson: {},
    previousResponseId: "",
  };
  noteUnknown(cursor, KNOWN);
  chat.extrasJson = takeExtras(cursor, DIALECT, 0);
  return chat;
}
