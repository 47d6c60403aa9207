import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { Fault } from "./faults/fault.ts";
import type { End } from "./life.ts";
import { type Bill, type Billing, billOfTry } from "./money/billing.ts";
import { type Cost, nothing, unpriced } from "./money/cost.ts";
import type { Target } from "./target/target.ts";

/** One try at one target, as callers, logs and the ledger see it. */
export interface AttemptRecord {
  readonly target: Target;
  /** Why this target was tried, in words; "" where nothing chose it. */
  readonly why: string;
  /** The model that it was tried for, a fallback's own name; "": that of the call. */
  readonly model: string;
  /** Whether that model is a fallback of the one that the call names. */
  readonly fallback: boolean;
  /** The dialect that the target was called in; "" where it was not called. */
  readonly dialect: string;
  /** The vendor's HTTP status; 0 where there was none. */
  readonly status: number;
  /**
   * From the request sent to the first content in hand, or to the failure; in whole microseconds. 0
   * where nothing was sent.
   */
  readonly durationUs: number;
  /**
   * From the request sent to the first content in hand, in whole microseconds; undefined where none
   * came.
   */
  readonly firstTokenUs: number | undefined;
  /** How it ended; undefined while it runs. */
  readonly end: End | undefined;
  /** What broke it; undefined while it runs, where it was whole, and where it was left. */
  readonly fault: Fault | undefined;
  /** What it took, as far as the vendor says. */
  readonly usage: Usage | undefined;
  /** What it took, where that had to be estimated. */
  readonly estimate: Usage | undefined;
  /**
   * The model that answered, in the vendor's words; where it does not say, as it was requested. "":
   * none has answered.
   */
  readonly answeredModel: string;
  /**
   * What it cost; undefined while it runs. Estimated where it was cut off before the vendor said
   * what it took.
   */
  readonly cost: Cost | undefined;
  /** Whether it was called beside one that was slow. */
  readonly hedged: boolean;
  /** Whether it lost a race, so that what it took was for nothing. */
  readonly wasted: boolean;
  /** Whether it goes on with the text of a try that broke off. */
  readonly continues: boolean;
  /** Whether it is a further part of a try that stands before it. */
  readonly part: boolean;
  /** When waiting for its first content ended, on the monotonic clock. Absent: it is not known. */
  readonly waitedUntilMs?: number;
  /** When its request was sent, and when it ended, on the monotonic clock. Absent: not known. */
  readonly waitedSinceMs?: number;
  readonly endedMs?: number | undefined;
}

/** A try in a race of two. The race says in `lost` how it came out. */
export interface RaceEntry {
  /** Whether it is the one that was called beside a slow one. */
  readonly hedge: boolean;
  lost: boolean;
}

/** The record of a try while it is being made. A class, because there is one for each call. */
export class OpenAttempt implements AttemptRecord {
  readonly target: Target;
  why = "";
  model = "";
  fallback = false;
  continues = false;
  part = false;
  race: RaceEntry | undefined;
  dialect = "";
  status = 0;
  end: End | undefined;
  cost: Cost | undefined;
  estimate: Usage | undefined;
  endedMs: number | undefined;
  /** For how long its reader had no room, in milliseconds. */
  heldUpMs = 0;
  /** What it is billed by. Undefined: it costs nothing. */
  billing: Billing | undefined;
  #answers: string | undefined;
  #cutPrompts = 0;
  readonly #nowMs: () => number;
  #frames = 0;
  #frameBytes = 0;
  #minFrameBytes = 0;
  #sentMs: number | undefined;
  #handedMs: number | undefined;
  #encodedMs: number | undefined;
  #arrivedMs: number | undefined;
  #answeredMs: number | undefined;
  /** When the first content was in hand, or nobody waited for it any more. */
  #waitedUntilMs: number | undefined;

  constructor(target: Target, nowMs: () => number) {
    this.target = target;
    this.#nowMs = nowMs;
  }

  /** Notes that a request is sent; of several requests of one attempt the first counts. */
  sent(dialect: string): void {
    this.dialect = dialect;
    this.#sentMs ??= this.#nowMs();
  }

  /** Notes that the request is as the target takes it; of several the first counts. */
  encoded(): void {
    this.#encodedMs ??= this.#nowMs();
  }

  /** Notes that all of an answer is there and is read now; of several the last counts. */
  arrived(): void {
    this.#arrivedMs = this.#nowMs();
  }

  /** Notes the status of the reply whose head has come. */
  replied(status: number): void {
    this.status = status;
  }

  /** Notes that the first content is there; of several replies in one attempt the last counts. */
  answered(): void {
    this.#answeredMs = this.#nowMs();
    this.#waitedUntilMs = this.#answeredMs;
  }

