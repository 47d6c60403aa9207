import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { reportIdleChoice } from "../../turns/choice-without-tools.ts";
import { DIALECT } from "../wire.ts";

/**
 * `toolConfig`; undefined for the vendor's default. One named tool is a mode of ANY among one name;
 * a set of allowed tools is ANY, or VALIDATED where the model may also answer without a tool. See
 * https://ai.google.dev/api/caching#FunctionCallingConfig (2026-11).
 */
export function encodeToolChoice(
  chat: Chat,
  functions: number,
  report: EncodeReport,
): Writable | undefined {
  addParallel(chat, functions, report);
  const choice = chat.toolChoice?.choice;
  if (choice === undefined) return undefined;
  if (choice.case === "opaque") return encodeOpaque(choice.value, report);
  if (functions === 0) {
    reportIdleChoice(chat, report);
    return undefined;
  }
  const config = encodeConfig(choice);
  return config === undefined ? undefined : { functionCallingConfig: config };
}

type Choice = NonNullable<Chat["toolChoice"]>["choice"];

function encodeConfig(choice: Exclude<Choice, { case: "opaque" }>): Body | undefined {
  switch (choice.case) {
    case "mode":
      return choice.value === ToolChoiceMode.UNSPECIFIED
        ? undefined
        : { mode: modeWord(choice.value) };
    case "name":
      return { mode: "ANY", allowedFunctionNames: [choice.value] };
    case "allowed": {
      const { mode, names } = choice.value;
      return {
        mode: mode === ToolChoiceMode.REQUIRED ? "ANY" : "VALIDATED",
        allowedFunctionNames: names,
      };
    }
    case undefined:
      return undefined;
  }
}

function modeWord(mode: ToolChoiceMode): string {
  switch (mode) {
    case ToolChoiceMode.NONE:
      return "NONE";
    case ToolChoiceMode.REQUIRED:
      return "ANY";
    case ToolChoiceMode.AUTO:
    case ToolChoiceMode.UNSPECIFIED:
      return "AUTO";
  }
}

function addParallel(chat: Chat, functions: number, report: EncodeReport): void {
  if (chat.parallelToolCalls === undefined) return;
  if (chat.parallelToolCalls) mapped(report, "parallel_tool_calls");
  else if (functions === 0) mapped(report, "parallel_tool_calls");
  else dropped(report, "parallel_tool_calls");
}

function encodeOpaque(
  value: { readonly dialect: string; readonly json: string },
  report: EncodeReport,
): Writable | undefined {
  if (value.dialect !== DIALECT) {
    dropped(report, "tool_choice.opaque", `a rule of ${value.dialect}`);
    return undefined;
  }
  if (!isObjectText(value.json))
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      "tool_choice.opaque.json",
      "must be one JSON object",
    );
  return rawJson(value.json);
}
