import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  ReasoningSummary,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type ModelTraits, Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { clamps, drops, type Fitting, maps } from "./fitting.ts";
import { effortOf, effortWord, nearestEffort } from "./nearest-effort.ts";
import { switchesOff } from "./thinks.ts";

/**
 * Says how a model is to think as far as a request can ask for it: a level of effort that it knows,
 * or nothing where it never thinks or always does as it likes. A budget or a mode that a dialect
 * writes as an effort is fitted there.
 */
export function fitReasoning(fitting: Fitting, traits: ModelTraits): void {
  const { reasoning } = fitting.chat;
  if (reasoning === undefined) return;
  if (!takesAny(traits)) {
    reportUntold(fitting, reasoning, traits);
    delete fitting.chat.reasoning;
    return;
  }
  if (traits.efforts.length === 0 || traits.effort === false) return;
  const fitted = fitEffort(fitting, reasoning, traits.efforts);
  if (fitted !== reasoning) fitting.chat.reasoning = fitted;
}

/** Whether there is a way to say how the model thinks; what is not known counts as yes. */
function takesAny({ effort, thinkingBudget, adaptiveThinking }: ModelTraits): boolean {
  return effort !== false || thinkingBudget === true || adaptiveThinking === true;
}

function reportUntold(
  fitting: Fitting,
  reasoning: ReasoningOptions,
  { thinking }: ModelTraits,
): void {
  const always = thinking === Thinking.ALWAYS;
  const note = always ? "the model always thinks, as it likes" : "the model does not think";
  const off = switchesOff(reasoning);
  const agrees = off !== always;
  const tell = agrees ? maps : drops;
  if (reasoning.mode !== ReasoningMode.UNSPECIFIED) tell(fitting, "reasoning.mode", note);
  if (reasoning.effort !== ReasoningEffort.UNSPECIFIED)
    (off ? tell : drops)(fitting, "reasoning.effort", note);
  if (reasoning.budgetTokens !== undefined)
    (off ? tell : drops)(fitting, "reasoning.budget_tokens", note);
  const { summary } = reasoning;
  if (summary === ReasoningSummary.UNSPECIFIED) return;
  const untold = off || summary === ReasoningSummary.OMITTED;
  (untold ? maps : drops)(fitting, "reasoning.summary", note);
}

function fitEffort(
  fitting: Fitting,
  reasoning: ReasoningOptions,
  efforts: readonly string[],
): ReasoningOptions {
  const word = reasoning.mode === ReasoningMode.DISABLED ? "none" : effortWord(reasoning.effort);
  if (word === undefined) return reasoning;
  const nearest = nearestEffort(word, efforts);
  if (nearest === word) return reasoning;
  const note =
    word === "none"
      ? `sent as effort ${nearest}, for the model cannot be kept from thinking`
      : `sent as ${nearest}, the nearest level that the model takes`;
  const disabled = reasoning.mode === ReasoningMode.DISABLED;
  clamps(fitting, disabled ? "reasoning.mode" : "reasoning.effort", note);
  const { budgetTokens: _, ...rest } = reasoning;
  if (disabled && reasoning.effort !== ReasoningEffort.UNSPECIFIED)
    drops(fitting, "reasoning.effort", "thinking was to be switched off");
  if (reasoning.budgetTokens !== undefined)
    drops(fitting, "reasoning.budget_tokens", "the effort says it");
  const mode = disabled ? ReasoningMode.UNSPECIFIED : reasoning.mode;
  return { ...rest, mode, effort: effortOf(nearest) };
}
