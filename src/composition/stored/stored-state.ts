import type { ConfigObject, LeftOut, StoredConfig } from "../../core/stored/config-object.ts";

/** What of the store a configuration was made with. */
export interface LoadedObjects {
  readonly stored: StoredConfig;
  readonly leftOut: readonly LeftOut[];
}

/** The same, where it may be that nothing was read. */
export type PartlyLoaded = { readonly [K in keyof LoadedObjects]?: LoadedObjects[K] | undefined };

/** The objects of a gateway that nothing was read of. */
export const noStored: StoredConfig = { sequence: -1, objects: [] };

/** The objects of the store that are in force in this thread. */
export interface StoredState {
  readonly current: () => LoadedObjects;
  /** Says that others are in force. */
  readonly set: (loaded: PartlyLoaded) => void;
  /**
   * Resolves once a change of the store is in force, and after 5 seconds in any case: it is stored,
   * and follows.
   */
  readonly reached: (sequence: number) => Promise<void>;
}

const lateMs = 5_000;

/** Makes the state, which begins with what a gateway was started with. */
export function createStoredState(
  first: PartlyLoaded,
  schedule: (run: () => void, delayMs: number) => () => void,
): StoredState {
  let loaded = whole(first);
  const waiting = new Set<{ readonly sequence: number; readonly resolve: () => void }>();
  return {
    current: () => loaded,
    set(next) {
      loaded = whole(next);
      for (const one of waiting) if (one.sequence <= loaded.stored.sequence) one.resolve();
    },
    async reached(sequence) {
      if (loaded.stored.sequence >= sequence) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const one = { sequence, resolve };
      waiting.add(one);
      const callOff = schedule(resolve, lateMs);
      await promise;
      callOff();
      waiting.delete(one);
    },
  };
}

function whole({ stored = noStored, leftOut = [] }: PartlyLoaded): LoadedObjects {
  return { stored, leftOut };
}

/** An object of a kind by its name; undefined where there is none. */
export function objectNamed(
  { stored }: LoadedObjects,
  { kind, name }: Pick<ConfigObject, "kind" | "name">,
): ConfigObject | undefined {
  return stored.objects.find((one) => one.kind === kind && one.name === name);
}
