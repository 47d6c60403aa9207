import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { type Message, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { textPart } from "../../openai-chat/client/content.ts";
import { decodeSampling } from "../../openai-chat/client/options.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  member,
  object,
  openRequest,
  outcome,
  problem,
  requiredName,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "prompt",
  "max_tokens",
  "n",
  "user",
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "frequency_penalty",
  "presence_penalty",
  "repetition_penalty",
  "seed",
  "stop",
  "logit_bias",
  "logprobs",
  "stream",
  "stream_options",
]);

const streamMembers = new Set(["include_usage"]);

/** Choices of all prompts together, at most: the contract's bound. */
const MAX_CHOICES = 128;

/**
 * Reads a request of `/completions`: each prompt is a message of the user, for `partsOf` to take
 * apart. What chats have no field for, such as `suffix`, `echo` and `best_of`, travels as extras.
 * All that is wrong is reported at once.
 */
export function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const stream = boolean(cursor, "stream") ?? false;
  const options = object(cursor, "stream_options");
  if (options !== undefined) {
    boolean(options, "include_usage");
    noteUnknown(options, streamMembers);
  }
  const prompts = decodePrompts(cursor);
  const n = integer(cursor, "n", [1, MAX_CHOICES]);
  if (prompts.length * (n ?? 1) > MAX_CHOICES)
    problem(cursor, "prompt", `must ask for at most ${MAX_CHOICES} choices, n times the prompts`);
  const chat = chatOf(cursor, prompts);
  const defaults = checkExtras(cursor, n);
  noteUnknown(cursor, new Set([...known, ...defaults]));
  chat.extrasJson = takeExtras(cursor, NAME, 0);
  const sampling = decodeDraw(cursor);
  if (sampling !== undefined) chat.sampling = sampling;
  if (n !== undefined) chat.n = n;
  return outcome(cursor, { chat, stream });
}

/** Reads a request of `/fim/completions`: one prompt, and what stands after its answer. */
export function decodeFimRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const stream = boolean(cursor, "stream") ?? false;
  const chat = chatOf(cursor, [requiredString(cursor, "prompt")]);
  string(cursor, "suffix");
  integer(cursor, "min_tokens", [0, 100_000_000]);
  const defaults = json.suffix === "" ? ["suffix"] : [];
  noteUnknown(cursor, new Set([...fimKnown, ...defaults]));
  chat.extrasJson = takeExtras(cursor, NAME, 0);
  const seed = integer(cursor, "random_seed", [0, Number.MAX_SAFE_INTEGER]);
  const { temperature = null, top_p = null, stop = null } = json;
  const sampling = decodeSampling({ ...cursor, json: { temperature, top_p, stop } });
  if (sampling !== undefined) chat.sampling = sampling;
  if (seed !== undefined) chat.sampling = { ...(sampling ?? noSampling()), seed: BigInt(seed) };
  return outcome(cursor, { chat, stream });
}

const fimKnown: readonly string[] = [
  "model",
  "prompt",
  "max_tokens",
  "temperature",
  "top_p",
  "random_seed",
  "stop",
  "stream",
];

/** The requests that one of several prompts stands for: one for each, in their order. */
export function partsOf(chat: Chat): readonly Chat[] {
  if (chat.messages.length < 2) return [chat];
  return chat.messages.map((message) => ({ ...chat, messages: [message] }));
}

function chatOf(cursor: Cursor, prompts: readonly string[]): Chat {
  const maxOutputTokens = integer(cursor, "max_tokens", [1, 100_000_000]);
  return {
    $typeName: "parlance.chat.v1.Chat",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    messages: prompts.map(userMessage),
    tools: [],
    modalities: [],
    verbosity: 0,
    serviceTier: "",
    user: string(cursor, "user") ?? "",
    safetyIdentifier: "",
    promptCacheKey: "",
    metadata: {},
    tags: [],
    extrasJson: {},
    previousResponseId: "",
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
  };
}

function userMessage(text: string): Message {
  return {
    $typeName: "parlance.chat.v1.Message",
    role: Role.USER,
    parts: [textPart(text)],
    name: "",
    text: "",
    extrasJson: {},
  };
}

function decodePrompts(cursor: Cursor): readonly string[] {
  const json = member(cursor, "prompt");
  if (typeof json === "string") return [json];
  const items: readonly Json[] = Array.isArray(json) ? json : [];
  const texts = items.filter((item) => typeof item === "string");
  if (items.length > 0 && texts.length === items.length) return texts;
  const tokens = items.some((item) => typeof item === "number" || Array.isArray(item));
  problem(
    cursor,
    "prompt",
    tokens
      ? "holds token ids, which only a vendor of this dialect can read: send text"
      : "must be a string or a non-empty array of strings",
  );
  return [];
}

/** Checks members without a field; gives those that say what is so anyway, to be left out. */
function checkExtras(cursor: Cursor, n = 1): readonly string[] {
  const suffix = string(cursor, "suffix");
  const echo = boolean(cursor, "echo");
  const bestOf = integer(cursor, "best_of", [1, MAX_CHOICES]);
  if (bestOf !== undefined && bestOf < n) problem(cursor, "best_of", "must not be less than n");
  return [
    ...(suffix === "" ? ["suffix"] : []),
    ...(echo === false ? ["echo"] : []),
    ...(bestOf === n ? ["best_of"] : []),
  ];
}

/** The knobs of the draw: `logprobs` is how many alternatives of each token are wanted. */
function decodeDraw(cursor: Cursor): Sampling | undefined {
  const alternatives = integer(cursor, "logprobs", [0, 1000]);
  const json = { ...cursor.json, logprobs: null, top_logprobs: null };
  const sampling = decodeSampling({ ...cursor, json });
  if (alternatives === undefined) return sampling;
  return { ...(sampling ?? noSampling()), logprobs: true, topLogprobs: alternatives };
}

function noSampling(): Sampling {
  return { $typeName: "parlance.chat.v1.Sampling", stop: [], logitBias: {} };
}
