import type { CacheControl, CacheScope } from "../../../gen/parlance/call/v1/cache_pb.js";
import { durationMs } from "../time/duration-ms.ts";

/** What a call wants of the response cache. Absent members: what its model says. */
export interface CacheWishes {
  /** No stored answer is taken. */
  readonly noCache?: boolean;
  /** The answer is not stored. */
  readonly noStore?: boolean;
  /** How long the answer is stored, in milliseconds. */
  readonly ttlMs?: number;
  /** How old a stored answer may be, in milliseconds. */
  readonly maxAgeMs?: number;
  /** Who may share the answer. */
  readonly scope?: CacheScope;
  /** Keeps calls apart from those with another one. */
  readonly namespace?: string;
  /** Whether the cache is used at all. */
  readonly useCache?: boolean;
}

/** The wishes of a typed caller. */
export function wishesOf({
  noCache,
  noStore,
  ttl,
  maxAge,
  scope,
  namespace,
  useCache,
}: CacheControl): CacheWishes {
  return {
    ...(noCache ? { noCache } : undefined),
    ...(noStore ? { noStore } : undefined),
    ...(ttl === undefined ? undefined : { ttlMs: durationMs(ttl) }),
    ...(maxAge === undefined ? undefined : { maxAgeMs: durationMs(maxAge) }),
    ...(scope ? { scope } : undefined),
    ...(namespace === "" ? undefined : { namespace }),
    ...(useCache === undefined ? undefined : { useCache }),
  };
}
