import { createHash } from "node:crypto";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Call, Layer } from "../../../core/call.ts";
import { promptPrefix } from "../../../core/caller/prompt-prefix.ts";
import type { Stage } from "../../../core/compose.ts";
import { sizeOf } from "../../../core/facts/call-size.ts";
import type { Target } from "../../../core/target/target.ts";

/** Tokens that targets are expected to have of a prompt in their caches, by `provider/model`. */
export type CachedTokens = ReadonlyMap<string, number>;

/** Which targets have had a prompt lately. It is of one thread. */
export interface SeenPrefixes {
  /** What is cached of the prompts of a key; undefined where nothing is known, or no more. */
  of(key: string): CachedTokens | undefined;
  /** Notes how many tokens a target has cached for a time from now on. */
  note(key: string, target: Target, cached: { tokens: number; ttlMs: number }): void;
}

/** Keys that are remembered; beyond it the one that was noted first is forgotten. */
const maxKeys = 20_000;

/** Targets that are remembered for a key. */
const maxTargets = 16;

/** Makes a memory that goes by a monotonic clock in milliseconds. */
export function createSeenPrefixes(nowMs: () => number): SeenPrefixes {
  const seen = new Map<string, Map<string, { tokens: number; untilMs: number }>>();
  return {
    of(key) {
      const targets = seen.get(key);
      if (targets === undefined) return undefined;
      const now = nowMs();
      for (const [name, { untilMs }] of targets) if (untilMs <= now) targets.delete(name);
      if (targets.size === 0) return void seen.delete(key);
      return new Map(Array.from(targets, ([name, { tokens }]) => [name, tokens]));
    },
    note(key, target, { tokens, ttlMs }) {
      const targets = seen.get(key) ?? new Map();
      seen.delete(key);
      forgetFirst(seen, maxKeys);
      seen.set(key, targets);
      const name = cacheNameOf(target);
      targets.delete(name);
      forgetFirst(targets, maxTargets);
      targets.set(name, { tokens, untilMs: nowMs() + ttlMs });
    },
  };
}

function forgetFirst(map: Map<string, unknown>, max: number): void {
  if (map.size < max) return;
  const [first] = map.keys();
  if (first !== undefined) map.delete(first);
}

/** What a target's cache is known by. */
export function cacheNameOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}

/** Vendors cache no prompt of fewer tokens. */
const minTokens = 1_024;

/**
 * What the prompts of a caller are known by that begin as this one does. Undefined where vendors
 * cache nothing of it: it is short, or no chat.
 */
export function prefixKeyOf(
  call: Pick<Call, "origin" | "principal" | "request">,
): string | undefined {
  if (call.request.operation.name !== "chat" || sizeOf(call).inputTokens < minTokens)
    return undefined;
  const prefix = promptPrefix(call);
  if (prefix === undefined) return undefined;
  const text = `${call.principal?.name ?? ""}\n${prefix}`;
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** The stage of the layer below; undefined where no model is chosen for by cost. */
export function seenPrefixesPolicy(
  { models, resolve }: Settings,
  { seenPrefixes }: { readonly seenPrefixes: SeenPrefixes },
): Stage | undefined {
  const byCost = [...models.values()].some((model) => isByCost(model));
  return byCost ? { name: "seen_prefixes", layer: noteAnswers(seenPrefixes, resolve) } : undefined;
}

function isByCost(model: ReturnType<Settings["resolve"]>): boolean {
  return model?.settings.strategy === Strategy.LOWEST_COST;
}

/** Notes what a target has cached of a prompt once it has answered it. */
export function noteAnswers(seen: SeenPrefixes, resolve: Settings["resolve"]): Layer {
  return (next) => (call) => {
    const { target, model: name = call.model } = attemptOf(call);
    const key = isByCost(resolve(name)) ? prefixKeyOf(call) : undefined;
    if (key === undefined) return next(call);
    const { inputTokens } = sizeOf(call);
    call.life.atEnd(({ kind, usage }) => {
      if (kind !== "whole") return;
      const before = seen.of(key)?.get(cacheNameOf(target));
      const tokens = cachedAfter(usage, before !== undefined, inputTokens);
      seen.note(key, target, { tokens, ttlMs: ttlMsOf(usage) });
    });
    return next(call);
  };
}

/**
 * What a vendor has of a prompt after it has answered it: what it says that it read and wrote.
 * Vendors that cache by themselves do not say what they write: all of it, unless one that has had
 * the prompt before has read nothing.
 */
function cachedAfter(usage: Usage | undefined, isKnown: boolean, estimated: number): number {
  const { cacheReadTokens: read, cacheWriteTokens: written, inputTokens } = usage ?? {};
  if (written !== undefined) return Number(written + (read ?? 0n));
  if (read === 0n && isKnown) return 0;
  return inputTokens === undefined ? estimated : Number(inputTokens);
}

/** Vendors keep what they cached of a prompt for five minutes from its last use. */
const usualTtlMs = 300_000;

const longTtlMs = 3_600_000;

function ttlMsOf(usage: Usage | undefined): number {
  return (usage?.cacheWrite1hTokens ?? 0n) > 0n ? longTtlMs : usualTtlMs;
}
