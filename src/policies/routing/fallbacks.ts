import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";

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
  /** The model whose fallback it is. */
  readonly of: string;
}

/**
 * The models that a call falls back to, found as it fails: those of the model that failed last come
 * first, then what is left of those before it. None is tried twice. Made for one call.
 */
export class FallbackChain {
  readonly #rule: FallbackRule;
  readonly #seen: Set<string>;
  #next: Fallback[] = [];
  #taken = 0;

  constructor(rule: FallbackRule, first: string) {
    this.#rule = rule;
    this.#seen = new Set([first]);
  }

  /** Adds what a model falls back to after a failure of a kind. */
  failed({ settings }: ConfiguredModel, reason: ErrorReason): void {
    const own = fallbacksFor(settings, reason);
    const names = own.length > 0 ? own : this.#rule.defaultFallbacks;
    const added = names.map((name) => ({ name, of: settings.name }));
    this.#next = [...added, ...this.#next];
  }

  /** The next model that may be tried; undefined where none is left. */
  take(mayTry: (name: string) => boolean): Fallback | undefined {
    while (this.#taken < this.#rule.maxFallbacks) {
      const fallback = this.#next.shift();
      if (fallback === undefined) return undefined;
      if (this.#seen.has(fallback.name)) continue;
      this.#seen.add(fallback.name);
      if (!mayTry(fallback.name)) continue;
      this.#taken += 1;
      return fallback;
    }
    return undefined;
  }
}

/** The names of models that a model falls back to after a failure of a kind. */
function fallbacksFor(
  { fallbacks, contextFallbacks, contentFallbacks }: ConfiguredModel["settings"],
  reason: ErrorReason,
): readonly string[] {
  const special = specialFallbacks({ contextFallbacks, contentFallbacks }, reason);
  return special.length > 0 ? special : fallbacks;
}

/** Those that are for this kind of failure alone; empty where there are none. */
export function specialFallbacks(
  settings: Pick<ConfiguredModel["settings"], "contextFallbacks" | "contentFallbacks">,
  reason: ErrorReason,
): readonly string[] {
  if (reason === ErrorReason.UPSTREAM_CONTEXT_LENGTH) return settings.contextFallbacks;
  if (reason === ErrorReason.UPSTREAM_CONTENT_POLICY) return settings.contentFallbacks;
  return [];
}
