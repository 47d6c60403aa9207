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
import { isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { DIALECT } from "../wire.ts";
import type { ModelTraits } from "./model-traits.ts";

/** What bears on the choice besides the caller's words. */
export interface ChoiceContext {
  /** The caller's tools that are sent. */
  readonly toolCount: number;
  /** Whether Claude can be made to call a tool in this request. */
  readonly forced: boolean;
  readonly traits: ModelTraits;
}

type Rule = { readonly kind: "auto" | "any" } | { readonly kind: "tool"; readonly name: string };

/** Whether the caller wants no tool to be used. The vendor has no word for it. */
export function wantsNoTool(chat: Chat): boolean {
  const choice = chat.toolChoice?.choice;
  return choice?.case === "mode" && choice.value === ToolChoiceMode.NONE;
}

/**
 * `toolConfig.toolChoice`; undefined for the vendor's default. A forced choice is loosened to
 * `auto` where Claude thinks and refuses it, and where the model takes none. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html.
 */
export function encodeToolChoice(
  chat: Chat,
  context: ChoiceContext,
  report: EncodeReport,
): Writable | undefined {
  const choice = chat.toolChoice?.choice;
  if (chat.parallelToolCalls === false && context.toolCount > 0)
    dropped(report, "parallel_tool_calls");
  else if (chat.parallelToolCalls !== undefined) mapped(report, "parallel_tool_calls");
  if (choice?.case === "opaque" && choice.value.dialect !== DIALECT) {
    dropped(report, "tool_choice.opaque", `a rule of ${choice.value.dialect}`);
  } else if (choice !== undefined && context.toolCount === 0 && !wantsNoTool(chat)) {
    dropped(report, "tool_choice", "there are no tools to choose from");
  }
  if (context.toolCount === 0) return undefined;
  if (choice?.case === "opaque" && choice.value.dialect === DIALECT) {
    return encodeOpaque(choice.value.json, report);
  }
  const rule = ruleOf(chat);
  return rule === undefined ? undefined : printRule(loosen(rule, context, report));
}

function ruleOf(chat: Chat): Rule | undefined {
  const choice = chat.toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      return modeRule(choice.value);
    case "name":
      return { kind: "tool", name: choice.value };
    case "allowed":
      return modeRule(choice.value.mode);
    case "opaque":
    case undefined:
      return undefined;
  }
}

function modeRule(mode: ToolChoiceMode): Rule | undefined {
  switch (mode) {
    case ToolChoiceMode.UNSPECIFIED:
    case ToolChoiceMode.NONE:
      return undefined;
    case ToolChoiceMode.AUTO:
      return { kind: "auto" };
    case ToolChoiceMode.REQUIRED:
      return { kind: "any" };
  }
}

function loosen(rule: Rule, { forced, traits }: ChoiceContext, report: EncodeReport): Rule {
  if (rule.kind === "auto") return rule;
  if (!forced) {
    clamped(
      report,
      "tool_choice",
      "sent as auto, for the model cannot be made to call a tool in this request",
    );
    return { kind: "auto" };
  }
  if (rule.kind === "tool" && !traits.namedTool && traits.anyTool) {
    clamped(report, "tool_choice", "sent as any, for the model cannot be held to one tool");
    return { kind: "any" };
  }
  if (rule.kind === "tool" ? traits.namedTool : traits.anyTool) return rule;
  clamped(report, "tool_choice", "sent as auto, for the model cannot be forced to a tool");
  return { kind: "auto" };
}

function printRule(rule: Rule): Writable {
  switch (rule.kind) {
    case "auto":
      return { auto: {} };
    case "any":
      return { any: {} };
    case "tool":
      return { tool: { name: rule.name } };
  }
}

function encodeOpaque(json: string, report: EncodeReport): Writable {
  if (!isObjectText(json))
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      "tool_choice.opaque.json",
      "must be one JSON object",
    );
  return rawJson(json);
}
