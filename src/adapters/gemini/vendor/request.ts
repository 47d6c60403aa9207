import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  type EncodeReport,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { servedModel } from "../../../core/served-model.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { postJson } from "../../shared/post-json.ts";
import { chatFidelity } from "../fidelity.ts";
import { DIALECT, type GeminiOptions, methodPath } from "../wire.ts";
import { addFormat } from "./format.ts";
import { encodeContents } from "./messages.ts";
import { modelTraits } from "./model-traits.ts";
import { addCallOptions, encodeKnobs } from "./options.ts";
import { encodeThinking } from "./reasoning.ts";
import { encodeToolChoice } from "./tool-choice.ts";
import { encodeTools } from "./tools.ts";

/**
 * A chat as a call of `generateContent` or `streamGenerateContent`, and what became of each field
 * that is not simply forwarded. Extras of this dialect (`safetySettings`, `cachedContent`, members
 * of `generationConfig`) are added last. See https://ai.google.dev/api/generate-content.
 */
export function encodeRequest(chat: Chat, options: GeminiOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const body = encodeBody(chat, options, report);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const path = methodPath(options, options.stream ? "streamGenerateContent" : "generateContent");
  return {
    ok: true,
    value: { request: postJson(path, writeJson(body)), report: report.entries },
  };
}

/** The body of a call, which is also what tokens are counted of. */
export function encodeBody(chat: Chat, options: GeminiOptions, report: EncodeReport): Body {
  const traits = modelTraits(servedModel(options), options.quirks);
  const body: Body = {};
  const { system, contents } = encodeContents(chat.messages, traits, report);
  body.contents = contents;
  if (system.length > 0) body.systemInstruction = { parts: system };
  const { tools, functions } = encodeTools(chat, traits, report);
  if (tools.length > 0) body.tools = tools;
  const toolConfig = encodeToolChoice(chat, functions, report);
  if (toolConfig !== undefined) body.toolConfig = toolConfig;
  const config = encodeKnobs(chat, report);
  addFormat(config, chat, traits, report);
  const thinking =
    chat.reasoning === undefined ? undefined : encodeThinking(chat.reasoning, traits, report);
  if (thinking !== undefined) config.thinkingConfig = thinking;
  if (Object.keys(config).length > 0) body.generationConfig = config;
  addCallOptions(body, chat, report);
  reportDeclined(report, chat);
  const extras = chat.extrasJson[DIALECT];
  if (extras !== undefined && !mergeMembers(body, extras)) {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `extras_json["${DIALECT}"]`,
      "must be a JSON object",
    );
  }
  return body;
}
