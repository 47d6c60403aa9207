import { CacheScope } from "../../../gen/parlance/call/v1/cache_pb.js";
import { type CacheWishes, wishesOf } from "../../core/cache/cache-wishes.ts";
import type { Call } from "../../core/call.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";

/**
 * What a call wants of the cache. Headers go before the `cache` member of a body or the typed
 * field. Throws INVALID_REQUEST for a header that cannot be read.
 */
export function readWishes({ header, request, origin }: Call): CacheWishes {
  let wishes = (origin === undefined ? typedWishes(request) : origin.cache) ?? NONE;
  const control = header("cache-control");
  if (control !== undefined) wishes = { ...wishes, ...readCacheControl(control) };
  for (const [name, read] of headers) {
    const text = header(name);
    if (text !== undefined) wishes = { ...wishes, ...read(name, text.trim()) };
  }
  return wishes;
}

const NONE: CacheWishes = {};

function typedWishes({ message }: Call["request"]): CacheWishes | undefined {
  const { responseCache } = message();
  return responseCache === undefined ? undefined : wishesOf(responseCache);
}

/** The headers of our own, with what they say. */
const headers: readonly (readonly [name: string, read: ReadHeader])[] = [
  ["x-parlance-cache-control", (_, text) => readCacheControl(text)],
  ["x-parlance-cache-ttl", (name, text) => ({ ttlMs: seconds(name, text) })],
  ["x-parlance-cache-max-age", (name, text) => ({ maxAgeMs: seconds(name, text) })],
  ["x-parlance-cache-scope", (name, text) => ({ scope: readScope(name, text) })],
  ["x-parlance-cache-namespace", (name, text) => ({ namespace: readNamespace(name, text) })],
];

type ReadHeader = (name: string, text: string) => CacheWishes;

/**
 * The directives of `cache-control` that a cache of answers can follow (RFC 9111, 5.2.1), and
 * `s-maxage`, which LiteLLM's clients send for the time that an answer is stored. Others are for
 * other caches.
 */
function readCacheControl(text: string): CacheWishes {
  const wishes: { -readonly [Name in keyof CacheWishes]: CacheWishes[Name] } = {};
  for (const directive of text.split(",")) {
    const [name = "", value = ""] = directive.trim().toLowerCase().split("=", 2);
    if (name === "no-cache") wishes.noCache = true;
    else if (name === "no-store") wishes.noStore = true;
    else if (name === "max-age") wishes.maxAgeMs = seconds("cache-control: max-age", value);
    else if (name === "s-maxage") wishes.ttlMs = seconds("cache-control: s-maxage", value);
  }
  return wishes;
}

/** The longest time that is taken, in seconds: a year. */
const MAX_SECONDS = 31_536_000;

function seconds(name: string, text: string): number {
  const value = text.replaceAll('"', "");
  if (/^\d{1,12}$/.test(value)) return Math.min(Number(value), MAX_SECONDS) * 1000;
  throw new GatewayError(invalidField(name, "give whole seconds, such as 60"));
}

const scopes: Readonly<Record<string, CacheScope>> = {
  key: CacheScope.KEY,
  team: CacheScope.TEAM,
  public: CacheScope.PUBLIC,
};

function readScope(name: string, text: string): CacheScope {
  const scope = scopes[text.toLowerCase()];
  if (scope !== undefined) return scope;
  throw new GatewayError(invalidField(name, "must be key, team or public"));
}

/** As many bytes as the contract takes. */
const MAX_NAMESPACE = 256;

function readNamespace(name: string, text: string): string {
  if (Buffer.byteLength(text) <= MAX_NAMESPACE) return text;
  throw new GatewayError(invalidField(name, `must be at most ${MAX_NAMESPACE} bytes`));
}
