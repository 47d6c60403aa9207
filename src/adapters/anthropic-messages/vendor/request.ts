import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
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
import { servedModel } from "../../../core/served-model.ts";
import { isObject, parseJson } from "../../../json/json.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { encodeCache } from "../cache-control.ts";
import { chatFidelity } from "../fidelity.ts";
import {
  DIALECT,
  MESSAGES_PATH,
  type MessagesOptions,
  STRUCTURED_TOOL,
  wireRequest,
} from "../wire.ts";
import { planFormat } from "./format.ts";
import { compact, encodeMessages } from "./messages.ts";
import { type ModelTraits, modelTraits } from "./model-traits.ts";
import { addSampling, addServiceTier, addUser, reportModalities } from "./options.ts";
import { planReasoning, type ReasoningPlan, thinks } from "./reasoning.ts";
import { encodeToolChoice } from "./tool-choice.ts";
import { encodeTools } from "./tools.ts";

/**
 * A chat as a call of the Messages API, and what became of each field that is not simply forwarded.
 * Extras of this dialect are added to the body last; their `betas` become the `anthropic-beta`
 * header. More than one answer is refused. See https://platform.claude.com/docs/en/api/messages.
 */
export function encodeRequest(chat: Chat, options: MessagesOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const traits = modelTraits(servedModel(options), options.quirks, options.maxOutputTokens);
  if (chat.n !== undefined && chat.n > 1) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "n",
      "the Messages API gives one answer; ask several times",
    );
  } else if (chat.n !== undefined) mapped(report, "n");
  const body: Body = { model: options.model, max_tokens: 0 };
  const plan = addPrompt(body, chat, traits, report);
  body.max_tokens = plan.maxTokens;
  if (chat.sampling !== undefined) addSampling(body, chat.sampling, traits, thinks(plan), report);
  addUser(body, chat, report);
  addServiceTier(body, chat.serviceTier, report);
  reportModalities(chat, report);
  reportDeclined(report, chat);
  if (options.stream) body.stream = true;
  const betas = addExtras(body, chat, report);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: wireRequest(MESSAGES_PATH, writeJson(body), betas), report: report.entries },
  };
}

/**
 * Adds all that bears on the prompt: instructions, messages, tools and their choice, reasoning, the
 * form of the answer, and the automatic cache mark.
 */
export function addPrompt(
  body: Body,
  chat: Chat,
  traits: ModelTraits,
  report: EncodeReport,
): ReasoningPlan {
  const format = planFormat(chat, traits, report);
  const conversation = encodeMessages(chat.messages, traits.midConversationSystem, report);
  const plan = planReasoning(chat, traits, conversation.continuesUnsigned, report);
  const thinking = thinks(plan);
  const callerTools = encodeTools(chat, report);
  const structured = format.tool !== undefined;
  const choice = encodeToolChoice(
    chat,
    { toolCount: callerTools.length, structured, thinking },
    report,
  );
  if (structured && thinking) conversation.system.push({ type: "text", text: CALL_IT });
  if (conversation.system.length > 0) body.system = compact(conversation.system);
  body.messages = conversation.messages;
  const tools = format.tool === undefined ? callerTools : [...callerTools, format.tool];
  if (tools.length > 0) body.tools = tools;
  if (choice !== undefined) body.tool_choice = choice;
  if (plan.thinking !== undefined) body.thinking = plan.thinking;
  if (plan.effort !== undefined || format.format !== undefined) {
    body.output_config = { effort: plan.effort, format: format.format };
  }
  if (chat.cache !== undefined) body.cache_control = encodeCache(chat.cache);
  return plan;
}

/** Asks for what cannot be forced while the model thinks. */
const CALL_IT = `Give the final answer only by calling the tool ${STRUCTURED_TOOL}.`;

/** Merges the extras of this dialect into the body and takes out the betas, which are a header. */
export function addExtras(body: Body, chat: Chat, report: EncodeReport): readonly string[] {
  const extras = chat.extrasJson[DIALECT];
  if (extras === undefined) return [];
  const field = `extras_json["${DIALECT}"]`;
  const parsed = parseJson(extras);
  if (!parsed.ok || !isObject(parsed.value) || !mergeMembers(body, extras)) {
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
    return [];
  }
  const betas = parsed.value.betas;
  if (betas === undefined) return [];
  delete body.betas;
  if (!Array.isArray(betas)) dropped(report, `${field}.betas`, "betas are not a list of words");
  return Array.isArray(betas)
    ? betas.filter((beta) => typeof beta === "string" && /^[\w-]+$/.test(beta))
    : [];
}
