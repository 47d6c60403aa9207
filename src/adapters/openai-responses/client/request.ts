import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  number,
  openRequest,
  outcome,
  requiredName,
  string,
  stringMap,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { noteKept } from "./demands.ts";
import { decodeMessages } from "./messages.ts";
import { decodeOutputOptions } from "./options.ts";
import { decodeToolChoice, decodeTools } from "./tools.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "temperature",
  "top_p",
  "top_logprobs",
  "max_output_tokens",
  "stream",
  "service_tier",
  "store",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "metadata",
  "previous_response_id",
]);

/** An answer that is given at once is what every vendor does. */
/** Lists in options whose elements a vendor gets as they came. */
const LISTS: ReadonlySet<string> = new Set(["tools"]);
const AT_ONCE: ReadonlySet<string> = new Set([...KNOWN, "background"]);

/**
 * A call of the Responses API by one of the vendor's own clients. Whatever it says that the
 * contract has no field for (`include`, `truncation`, `background`, `conversation`, `prompt` ...)
 * is kept in the extras. Reports all problems at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const chat = decodeChat(cursor);
  return outcome(cursor, { chat, stream: boolean(cursor, "stream") ?? false });
}

/** The prompt alone, as the token counter takes it. */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<Chat> {
  const cursor = openRequest(json, body);
  return outcome(cursor, decodeChat(cursor));
}

function decodeChat(cursor: Cursor): Chat {
  const output = decodeOutputOptions(cursor);
  const tools = decodeTools(cursor);
  const toolChoice = decodeToolChoice(cursor, tools);
  const parallelToolCalls = boolean(cursor, "parallel_tool_calls");
  const sampling = decodeSampling(cursor);
  const maxOutputTokens = integer(cursor, "max_output_tokens", [1, 100_000_000]);
  const store = boolean(cursor, "store");
  const chat: Chat = {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    messages: decodeMessages(cursor),
    tools,
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(parallelToolCalls === undefined ? undefined : { parallelToolCalls }),
    ...(output.format === undefined ? undefined : { responseFormat: output.format }),
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(output.reasoning === undefined ? undefined : { reasoning: output.reasoning }),
    modalities: [],
    verbosity: output.verbosity,
    serviceTier: string(cursor, "service_tier") ?? "",
    ...(store === undefined ? undefined : { store }),
    user: string(cursor, "user") ?? "",
    safetyIdentifier: string(cursor, "safety_identifier") ?? "",
    promptCacheKey: string(cursor, "prompt_cache_key") ?? "",
    metadata: stringMap(cursor, "metadata"),
    tags: [],
    extrasJson: {},
    previousResponseId: string(cursor, "previous_response_id") ?? "",
  };
  noteKept(cursor);
  noteUnknown(cursor, cursor.json.background === false ? AT_ONCE : KNOWN);
  chat.extrasJson = takeExtras(cursor, DIALECT, 0, LISTS);
  return chat;
}

/**
 * Clients ask for likelihoods by what they want included; that alone stays in the extras, and
 * `logprobs` tells the rest.
 */
function decodeSampling(cursor: Cursor): Sampling | undefined {
  const temperature = number(cursor, "temperature", [0, 2]);
  const topP = number(cursor, "top_p", [0, 1]);
  const topLogprobs = integer(cursor, "top_logprobs", [0, 1000]);
  const { include } = cursor.json;
  const logprobs = Array.isArray(include) && include.includes("message.output_text.logprobs");
  if (temperature === undefined && topP === undefined && topLogprobs === undefined && !logprobs)
    return undefined;
  return {
    $typeName: "parlance.chat.v1.Sampling",
    ...(temperature === undefined ? undefined : { temperature }),
    ...(topP === undefined ? undefined : { topP }),
    ...(topLogprobs === undefined ? undefined : { topLogprobs }),
    ...(logprobs ? { logprobs } : undefined),
    stop: [],
    logitBias: {},
  };
}
