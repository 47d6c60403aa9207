import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { given, printMembers, unknownTexts } from "../../../json/members.ts";
import { type Source, wholeSource } from "../../../json/source-slice.ts";
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
import { DIALECT } from "../wire.ts";
import { decodeInput } from "./messages.ts";
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

/**
 * A call of the Responses API by one of the vendor's own clients. Whatever it says that the
 * contract has no field for (`include`, `truncation`, `background`, `conversation`, `prompt` ...)
 * is kept in the extras. All that is wrong is told at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const problems = createProblems();
  const chat = decodeChat(problems, json, wholeSource(body));
  const stream = optionalBoolean(problems, json, "stream", "stream") ?? false;
  if (problems.list.length > 0) return { ok: false, fault: problemFault(problems) };
  return { ok: true, value: { chat, stream } };
}

/** The prompt alone, as the token counter takes it. */
export function decodePrompt(json: JsonObject, body: Uint8Array): Decoded<Chat> {
  const problems = createProblems();
  const chat = decodeChat(problems, json, wholeSource(body));
  return problems.list.length > 0
    ? { ok: false, fault: problemFault(problems) }
    : { ok: true, value: chat };
}

function decodeChat(problems: Problems, json: JsonObject, source: Source): Chat {
  const output = decodeOutputOptions(problems, json, source);
  const toolChoice = decodeToolChoice(problems, json, source);
  const parallelToolCalls = optionalBoolean(
    problems,
    json,
    "parallel_tool_calls",
    "parallel_tool_calls",
  );
  const sampling = decodeSampling(problems, json);
  const maxOutputTokens = optionalInteger(problems, json, "max_output_tokens", [1, 100_000_000]);
  const store = optionalBoolean(problems, json, "store", "store");
  const extras = [...unknownTexts(json, source, KNOWN), ...output.extras];
  return {
    $typeName: "parlance.chat.v1.Chat",
    model: decodeModel(problems, json),
    messages: decodeInput(problems, json, source),
    tools: decodeTools(problems, json, source),
    ...(toolChoice === undefined ? undefined : { toolChoice }),
    ...(parallelToolCalls === undefined ? undefined : { parallelToolCalls }),
    ...(output.format === undefined ? undefined : { responseFormat: output.format }),
    ...(sampling === undefined ? undefined : { sampling }),
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(output.reasoning === undefined ? undefined : { reasoning: output.reasoning }),
    modalities: [],
    verbosity: output.verbosity,
    serviceTier: optionalString(problems, json, "service_tier", "service_tier") ?? "",
    ...(store === undefined ? undefined : { store }),
    user: optionalString(problems, json, "user", "user") ?? "",
    safetyIdentifier:
      optionalString(problems, json, "safety_identifier", "safety_identifier") ?? "",
    promptCacheKey: optionalString(problems, json, "prompt_cache_key", "prompt_cache_key") ?? "",
    metadata: decodeMetadata(problems, json),
    tags: [],
    extrasJson: extras.length === 0 ? {} : { [DIALECT]: printMembers(extras) },
    previousResponseId:
      optionalString(problems, json, "previous_response_id", "previous_response_id") ?? "",
  };
}

function decodeModel(problems: Problems, json: JsonObject): string {
  if (!given(json.model) || json.model === "") problem(problems, "model", "is required");
  return optionalString(problems, json, "model", "model") ?? "";
}

/**
 * Clients ask for likelihoods by what they want included; that alone stays in the extras, and
 * `logprobs` tells the rest.
 */
function decodeSampling(problems: Problems, json: JsonObject): Sampling | undefined {
  const temperature = optionalNumber(problems, json, "temperature", [0, 2]);
  const topP = optionalNumber(problems, json, "top_p", [0, 1]);
  const topLogprobs = optionalInteger(problems, json, "top_logprobs", [0, 1000]);
  const { include } = json;
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

function decodeMetadata(problems: Problems, json: JsonObject): Record<string, string> {
  const metadata = json.metadata;
  const labels: Record<string, string> = {};
  if (!given(metadata)) return labels;
  if (!isObject(metadata)) {
    problem(problems, "metadata", "must be an object");
    return labels;
  }
  for (const key of Object.keys(metadata)) {
    const value = metadata[key];
    if (typeof value === "string") labels[key] = value;
    else problem(problems, `metadata.${key}`, "must be a string");
  }
  return labels;
}
