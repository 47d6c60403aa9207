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
import { DIALECT, STRUCTURED_TOOL } from "../wire.ts";

/** What bears on the choice besides the caller's words. */
export interface ChoiceContext {
  /** The caller's tools that are sent. */
  readonly toolCount: number;
  /** Whether the tool that stands for a structured answer is sent as well. */
  readonly structured: boolean;
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
  if (context.toolCount === 0 && !context.structured) return withoutTools(chat, report);
  if (chat.toolChoice?.choice.case === "opaque")
    return encodeOpaque(chat.toolChoice.choice.value, report);
  const wanted = structuredChoice(encodeChoice(chat), context);
  const choice = context.forced ? wanted : unforced(wanted, report);
  const parallel = chat.parallelToolCalls;
  if (context.structured && context.toolCount === 0) return choice;
  if (parallel === undefined) return choice;
  if (choice?.type === "none") {
    mapped(report, "parallel_tool_calls");
    return choice;
  }
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: !parallel };
}

/** The vendor refuses a choice among no tools. */
function withoutTools(chat: Chat, report: EncodeReport): undefined {
  if (chat.toolChoice !== undefined) dropped(report, "tool_choice");
  if (chat.parallelToolCalls !== undefined) mapped(report, "parallel_tool_calls");
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

/**
 * A structured answer by tool must be called for: among the caller's tools where it may use some,
 * else alone.
 */
function structuredChoice(
  choice: Body | undefined,
  { structured, toolCount }: ChoiceContext,
): Body | undefined {
  if (!structured) return choice;
  if (toolCount === 0 || choice?.type === "none") return { type: "tool", name: STRUCTURED_TOOL };
  return choice?.type === "tool" ? choice : { type: "any" };
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
