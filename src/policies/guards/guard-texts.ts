import type { Settings } from "../../config/settings.ts";
import type { Stage } from "../../core/compose.ts";
import { answerByGuards } from "./answer-by-guards.ts";
import { BoundGuards } from "./bound-guards.ts";
import type { GuardWorld } from "./guards.ts";
import { PassedTexts } from "./passed-texts.ts";

/**
 * Answers calls for guards alone, which go to no model: of the operation `guard`, and moderations
 * whose model is the name of a guard. Behind limits, which count them. Undefined where there are no
 * guards.
 */
export function guardTextsPolicy(
  settings: Settings,
  { guards, nowMs }: GuardWorld,
): Stage | undefined {
  if (guards.size === 0) return undefined;
  const bound = new BoundGuards(guards, settings);
  const passed = new PassedTexts(nowMs);
  return {
    name: "guard_texts",
    layer: (next) => (call) => {
      const own = bound.inPlaceOfModel(call);
      return own === undefined ? next(call) : answerByGuards(call, own, passed);
    },
  };
}
