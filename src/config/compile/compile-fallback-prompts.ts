import type { FallbackPrompt } from "../../../gen/parlance/config/v1/fallback_prompt_pb.js";
import type { Steps } from "../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { FilledModel } from "../defaults.ts";

/** Reports prompts of fallbacks that no call would get, and those that say too much or nothing. */
export function* checkFallbackPrompts(
  models: readonly FilledModel[],
  defaultFallbacks: readonly string[],
  scope: ConfigScope,
): Steps<void> {
  for (const [index, model] of models.entries()) {
    yield;
    const { fallbacks, fallbackPrompts } = model;
    if (fallbackPrompts.length === 0) continue;
    const general = fallbacks.length > 0 ? fallbacks : defaultFallbacks;
    const listed = new Set([...general, ...model.contextFallbacks, ...model.contentFallbacks]);
    const seen = new Set<string>();
    const all = inField(inElement(scope, index), "fallback_prompts");
    for (const [at, prompt] of fallbackPrompts.entries()) {
      const place = inElement(all, at);
      checkPrompt(prompt, place);
      checkFallback(prompt.model, { listed, seen }, inField(place, "model"));
      seen.add(prompt.model);
    }
  }
}

function checkFallback(
  name: string,
  { listed, seen }: Readonly<Record<"listed" | "seen", ReadonlySet<string>>>,
  place: ConfigScope,
): void {
  if (name === "") return;
  if (!listed.has(name))
    problem(place, {
      message: `the model does not fall back to ${name}`,
      hint: "name it in fallbacks, context_fallbacks or content_fallbacks too",
      ruleId: "fallback_prompt_model",
    });
  if (seen.has(name))
    problem(place, {
      message: `there are two prompts for ${name}`,
      hint: "take one of them out",
      ruleId: "fallback_prompt_twice",
    });
}

function checkPrompt({ messages, instructions }: FallbackPrompt, place: ConfigScope): void {
  if (messages.length > 0 !== (instructions !== "")) return;
  problem(place, {
    message: messages.length > 0 ? "has messages and instructions" : "has no prompt",
    hint: "write either messages: [{ role: user, content: ... }] or instructions: ...",
    ruleId: "fallback_prompt_form",
  });
}
