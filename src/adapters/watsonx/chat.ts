import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { createReport, type EncodeReport, emulated } from "../../core/fidelity/encode-report.ts";
import type { Fidelity } from "../../core/fidelity/fidelity.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel, type JsonEdits } from "../../json/edit.ts";
import { asBuffer } from "../../json/json.ts";
import { scanTopLevel } from "../../json/scan.ts";
import type { ChatCodec } from "../shared/json-codec.ts";
import { postJson } from "../shared/post-json.ts";
import { toolName } from "../shared/tool-name.ts";
import { pathOf, scopeOf, type WatsonxOptions } from "./wire.ts";

/**
 * A chat: one of OpenAI's with the vendor's own names for the model and the choice among tools, and
 * with its own paths: the path requests a stream. See
 * https://cloud.ibm.com/apidocs/watsonx-ai#text-chat.
 */
export function encodeChat<S>(
  inner: ChatCodec<S>,
  fidelity: Fidelity,
  chat: Chat,
  options: WatsonxOptions,
): Decoded<Encoded> {
  const { allowed, report } = onlyAllowed(chat, createReport(fidelity));
  const encoded = inner.encodeRequest(allowed, options);
  if (!encoded.ok) return encoded;
  const request = toWatsonx(encoded.value.request, options);
  return { ok: true, value: { request, report: [...report, ...encoded.value.report] } };
}

/** A request in OpenAI's words as the vendor reads it. */
export function toWatsonx(request: WireRequest, options: WatsonxOptions): WireRequest {
  const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body;
  const edits: JsonEdits = {
    model: null,
    stream: null,
    stream_options: null,
    ...choiceEdits(body),
    ...Object.fromEntries(
      Object.entries(scopeOf(options)).map(([key, value]) => [key, JSON.stringify(value)]),
    ),
  };
  const edited = editTopLevel(body, edits) ?? body;
  return postJson(
    pathOf(options.stream ? "chat_stream" : "chat", options),
    asBuffer(edited).toString("utf8"),
  );
}

/** A choice by a word goes by another name than a choice of one tool. */
function choiceEdits(body: Uint8Array): JsonEdits {
  const bytes = asBuffer(body);
  const choice = scanTopLevel(bytes)?.find(({ key }) => key === "tool_choice");
  if (choice === undefined || bytes[choice.valueStart] !== 0x22) return {};
  return {
    tool_choice: null,
    tool_choice_option: bytes.subarray(choice.valueStart, choice.valueEnd),
  };
}

/** The vendor cannot choose among some of the tools: the others are left out. */
function onlyAllowed(
  chat: Chat,
  report: EncodeReport,
): { readonly allowed: Chat; readonly report: readonly FieldReport[] } {
  const choice = chat.toolChoice?.choice;
  if (chat.toolChoice === undefined || choice?.case !== "allowed")
    return { allowed: chat, report: [] };
  emulated(report, "tool_choice.allowed");
  const { names, mode } = choice.value;
  const allowed = new Set(names);
  const tools = chat.tools.filter((tool) => allowed.has(toolName(tool)));
  const toolChoice = { ...chat.toolChoice, choice: { case: "mode", value: mode } as const };
  return { allowed: { ...chat, tools, toolChoice }, report: report.entries };
}
