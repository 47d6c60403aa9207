import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import { createReport, refuse, reportDeclined } from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { addExtras } from "../../shared/add-extras.ts";
import { postJson } from "../../shared/post-json.ts";
import { chatFidelity } from "../fidelity.ts";
import { CHAT_PATH, DIALECT, type OllamaOptions } from "../wire.ts";
import { encodeFormat } from "./format.ts";
import { encodeMessages } from "./messages.ts";
import { encodeLogprobs, encodeOptions, reportModalities } from "./options.ts";
import { encodeThink } from "./reasoning.ts";
import { encodeTools } from "./tools.ts";

/**
 * A chat as a call of `/api/chat`, and what became of each field that is not simply forwarded.
 * `stream` is always said, for the server streams by default. Extras of this dialect (`keep_alive`,
 * `options.num_ctx`, `truncate`, `shift`) are added last. More than one answer is refused. See
 * https://docs.ollama.com/api/chat.
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
    format:
      chat.responseFormat === undefined ? undefined : encodeFormat(chat.responseFormat, report),
    think: chat.reasoning === undefined ? undefined : encodeThink(chat.reasoning, report),
    options: encodeOptions(chat),
    ...encodeLogprobs(chat),
    stream: options.stream,
  };
  reportModalities(chat, report);
  addExtras(body, chat.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson(CHAT_PATH, writeJson(body)), report: report.entries },
  };
}
