import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { servedModel } from "../../../core/served-model.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { chatFidelity } from "../fidelity.ts";
import { type ConverseOptions, DIALECT, STRUCTURED_TOOL, wireRequest } from "../wire.ts";
import { planFormat } from "./format.ts";
import { encodeMessages } from "./messages.ts";
import { type ModelTraits, modelTraits } from "./model-traits.ts";
import { addLabels, addSampling, addServiceTier, reportModalities } from "./options.ts";
import { planReasoning, type ReasoningPlan } from "./reasoning.ts";
import { encodeToolChoice, wantsNoTool } from "./tool-choice.ts";
import { declareCalledTools, encodeTools } from "./tools.ts";

/**
 * A chat as a call of Converse or ConverseStream, and what became of each field that is not simply
 * forwarded. Extras of this dialect are added to the body last (`guardrailConfig`,
 * `performanceConfig`, `additionalModelRequestFields`, `promptVariables` and so on). More than one
 * answer is refused. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
 */
export function encodeRequest(chat: Chat, options: ConverseOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const traits = modelTraits(servedModel(options), options.quirks);
  if (chat.n !== undefined && chat.n > 1) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "n",
      "the Converse API gives one answer; ask several times",
    );
  } else if (chat.n !== undefined) mapped(report, "n");
  const body: Body = {};
  const plan = addPrompt(body, chat, traits, report);
  const config: Body = {};
  const fields: Body = { ...plan.fields };
  addSampling({ config, fields }, chat, traits, plan, report);
  if (Object.keys(config).length > 0) body.inferenceConfig = config;
  if (Object.keys(fields).length > 0) body.additionalModelRequestFields = fields;
  addServiceTier(body, chat.serviceTier, report);
  addLabels(body, chat.metadata, report);
  reportModalities(chat, report);
  addExtras(body, chat.extrasJson, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const request = wireRequest(
    options.model,
    options.stream ? "converse-stream" : "converse",
    writeJson(body),
  );
  return { ok: true, value: { request, report: report.entries } };
}

/**
 * Adds all that bears on the prompt: instructions, messages, tools and their choice, and the form
 * of the answer.
 */
export function addPrompt(
  body: Body,
  chat: Chat,
  traits: ModelTraits,
  report: EncodeReport,
): ReasoningPlan {
  const format = planFormat(chat, traits, report);
  const conversation = encodeMessages(chat, traits, report);
  const plan = planReasoning(chat, traits, conversation.continuesUnsigned, report);
  const structured = format.tool !== undefined;
  const callerTools = offeredTools(chat, traits, report);
  const toolCount = callerTools.length;
  const toolChoice = encodeToolChoice(
    chat,
    { toolCount, structured, thinking: plan.thinking, traits },
    report,
  );
  if (structured && plan.thinking) conversation.system.push({ text: CALL_IT });
  body.messages = conversation.messages;
  if (conversation.system.length > 0) body.system = conversation.system;
  const tools = format.tool === undefined ? callerTools : [...callerTools, format.tool];
  const declared = tools.length > 0 ? tools : declareCalledTools(chat, report);
  if (declared.length > 0) body.toolConfig = { tools: declared, toolChoice };
  if (plan.effort !== undefined || format.format !== undefined) {
    body.outputConfig = { textFormat: format.format, effort: plan.effort };
  }
  return plan;
}

/** Asks for what cannot be forced while the model thinks. */
const CALL_IT = `Give the final answer only by calling the tool ${STRUCTURED_TOOL}.`;

/**
 * The caller's tools, or none where none is to be used: the vendor knows no such rule, and needs
 * the tools that were called.
 */
function offeredTools(chat: Chat, traits: ModelTraits, report: EncodeReport): Writable[] {
  if (!wantsNoTool(chat)) return encodeTools(chat, traits, report);
  if (chat.messages.some(({ parts }) => parts.some(({ content }) => content.case === "toolCall"))) {
    dropped(
      report,
      "tool_choice",
      "the vendor cannot forbid tools, and demands those that the conversation has called",
    );
    return encodeTools(chat, traits, report);
  }
  if (chat.webSearch !== undefined) dropped(report, "web_search", "no tool is to be used");
  if (chat.tools.length === 0) mapped(report, "tool_choice", "of no account without tools");
  else {
    emulated(report, "tools", "not sent, so that none is used");
    emulated(report, "tool_choice");
  }
  return [];
}

/** Merges the extras of this dialect into the body. */
export function addExtras(
  body: Body,
  extrasJson: Readonly<Record<string, string>>,
  report: EncodeReport,
): void {
  const extras = extrasJson[DIALECT];
  if (extras === undefined || mergeMembers(body, extras)) return;
  refuse(report, ErrorReason.INVALID_REQUEST, `extras_json["${DIALECT}"]`, "must be a JSON object");
}
