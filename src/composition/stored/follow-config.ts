import type { StoredConfig } from "../../core/stored/config-object.ts";
import type { StoreLink } from "../../store/store.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import type { World } from "../world.ts";

/** How a gateway follows what the store adds to its configuration. */
export interface FollowOptions extends Pick<World, "schedule" | "notice"> {
  readonly store: Pick<StoreLink, "request" | "onChanged">;
  /** What it was started with. */
  readonly first: StoredConfig;
  /** Whether others write to the same store, so that it is looked at again and again. */
  readonly shared: boolean;
  /** Puts objects in force; called one after the other. Rejects where that is not possible. */
  readonly apply: (stored: StoredConfig) => Promise<void>;
}

/** Ends the following. */
export interface Following {
  readonly close: () => void;
}

/**
 * How often the store is looked at although nobody has said that it has changed, in milliseconds;
 * and while it does not answer.
 */
const followMs = 10_000;
const staleMs = 1_000;

/** Follows the store from now on. */
export function followConfig(options: FollowOptions): Following {
  const { store, schedule, notice, first, shared, apply } = options;
  let { sequence } = first;
  let isStale = false;
  let closed = false;
  let callOff = (): void => undefined;

  const look = async (): Promise<void> => {
    const found = await store.request("config.read", { after: sequence });
    isStale = false;
    if (closed || found.sequence === sequence) return;
    ({ sequence } = found);
    const { changed, ...stored } = found;
    if (changed) await apply(stored);
  };
  const lookSafely = async (): Promise<void> => {
    if (closed) return;
    try {
      await look();
    } catch (error) {
      if (!isStale && !closed) notice(staleNotice(error));
      isStale = true;
    }
  };
  const follow = oneAtATime(lookSafely);
  const followOn = (): void => {
    if (!closed)
      callOff = schedule(() => void follow().finally(followOn), isStale ? staleMs : followMs);
  };
  store.onChanged(() => void follow());
  if (shared) followOn();
  return {
    close() {
      closed = true;
      callOff();
    },
  };
}

/** Reads what the store adds, for a start. Undefined where the store does not answer. */
export async function readForStart({
  store,
  notice,
}: Pick<FollowOptions, "notice"> & {
  readonly store: Pick<StoreLink, "request">;
}): Promise<StoredConfig | undefined> {
  try {
    const { changed: _, ...stored } = await store.request("config.read", { after: -1 }, startMs);
    return stored;
  } catch (error) {
    notice(staleNotice(error));
    return undefined;
  }
}

/** How long a start waits for the store. */
const startMs = 5_000;

function staleNotice(error: unknown) {
  return {
    event: "config_stale",
    message: `changes of models, providers and prices are not seen until the store answers: ${String(error)}`,
  };
}
