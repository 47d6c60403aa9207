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
import { servedModel } from "../../../core/target/served-model.ts";
import { isObject, parseJson } from "../../../json/json.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { openaiRequestTier } from "../../foreign/service-tier.ts";
import { postJson } from "../../shared/post-json.ts";
import { reportChoiceWithoutTools } from "../../turns/choice-without-tools.ts";
import { chatFidelity } from "../fidelity.ts";
import {
  DIALECT,
  ENCRYPTED,
  RESPONSES_PATH,
  type ResponsesOptions,
  type ResponsesQuirks,
  readQuirks,
  sealsReasoning,
} from "../wire.ts";
import { encodeTextOptions } from "./format.ts";
import { encodeInput } from "./messages.ts";
import { addMaxTokens, addSampling, reportModalities } from "./options.ts";
import { encodeReasoningOptions } from "./reasoning.ts";
import { encodeToolChoice, encodeTools, holdsTools } from "./tools.ts";

/**
 * A chat as a call of the Responses API, and what became of each field that is not simply
 * forwarded. Extras of this dialect are added to the body last. With `store: false` its reasoning
 * is requested in encrypted form. n > 1 is refused. See
 * https://platform.openai.com/docs/api-reference/responses/create.
 */
export function encodeRequest(chat: Chat, options: ResponsesOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const quirks = readQuirks(options.quirks, servedModel(options));
  if (chat.n !== undefined && chat.n > 1) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "n",
      "the Responses API gives one answer; ask several times",
    );
  } else if (chat.n !== undefined) mapped(report, "n");
  const body: Body = { model: options.model };
  addPrompt(body, chat, { quirks, efforts: options.traits?.efforts ?? [] }, report);
  addMaxTokens(body, chat, quirks, report);
  if (chat.sampling !== undefined) addSampling(body, chat.sampling, quirks, report);
  addCallOptions(body, chat, report);
  reportModalities(chat, report);
  const sealed = sealsReasoning(options, quirks);
  const include = includeOf(chat, quirks, sealed);
  if (include.length > 0) body.include = include;
  if (options.stream) body.stream = true;
  addExtras(body, chat, include, report);
  if (!sealed) leaveOutSealed(body, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson(RESPONSES_PATH, writeJson(body)), report: report.entries },
  };
}

/** What a prompt is fitted to. */
export interface PromptOptions {
  readonly quirks: Required<ResponsesQuirks>;
  /** The levels of effort that the model takes; empty where they are not known. */
  readonly efforts: readonly string[];
}

/** Adds all that counts as prompt: instructions, input, tools and their choice, form, reasoning. */
export function addPrompt(
  body: Body,
  chat: Chat,
  { quirks, efforts }: PromptOptions,
  report: EncodeReport,
): void {
  const { instructions, items } = encodeInput(
    chat.messages,
    {
      instructions: quirks.instructions,
      cacheBreakpoints: quirks.cacheBreakpoints,
      stateless: chat.store === false,
    },
    report,
  );
  if (instructions !== undefined) body.instructions = instructions;
  body.input = items;
  const tools = encodeTools(chat, report);
  if (tools.length > 0) body.tools = tools;
  if (tools.length > 0 || holdsTools(chat.extrasJson)) {
    const choice = encodeToolChoice(chat, report);
    if (choice !== undefined) body.tool_choice = choice;
    if (chat.parallelToolCalls !== undefined) body.parallel_tool_calls = chat.parallelToolCalls;
  } else reportChoiceWithoutTools(chat, report);
  const text = encodeTextOptions(chat, report);
  if (text !== undefined) body.text = text;
  const reasoning = encodeReasoningOptions(chat, efforts, report);
  if (reasoning !== undefined) body.reasoning = reasoning;
  if (chat.previousResponseId !== "") body.previous_response_id = chat.previousResponseId;
}

/**
 * Merges the extras of this dialect into the body; what they ask to include is added to what is
 * included anyway.
 */
export function addExtras(
  body: Body,
  chat: Chat,
  include: readonly string[],
  report: EncodeReport,
): void {
  const extras = chat.extrasJson[DIALECT];
  if (extras === undefined) return;
  const parsed = parseJson(extras);
  if (!parsed.ok || !isObject(parsed.value) || !mergeMembers(body, extras)) {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `extras_json["${DIALECT}"]`,
      "must be a JSON object",
    );
    return;
  }
  const own = parsed.value.include;
  if (!Array.isArray(own)) return;
  const words = own.filter((word) => typeof word === "string");
  body.include = [...words, ...include.filter((word) => !words.includes(word))];
}

function addCallOptions(body: Body, chat: Chat, report: EncodeReport): void {
  const tier = openaiRequestTier(chat.serviceTier, report);
  if (tier !== undefined) body.service_tier = tier;
  if (chat.store !== undefined) body.store = chat.store;
  if (chat.user !== "") body.user = chat.user;
  if (chat.safetyIdentifier !== "") body.safety_identifier = chat.safetyIdentifier;
  if (chat.promptCacheKey !== "") body.prompt_cache_key = chat.promptCacheKey;
  if (Object.keys(chat.metadata).length > 0) body.metadata = chat.metadata;
}

/**
 * Has a search tell which pages it found
 * (https://platform.openai.com/docs/guides/tools-web-search#sources, 2026-11).
 */
const SEARCH_SOURCES = "web_search_call.action.sources";

function includeOf(
  chat: Chat,
  { searchSources }: Required<ResponsesQuirks>,
  sealed: boolean,
): string[] {
  const include: string[] = [];
  if (chat.store === false && sealed) include.push(ENCRYPTED);
  if (chat.sampling?.logprobs === true) include.push("message.output_text.logprobs");
  if (chat.webSearch !== undefined && searchSources) include.push(SEARCH_SOURCES);
  return include;
}

/** What the caller asks to have included of reasoning that does not come in that form. */
function leaveOutSealed(body: Body, report: EncodeReport): void {
  const { include } = body;
  if (!Array.isArray(include) || !include.includes(ENCRYPTED)) return;
  dropped(report, `extras_json["${DIALECT}"].include`, "the model's reasoning does not come so");
  const others = include.filter((word) => word !== ENCRYPTED);
  if (others.length > 0) body.include = others;
  else delete body.include;
}
