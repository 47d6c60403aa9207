import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { ConfiguredModel, Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Layer } from "../../../core/call.ts";
import type { Stage } from "../../../core/compose.ts";
import type { Target } from "../../../core/target/target.ts";
import { everyTarget } from "../choice/levels.ts";

/** How many tokens the answers of models have, wherever they are served. It is of one thread. */
export interface AnswerLengths {
  /** A moving average; undefined where no answer is known. */
  expected(target: Target): number | undefined;
  note(target: Target, tokens: number): void;
}

/** A new answer counts so much in the average. */
const share = 0.1;

/** Models that are remembered; `provider/model` names make their number the callers' to choose. */
const maxModels = 10_000;

/** Makes a memory that knows of no answer. */
export function createAnswerLengths(): AnswerLengths {
  const averages = new Map<string, { tokens: number }>();
  const known = new WeakMap<Target, { tokens: number }>();
  const find = (target: Target) => {
    const found = known.get(target) ?? averages.get(target.baseModel ?? target.model);
    if (found !== undefined) known.set(target, found);
    return found;
  };
  return {
    expected: (target) => find(target)?.tokens,
    note(target, tokens) {
      const average = find(target);
      if (average !== undefined) {
        average.tokens += (tokens - average.tokens) * share;
        return;
      }
      if (averages.size >= maxModels) averages.clear();
      averages.set(target.baseModel ?? target.model, { tokens });
    },
  };
}

/** The stage of the layer below; undefined where nothing goes by the length of answers. */
export function answerLengthsPolicy(
  { models }: Settings,
  { answerLengths }: { readonly answerLengths: AnswerLengths },
): Stage | undefined {
  if (![...models.values()].some(goesByLength)) return undefined;
  return { name: "answer_lengths", layer: noteAnswerLengths(answerLengths) };
}

/** A limit of tokens, the cost of a call, and how long it takes go by how long answers are. */
function goesByLength(model: ConfiguredModel): boolean {
  const { strategy } = model.settings;
  if (strategy === Strategy.LOWEST_COST || strategy === Strategy.LOWEST_LATENCY) return true;
  return everyTarget(model).some(({ rates }) => rates?.tokens !== undefined);
}

/** Notes how many tokens each whole answer has. */
export function noteAnswerLengths(lengths: AnswerLengths): Layer {
  return (next) => (call) => {
    const { target } = attemptOf(call);
    call.life.atEnd(({ kind, usage }) => {
      if (kind === "whole" && usage?.outputTokens !== undefined)
        lengths.note(target, Number(usage.outputTokens));
    });
    return next(call);
  };
}
