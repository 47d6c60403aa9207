import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { isForeignTo, reportWithheld } from "../../openai-chat/fit/options.ts";
import type { ChatEncodeOptions } from "../../openai-chat/wire.ts";
import { encodePrompt, promptStops } from "../../prompt/encode-prompt.ts";
import { reportUnsent } from "../../prompt/report-unsent.ts";
import { addExtras } from "../../shared/add-extras.ts";
import { postJson } from "../../shared/post-json.ts";
import { completionsFidelity } from "../fidelity.ts";
import { isForeign } from "../fit/fit.ts";
import { NAME } from "../wire.ts";

/** A chat as a request for `/completions`: one user message is the prompt as it is. */
export function encodeRequest(chat: Chat, options: ChatEncodeOptions): Decoded<Encoded> {
  const { n, ...single } = chat;
  const report = createReport(completionsFidelity);
  const draft: Body = {
    model: options.model,
    prompt: encodePrompt(chat.messages, report),
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, report)),
    stop: encodeStop(chat, report),
    n,
    max_tokens: chat.maxOutputTokens,
    user: chat.user === "" ? undefined : chat.user,
    // Said either way, so that extras cannot say it.
    stream: options.stream,
    stream_options:
      options.stream && options.quirks.streamUsage !== false ? { include_usage: true } : undefined,
  };
  reportFormat(chat, report);
  reportUnsent(single, report);
  withhold(draft, options, report);
  addExtras(draft, chat.extrasJson[NAME], `extras_json["${NAME}"]`, report);
  withholdExtras(draft, options, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const request = postJson(completionsPath(options), writeJson(draft));
  return { ok: true, value: { request, report: report.entries } };
}

/** Takes out what the vendor of a row has nothing for. */
function withhold(draft: Body, { quirks }: ChatEncodeOptions, report: EncodeReport): void {
  for (const [key, value] of Object.entries(draft)) {
    if (value === undefined || !isForeign(key, quirks)) continue;
    reportWithheld(report, key, value);
    draft[key] = undefined;
  }
}

/** Takes out extras that a row which lists what it takes does not name. */
function withholdExtras(draft: Body, { quirks }: ChatEncodeOptions, report: EncodeReport): void {
  const { completionsTake } = quirks;
  if (completionsTake === undefined) return;
  for (const [key, value] of Object.entries(draft)) {
    if (value === undefined || !isForeignTo(key, completionsTake)) continue;
    dropped(report, `extras_json["${NAME}"].${key}`, "the vendor has no such knob");
    draft[key] = undefined;
  }
}

/** Where the vendor serves completions: `/completions` unless its row says otherwise. */
export function completionsPath({ quirks }: ChatEncodeOptions): string {
  return quirks.completionsPath ?? "/completions";
}

function encodeSampling(sampling: Sampling, report: EncodeReport): Body {
  const bias = Object.keys(sampling.logitBias).length > 0 ? { ...sampling.logitBias } : undefined;
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    logit_bias: bias,
    logprobs: encodeLogprobs(sampling, report),
    top_k: sampling.topK,
    min_p: sampling.minP,
    repetition_penalty: sampling.repetitionPenalty,
  };
}

/** Most texts to stop at that vendors of the dialect take. */
const MAX_STOPS = 4;

/**
 * The caller's texts to stop at, and the user's next line where the prompt is a conversation and
 * there is room for it (https://platform.openai.com/docs/api-reference/completions/create, 2026-11).
 */
function encodeStop({ messages, sampling }: Chat, report: EncodeReport): Body["stop"] {
  const own = sampling?.stop ?? [];
  const stops = promptStops(messages).filter((stop) => !own.includes(stop));
  if (own.length + stops.length > MAX_STOPS) return own;
  if (stops.length > 0) emulated(report, "sampling.stop");
  const all = [...own, ...stops];
  return all.length === 0 ? undefined : all;
}

/** One number says whether log probabilities are wanted, and of how many alternatives. */
function encodeLogprobs(
  { logprobs, topLogprobs }: Sampling,
  report: EncodeReport,
): number | undefined {
  if (logprobs === true) return topLogprobs ?? 0;
  if (logprobs === false) mapped(report, "sampling.logprobs");
  if (topLogprobs !== undefined) dropped(report, "sampling.top_logprobs");
  return undefined;
}

/** Text is what a prompt is answered with; there is no other format. */
export function reportFormat({ responseFormat }: Chat, report: EncodeReport): void {
  const { case: form } = responseFormat?.format ?? { case: undefined };
  if (form === "text") mapped(report, "response_format");
  else if (form !== undefined) dropped(report, "response_format");
}
