import type { Surroundings } from "../surroundings.ts";
import { type Draft, mapping, scalar, sequence } from "../tree/draft.ts";
import {
  type Branch,
  isNothing,
  itemsOf,
  type Member,
  membersOf,
  type Tree,
} from "../tree/tree.ts";
import { flagOf, type Read, textOf } from "../tree/values.ts";
import { type GuardKind, type GuardSource, guardKinds } from "./guard-kinds.ts";

/** The keys of `litellm_params` that guardrails of all kinds have. */
const commonKeys = [
  "guardrail",
  "mode",
  "default_on",
  "on_flagged",
  "on_flagged_action",
  "unreachable_fallback",
];

/** What stands for the guardrails of a file. */
export interface WrittenGuards {
  /** `guards`. */
  readonly guards: readonly Draft[];
  /** Their names by those of LiteLLM. */
  readonly names: ReadonlyMap<string, string>;
}

/** Makes guards of the guardrails of a file. See docs/migrating-from-litellm.md. */
export function guardsOf({ members }: Branch, surroundings: Surroundings): WrittenGuards {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  const guards = itemsOf(members.get("guardrails")?.value).flatMap((entry) => {
    const parts = membersOf(entry);
    const params = membersOf(parts.get("litellm_params")?.value);
    const read = textOf(parts.get("guardrail_name")?.value, surroundings);
    const type = textOf(params.get("guardrail")?.value, surroundings);
    if (read === undefined || type === undefined) {
      const message =
        "is left out: a guardrail needs `guardrail_name` and `litellm_params.guardrail`";
      surroundings.note({ kind: "none", at: entry.at, message });
      return [];
    }
    const kind = guardKinds.get(type.value.toLowerCase());
    if (kind === undefined) {
      const message = `is left out, and checks nothing: there is no guard for ${type.value}`;
      const hint = "have a webhook of your own ask it: docs/guards.md";
      surroundings.note({ kind: "none", at: type.at, message, hint });
      return [];
    }
    const name = nameOf(read, taken, surroundings);
    if (name === undefined) return [];
    noteOthers(params, kind, surroundings);
    const guard = guardOf(name, kind, { params, at: entry.at, surroundings });
    if (guard === undefined) return [];
    names.set(read.value, name.value);
    return [guard];
  });
  return { guards, names };
}

/** A name as guards have them; undefined, after a note, where another one has it. */
function nameOf(
  { value, at }: Read<string>,
  names: Set<string>,
  { note }: Surroundings,
): Read<string> | undefined {
  const plain = value.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  const name = plain.slice(0, 64) || "guard";
  if (names.has(name)) {
    const message = "is left out: guards of one name do not share calls";
    note({ kind: "none", at, message, hint: "name it otherwise, and both check" });
    return undefined;
  }
  names.add(name);
  if (name !== value)
    note({ kind: "changed", at, message: `is called ${name}: names hold no other characters` });
  return { value: name, at };
}

function guardOf(name: Read<string>, kind: GuardKind, source: GuardSource): Draft | undefined {
  const { params, at, surroundings } = source;
  const check = kind.check(source);
  const modes = modesOf(params.get("mode")?.value, surroundings);
  const stages = [...new Set(modes.flatMap((mode) => stagesByMode[mode] ?? []))];
  if (check === undefined || stages.length === 0) return undefined;
  const monitors =
    modes.every((mode) => mode === "logging_only") ||
    ["on_flagged", "on_flagged_action"].some(
      (key) => textOf(params.get(key)?.value, surroundings)?.value === "monitor",
    );
  const action = monitors ? "FLAG" : kind.action(source);
  const isBeside = modes.includes("during_call") && !modes.includes("pre_call");
  const opens = textOf(params.get("unreachable_fallback")?.value, surroundings);
  const isDefault = flagOf(params.get("default_on")?.value, surroundings);
  return mapping(
    {
      name: scalar(name.value, name.at),
      ...check,
      stages: sequence(
        stages.map((stage) => scalar(stage, at)),
        at,
      ),
      action: scalar(action, at),
      beside_model: isBeside && action !== "MASK" ? scalar(true, at) : undefined,
      on_failure: opens?.value === "fail_open" ? scalar("OPEN", opens.at) : undefined,
      default: isDefault?.value === true ? scalar(true, isDefault.at) : undefined,
      restore: kind.restores?.(source) === false ? scalar(false, at) : undefined,
    },
    at,
  );
}

const stagesByMode: Readonly<Record<string, readonly string[]>> = {
  pre_call: ["INPUT", "TOOL_RESULTS"],
  during_call: ["INPUT", "TOOL_RESULTS"],
  post_call: ["OUTPUT"],
  logging_only: ["INPUT", "OUTPUT"],
};

/** The modes that have a stage; of modes by tag the default counts. */
function modesOf(tree: Tree | undefined, surroundings: Surroundings): readonly string[] {
  const byTag = membersOf(tree);
  const list = byTag.size === 0 ? tree : byTag.get("default")?.value;
  const tags = byTag.get("tags");
  if (tags !== undefined)
    surroundings.note({
      kind: "none",
      at: tags.at,
      message: "has no counterpart: tags name no guards",
      hint: "have keys or models name them",
    });
  return itemsOf(list).flatMap((item) => {
    const mode = textOf(item, surroundings);
    if (mode === undefined) return [];
    if (Object.hasOwn(stagesByMode, mode.value)) return [mode.value];
    const message = `has no counterpart: there is no stage for ${mode.value}`;
    surroundings.note({ kind: "none", at: mode.at, message });
    return [];
  });
}

/** Notes the keys of a guardrail that nothing stands for. */
function noteOthers(
  params: ReadonlyMap<string, Member>,
  kind: GuardKind,
  { note }: Surroundings,
): void {
  const known = new Set([...commonKeys, ...kind.keys]);
  for (const { name, at, value } of params.values())
    if (!known.has(name) && !isNothing(value) && !(value.kind === "leaf" && value.value === false))
      note({ kind: "none", at, message: "has no counterpart at guards of this kind" });
}
