import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { type ModelTraits, Thinking } from "../../../../gen/parlance/model/v1/model_traits_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import { switchesOff, switchesOn } from "../../../core/traits/thinks.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { reportFullSummary } from "../../foreign/full-summary.ts";
import { openaiRequestTier } from "../../foreign/service-tier.ts";
import { postJson } from "../../shared/post-json.ts";
import { reportChoiceWithoutTools } from "../../turns/choice-without-tools.ts";
import { chatFidelity } from "../fidelity.ts";
import { isWithheld, memberName, reportWithheld, switchesEffort } from "../fit/options.ts";
import { modalities, verbosities, wordFor } from "../options.ts";
import { addExtras, type ChatEncodeOptions, type ChatQuirks, type Draft, NAME } from "../wire.ts";
import { withCacheMarks } from "./cache-control.ts";
import { encodeMessages } from "./messages.ts";
import {
  encodeEffort,
  encodeResponseFormat,
  encodeSampling,
  encodeSwitch,
  encodeSwitchedEffort,
  encodeWebSearch,
  formInstruction,
} from "./options.ts";
import { encodeToolChoice, encodeTools } from "./tools.ts";

/** Members that extras must not set: they decide what kind of answer comes. */
const reserved = new Set(["model", "messages", "stream"]);

/**
 * A chat as a request for `/chat/completions`. Every field that is set is sent or in the report;
 * content that cannot be sent at all is a fault with reason UNSUPPORTED.
 */
export function encodeRequest(whole: Chat, options: ChatEncodeOptions): Decoded<Encoded> {
  const { quirks } = options;
  const report = createReport(chatFidelity);
  const chat = withCacheMarks(whole, options, report);
  const instruction = formInstruction(chat.responseFormat, quirks);
  const messages = encodeMessages(chat.messages, quirks, report);
  const draft: Draft = {
    model: options.model,
    messages: instruction === undefined ? messages : [instruction, ...messages],
    ...encodeToolUse(chat, report),
    response_format:
      chat.responseFormat === undefined
        ? undefined
        : encodeResponseFormat(chat.responseFormat, quirks, report),
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, quirks)),
    n: chat.n,
    [memberName("max_tokens", quirks)]: chat.maxOutputTokens,
    ...encodeReasoning(chat, options, report),
    ...encodeMedia(chat),
    ...encodeLabels(chat, report),
    stream: options.stream ? true : undefined,
    stream_options:
      options.stream && quirks.streamUsage !== false ? { include_usage: true } : undefined,
  };
  withhold(draft, quirks, report);
  addExtras(draft, chat.extrasJson, "extras_json", report, reserved);
  if (quirks.takes !== undefined) withhold(draft, { takes: quirks.takes }, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: {
      request: postJson(pathFor(messages, quirks), writeJson(draft)),
      report: report.entries,
    },
  };
}

function pathFor(messages: readonly Draft[], { prefillMark, prefillPath }: ChatQuirks): string {
  const marked = prefillMark !== undefined && messages.at(-1)?.[prefillMark] !== undefined;
  return marked && prefillPath !== undefined ? prefillPath : "/chat/completions";
}

/**
 * Takes out what the vendor's row says that it has nothing for. What extras say is sent whatever
 * the row says, but for OpenAI's own members at a vendor that refuses all but its own.
 */
function withhold(draft: Draft, quirks: ChatQuirks, report: EncodeReport): void {
  for (const member of Object.keys(draft)) {
    if (draft[member] === undefined || !isWithheld(member, quirks)) continue;
    reportWithheld(report, member, draft[member]);
    draft[member] = undefined;
  }
}

function encodeReasoning(
  { reasoning }: Chat,
  options: ChatEncodeOptions,
  report: EncodeReport,
): Draft {
  if (reasoning === undefined) return {};
  const { quirks, traits } = options;
  if (isWithheld("reasoning_effort", quirks)) {
    dropped(report, "reasoning");
    return {};
  }
  const shown = quirks.reasoningField !== "none" && !switchesOff(reasoning);
  reportFullSummary(reasoning.summary, shown, report);
  const { thinkingSwitch } = quirks;
  const says = switchesOn(reasoning) || switchesOff(reasoning);
  if (says && switchesEffort(servedModel(options), quirks))
    return { reasoning_effort: encodeSwitchedEffort(reasoning, report) };
  if (says && thinkingSwitch !== undefined && traits !== undefined && isSwitchable(traits))
    return encodeSwitch(reasoning, { thinkingSwitch, traits }, report);
  return { reasoning_effort: encodeEffort(reasoning, traits?.efforts ?? [], report) };
}

function isSwitchable({ thinking }: ModelTraits): boolean {
  return thinking === Thinking.ON_REQUEST || thinking === Thinking.BY_DEFAULT;
}

/** Rules for tools are refused by vendors where no tool is left. */
function encodeToolUse(chat: Chat, report: EncodeReport): Draft {
  const tools = encodeTools(chat.tools, report);
  if (tools === undefined && !holdsTools(chat.extrasJson)) {
    reportChoiceWithoutTools(chat, report);
    return {};
  }
  return {
    tools,
    tool_choice: encodeToolChoice(chat, report),
    parallel_tool_calls: chat.parallelToolCalls,
  };
}

/** Whether a caller's own members bring tools in a form that the contract does not know. */
function holdsTools(extrasJson: Chat["extrasJson"]): boolean {
  return /"(?:tools|functions)"\s*:/.test(extrasJson[NAME] ?? "");
}

function encodeMedia(chat: Chat): Draft {
  const { audioOutput: audio, prediction, webSearch } = chat;
  const words = chat.modalities.map((modality) => wordFor(modalities, modality));
  return {
    modalities: words.length === 0 ? undefined : words,
    audio:
      audio === undefined
        ? undefined
        : { voice: nonEmpty(audio.voice), format: nonEmpty(audio.format) },
    prediction:
      prediction === undefined
        ? undefined
        : {
            type: "content",
            content: encodePrediction(prediction.content.map(({ text }) => text)),
          },
    verbosity: wordFor(verbosities, chat.verbosity),
    web_search_options: webSearch === undefined ? undefined : encodeWebSearch(webSearch),
  };
}

function encodePrediction(texts: readonly string[]): Writable {
  return texts.length === 1 ? texts[0] : texts.map((text) => ({ type: "text", text }));
}

function encodeLabels(chat: Chat, report: EncodeReport): Draft {
  return {
    service_tier: openaiRequestTier(chat.serviceTier, report),
    store: chat.store,
    user: nonEmpty(chat.user),
    safety_identifier: nonEmpty(chat.safetyIdentifier),
    prompt_cache_key: nonEmpty(chat.promptCacheKey),
    metadata: Object.keys(chat.metadata).length === 0 ? undefined : { ...chat.metadata },
  };
}

function nonEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}
