import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { FairQueue, type Place } from "./fair-queue.ts";

/** Whether a call could go to a target at this moment. */
export type Room =
  /** `go`: it could. `fail`: waiting does not help. */
  | { readonly kind: "go" | "fail" }
  /** Every target that it may go to is busy; `untilMs` (since 1970) is when one is not by itself. */
  | { readonly kind: "busy"; readonly untilMs?: number };

/** A call that needs a target. */
export interface Seeker extends Place {
  readonly call: Call;
  readonly room: () => Room;
}

/** The bounds of a queue. */
export interface QueueBounds {
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** What a queue knows of the targets that its calls wait for. */
export interface QueueView {
  /** Says that calls wait for a target in this thread, or that they wait no longer. */
  readonly watch: (waits: boolean) => void;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** A call that waits. */
interface Waiter extends Seeker {
  readonly begin: () => void;
}

/** The least `Retry-After` of a refusal, in milliseconds. */
const minRetryAfterMs = 1000;

/** How much of the last turn is in the average time between turns. */
const newest = 0.2;

/**
 * The calls to one model that wait in this thread while every target is busy. One call has its turn
 * at a time: only when it has taken what was free, or found that it was not, is the next looked
 * for, so that no wake-up is lost and no call overtakes another of its key and priority. Calls that
 * come while others wait, wait too.
 */
export class ModelQueue {
  readonly #name: string;
  readonly #view: QueueView;
  readonly #waiting = new FairQueue<Waiter>();
  #hasTurn = false;
  #watched = false;
  /** The average time between two turns while calls wait; undefined: not known. */
  #pauseMs: number | undefined;
  #lastTurnMs: number | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(name: string, view: QueueView) {
    this.#name = name;
    this.#view = view;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether nothing waits and nobody has a turn. */
  get idle(): boolean {
    return this.size === 0 && !this.#hasTurn;
  }

  /**
   * Resolves when a call may go on: with undefined at once where it need not wait, else with the
   * milliseconds that it waited; then `began` must be called. Throws or rejects with RATE_LIMITED
   * where the queue is full or the call would wait longer than it may, and with the reason of its
   * life where the caller leaves.
   */
  enter(seeker: Seeker, bounds: QueueBounds): Promise<number> | undefined {
    if (this.idle && seeker.room().kind !== "busy") return undefined;
    return this.#wait(seeker, bounds);
  }

  /** The call that had its turn has taken what was free, or waits no longer. */
  began(): void {
    this.#hasTurn = false;
    this.look();
  }

  /** Gives the next call its turn that could go: something may have become free. */
  look(): void {
    // To be said before the last look, so that what is given back at this moment is not missed.
    this.#publish();
    if (this.#hasTurn || this.size === 0) return;
    let untilMs: number | undefined;
    const next = this.#waiting.take((waiter) => {
      const room = waiter.room();
      if (room.kind !== "busy") return true;
      if (room.untilMs !== undefined) untilMs = Math.min(untilMs ?? room.untilMs, room.untilMs);
      return false;
    });
    if (next === undefined) {
      this.#lookAt(untilMs);
      return;
    }
    this.#hasTurn = true;
    this.#noteTurn(next.call.life.nowMs);
    next.begin();
  }

  #wait(seeker: Seeker, bounds: QueueBounds): Promise<number> {
    const { life } = seeker.call;
    this.#refuseHopeless(seeker, bounds);
    const sinceMs = life.nowMs;
    return new Promise((resolve, reject) => {
      const leave = (reason: GatewayError): void => {
        if (!this.#waiting.remove(waiter)) return;
        settle();
        this.look();
        reject(reason);
      };
      const callOff = life.onAbort(leave);
      const cancelTimer = life.clock.schedule(
        () => leave(this.#refusal(`it waited ${bounds.maxWaitMs} ms for its turn`, seeker, 0)),
        bounds.maxWaitMs,
      );
      const settle = (): void => {
        callOff();
        cancelTimer();
      };
      const begin = (): void => {
        settle();
        resolve(life.nowMs - sinceMs);
      };
      const waiter: Waiter = { ...seeker, begin };
      this.#lastTurnMs ??= sinceMs;
      this.#waiting.add(waiter);
      this.look();
    });
  }

  /** Throws where a call cannot have its turn in the time that it has. */
  #refuseHopeless(seeker: Seeker, { maxWaiting, maxWaitMs }: QueueBounds): void {
    seeker.call.life.throwIfAborted();
    const expectedMs = this.#expectedMs(seeker);
    if (this.size >= maxWaiting)
      throw this.#refusal(`${maxWaiting} calls wait already`, seeker, expectedMs);
    const { remainingMs } = seeker.call.life;
    const hasMs = Math.min(remainingMs, maxWaitMs);
    if (expectedMs < hasMs) return;
    const what = `it would wait about ${Math.ceil(expectedMs)} ms, and has ${Math.floor(hasMs)} ms`;
    throw this.#refusal(what, seeker, expectedMs - hasMs);
  }

  #expectedMs(seeker: Seeker): number {
    if (this.#pauseMs === undefined || this.size === 0) return 0;
    return (this.#waiting.ahead(seeker) + 1) * this.#pauseMs;
  }

  #refusal(what: string, seeker: Seeker, afterMs: number): GatewayError {
    const room = seeker.room();
    const untilMs = room.kind === "busy" ? room.untilMs : undefined;
    const openMs = untilMs === undefined ? 0 : untilMs - this.#view.wallMs();
    return new GatewayError({
      reason: ErrorReason.RATE_LIMITED,
      limitScope: "queue",
      message: `every target of model ${this.#name} is busy, and the call cannot wait for one: ${what}; try again later`,
      retryAfterMs: Math.ceil(Math.max(minRetryAfterMs, afterMs, openMs)),
    });
  }

  #noteTurn(nowMs: number): void {
    const pauseMs = nowMs - (this.#lastTurnMs ?? nowMs);
    this.#pauseMs =
      this.#pauseMs === undefined ? pauseMs : this.#pauseMs * (1 - newest) + pauseMs * newest;
    this.#lastTurnMs = this.size === 0 ? undefined : nowMs;
  }

  /** Looks again when a target is free by itself. */
  #lookAt(untilMs: number | undefined): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (untilMs === undefined) return;
    const clock = this.#waiting.first()?.call.life.clock;
    const delayMs = Math.max(1, untilMs - this.#view.wallMs());
    this.#cancelTimer = clock?.schedule(() => this.look(), delayMs);
  }

  #publish(): void {
    const waits = this.size > 0;
    if (!waits) this.#lookAt(undefined);
    if (waits === this.#watched) return;
    this.#watched = waits;
    this.#view.watch(waits);
  }
}
