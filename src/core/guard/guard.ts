import type { Principal } from "../call.ts";
import type { TargetFilter } from "../target/exclusion.ts";
import type { Labels } from "../target/target.ts";
import type { Detector, Finding } from "./detector.ts";
import type { GuardActionName, GuardStageName } from "./guard-note.ts";

/** A guard of the configuration, ready to check. */
export interface Guard {
  readonly name: string;
  /** What it looks for, or whom it asks, as the config calls it, such as `pii` and `webhook`. */
  readonly kind: string;
  /** The same for as long as its settings are: 8 hex digits. */
  readonly version: string;
  /** What is true of the service that it asks. Absent: it asks none, or a model. */
  readonly labels?: Labels;
  readonly stages: ReadonlySet<GuardStageName>;
  readonly action: GuardActionName;
  /** Whether text of a stream goes out before it was checked. */
  readonly bestEffort: boolean;
  readonly timeoutMs: number;
  /** Whether calls go on where a service cannot be asked. */
  readonly failsOpen: boolean;
  /** Whether it binds every call. */
  readonly byDefault: boolean;
  /** What BLOCK answers with; "": it fails. */
  readonly answer: string;
  /** The model of ROUTE; "": none. */
  readonly route: string;
  /** Whether what was masked in a request stands in its answer again. */
  readonly restores: boolean;
  /** Whether a service is asked while the model answers. */
  readonly besideModel: boolean;
  /** Whether parts that no guard reads, such as pictures, may not pass. */
  readonly blocksUnreadable: boolean;
  readonly check: GuardCheck;
  /** How answers are mended in which it would find something. Absent: they are not. */
  readonly repair?: AnswerRepair;
}

/** How answers are mended. */
export interface AnswerRepair {
  /** How often an answer is sent back. */
  readonly attempts: number;
  /**
   * What the model is to read about its answer, in which the guard finds something; undefined where
   * it finds nothing.
   */
  readonly question: (text: string) => string | undefined;
}

/** How a guard checks: by itself, or by asking a service. */
export type GuardCheck =
  | { readonly kind: "local"; readonly detector: Detector }
  | { readonly kind: "service"; readonly ask: AskGuard };

/**
 * Asks a service about texts. Rejects where it cannot be asked or answers with what is no verdict,
 * and at once where the signal is aborted.
 */
export type AskGuard = (question: GuardQuestion, signal: AbortSignal) => Promise<GuardVerdict>;

/** What a service is asked. */
export interface GuardQuestion {
  readonly stage: GuardStageName;
  /** In the order in which they stand in the request or the answer; none is empty. */
  readonly texts: readonly string[];
  readonly about: GuardedCall;
}

/** What a service learns of a call beside its texts. */
export interface GuardedCall {
  readonly callId: string;
  readonly operation: string;
  readonly model: string;
  /** The name of who calls, and the team of its key; "": not known. */
  readonly key: string;
  readonly team: string;
  /** Who calls. Undefined: not known. */
  readonly principal: Principal | undefined;
  /** The end user that the call names; "": none. */
  readonly endUser: string;
  /** Keeps what a model is asked about the call from targets, as the call is. Absent: nothing does. */
  readonly excludes?: TargetFilter | undefined;
}

/** What a service says. */
export interface GuardVerdict {
  /** What it found, such as `HATE`; empty: nothing. At most 64 of 64 characters are kept. */
  readonly kinds: readonly string[];
  /** Where in each of the texts. Absent: it does not say. */
  readonly findings?: readonly (readonly Finding[])[];
  /** The texts as they should go on, as many as were sent. Absent: as they are. */
  readonly texts?: readonly string[];
}
