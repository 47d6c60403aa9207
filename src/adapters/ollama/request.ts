import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { addExtras } from "../../core/add-extras.ts";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { createReport, refuse, reportDeclined } from "../../core/encode-report.ts";
import type { Body } from "../../core/json-members.ts";
import { writeJson } from "../../core/json-write.ts";
import { chatFidelity } from "./fidelity.ts";
import { encodeFormat } from "./request-format.ts";
import { encodeMessages } from "./request-messages.ts";
import { encodeLogprobs, encodeOptions, reportModalities } from "./request-options.ts";
import { encodeThink } from "./request-reasoning.ts";
import { encodeTools } from "./request-tools.ts";
import { CHAT_PATH, DIALECT, type OllamaOptions, wireRequest } from "./wire.ts";

/**
 * A chat as a call of `/api/chat`, and what became of each field that is not simply forwarded. `stream` is always said, for
 * the server streams by default. Extras of this dialect (`keep_alive`, `options.num_ctx`, `truncate`, `shift`) are added last.
 * More than one answer is refused. See https://docs.ollama.com/api/chat.
 */
export function encodeRequest(chat: Chat, options: OllamaOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  if (chat.n !== undefined && chat.n > 1) {
    refuse(report, ErrorReason.UNSUPPORTED, "n", "the server gives one answer; ask several times");
  }
  const body: Body = {
    model: options.model,
    messages: encodeMessages(chat.messages, report),
    tools: encodeTools(chat, report),
    format: chat.responseFormat === undefined ? undefined : encodeFormat(chat.responseFormat, report),
    think: chat.reasoning === undefined ? undefined : encodeThink(chat.reasoning, report),
    options: encodeOptions(chat),
    ...encodeLogprobs(chat),
    stream: options.stream,
  };
  reportModalities(chat, report);
  addExtras(body, chat.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return { ok: true, value: { request: wireRequest(CHAT_PATH, writeJson(body)), report: report.entries } };
}
