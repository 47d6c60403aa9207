import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { createReport, reportDeclined } from "../../core/fidelity/encode-report.ts";
import type { Body } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { encodePrompt } from "../prompt/encode-prompt.ts";
import { reportUnsent } from "../prompt/report-unsent.ts";
import { addExtras } from "../shared/add-extras.ts";
import { postJson } from "../shared/post-json.ts";
import { chatFidelity } from "./fidelity.ts";
import { encodeParameters } from "./request-parameters.ts";
import { DIALECT, type GenerateOptions, placeOf } from "./wire.ts";

/**
 * A chat as a call of `/generate` or `/generate_stream`, whose only input is a prompt
 * (../prompt/encode-prompt.ts has the template). The server has one model, so that none is named.
 * Extras of this dialect, such as `parameters.typical_p`, are added last. See
 * https://huggingface.github.io/text-generation-inference/.
 */
export function encodeRequest(chat: Chat, options: GenerateOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const { path, tellsStream } = placeOf(options);
  const body: Body = {
    inputs: encodePrompt(chat.messages, report),
    parameters: encodeParameters(chat, report),
    stream: tellsStream ? options.stream : undefined,
  };
  reportUnsent(chat, report);
  addExtras(body, chat.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson(path, writeJson(body)), report: report.entries },
  };
}
