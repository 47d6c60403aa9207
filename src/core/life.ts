import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { sumUsage } from "../events/merge-usage.ts";
import type { Fault } from "./faults/fault.ts";
import { GatewayError } from "./faults/gateway-error.ts";

/**
 * How a call or an attempt ended. `whole`: the answer was complete. `broken`: it failed, before or
 * within the answer. `left`: nobody waits for it any more, because the caller went away or another
 * attempt won a race. `usage` is as far as it is known.
 */
export type End =
  | { readonly kind: "whole"; readonly usage?: Usage }
  | { readonly kind: "broken"; readonly fault: Fault; readonly usage?: Usage }
  | { readonly kind: "left"; readonly usage?: Usage };

/** The time as a life needs it. */
export interface Clock {
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Why a call without a fault of its own was cancelled. */
const left: Fault = { reason: ErrorReason.CANCELLED, message: "the caller went away" };

/**
 * Cancellation, deadline and end of a call or of an attempt. A class, because it owns a timer and
 * the connection to its parent; `end` lets go of both. Everything runs synchronously.
 */
export class Life {
  /** The time that its deadline and pauses go by. */
  readonly clock: Clock;
  readonly #parent: Life | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #atEnd: ((end: End) => void)[] | undefined;
  #atEndFirst: ((end: End) => void) | undefined;
  #onAbort: Set<(reason: GatewayError) => void> | undefined;
  #children: Set<Life> | undefined;
  #controller: AbortController | undefined;
  #reason: GatewayError | undefined;
  #end: End | undefined;
  /** What its children took that have ended. */
  #taken: Usage | undefined;
  #stage = -1;
  #endsWhenLeft = false;

  constructor(clock: Clock, parent?: Life) {
    this.clock = clock;
    this.#parent = parent;
    if (parent === undefined) return;
    this.#deadlineMs = parent.#deadlineMs;
    this.#stage = parent.#stage;
    if (parent.#reason !== undefined) this.#reason = parent.#reason;
    else if (parent.#children === undefined) parent.#children = new Set([this]);
    else parent.#children.add(this);
  }

  /** When the call is cancelled, on the monotonic clock; Infinity where nothing bounds it. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Milliseconds to the deadline, at least 0; Infinity where nothing bounds it. */
  get remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.clock.nowMs());
  }

  /** The present time on the monotonic clock. */
  get nowMs(): number {
    return this.clock.nowMs();
  }

  /** Why it was cancelled; undefined while it was not. */
  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** How it ended; undefined while it has not. */
  get ended(): End | undefined {
    return this.#end;
  }

