import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, Verbosity } from "../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { writeJson } from "../../core/json-write.ts";
import { addExtras } from "./extras.ts";
import { encodeResponseFormat, encodeSampling, encodeThinking } from "./request-knobs.ts";
import { encodeMessages } from "./request-messages.ts";
import { encodeToolUse } from "./request-tools.ts";
import {
  CHAT_PATH,
  type CohereOptions,
  createReport,
  type Draft,
  drop,
  outcome,
  post,
  type Report,
  refuse,
} from "./wire.ts";

/** Members that extras must not set: they decide what kind of answer comes. */
const reserved: ReadonlySet<string> = new Set(["model", "messages", "stream"]);

/**
 * A chat as a call of `/v2/chat`, and what became of each field that is not simply forwarded. Documents of the prompt become
 * `documents`, which the answer then cites. Extras of this dialect (`safety_mode`, `citation_options`, `priority` ...) are
 * added to the body last. See https://docs.cohere.com/reference/chat.
 */
export function encodeRequest(chat: Chat, options: CohereOptions): Decoded<Encoded> {
  const report = createReport();
  if (chat.n !== undefined && chat.n > 1) refuse(report, "n", "the Chat API gives one answer; ask several times");
  const { messages, documents, citations } = encodeMessages(chat.messages, report);
  const draft: Draft = {
    model: options.model,
    messages,
    ...encodeToolUse(chat, options.quirks, report),
    documents: documents.length === 0 ? undefined : documents,
    citation_options: citations === undefined ? undefined : { mode: citations },
    response_format: chat.responseFormat === undefined ? undefined : encodeResponseFormat(chat.responseFormat, report),
    max_tokens: chat.maxOutputTokens,
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, report)),
    thinking: chat.reasoning === undefined ? undefined : encodeThinking(chat.reasoning, options.quirks, report),
    stream: options.stream,
  };
  reportUnsent(chat, report);
  addExtras(draft, chat.extrasJson, "extras_json", report, reserved);
  return outcome(report, () => post(CHAT_PATH, writeJson(draft)));
}

/** Reports what the vendor has nothing for. */
function reportUnsent(chat: Chat, report: Report): void {
  const unsent: readonly (readonly [field: string, set: boolean])[] = [
    ["audio_output", chat.audioOutput !== undefined],
    ["prediction", chat.prediction !== undefined],
    ["verbosity", chat.verbosity !== Verbosity.UNSPECIFIED],
    ["web_search", chat.webSearch !== undefined],
    ["service_tier", chat.serviceTier !== ""],
    ["store", chat.store !== undefined],
    ["user", chat.user !== ""],
    ["safety_identifier", chat.safetyIdentifier !== ""],
    ["prompt_cache_key", chat.promptCacheKey !== ""],
    ["metadata", Object.keys(chat.metadata).length > 0],
    ["previous_response_id", chat.previousResponseId !== ""],
    ["cache", chat.cache !== undefined],
  ];
  for (const [field, set] of unsent) if (set) drop(report, field, "the Chat API has no such thing");
  if (chat.modalities.some((modality) => modality !== Modality.TEXT)) {
    drop(report, "modalities", "the models answer in text");
  }
}
