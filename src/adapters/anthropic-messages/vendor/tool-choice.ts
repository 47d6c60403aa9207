import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { reportChoiceWithoutTools } from "../../turns/choice-without-tools.ts";
import { DIALECT } from "../wire.ts";

/** What bears on the choice besides the caller's words. */
export interface ChoiceContext {
  /** The caller's tools that are sent. */
  readonly toolCount: number;
  /** Whether the model can be made to call a tool in this request. */
  readonly forced: boolean;
}

/**
 * `tool_choice` with `disable_parallel_tool_use`; undefined for the vendor's default. See
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools#controlling-claudes-output.
 */
export function encodeToolChoice(
  chat: Chat,
  context: ChoiceContext,
  report: EncodeReport,
): Writable | undefined {
  if (context.toolCount === 0) {
    reportChoiceWithoutTools(chat, report);
    return undefined;
  }
  if (chat.toolChoice?.choice.case === "opaque")
    return encodeOpaque(chat.toolChoice.choice.value, report);
  const wanted = encodeChoice(chat);
  const choice = context.forced ? wanted : unforced(wanted, report);
  const parallel = chat.parallelToolCalls;
  if (parallel === undefined) return choice;
  if (choice?.type === "none") {
    mapped(report, "parallel_tool_calls");
    return choice;
  }
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: !parallel };
}

function encodeChoice(chat: Chat): Body | undefined {
  const choice = chat.toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      return encodeMode(choice.value);
    case "name":
      return { type: "tool", name: choice.value };
    case "allowed":
      return encodeMode(choice.value.mode);
    case "opaque":
    case undefined:
      return undefined;
  }
}

function encodeMode(mode: ToolChoiceMode): Body | undefined {
  switch (mode) {
    case ToolChoiceMode.UNSPECIFIED:
      return undefined;
    case ToolChoiceMode.NONE:
      return { type: "none" };
    case ToolChoiceMode.AUTO:
      return { type: "auto" };
    case ToolChoiceMode.REQUIRED:
      return { type: "any" };
  }
}

function unforced(choice: Body | undefined, report: EncodeReport): Body | undefined {
  if (choice?.type !== "any" && choice?.type !== "tool") return choice;
  clamped(report, "tool_choice");
  return { type: "auto" };
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
