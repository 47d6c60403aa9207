import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { addExtras } from "../../core/add-extras.ts";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { createReport, type EncodeReport, refuse } from "../../core/encode-report.ts";
import type { Body } from "../../core/json-members.ts";
import { writeJson } from "../../core/json-write.ts";
import { encodePrompt } from "../prompt/encode-prompt.ts";
import { reportUnsent } from "../prompt/report-unsent.ts";
import { reportTools } from "./report-tools.ts";
import { encodeParameters } from "./request-parameters.ts";
import { DIALECT, type GenerateOptions, placeOf, wireRequest } from "./wire.ts";

/**
 * A chat as a call of `/generate` or `/generate_stream`, whose only input is a prompt (../prompt/encode-prompt.ts has the template). The
 * server has one model, so that none is named. Extras of this dialect, such as `parameters.typical_p`, are added last.
 * See https://huggingface.github.io/text-generation-inference/.
 */
export function encodeRequest(chat: Chat, options: GenerateOptions): Decoded<Encoded> {
  const report = createReport();
  if (chat.n !== undefined && chat.n > 1) {
    refuse(report, ErrorReason.UNSUPPORTED, "n", "the server gives one answer; ask several times");
  }
  const { path, tellsStream } = placeOf(options);
  const body: Body = {
    inputs: encodeInputs(chat, report),
    parameters: encodeParameters(chat, report),
    stream: tellsStream ? options.stream : undefined,
  };
  reportUnsent(chat, report);
  addExtras(body, chat.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return { ok: true, value: { request: wireRequest(path, writeJson(body)), report: report.entries } };
}

/** The prompt, with a report of the tools that it leaves out. */
export function encodeInputs(chat: Chat, report: EncodeReport): string {
  const { tools, toolChoice, parallelToolCalls } = chat;
  const parallel = parallelToolCalls !== undefined;
  reportTools({ count: tools.length, choice: toolChoice !== undefined, parallel }, report);
  return encodePrompt(chat.messages, report, DIALECT);
}
