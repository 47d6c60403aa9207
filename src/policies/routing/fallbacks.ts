import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";
import type { AlterCall, CallerRecovery, ModelLists } from "../../core/call.ts";
import { fallbackPromptsOf } from "./fallback-prompts.ts";

/** What a call falls back by. */
export interface FallbackRule {
  /** For models without fallbacks of their own. */
  readonly defaultFallbacks: readonly string[];
  /** How many models may be tried after the first. */
  readonly maxFallbacks: number;
}

/** A model that a call falls back to. */
export interface Fallback {
  readonly name: string;
  /** The model whose fallback it is; "": the caller named it. */
  readonly of: string;
  /** Makes the call that it gets. Absent: the same. */
  readonly alter?: AlterCall;
}

/**
 * The models that a call falls back to, found as it fails: those of the model that failed last come
 * first, then what is left of those before it. None is tried twice with the same request. What the
 * caller says goes before the config: its list stands for every general one. Made for one call.
 */
export class FallbackChain {
  readonly #rule: FallbackRule;
  readonly #caller: CallerRecovery;
  /** Names of models, and of those with a request of their own what makes it. */
  readonly #seen: Set<string | AlterCall>;
  #next: Fallback[] = [];
  #taken = 0;
  #listed = false;

  constructor(rule: FallbackRule, first: string, caller: CallerRecovery = nothing) {
    this.#rule = rule;
    this.#caller = caller;
    this.#seen = new Set([first]);
  }

  /** Adds what a model falls back to after a failure of a kind. */
  failed({ settings }: ConfiguredModel, reason: ErrorReason): void {
    if (this.#caller.disabled === true) return;
    const special = specialFallbacks(settings, reason, this.#caller);
    const isOwn = special === settings.contextFallbacks || special === settings.contentFallbacks;
    const added = special.map((name) =>
      isOwn ? promptedFallback(settings, name) : { name, of: settings.name },
    );
    const general = special.length === 0 || this.#caller.fallbacks !== undefined;
    this.#next = [...added, ...(general ? this.#general(settings) : []), ...this.#next];
  }

  /** The next model that may be tried; undefined where none is left. */
  take(mayTry: (fallback: Fallback) => boolean): Fallback | undefined {
    while (this.#taken < this.#rule.maxFallbacks) {
      const fallback = this.#next.shift();
      if (fallback === undefined) return undefined;
      const request = fallback.alter ?? fallback.name;
      if (this.#seen.has(request)) continue;
      this.#seen.add(request);
      if (!mayTry(fallback)) continue;
      this.#taken += 1;
      return fallback;
    }
    return undefined;
  }

  /** The caller's list is added once: it says all. */
  #general(settings: ConfiguredModel["settings"]): readonly Fallback[] {
    const own = this.#caller.fallbacks;
    if (own === undefined) {
      const { fallbacks } = settings;
      const names = fallbacks.length > 0 ? fallbacks : this.#rule.defaultFallbacks;
      return names
        .filter((name) => name !== settings.name)
        .map((name) => promptedFallback(settings, name));
    }
    if (this.#listed) return [];
    this.#listed = true;
    return own.map(({ model: name, ...alter }) => ({ name, of: "", ...alter }));
  }
}

/** A fallback of the config, with the prompt that it says for it. */
function promptedFallback(settings: ConfiguredModel["settings"], name: string): Fallback {
  const alter = fallbackPromptsOf(settings)?.get(name);
  return { name, of: settings.name, ...(alter && { alter }) };
}

const nothing: CallerRecovery = {};

/** Those that are for this kind of failure alone; empty where there are none. */
export function specialFallbacks(
  settings: Pick<ConfiguredModel["settings"], "name" | "contextFallbacks" | "contentFallbacks">,
  reason: ErrorReason,
  { contextFallbacks, contentFallbacks }: CallerRecovery = nothing,
): readonly string[] {
  if (reason === ErrorReason.UPSTREAM_CONTEXT_LENGTH)
    return listOf(contextFallbacks, settings.name) ?? settings.contextFallbacks;
  if (reason === ErrorReason.UPSTREAM_CONTENT_POLICY)
    return listOf(contentFallbacks, settings.name) ?? settings.contentFallbacks;
  return [];
}

function listOf(lists: ModelLists | undefined, model: string): readonly string[] | undefined {
  return lists?.get(model) ?? lists?.get("*");
}