  /** Aborted with a GatewayError as its reason. Made when first read: most calls need none. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Throws the reason where the life was aborted. */
  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** Runs once when it is aborted, at once where it was; gives a function that calls it off. */
  onAbort(run: (reason: GatewayError) => void): () => void {
    if (this.#reason !== undefined) {
      run(this.#reason);
      return nothing;
    }
    if (this.#end !== undefined) return nothing;
    this.#onAbort ??= new Set();
    this.#onAbort.add(run);
    return () => {
      this.#onAbort?.delete(run);
    };
  }

  /**
   * Runs exactly once when it ends, however it ends, also after a rejection; at once where it has
   * ended. What was added last runs first.
   */
  atEnd(run: (end: End) => void): void {
    if (this.#end !== undefined) run(this.#end);
    else if (this.#atEnd === undefined) this.#atEnd = [run];
    else this.#atEnd.push(run);
  }

  /** Runs before everything else at the end: the one that keeps the record. */
  atEndFirst(run: (end: End) => void): void {
    this.#atEndFirst = run;
  }

  /**
   * Ends it. The first end counts, later ones do nothing. Children that still run are aborted. Its
   * usage is what its children took together, those that failed too, where any of them said.
   */
  end(how: End): void {
    if (this.#end !== undefined) return;
    const taken = this.#taken;
    const end = taken === undefined || taken === how.usage ? how : { ...how, usage: taken };
    this.#end = end;
    this.#cancelTimer?.();
    if (this.#parent !== undefined) this.#parent.#childEnded(this, end.usage);
    this.#atEndFirst?.(end);
    this.#onAbort = undefined;
    const endings = this.#atEnd;
    this.#atEnd = undefined;
    if (this.#children !== undefined && this.#children.size > 0)
      this.#abortChildren(new GatewayError(left));
    if (endings === undefined) return;
    for (let at = endings.length - 1; at >= 0; at -= 1) endings[at]?.(end);
  }

  /**
   * Has it end as soon as nobody waits for it any more, after everything that runs at its abort,
   * and not only once whoever works for it has noticed.
   */
  endWhenLeft(): void {
    this.#endsWhenLeft = true;
  }

  /** Notes what an answer took that is no success, for whoever ends it knows nothing of it. */
  took(usage: Usage | undefined): void {
    if (usage !== undefined) this.#taken = sumUsage([this.#taken, usage]);
  }

  /** Gives it up: with a fault it is broken by that, without one it was left. */
  abort(fault?: Fault): void {
    if (this.#reason !== undefined || this.#end !== undefined) return;
    this.#aborted(new GatewayError(fault ?? left));
  }

  /** Sets a deadline unless there is an earlier one; `fault` is what breaks it then. */
  limit(deadlineMs: number, fault: Fault): void {
    if (deadlineMs >= this.#deadlineMs || this.#end !== undefined) return;
    this.#deadlineMs = deadlineMs;
    this.#cancelTimer?.();
    const delayMs = deadlineMs - this.clock.nowMs();
    if (delayMs <= 0) this.abort(fault);
    else this.#cancelTimer = this.clock.schedule(() => this.abort(fault), delayMs);
  }

  /**
   * Sets the deadline that pauses are measured by, without a timer: whoever waits for this life has
   * one.
   */
  expectUntil(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
  }

  /** A life within this one: aborted with it, with an end of its own. */
  child(): Life {
    return new Life(this.clock, this);
  }

  /**
   * Notes that a stage is entered, by its place in the pipeline. A stage that is entered twice in
   * one life is a bug: each new try needs a life of its own.
   */
  enter(stage: number): void {
    if (stage <= this.#stage)
      throw new Error(`a layer called next twice in one life: stage ${stage} was entered again`);
    this.#stage = stage;
  }

  #childEnded(child: Life, usage: Usage | undefined): void {
    this.#children?.delete(child);
    if (usage !== undefined) this.#taken = sumUsage([this.#taken, usage]);
  }

  #abortChildren(reason: GatewayError): void {
    const children = this.#children;
    this.#children = undefined;
    if (children !== undefined) for (const child of children) child.#aborted(reason);
  }

  /** Children first, so that what they took is known to whoever hears of it here. */
  #aborted(reason: GatewayError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#cancelTimer?.();
    const listeners = this.#onAbort;
    this.#onAbort = undefined;
    this.#abortChildren(reason);
    this.#controller?.abort(reason);
    if (listeners !== undefined) for (const run of listeners) run(reason);
    if (this.#endsWhenLeft && reason.fault === left) this.end({ kind: "left" });
  }
}

/** The end that a thrown value stands for in a life. */
export function endOf(error: unknown, life: Life, usage?: Usage): End {
  const known = usage === undefined ? undefined : { usage };
  if (life.reason?.fault === left) return { kind: "left", ...known };
  return { kind: "broken", fault: faultOf(error), ...known };
}

function faultOf(error: unknown): Fault {
  if (error instanceof GatewayError) return error.fault;
  return { reason: ErrorReason.INTERNAL, message: "the gateway failed" };
}

/** A whole end with what is known of its usage. */
export function wholeEnd(usage: Usage | undefined): End {
  return usage === undefined ? { kind: "whole" } : { kind: "whole", usage };
}

/** The end of a life that nobody waits for, with what is known of its usage. */
export function leftEnd(usage: Usage | undefined): End {
  return usage === undefined ? { kind: "left" } : { kind: "left", usage };
}

function nothing(): void {
  // There is nothing to call off.
}
