import type { Facade } from "../../core/dialect.ts";

/**
 * Loads a facade when it is first asked for. An import that has been made costs little, but more
 * than a promise that is kept; one that failed is made again for the next who asks.
 */
export function createFacadeLoader(load: () => Promise<Facade>): () => Promise<Facade> {
  let loading: Promise<Facade> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
