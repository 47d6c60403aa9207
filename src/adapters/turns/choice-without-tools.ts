import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { dropped, type EncodeReport, mapped } from "../../core/fidelity/encode-report.ts";

/**
 * Reports the rules for tools of a chat that is sent without any, where vendors refuse them. It is
 * a loss where a tool was to be used, or where those that were declared cannot be sent.
 */
export function reportChoiceWithoutTools(chat: Chat, report: EncodeReport): void {
  if (chat.parallelToolCalls !== undefined)
    mapped(report, "parallel_tool_calls", "of no account without tools");
  reportIdleChoice(chat, report);
}

/** Reports the choice alone. */
export function reportIdleChoice(chat: Chat, report: EncodeReport): void {
  const choice = chat.toolChoice?.choice;
  if (choice?.case === undefined) return;
  const field = choice.case === "opaque" ? "tool_choice.opaque" : "tool_choice";
  const forced = choice.case !== "mode" || choice.value === ToolChoiceMode.REQUIRED;
  if (forced || chat.tools.length > 0) dropped(report, field, "there is no tool to choose from");
  else mapped(report, field, "of no account without tools");
}
