import { type CacheHint, CacheTtl } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Json } from "../../json/json.ts";
import { isObject } from "../../json/json.ts";

/** `cache_control` as the vendor writes it. */
export interface CacheControl {
  readonly type: "ephemeral";
  readonly ttl?: "5m" | "1h";
  readonly [key: string]: string | undefined;
}

/**
 * The mark in the vendor's words. See
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching.
 */
export function encodeCache(cache: CacheHint): CacheControl {
  switch (cache.ttl) {
    case CacheTtl.CACHE_TTL_UNSPECIFIED:
      return { type: "ephemeral" };
    case CacheTtl.CACHE_TTL_5M:
      return { type: "ephemeral", ttl: "5m" };
    case CacheTtl.CACHE_TTL_1H:
      return { type: "ephemeral", ttl: "1h" };
  }
}

/** The mark of a block; undefined when there is none. */
export function decodeCache(json: Json | undefined): CacheHint | undefined {
  if (!isObject(json)) return undefined;
  const word = json.ttl;
  const ttl =
    word === "5m"
      ? CacheTtl.CACHE_TTL_5M
      : word === "1h"
        ? CacheTtl.CACHE_TTL_1H
        : CacheTtl.CACHE_TTL_UNSPECIFIED;
  return { $typeName: "parlance.chat.v1.CacheHint", ttl };
}
