import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Sampling } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  reportDeclined,
} from "../../core/fidelity/encode-report.ts";
import type { Body } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { encodePrompt } from "../prompt/encode-prompt.ts";
import { reportUnsent } from "../prompt/report-unsent.ts";
import { addExtras } from "../shared/add-extras.ts";
import { chatFidelity } from "./fidelity.ts";
import { DIALECT, placeOf, post, type ReplicateOptions } from "./wire.ts";

/**
 * A chat as a prediction of a language model. Models declare inputs of their own; those that
 * language models have in common are sent, and others can be said in extras: `{"input":
 * {"max_completion_tokens": 64}}`. See
 * https://replicate.com/docs/reference/http#models.predictions.create.
 */
export function encodeRequest(chat: Chat, options: ReplicateOptions): Decoded<Encoded> {
  const place = placeOf(options.model);
  if (!place.ok) return place;
  const { path, version } = place.value;
  const report = createReport(chatFidelity);
  const draft: Body = {
    version,
    input: encodeInput(chat, report),
    stream: options.stream ? true : undefined,
  };
  reportFormat(chat, report);
  reportUnsent(chat, report);
  addExtras(draft, chat.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: post(path, writeJson(draft), options.stream), report: report.entries },
  };
}

function encodeInput(chat: Chat, report: EncodeReport): Body {
  const { system, rest } = splitSystem(chat.messages);
  if (system !== undefined) mapped(report, "messages[0]", "sent as input.system_prompt");
  if (chat.maxOutputTokens !== undefined) mapped(report, "max_output_tokens");
  return {
    prompt: encodePrompt(rest, report, chat.messages.length - rest.length),
    system_prompt: system,
    max_tokens: chat.maxOutputTokens,
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, report)),
  };
}

/**
 * Instructions that stand first, once and in plain text, have an input of their own; others are
 * lines of the prompt.
 */
function splitSystem(messages: readonly Message[]): {
  readonly system: string | undefined;
  readonly rest: readonly Message[];
} {
  const [first] = messages;
  const instructs = first?.role === Role.SYSTEM || first?.role === Role.DEVELOPER;
  const plain =
    first?.parts.every(({ content, cache }) => content.case === "text" && cache === undefined) ===
    true;
  if (!instructs || !plain || first.name !== "" || Object.keys(first.extrasJson).length > 0) {
    return { system: undefined, rest: messages };
  }
  const texts = first.parts.map(({ content }) =>
    content.case === "text" ? content.value.text : "",
  );
  return { system: texts.join("\n"), rest: messages.slice(1) };
}

function encodeSampling(sampling: Sampling, report: EncodeReport): Body {
  if (sampling.logprobs === true) dropped(report, "sampling.logprobs");
  if (sampling.logprobs === false) mapped(report, "sampling.logprobs");
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    seed: sampling.seed,
    stop_sequences: encodeStop(sampling.stop, report),
  };
}

/** One text in which commas part the sequences: a sequence with a comma cannot be sent. */
function encodeStop(stop: readonly string[], report: EncodeReport): string | undefined {
  if (stop.length === 0) return undefined;
  if (stop.some((text) => text.includes(","))) {
    dropped(report, "sampling.stop");
    return undefined;
  }
  mapped(report, "sampling.stop");
  return stop.join(",");
}

function reportFormat({ responseFormat }: Chat, report: EncodeReport): void {
  const { case: form } = responseFormat?.format ?? { case: undefined };
  if (form === "text") mapped(report, "response_format");
  else if (form !== undefined) dropped(report, "response_format");
}
