import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { GuardNote } from "../guard/guard-note.ts";

/** A call as the ledger keeps it, with its attempts. It holds no content. */
export interface LedgerRow extends Billed {
  /** Unique: a row that is written again changes nothing. */
  readonly callId: string;
  /** When it ended, in whole milliseconds since 1970. */
  readonly endedMs: number;
  /** The ids of whom it is charged to; "": nobody of the kind. */
  readonly organization: string;
  readonly team: string;
  readonly user: string;
  readonly key: string;
  /** The name of who called; "": it was refused before that was known. */
  readonly principal: string;
  /** Whom the caller made it for, and the conversation it is of; "": it did not say. */
  readonly endUser: string;
  readonly session: string;
  readonly tags: readonly string[];
  readonly operation: string;
  readonly stream: boolean;
  /** The dialect that the caller speaks; "" for typed callers. */
  readonly clientDialect: string;
  readonly clientAddress: string;
  /** The model that the caller named. */
  readonly model: string;
  /** `provider/model` of the attempt that answered, else of the last one; "": there was none. */
  readonly target: string;
  readonly provider: string;
  /** The model that answered, in the vendor's words, else as it was requested; "": none did. */
  readonly answeredModel: string;
  /** The arm of an experiment; "": none. */
  readonly arm: string;
  /** The rules that acted on it. */
  readonly rules: readonly string[];
  /** What guards made of it. */
  readonly guards: readonly GuardNote[];
  readonly status: LedgerStatus;
  /** Why it failed: a name of ErrorReason without its prefix; "": it did not. */
  readonly reason: string;
  /** What the response cache did, such as `hit`; "": the model has none. */
  readonly cache: string;
  /** What stored answers and prompt caches have saved, in nano-USD. */
  readonly cacheSavedNanoUsd: bigint;
  /** What attempts took that lost a race, in nano-USD; it is part of the cost. */
  readonly hedgeWasteNanoUsd: bigint;
  readonly durationUs: number;
  /** Undefined: there was no first token, or nobody waited for one. */
  readonly firstTokenUs: number | undefined;
  /** The part of the duration that was the gateway's own. */
  readonly overheadUs: number;
  readonly queuedUs: number;
  /** The configuration that it was made with. */
  readonly configHash: string;
  readonly attempts: readonly LedgerAttempt[];
}

/** An attempt of a call, as the ledger keeps it. */
export interface LedgerAttempt extends Billed {
  readonly target: string;
  readonly provider: string;
  readonly answeredModel: string;
  /** The dialect that the target was called in; "": it was not called. */
  readonly dialect: string;
  readonly why: string;
  /** The vendor's HTTP status; 0: there was none. */
  readonly httpStatus: number;
  readonly status: LedgerStatus;
  readonly reason: string;
  readonly hedged: boolean;
  readonly wasted: boolean;
  readonly continues: boolean;
  readonly durationUs: number;
  readonly firstTokenUs: number | undefined;
}

/** `whole`, `broken` by a failure, or `left` by the caller. */
export type LedgerStatus = "whole" | "broken" | "left";

/** What something took, and its price. */
export interface Billed {
  /** Undefined: nothing is known of it. */
  readonly usage: Usage | undefined;
  /** Whether the usage is an estimate of ours and not the vendor's count. */
  readonly estimated: boolean;
  readonly cost: LedgerCost;
}

/** What something cost. Unpriced is not 0. */
export type LedgerCost =
  | {
      readonly kind: "priced";
      readonly nanoUsd: bigint;
      /** Its parts by the class of what was used, in nano-USD. */
      readonly parts: Readonly<Record<string, bigint>>;
      readonly priceVersion: string;
      readonly source: string;
      /** What the vendor says that it cost. Absent: it says nothing. */
      readonly vendorNanoUsd?: bigint;
    }
  | { readonly kind: "unpriced"; readonly why: string; readonly vendorNanoUsd?: bigint };
