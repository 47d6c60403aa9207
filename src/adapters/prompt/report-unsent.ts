import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { ReasoningOptions } from "../../../gen/parlance/chat/v1/generation_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { dropped, type EncodeReport, mapped, refuse } from "../../core/fidelity/encode-report.ts";

/**
 * Reports what models that read one text have nothing for, where its value decides; the tables tell
 * of all else.
 */
export function reportUnsent(chat: Chat, report: EncodeReport): void {
  const { n, reasoning, modalities, parallelToolCalls } = chat;
  if (n === 1) mapped(report, "n");
  else if (n !== undefined) {
    refuse(report, ErrorReason.UNSUPPORTED, "n", "the server gives one answer; ask several times");
  }
  if (parallelToolCalls !== undefined) mapped(report, "parallel_tool_calls");
  if (reasoning !== undefined && isOff(reasoning)) mapped(report, "reasoning");
  else if (reasoning !== undefined) dropped(report, "reasoning");
  if (modalities.length === 0) return;
  if (modalities.every((modality) => modality === Modality.TEXT)) mapped(report, "modalities");
  else dropped(report, "modalities");
}

function isOff({ mode, effort, budgetTokens }: ReasoningOptions): boolean {
  if (mode !== ReasoningMode.UNSPECIFIED) return mode === ReasoningMode.DISABLED;
  return (
    effort === ReasoningEffort.NONE ||
    (budgetTokens === 0 && effort === ReasoningEffort.UNSPECIFIED)
  );
}
