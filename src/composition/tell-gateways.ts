import type { ShareEntries } from "../state/shared-entries.ts";
import type { StoreLink } from "../store/store.ts";

/** Which requests change what gateways keep in memory. */
const changing: ReadonlySet<string> = new Set(["config.apply", "config.write", "directory.write"]);

/**
 * Has the gateways that share a Redis look at the store when this one has changed it: a store that
 * cannot tell them itself, such as PostgreSQL behind a pool of connections, is looked at within a
 * tenth of a second all the same. Without a Redis nothing is added.
 */
export function tellGateways(
  store: StoreLink,
  share: ShareEntries,
): { readonly store: StoreLink; readonly close: () => void } {
  let changes = 0;
  const entries = share("store", {
    // A store that does not answer is looked at again when it does.
    onEntry: () => void store.request("store.changed", {}).catch(() => undefined),
    isKept: () => false,
  });
  const tell = (): void => {
    changes += 1;
    entries.write("changed", String(changes));
  };
  const request: StoreLink["request"] = (name, argument, deadlineMs) => {
    const answer = store.request(name, argument, deadlineMs);
    // Who requested it hears of a failure.
    if (changing.has(name)) answer.then(tell, () => undefined);
    return answer;
  };
  return { store: { ...store, request }, close: () => entries.close() };
}
