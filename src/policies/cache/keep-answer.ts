import type { Message } from "@bufbuild/protobuf";
import type { CacheEntry, CacheStores } from "../../core/cache/entry-store.ts";
import { durationMs } from "../../core/duration-ms.ts";
import { isStorable } from "./cacheable.ts";
import type { CachedCall } from "./cached-call.ts";
import type { Landed } from "./flight.ts";
import { type StoredAnswer, storeEvents, storeResult } from "./stored-answer.ts";
import { targetOf } from "./take-rule.ts";

/**
 * Stores a whole answer of a vendor, if it is one that may be given again, and one of the model's
 * own targets made it: a fallback's would outlive the failure. `nowMs`: milliseconds since 1970.
 * Never throws.
 */
export function keepAnswer(
  cached: CachedCall,
  landed: Landed,
  { entries, aliases }: CacheStores,
  nowMs: number,
): void {
  const { call, model, key, digest } = cached;
  const { reply } = landed;
  const ttlMs = ttlOf(cached);
  if (ttlMs <= 0 || targetOf(model, reply.target) === undefined) return;
  const answer = answerOf(cached, landed);
  if (answer === undefined) return;
  const usage = call.request.operation.usageOf(answer.result);
  const entry: CacheEntry = {
    key,
    model: call.model,
    principal: call.principal?.name ?? "",
    team: call.principal?.team ?? "",
    storedMs: nowMs,
    ttlMs,
    staleMs: durationMs(model.settings.cache?.staleWhileRevalidate) ?? 0,
    provider: reply.target.provider,
    vendorModel: reply.target.model,
    dialect: reply.dialect,
    report: reply.report,
    ...answer.stored,
    ...(usage === undefined ? undefined : { usage }),
  };
  entries.put(entry);
  if (digest === undefined) return;
  const { wire } = answer;
  aliases.add(digest, { key, storedMs: nowMs, ...(wire === undefined ? undefined : { wire }) });
}

/** How long an answer is stored where nothing is said. */
const DEFAULT_TTL_MS = 3_600_000;

function ttlOf({ model, wishes }: CachedCall): number {
  const ttlMs = durationMs(model.settings.cache?.ttl) ?? DEFAULT_TTL_MS;
  return Math.min(ttlMs, wishes.ttlMs ?? ttlMs);
}

interface KeptAnswer {
  readonly result: Message;
  readonly stored: StoredAnswer;
  readonly wire?: Uint8Array | undefined;
}

/** Undefined where it may not be given again, or there was too much of it. */
function answerOf({ call }: CachedCall, { reply, broadcast }: Landed): KeptAnswer | undefined {
  try {
    const { body } = reply;
    if (body.kind === "whole") {
      const result = body.result();
      if (!isStorable(call, result)) return undefined;
      return { result, stored: storeResult(call.request.operation, result), wire: body.wire };
    }
    const collector = call.request.operation.stream?.collect();
    const events = broadcast?.events;
    if (events === undefined || collector === undefined) return undefined;
    if (broadcast?.eachEvent((event) => collector.add(event)) !== true) return undefined;
    const result = collector.result();
    if (!isStorable(call, result)) return undefined;
    return { result, stored: storeEvents(events), wire: broadcast.wire() };
  } catch {
    // What cannot be read is not stored; the caller has it as it is.
    return undefined;
  }
}
