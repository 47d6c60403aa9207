import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { printMembers, unknownMembers, unknownTexts } from "../../../json/members.ts";
import { memberSource } from "../../../json/source-slice.ts";
import { type ChatRequest, countClient } from "../../shared/json-codec.ts";
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
  const extras = collectExtras(cursor, generation?.extras ?? "");
  const tier = member(cursor, "serviceTier");
  return {
    $typeName: "parlance.chat.v1.Chat",
    model: stringAt(cursor.json, "model") ?? "",
    messages: decodeMessages(cursor),
    tools,
    modalities: [],
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(search
      ? { webSearch: { $typeName: "parlance.chat.v1.WebSearchOptions", searchContextSize: 0 } }
      : undefined),
    ...generation?.chat,
    verbosity: 0,
    serviceTier: typeof tier === "string" ? tier : "",
    user: "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    previousResponseId: "",
  };
}

const CALLING = spellings("functionCallingConfig");

/** All that has no field, in its place. */
function collectExtras({ json, source }: Cursor, generation: string): string {
  const config = objectAt(json, "toolConfig");
  const choosing =
    config === undefined ? "" : unknownMembers(config, memberSource(source, "toolConfig"), CALLING);
  const all = [
    ...unknownTexts(json, source, KNOWN),
    ...(generation === "" ? [] : [["generationConfig", generation] as const]),
    ...(choosing === "" ? [] : [["toolConfig", choosing] as const]),
  ];
  return all.length === 0 ? "" : printMembers(all);
}
