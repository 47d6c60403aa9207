import type { WatchResponse } from "../../../gen/parlance/admin/v1/config_service_pb.js";

/** Hears of changes of the configuration. */
export interface ConfigNews {
  /** Says that another one is in force. */
  readonly changed: () => void;
  /**
   * Gives what is in force, and again after each change; of changes that come faster than they are
   * read the last. Ends with the signal.
   */
  readonly watch: (signal: AbortSignal) => AsyncGenerator<WatchResponse, void>;
}

/** Makes the news; `current` says what is in force. */
export function createConfigNews(current: () => WatchResponse): ConfigNews {
  const listeners = new Set<() => void>();
  const next = (signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    listeners.add(wake);
    signal.addEventListener("abort", wake);
    return promise.finally(() => {
      listeners.delete(wake);
      signal.removeEventListener("abort", wake);
    });
  };
  return {
    changed() {
      for (const listener of listeners) listener();
    },
    async *watch(signal) {
      while (!signal.aborted) {
        // Before the state is read, so that no change is missed while the reader takes its time.
        const changed = next(signal);
        yield current();
        await changed;
      }
    },
  };
}
