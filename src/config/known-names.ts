import { createPatternTable } from "../core/names/name-pattern.ts";
import { createNameIndex } from "../core/names/nearest-name.ts";

/** The names of a file that others refer to. */
export interface KnownNames {
  readonly aliases: ReadonlySet<string>;
  /** Whether a name fits an alias that is a pattern. */
  fitsPattern(name: string): boolean;
  /**
   * Those that the file declares, also those that did not compile: their own violations say why.
   */
  readonly providers: ReadonlySet<string>;
  /** The kind of a provider; "" where the name is none's. */
  kindOf(provider: string): string;
  /** The alias that a name was probably meant to be. */
  nearestAlias(name: string): string | undefined;
  /** The provider that a name was probably meant to be. */
  nearestProvider(name: string): string | undefined;
}

/** Keeps the names of a file for all that refer to them. */
export function createKnownNames(
  aliases: readonly string[],
  kinds: Readonly<Record<string, { readonly kind: string }>>,
): KnownNames {
  const set = new Set(aliases);
  const patterns = createPatternTable(aliases.map((name) => [name, true] as const));
  const providers = new Set(Object.keys(kinds));
  return {
    aliases: set,
    fitsPattern: (name) => patterns.find(name) !== undefined,
    providers,
    kindOf: (provider) => (providers.has(provider) ? (kinds[provider]?.kind ?? "") : ""),
    nearestAlias: createNameIndex(set),
    nearestProvider: createNameIndex(providers),
  };
}

/**
 * `provider/model` in its parts; the model may contain slashes itself. Undefined when either part
 * is empty.
 */
export function splitModelName(
  name: string,
): { readonly provider: string; readonly model: string } | undefined {
  const slash = name.indexOf("/");
  if (slash < 1 || slash === name.length - 1) return undefined;
  return { provider: name.slice(0, slash), model: name.slice(slash + 1) };
}
