import type { Settings } from "../../config/settings.ts";
import type { Violation } from "../../config/violation.ts";
import type { Guard } from "../../core/guard/guard.ts";
import type { DetectorHooks } from "../../guards/detectors/whole/whole-detectors.ts";
import { loadLanguageDetector } from "../../tokens/language-detector.ts";
import { loadTextCounter } from "../../tokens/prompt-counter.ts";
import type { Upstream } from "../../upstream/client.ts";
import type { World } from "../world.ts";
import { createAskModel, type ModelAsking } from "./ask-model.ts";

const none: ReadonlyMap<string, Guard> = new Map();

/**
 * Makes the guards of settings, by name. What they are made of is loaded where there are any.
 * `asking` is what questions to models go through.
 */
export async function createGuards(
  { guards }: Settings,
  upstream: Upstream,
  { wallMs }: Pick<World, "wallMs">,
  asking: () => ModelAsking,
): Promise<ReadonlyMap<string, Guard>> {
  if (guards.length === 0) return none;
  const [{ readyGuards }, { createGuardPorts }] = await Promise.all([
    import("../../guards/ready-guards.ts"),
    import("./guard-ports.ts"),
  ]);
  const ports = createGuardPorts(upstream, wallMs, createAskModel(asking));
  return readyGuards(guards, ports, await hooksFor(guards));
}

/** What is loaded for the guards that need it, and for no others. */
async function hooksFor(guards: Settings["guards"]): Promise<Partial<DetectorHooks>> {
  const has = (kind: string) => guards.some(({ settings }) => settings.check.case === kind);
  const hooks: { -readonly [Name in keyof DetectorHooks]?: DetectorHooks[Name] } = {};
  if (has("languages")) {
    hooks.languageOf = await loadLanguageDetector();
  }
  if (has("length")) {
    hooks.countTokens = await loadTextCounter();
  }
  return hooks;
}

/** The settings of guards that nothing can be made of. */
export async function guardFaults({ guards }: Settings): Promise<readonly Violation[]> {
  if (guards.length === 0) return [];
  const { findSettingFault } = await import("../../guards/ready-guards.ts");
  const hooks = await hooksFor(guards);
  return guards.flatMap((guard, at) => {
    const fault = findSettingFault(guard, hooks);
    if (fault === undefined) return [];
    const path = `guards[${at}].${fault.field}`;
    return { path, line: 1, column: 1, message: fault.message, hint: "", ruleId: "guard_setting" };
  });
}
