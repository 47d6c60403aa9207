import type { Dialect } from "../core/dialect.ts";
import { withForeignToolSearch } from "./foreign/tool-search.ts";
import { withForeignSearch } from "./foreign/web-search.ts";
import { dialectEntry, dialects } from "./registry.ts";

/**
 * The dialects we call vendors in. Each is loaded when it is first needed, so that a start pays for
 * those it uses.
 */
export interface Dialects {
  /** Those that are loaded, by name. */
  readonly loaded: ReadonlyMap<string, Dialect>;
  /** Loads those of the names that are not. A name that is none of ours is passed over. */
  readonly load: (names: Iterable<string>) => Promise<void>;
}

/** Every dialect, by name; none is loaded yet. */
export function createDialects(): Dialects {
  const loaded = new Map<string, Dialect>();
  const add = async (name: string): Promise<void> => {
    const dialect = loaded.has(name) ? undefined : await dialectEntry(name)?.load?.();
    if (dialect !== undefined) loaded.set(name, withForeignToolSearch(withForeignSearch(dialect)));
  };
  return {
    loaded,
    load: async (names) => void (await Promise.all(Array.from(new Set(names), add))),
  };
}

/** All dialects, loaded, by the names that rows of the catalog use; always in the same order. */
export async function loadEveryDialect(): Promise<ReadonlyMap<string, Dialect>> {
  const names = Object.keys(dialects);
  const { loaded, load } = createDialects();
  await load(names);
  return new Map(
    names.flatMap((name) => {
      const dialect = loaded.get(name);
      return dialect === undefined ? [] : [[name, dialect] as const];
    }),
  );
}
