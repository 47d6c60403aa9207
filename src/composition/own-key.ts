import type { Interceptor } from "@connectrpc/connect";
import type { Settings } from "../config/settings.ts";

/**
 * The key that clients in the gateway's own process present when they have none of their own:
 * whoever made the gateway holds all its secrets, and needs none to use it. The admin key, else the
 * first key; undefined where no key is configured.
 */
export function ownKey({ auth, keys }: Settings): string | undefined {
  return (auth.adminKey ?? keys[0]?.value)?.reveal();
}

/** Presents a key with every call that does not bring its own. */
export function presentKey(key: () => string | undefined): Interceptor {
  return (next) => (request) => {
    const text = key();
    if (text !== undefined && !request.header.has("authorization")) {
      request.header.set("authorization", `Bearer ${text}`);
    }
    return next(request);
  };
}
