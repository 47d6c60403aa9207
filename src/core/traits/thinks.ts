import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import {
  type ModelTraits,
  type Takes,
  Thinking,
} from "../../../gen/parlance/model/v1/model_traits_pb.js";

/** Whether a model thinks in answer to a request. What is not known of it counts as no. */
export function thinks(
  { thinking }: ModelTraits,
  reasoning: ReasoningOptions | undefined,
): boolean {
  switch (thinking) {
    case Thinking.NEVER:
      return false;
    case Thinking.ALWAYS:
      return true;
    case Thinking.BY_DEFAULT:
      return reasoning === undefined || !switchesOff(reasoning);
    case Thinking.UNSPECIFIED:
    case Thinking.ON_REQUEST:
      return reasoning !== undefined && switchesOn(reasoning);
  }
}

/** What a model takes in a request with these options of reasoning. Undefined: nothing is known. */
export function takesNow(
  traits: ModelTraits,
  reasoning: ReasoningOptions | undefined,
): Takes | undefined {
  const { takes, takesThinking } = traits;
  return takesThinking !== undefined && thinks(traits, reasoning) ? takesThinking : takes;
}

/** Whether a caller wants no thinking. */
export function switchesOff({ mode, effort, budgetTokens }: ReasoningOptions): boolean {
  if (mode !== ReasoningMode.UNSPECIFIED) return mode === ReasoningMode.DISABLED;
  return (
    effort === ReasoningEffort.NONE ||
    (effort === ReasoningEffort.UNSPECIFIED && budgetTokens === 0)
  );
}

function switchesOn(reasoning: ReasoningOptions): boolean {
  const { mode, effort, budgetTokens } = reasoning;
  if (switchesOff(reasoning)) return false;
  return (
    mode !== ReasoningMode.UNSPECIFIED ||
    effort !== ReasoningEffort.UNSPECIFIED ||
    budgetTokens !== undefined
  );
}
