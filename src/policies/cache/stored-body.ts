import type { CacheEntry } from "../../core/cache/entry-store.ts";
import type { Call, Reply } from "../../core/call.ts";
import { lazyStream, streamOf } from "./shared-reply.ts";
import { storedEvents, storedResult } from "./stored-answer.ts";

/** A stored answer in the form that a call wants, decoded where somebody looks. */
export function storedBody(
  { operation, stream }: Call["request"],
  entry: CacheEntry,
  wire: Uint8Array | undefined,
): Reply["body"] {
  if (stream && operation.stream !== undefined) {
    if (wire === undefined) return streamOf(storedEvents(operation, entry));
    return lazyStream(() => storedEvents(operation, entry), wire);
  }
  const result = () => storedResult(operation, entry);
  return wire === undefined ? { kind: "whole", result } : { kind: "whole", result, wire };
}
