import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { writeJson } from "../../../json/write.ts";
import { postJson } from "../../shared/post-json.ts";
import { addExtras } from "../extras.ts";
import { chatFidelity } from "../fidelity.ts";
import { CHAT_PATH, type CohereOptions, type Draft, outcome } from "../wire.ts";
import { encodeMessages } from "./messages.ts";
import {
  encodeResponseFormat,
  encodeSampling,
  encodeThinking,
  formatInstruction,
} from "./options.ts";
import { encodeToolUse } from "./tools.ts";

/** Members that extras must not set: they decide what kind of answer comes. */
const reserved: ReadonlySet<string> = new Set(["model", "messages", "stream"]);

/**
 * A chat as a call of `/v2/chat`, and what became of each field that is not simply forwarded.
 * Documents of the prompt become `documents`, which the answer then cites. Extras of this dialect
 * (`safety_mode`, `citation_options`, `priority` ...) are added to the body last. See
 * https://docs.cohere.com/reference/chat.
 */
export function encodeRequest(chat: Chat, options: CohereOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  if (chat.n !== undefined && chat.n > 1)
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "n",
      "the Chat API gives one answer; ask several times",
    );
  if (chat.n === 1) mapped(report, "n");
  const { messages, documents, citations } = encodeMessages(chat.messages, report);
  const use = encodeToolUse(chat, options.quirks, report);
  const alone = use.tools === undefined && documents.length === 0;
  const instruction = alone ? undefined : formatInstruction(chat.responseFormat, report);
  const draft: Draft = {
    model: options.model,
    messages: instruction === undefined ? messages : [instruction, ...messages],
    ...use,
    documents: documents.length === 0 ? undefined : documents,
    citation_options: citations === undefined ? undefined : { mode: citations },
    response_format:
      chat.responseFormat === undefined || instruction !== undefined
        ? undefined
        : encodeResponseFormat(chat.responseFormat, report),
    max_tokens: chat.maxOutputTokens,
    ...(chat.sampling === undefined ? undefined : encodeSampling(chat.sampling, report)),
    thinking:
      chat.reasoning === undefined
        ? undefined
        : encodeThinking(chat.reasoning, options.quirks, report),
    stream: options.stream,
  };
  reportModalities(chat.modalities, report);
  addExtras(draft, chat.extrasJson, "extras_json", report, reserved);
  reportDeclined(report, chat);
  return outcome(report, () => postJson(CHAT_PATH, writeJson(draft)));
}

function reportModalities(modalities: readonly Modality[], report: EncodeReport): void {
  if (modalities.length === 0) return;
  if (modalities.every((modality) => modality === Modality.TEXT)) mapped(report, "modalities");
  else dropped(report, "modalities");
}
