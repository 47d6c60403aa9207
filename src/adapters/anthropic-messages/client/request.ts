import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { given, printMembers, unknownMembers, unknownTexts } from "../../../json/members.ts";
import { memberSource, type Source, wholeSource } from "../../../json/source-slice.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import {
  createProblems,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalString,
  type Problems,
  problem,
  problemFault,
} from "../../shared/request-problems.ts";
import { decodeCache } from "../cache-control.ts";
import { DIALECT } from "../wire.ts";
import { checkCache } from "./check-content.ts";
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
 * has no field for is kept in the extras. All that is wrong is told at once, in paths like the
 * vendor's.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const problems = createProblems();
  const source = wholeSource(body);
  const maxTokens = optionalInteger(problems, json, "max_tokens", [0, 100_000_000]);
  if (!given(json.max_tokens)) problem(problems, "max_tokens", "is required");
  const chat = decodeChat(problems, json, source, maxTokens);
  const stream = optionalBoolean(problems, json, "stream", "stream") ?? false;
  if (problems.list.length > 0) return { ok: false, fault: problemFault(problems) };
  return { ok: true, value: { chat, stream } };
}

/** The prompt alone, as count_tokens takes it: without a bound on the answer. */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<Chat> {
  const problems = createProblems();
  const chat = decodeChat(problems, json, wholeSource(body), undefined);
  return problems.list.length > 0
    ? { ok: false, fault: problemFault(problems) }
    : { ok: true, value: chat };
}

function decodeChat(
  problems: Problems,
  json: JsonObject,
  source: Source,
  maxTokens: number | undefined,
): Chat {
  const model = optionalString(problems, json, "model", "model") ?? "";
  if (!given(json.model) || json.model === "") problem(problems, "model", "is required");
  const output = decodeOutputOptions(problems, json, source);
  const toolChoice = decodeToolChoice(problems, json, source);
  const parallelToolCalls = decodeParallel(problems, json);
  const sampling = decodeSampling(problems, json);
  checkCache(problems, json, "");
  const cache = decodeCache(json.cache_control);
  const extras = collectExtras(json, source, output.extras, maxTokens);
  return {
    $typeName: "parlance.chat.v1.Chat",
    model,
    messages: [...decodeSystem(problems, json, source), ...decodeMessages(problems, json, source)],
    tools: decodeTools(problems, json, source),
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(parallelToolCalls === undefined ? undefined : { parallelToolCalls }),
    ...(output.format === undefined ? undefined : { responseFormat: output.format }),
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxTokens === undefined || maxTokens === 0 ? undefined : { maxOutputTokens: maxTokens }),
    ...(output.reasoning === undefined ? undefined : { reasoning: output.reasoning }),
    modalities: [],
    verbosity: 0,
    serviceTier: optionalString(problems, json, "service_tier", "service_tier") ?? "",
    user: decodeUser(problems, json),
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    previousResponseId: "",
    ...(cache === undefined ? undefined : { cache }),
  };
}

function decodeSampling(problems: Problems, json: JsonObject): Sampling | undefined {
  const temperature = optionalNumber(problems, json, "temperature", [0, 1]);
  const topP = optionalNumber(problems, json, "top_p", [0, 1]);
  const topK = optionalInteger(problems, json, "top_k", [0, 2_147_483_647]);
  const stop = decodeStop(problems, json);
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

function decodeStop(problems: Problems, json: JsonObject): string[] {
  const list = json.stop_sequences;
  if (!given(list)) return [];
  if (!Array.isArray(list)) {
    problem(problems, "stop_sequences", "must be a list of strings");
    return [];
  }
  return list.flatMap((text, index) => {
    if (typeof text === "string") return [text];
    problem(problems, `stop_sequences.${index}`, "must be a string");
    return [];
  });
}

function decodeUser(problems: Problems, json: JsonObject): string {
  const metadata = json.metadata;
  if (!given(metadata)) return "";
  if (!isObject(metadata)) {
    problem(problems, "metadata", "must be an object");
    return "";
  }
  return optionalString(problems, metadata, "user_id", "metadata.user_id") ?? "";
}

const USER_MEMBERS: ReadonlySet<string> = new Set(["user_id"]);

/**
 * All that has no field: unknown members, unknown members of known objects, and the bound of 0 that
 * only warms the cache.
 */
function collectExtras(
  json: JsonObject,
  source: Source,
  nested: readonly (readonly [name: string, json: string])[],
  maxTokens: number | undefined,
): string {
  const members = unknownTexts(json, source, KNOWN).concat(nested);
  const metadata = json.metadata;
  const labels = isObject(metadata)
    ? unknownMembers(metadata, memberSource(source, "metadata"), USER_MEMBERS)
    : "";
  const all = [
    ...members,
    ...(labels === "" ? [] : [["metadata", labels] as const]),
    ...(maxTokens === 0 ? [["max_tokens", "0"] as const] : []),
  ];
  return all.length === 0 ? "" : printMembers(all);
}
