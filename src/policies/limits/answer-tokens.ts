import type { Call } from "../../core/call.ts";
import type { End } from "../../core/life.ts";

/** How long answers of models are, for calls that set no bound on theirs. */
export interface AnswerTokens {
  /** The tokens that the answer to a call is expected to have. */
  expected(call: Pick<Call, "model">): number;
  /** Takes note of an answer. */
  note(call: Pick<Call, "model">, end: End): void;
}

/** What is expected of a model that has not answered yet. */
const unknown = 256;

/** How much of a new answer goes into the average. */
const weight = 0.1;

/** Models that are remembered at most; names of models are the callers'. */
const maxModels = 1_000;

/** Makes averages of the answers of this thread. */
export function createAnswerTokens(): AnswerTokens {
  const averages = new Map<string, number>();
  return {
    expected: ({ model }) => Math.round(averages.get(model) ?? unknown),
    note({ model }, { usage }) {
      if (usage?.outputTokens === undefined) return;
      const tokens = Number(usage.outputTokens);
      const before = averages.get(model);
      if (before === undefined && averages.size >= maxModels) return;
      averages.set(model, before === undefined ? tokens : before + weight * (tokens - before));
    },
  };
}