  /** Notes a frame of a stream, by the length of its data in bytes. */
  received(bytes: number): void {
    this.#frames += 1;
    this.#frameBytes += bytes;
    if (this.#frames === 1 || bytes < this.#minFrameBytes) this.#minFrameBytes = bytes;
  }

  /** Notes the model that answers, in the vendor's words; "": it does not say. */
  named(model: string): void {
    if (model !== "") this.#answers = model;
  }

  /** Notes that a part with a share of its prompt was cut off before the vendor said its usage. */
  partCut(share: number): void {
    this.#cutPrompts += share;
  }

  /** Notes that a piece of it is handed to its reader, who has yet to want another; gives it. */
  handed<T>(piece: T): T {
    this.#handedMs = this.#nowMs();
    return piece;
  }

  /** Notes that its reader wants the next piece. */
  wanted(): void {
    if (this.#handedMs !== undefined) this.heldUpMs += this.#nowMs() - this.#handedMs;
    this.#handedMs = undefined;
  }

  /** Notes that its reader has no room until then; gives what to wait for. */
  heldUp(room: Promise<void>): Promise<void> {
    const sinceMs = this.#nowMs();
    return room.then(() => {
      this.heldUpMs += this.#nowMs() - sinceMs;
    });
  }

  /** Notes how it ended. */
  ended(end: End): void {
    this.end = end;
    if (end.kind === "broken" && end.fault.upstreamStatus !== undefined)
      this.status = end.fault.upstreamStatus;
    this.endedMs = this.#nowMs();
    this.#waitedUntilMs ??= this.endedMs;
    // A whole answer ends the try before it is handed on.
    if (end.kind === "whole") this.#answeredMs ??= this.#waitedUntilMs;
    const { cost, estimate } = this.#billOf(end);
    // The request is not kept for as long as the record is.
    this.billing = undefined;
    this.cost = cost;
    this.estimate = estimate;
  }

  /** The record as it is if the try ends now, with what it has taken so far. It changes nothing. */
  ifEnded(end: End): AttemptRecord {
    if (this.end !== undefined) return this;
    const { target, why, model, fallback, continues, part, dialect, status, answeredModel } = this;
    const { durationUs, firstTokenUs, hedged, wasted, waitedUntilMs } = this;
    const fault = end.kind === "broken" ? end.fault : undefined;
    const { cost, estimate } = this.#billOf(end);
    return {
      ...{ target, why, model, fallback, continues, part, dialect, status, answeredModel },
      ...{ durationUs, firstTokenUs, hedged, wasted, waitedUntilMs, end, fault, cost, estimate },
      usage: end.usage,
    };
  }

  #billOf(end: End): Bill {
    const { billing, status } = this;
    if (billing === undefined)
      return {
        cost: end.usage === undefined ? nothing : unpriced("no prices are known of the model"),
      };
    return billOfTry(billing, {
      end,
      sent: this.#sentMs !== undefined,
      status,
      receivedTokens: this.receivedTokens,
      cutPrompts: this.#cutPrompts,
    });
  }

  /**
   * About how many tokens the frames of a stream brought: at least one each, and one for four bytes
   * of what is in them beside what all have.
   */
  get receivedTokens(): number {
    const text = this.#frameBytes - this.#frames * this.#minFrameBytes;
    return Math.max(this.#frames, Math.ceil(text / 4));
  }

  get durationUs(): number {
    return Math.round((this.waitedUntilMs - this.waitedSinceMs) * 1000);
  }

  get firstTokenUs(): number | undefined {
    if (this.#sentMs === undefined || this.#answeredMs === undefined) return undefined;
    return Math.round((this.#answeredMs - this.#sentMs) * 1000);
  }

  get fault(): Fault | undefined {
    return this.end?.kind === "broken" ? this.end.fault : undefined;
  }

  get usage(): Usage | undefined {
    return this.end?.usage;
  }

  get answeredModel(): string {
    return this.#answers ?? (this.#answeredMs === undefined ? "" : this.target.model);
  }

  get hedged(): boolean {
    return this.race?.hedge === true;
  }

  get wasted(): boolean {
    return this.race?.lost === true;
  }

  /** What encoding its request took and reading its whole answer, in milliseconds. */
  get translatedMs(): number {
    const request = (this.#encodedMs ?? 0) - (this.#sentMs ?? 0);
    const answer = (this.#answeredMs ?? 0) - (this.#arrivedMs ?? 0);
    return (
      (this.#encodedMs === undefined ? 0 : request) + (this.#arrivedMs === undefined ? 0 : answer)
    );
  }

  /** When waiting for the vendor began, on the monotonic clock. */
  get waitedSinceMs(): number {
    return this.#sentMs ?? this.waitedUntilMs;
  }

  /** When waiting for the first content ended; now while it goes on. */
  get waitedUntilMs(): number {
    return this.#waitedUntilMs ?? this.#nowMs();
  }
}
