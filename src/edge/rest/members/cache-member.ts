import { CacheScope } from "../../../../gen/parlance/call/v1/cache_pb.js";
import type { CacheWishes } from "../../../core/cache/cache-wishes.ts";
import { type FieldFault, invalidFields } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { isObject, type Json } from "../../../json/json.ts";

/**
 * What the member `cache` of a body wants of the response cache, as LiteLLM's clients send it
 * (https://docs.litellm.ai/docs/proxy/caching), with `scope` of our own. Undefined where it is
 * something else, a vendor's own: it has members, and none of these. Throws INVALID_REQUEST with
 * each member that is wrong.
 */
export function readCacheMember(cache: Json | undefined): CacheWishes | undefined {
  if (!isObject(cache)) return undefined;
  const names = Object.keys(cache);
  if (names.length > 0 && !names.some((name) => readers.has(name))) return undefined;
  const faults: FieldFault[] = [];
  let wishes: CacheWishes = {};
  for (const name of names) {
    const value = cache[name];
    if (value === undefined || value === null) continue;
    const read = readers.get(name)?.(value) ?? UNKNOWN;
    if (typeof read === "string") faults.push({ field: `cache.${name}`, message: read });
    else wishes = { ...wishes, ...read };
  }
  if (faults.length > 0) throw new GatewayError(invalidFields(faults));
  return wishes;
}

/** Gives what a member says, or what it must be. */
type ReadMember = (value: Json) => CacheWishes | string;

const SECONDS = "must be a number of seconds from 0 to 31536000";
const BOOLEAN = "must be true or false";
const NAMESPACE = "must be a text of at most 256 bytes";
const SCOPE = "must be key, team or public";
const UNKNOWN =
  "is not known: there are no-cache, no-store, ttl, s-maxage, namespace, use-cache and scope";

const readers: ReadonlyMap<string, ReadMember> = new Map<string, ReadMember>([
  ["no-cache", (value) => flag(value, (noCache) => ({ noCache }))],
  ["no-store", (value) => flag(value, (noStore) => ({ noStore }))],
  ["use-cache", (value) => flag(value, (useCache) => ({ useCache }))],
  ["ttl", (value) => time(value, (ttlMs) => ({ ttlMs }))],
  ["s-maxage", (value) => time(value, (maxAgeMs) => ({ maxAgeMs }))],
  ["s-max-age", (value) => time(value, (maxAgeMs) => ({ maxAgeMs }))],
  ["max-age", (value) => time(value, (maxAgeMs) => ({ maxAgeMs }))],
  [
    "namespace",
    (value) =>
      typeof value === "string" && Buffer.byteLength(value) <= 256
        ? { namespace: value }
        : NAMESPACE,
  ],
  [
    "scope",
    (value) => {
      const scope = typeof value === "string" ? scopes.get(value.toLowerCase()) : undefined;
      return scope === undefined ? SCOPE : { scope };
    },
  ],
]);

const scopes = new Map([
  ["key", CacheScope.KEY],
  ["team", CacheScope.TEAM],
  ["public", CacheScope.PUBLIC],
]);

function flag(value: Json, wish: (value: boolean) => CacheWishes): CacheWishes | string {
  return typeof value === "boolean" ? wish(value) : BOOLEAN;
}

function time(value: Json, wish: (milliseconds: number) => CacheWishes): CacheWishes | string {
  if (typeof value !== "number" || !(value >= 0 && value <= 31_536_000)) return SECONDS;
  return wish(Math.ceil(value * 1000));
}
