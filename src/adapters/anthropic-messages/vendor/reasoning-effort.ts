import { ReasoningEffort } from "../../../../gen/parlance/chat/v1/generation_pb.js";

/** Least `budget_tokens` that Claude takes, wherever it is hosted. */
export const MIN_BUDGET = 1024;

/** Claude's word for an effort; undefined where none is requested. It has none below low. */
export function effortWord(effort: ReasoningEffort): string | undefined {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.NONE:
      return undefined;
    case ReasoningEffort.MINIMAL:
    case ReasoningEffort.LOW:
      return "low";
    case ReasoningEffort.MEDIUM:
      return "medium";
    case ReasoningEffort.HIGH:
      return "high";
    case ReasoningEffort.XHIGH:
      return "xhigh";
    case ReasoningEffort.MAX:
      return "max";
  }
}

/** The `budget_tokens` that stand for an effort with models that take a budget only. */
export function budgetOf(effort: ReasoningEffort): number {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.HIGH:
      return 4096;
    case ReasoningEffort.NONE:
    case ReasoningEffort.MINIMAL:
    case ReasoningEffort.LOW:
      return MIN_BUDGET;
    case ReasoningEffort.MEDIUM:
      return 2048;
    case ReasoningEffort.XHIGH:
      return 8192;
    case ReasoningEffort.MAX:
      return 16_384;
  }
}
