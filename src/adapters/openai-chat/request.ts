import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { type Writable, writeJson } from "../../core/json-write.ts";
import {
  encodeEffort,
  encodeResponseFormat,
  encodeSampling,
  encodeWebSearch,
  schemaInstruction,
} from "./request-knobs.ts";
import { encodeMessages } from "./request-messages.ts";
import { encodeToolChoice, encodeTools } from "./request-tools.ts";
import {
  addExtras,
  type ChatEncodeOptions,
  type ChatQuirks,
  createReport,
  type Draft,
  drop,
  post,
  type Report,
  unsupported,
} from "./wire.ts";
import { modalities, verbosities, wordFor } from "./words.ts";

/** Members that extras must not set: they decide what kind of answer comes. */
const reserved = new Set(["model", "messages", "stream"]);

/**
 * A chat as a request for `/chat/completions`. Every field that is set is sent or in the report; content that cannot be sent at
 * all is a fault with reason UNSUPPORTED.
 */
export function encodeRequest(chat: Chat, options: ChatEncodeOptions): Decoded<Encoded> {
  const { quirks } = options;
  const report = createReport();
  const instruction = schemaInstruction(chat.responseFormat, quirks);
  const messages = encodeMessages(chat.messages, quirks, report);
  const draft: Draft = {
    model: options.model,
    messages: instruction === undefined ? messages : [instruction, ...messages],
    ...encodeToolUse(chat, quirks, report),
    response_format:
      chat.responseFormat === undefined ? undefined : encodeResponseFormat(chat.responseFormat, quirks, report),
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, quirks, report)),
    n: chat.n,
    [quirks.maxTokensField ?? "max_tokens"]: chat.maxOutputTokens,
    reasoning_effort: chat.reasoning === undefined ? undefined : encodeEffort(chat.reasoning, report),
    ...encodeMedia(chat),
    ...encodeLabels(chat),
    stream: options.stream ? true : undefined,
    stream_options: options.stream && quirks.streamUsage !== false ? { include_usage: true } : undefined,
  };
  if (chat.cache !== undefined) drop(report, "cache", "the vendor caches by itself");
  if (chat.previousResponseId !== "") drop(report, "previous_response_id", "the vendor keeps no conversations here");
  withhold(draft, quirks.unsupported, report);
  addExtras(draft, chat.extrasJson, "extras_json", report, reserved);
  if (report.unsupported !== undefined) return unsupported(report.unsupported);
  return { ok: true, value: { request: post("/chat/completions", writeJson(draft)), report: report.fields } };
}

/** The contract's names of members that are called otherwise; others are called the same. */
const fields: ReadonlyMap<string, string> = new Map([
  ["audio", "audio_output"],
  ["web_search_options", "web_search"],
  ["reasoning_effort", "reasoning.effort"],
  ["frequency_penalty", "sampling.frequency_penalty"],
  ["presence_penalty", "sampling.presence_penalty"],
  ["logit_bias", "sampling.logit_bias"],
  ["logprobs", "sampling.logprobs"],
  ["top_logprobs", "sampling.top_logprobs"],
  ["top_k", "sampling.top_k"],
  ["min_p", "sampling.min_p"],
  ["repetition_penalty", "sampling.repetition_penalty"],
  ["seed", "sampling.seed"],
  ["stop", "sampling.stop"],
]);

/** Takes out what the vendor's row says that it has nothing for. What extras say is sent whatever the row says. */
function withhold(draft: Draft, members: readonly string[] | undefined, report: Report): void {
  for (const member of members ?? []) {
    if (draft[member] === undefined) continue;
    drop(report, fields.get(member) ?? member, "the vendor has no such knob");
    draft[member] = undefined;
  }
}

/** Rules for tools are refused by vendors where no tool is left. */
function encodeToolUse(chat: Chat, quirks: ChatQuirks, report: Report): Draft {
  const tools = encodeTools(chat.tools, report);
  if (tools === undefined && chat.tools.length > 0) {
    if (chat.toolChoice !== undefined) drop(report, "tool_choice", "no tool is left");
    if (chat.parallelToolCalls !== undefined) drop(report, "parallel_tool_calls", "no tool is left");
    return {};
  }
  return {
    tools,
    tool_choice: encodeToolChoice(chat, report),
    parallel_tool_calls: encodeParallel(chat, quirks, report),
  };
}

function encodeParallel(chat: Chat, quirks: ChatQuirks, report: Report): boolean | undefined {
  if (chat.parallelToolCalls === undefined || quirks.parallelToolCalls !== false) return chat.parallelToolCalls;
  drop(report, "parallel_tool_calls", "the vendor has no such knob");
  return undefined;
}

function encodeMedia(chat: Chat): Draft {
  const { audioOutput: audio, prediction, webSearch } = chat;
  const words = chat.modalities.map((modality) => wordFor(modalities, modality));
  return {
    modalities: words.length === 0 ? undefined : words,
    audio: audio === undefined ? undefined : { voice: told(audio.voice), format: told(audio.format) },
    prediction:
      prediction === undefined
        ? undefined
        : { type: "content", content: encodePrediction(prediction.content.map(({ text }) => text)) },
    verbosity: wordFor(verbosities, chat.verbosity),
    web_search_options: webSearch === undefined ? undefined : encodeWebSearch(webSearch),
  };
}

function encodePrediction(texts: readonly string[]): Writable {
  return texts.length === 1 ? texts[0] : texts.map((text) => ({ type: "text", text }));
}

function encodeLabels(chat: Chat): Draft {
  return {
    service_tier: told(chat.serviceTier),
    store: chat.store,
    user: told(chat.user),
    safety_identifier: told(chat.safetyIdentifier),
    prompt_cache_key: told(chat.promptCacheKey),
    metadata: Object.keys(chat.metadata).length === 0 ? undefined : { ...chat.metadata },
  };
}

function told(text: string): string | undefined {
  return text === "" ? undefined : text;
}
