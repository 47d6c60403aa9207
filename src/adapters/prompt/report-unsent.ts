import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, ReasoningMode, Verbosity } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { dropped, type EncodeReport, mapped } from "../../core/encode-report.ts";

/** Reports what models that read one text have nothing for, outside of sampling, tools and messages. */
export function reportUnsent(chat: Chat, report: EncodeReport): void {
  const unsent: readonly (readonly [field: string, set: boolean])[] = [
    ["reasoning", chat.reasoning !== undefined && chat.reasoning.mode !== ReasoningMode.DISABLED],
    ["audio_output", chat.audioOutput !== undefined],
    ["prediction", chat.prediction !== undefined],
    ["verbosity", chat.verbosity !== Verbosity.UNSPECIFIED],
    ["web_search", chat.webSearch !== undefined],
    ["service_tier", chat.serviceTier !== ""],
    ["store", chat.store !== undefined],
    ["user", chat.user !== ""],
    ["safety_identifier", chat.safetyIdentifier !== ""],
    ["prompt_cache_key", chat.promptCacheKey !== ""],
    ["metadata", Object.keys(chat.metadata).length > 0],
    ["previous_response_id", chat.previousResponseId !== ""],
    ["cache", chat.cache !== undefined],
    ["modalities", chat.modalities.some((modality) => modality !== Modality.TEXT)],
  ];
  for (const [field, set] of unsent) if (set) dropped(report, field, "the server has no such thing");
  if (chat.reasoning?.mode === ReasoningMode.DISABLED) {
    mapped(report, "reasoning", "the server has no reasoning apart from the text");
  }
}
