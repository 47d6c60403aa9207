import type { MessagePort } from "node:worker_threads";
import type { Fault } from "../../core/faults/fault.ts";
import type { Notice } from "../../core/notice.ts";
import type { StoreOperation } from "../operations.ts";
import type { OpenCallLines } from "./open-calls.ts";
import type { HostOptions } from "./store-host.ts";

/** What the thread of a store is started with. */
export interface StoreThreadStart
  extends Pick<
    HostOptions,
    "address" | "refuseDown" | "journal" | "retention" | "questions" | "isRestart" | "processId"
  > {
  /** Where the thread counts. */
  readonly metrics: SharedArrayBuffer;
}

/** By the port that a gateway was given: its way to the thread of the store, from now on. */
export interface NewPort {
  readonly port: MessagePort;
}

/** What the owner of the thread says to it. */
export type ToStoreThread =
  /** A gateway's way to the store. */
  | { readonly kind: "attach"; readonly port: MessagePort }
  /** Another URL of the same database. */
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "close"; readonly graceMs: number };

/** What the thread says to its owner. */
export type FromStoreThread =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string; readonly name: string }
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "closed" };

/** What a gateway says to the store. */
export type ToStore =
  /** Lines of the ledger, each with its end; `content`: some of them are content. */
  | {
      readonly kind: "records";
      readonly lines: Uint8Array;
      readonly count: number;
      readonly content: boolean;
    }
  | {
      readonly kind: "request";
      readonly id: number;
      readonly name: StoreOperation;
      readonly argument: unknown;
    }
  | { readonly kind: "flush"; readonly id: number }
  /** Calls that run. */
  | ({ readonly kind: "open" } & OpenCallLines)
  /** Whether it wants the records of all gateways as they come. */
  | { readonly kind: "watch"; readonly wanted: boolean };

/** What the store says to a gateway. */
export type FromStore =
  /** As many records are in the journal, or dropped. */
  | { readonly kind: "taken"; readonly count: number }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly fault: Fault }
  | { readonly kind: "flushed"; readonly id: number }
  /** Something of the directory or of the configuration may have changed. */
  | { readonly kind: "changed" }
  | { readonly kind: "keeps"; readonly keeps: boolean }
  /** Lines of the ledger that somebody has recorded, for whoever watches. */
  | { readonly kind: "seen"; readonly lines: readonly string[] };
