import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { printMembers, unknownMembers, unknownTexts } from "../../../json/members.ts";
import { memberSource, type Source, wholeSource } from "../../../json/source-slice.ts";
import { type ChatRequest, countClient } from "../../shared/json-codec.ts";
import { DIALECT } from "../wire.ts";
import { decodeContents } from "./content.ts";
import { decodeGeneration } from "./options.ts";
import {
  createReader,
  memberOf,
  type Reader,
  readerFault,
  readObject,
  spellings,
} from "./request-cursor.ts";
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
  const reader = createReader();
  const chat = decodeChat(reader, json, wholeSource(body));
  if (reader.problems.length > 0) return { ok: false, fault: readerFault(reader) };
  return { ok: true, value: { chat, stream: json.stream === true } };
}

/** A client asks us for the tokens of a prompt: of a whole call, or of its contents alone. */
export const countTokensFacade = countClient({
  decodeRequest(json, body) {
    const reader = createReader();
    const nested = objectAt(json, "generateContentRequest");
    const source =
      nested === undefined
        ? wholeSource(body)
        : memberSource(wholeSource(body), "generateContentRequest");
    const model = stringAt(json, "model") ?? "";
    const chat = decodeChat(reader, nested === undefined ? json : { ...nested, model }, source);
    return reader.problems.length > 0
      ? { ok: false, fault: readerFault(reader) }
      : { ok: true, value: chat };
  },
  encodeResponse: (inputTokens) => JSON.stringify({ totalTokens: inputTokens }),
});

function decodeChat(reader: Reader, json: JsonObject, source: Source): Chat {
  const config = readObject(reader, json, "generationConfig", "generationConfig") ?? {};
  const generation = decodeGeneration(reader, config, memberSource(source, "generationConfig"));
  const { tools, search } = decodeTools(reader, json, source);
  const toolChoice = decodeToolChoice(reader, json);
  const extras = collectExtras(json, source, generation.extras);
  const tier = memberOf(json, "serviceTier");
  return {
    $typeName: "parlance.chat.v1.Chat",
    model: stringAt(json, "model") ?? "",
    messages: decodeContents(reader, json, source),
    tools,
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(search
      ? { webSearch: { $typeName: "parlance.chat.v1.WebSearchOptions", searchContextSize: 0 } }
      : undefined),
    ...generation.chat,
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
function collectExtras(json: JsonObject, source: Source, generation: string): string {
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
