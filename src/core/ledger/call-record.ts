import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { sumUsage } from "../../events/merge-usage.ts";
import type { AttemptRecord } from "../attempt-record.ts";
import type { CacheFacts } from "../cache/cache-facts.ts";
import type { Tenant } from "../caller/tenant.ts";
import type { Fault } from "../faults/fault.ts";
import type { GuardNote } from "../guard/guard-note.ts";
import type { Cost } from "../money/cost.ts";
import type { CallTimes } from "../time/call-times.ts";
import type { CallContent, ContentToStore } from "./call-content.ts";
import type { LedgerStatus } from "./ledger-row.ts";

/** The facts of a call when it is over. Holds no content, but for sinks that are to have it. */
export interface CallRecord {
  readonly callId: string;
  /** The operation; for a request that was refused before it became a call, what is known of it. */
  readonly operation: string;
  readonly stream: boolean;
  /** "" where a request was refused before it was known. */
  readonly model: string;
  readonly principal: string | undefined;
  /** "": it is not known, as in process. */
  readonly clientAddress: string;
  readonly attempts: readonly AttemptRecord[];
  /** The rules of the configuration that acted on it, by name, in order. */
  readonly rules: readonly string[];
  /** The arm of an experiment that it had; undefined: its model was not split. */
  readonly arm: string | undefined;
  readonly durationMs: number;
  readonly usage: Usage | undefined;
  /** What it failed with, before the answer or within it. */
  readonly fault: Fault | undefined;
  readonly callerGone: boolean;
  /** What the response cache did. Absent: the model has none. */
  readonly cache?: CacheFacts | undefined;
  /**
   * What the vendors' prompt caches saved, in nano-USD; negative where more was spent on writing to
   * them. Absent: no token was read or written there, or a price is not known.
   */
  readonly promptCacheSaved?: bigint | undefined;
  /** What all attempts cost together. Nothing where a vendor was never called. */
  readonly cost: Cost;
  /**
   * What the response cache saved, in nano-USD. Absent: nothing, or the price is not known.
   */
  readonly cacheSaved?: bigint | undefined;
  /** Whom it is charged to. Absent: nobody. */
  readonly tenants?: readonly Tenant[] | undefined;
  /** The team of its key, which need be no tenant. */
  readonly team?: string | undefined;
  /** The end user that it is for, and the session that it is of. Absent: it names none. */
  readonly endUser?: string | undefined;
  readonly session?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The dialect of the caller. Absent: it is typed. */
  readonly clientDialect?: string | undefined;
  /** From its start to its first content, in whole microseconds. Absent: there was none. */
  readonly firstTokenUs?: number | undefined;
  /** Of its duration, what was neither spent waiting for vendors nor for a turn. */
  readonly overheadUs?: number | undefined;
  readonly queuedUs?: number | undefined;
  /** The parts of its duration. Absent: it was refused before it became a call. */
  readonly times?: CallTimes | undefined;
  /** The trace that its caller says it is part of, as `traceparent` has it. Absent: none. */
  readonly traceparent?: string | undefined;
  /** The `baggage` of its caller. Absent: none, or no span is to have any of it. */
  readonly baggage?: string | undefined;
  /** The configuration that it was made with. */
  readonly configHash?: string | undefined;
  /** What guards made of it. Absent: none looked at it. */
  readonly guards?: readonly GuardNote[] | undefined;
  /** For how long they held back a piece of its answer at most, in microseconds. Absent: they did not. */
  readonly guardHeldUs?: number | undefined;
  /** What was said. Absent: no sink is to have it. */
  readonly content?: CallContent | undefined;
  /** What was said, where it is stored. Absent: it is not. */
  readonly toStore?: ContentToStore | undefined;
}

/** How a call ended, as the ledger and the metrics say it. */
export function statusOf({ fault, callerGone }: CallRecord): LedgerStatus {
  if (callerGone) return "left";
  return fault === undefined ? "whole" : "broken";
}

/** The name of the reason of a fault, without its prefix; "": there is none. */
export function reasonOf(fault: Fault | undefined): string {
  return fault === undefined ? "" : ErrorReason[fault.reason];
}

/** The attempt that a call is named by: that which answered, else its last one. */
export function answeringAttempt({ attempts }: CallRecord): AttemptRecord | undefined {
  return attempts.find(({ end, wasted }) => end?.kind === "whole" && !wasted) ?? attempts.at(-1);
}

/** What the response cache did, such as `hit`; "": the model has none. */
export function cacheOutcome({ cache }: CallRecord): string {
  return cache === undefined ? "" : CacheState[cache.state].toLowerCase();
}

/** What a call took: what its vendors say, with what had to be estimated of some tries. */
export function takenOf({ attempts, usage }: CallRecord): {
  readonly usage: Usage | undefined;
  readonly estimated: boolean;
} {
  if (attempts.every(({ estimate }) => estimate === undefined)) return { usage, estimated: false };
  const took = attempts.map((attempt) => attempt.estimate ?? attempt.usage);
  return { usage: sumUsage(took), estimated: true };
}

/** Whole microseconds of a time in milliseconds; at least 0. */
export function microsOf(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}
