import type { Message } from "@bufbuild/protobuf";
import type { CacheEntry, CacheStores } from "../../core/cache/entry-store.ts";
import type { Reply } from "../../core/call.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
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
  cached: Omit<CachedCall, "keep">,
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
  entries.put({
    ...entryOf(cached, reply, nowMs),
    ...answer.stored,
    ...(usage === undefined ? undefined : { usage }),
  });
  if (digest === undefined) return;
  const { wire } = answer;
  aliases.add(digest, { key, storedMs: nowMs, ...(wire === undefined ? undefined : { wire }) });
}

/** An entry but for the answer. */
export function entryOf(
  cached: Omit<CachedCall, "keep">,
  { target, dialect, report }: Reply,
  nowMs: number,
): Omit<CacheEntry, "form" | "payload"> {
  const { call, key } = cached;
  return {
    key,
    model: call.model,
    principal: call.principal?.name ?? "",
    team: call.principal?.team ?? "",
    storedMs: nowMs,
    ttlMs: ttlOf(cached),
    staleMs: staleOf(cached),
    provider: target.provider,
    vendorModel: target.model,
    dialect,
    report,
  };
}

/** How long an answer is stored where nothing is said. */
const DEFAULT_TTL_MS = 3_600_000;

/** How long the answer to a call is stored, in milliseconds. */
export function ttlOf({ model, wishes }: Pick<CachedCall, "model" | "wishes">): number {
  const ttlMs = durationMs(model.settings.cache?.ttl) ?? DEFAULT_TTL_MS;
  return Math.min(ttlMs, wishes.ttlMs ?? ttlMs);
}

/** How long after that an answer is taken while it is renewed, in milliseconds. */
export function staleOf({ model }: Pick<CachedCall, "model">): number {
  return durationMs(model.settings.cache?.staleWhileRevalidate) ?? 0;
}

interface KeptAnswer {
  readonly result: Message;
  readonly stored: StoredAnswer;
  readonly wire?: Uint8Array | undefined;
}

/** Undefined where it may not be given again, or there was too much of it. */
function answerOf(
  { call }: Pick<CachedCall, "call">,
  { reply, broadcast }: Landed,
): KeptAnswer | undefined {
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
