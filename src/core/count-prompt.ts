import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { CountingRules } from "./emulation.ts";

/** The tokens of a prompt as they were counted here, and how. */
export interface PromptCount {
  readonly inputTokens: number;
  /** How the count came about, and what it leaves out. Never empty. */
  readonly report: readonly FieldReport[];
}

/** Counts the tokens of a prompt. Rejects with the signal's reason when that aborts. */
export type CountPrompt = (
  chat: Chat,
  rules: CountingRules | undefined,
  signal: AbortSignal | undefined,
) => Promise<PromptCount>;
