import type { Dispatcher } from "undici";
import { BodyQueue, type BodySource } from "./body-queue.ts";
import { type Bound, CallClock, type Clock, type UpstreamTimeouts } from "./call-clock.ts";
import { CANCELLED, type Cancellation } from "./cancellation.ts";
import type { ConnectionSlots, SlotUser } from "./connection-slots.ts";
import { createResponse, type UpstreamResponse } from "./response.ts";
import {
  toUpstreamError,
  UpstreamError,
  type UpstreamFailureKind,
  type UpstreamPhase,
} from "./upstream-error.ts";

/** A call to be made. */
export interface ExchangeCall {
  readonly origin: string;
  /** The caller's key: busy connections are shared out by key. */
  readonly key: string;
  /** Undefined: nobody cancels it. */
  readonly life: Cancellation | undefined;
  readonly timeouts: UpstreamTimeouts;
  readonly options: Dispatcher.DispatchOptions;
}

/** Where a call is made. */
export interface ExchangePlace {
  readonly dispatcher: Pick<Dispatcher, "dispatch">;
  /** Undefined: the dispatcher's connections are not shared out. */
  readonly slots: ConnectionSlots<Exchange> | undefined;
  readonly clock: Clock;
}

/**
 * One call as undici's dispatch sees it: settles once the reply head is in, then feeds the body. It
 * owns the upstream request and its bounds, and lets go of the call's life when the reply has
 * ended, so a call that ends well costs one listener and one timer.
 */
export class Exchange implements Dispatcher.DispatchHandler, BodySource, SlotUser {
  readonly #call: ExchangeCall;
  readonly #place: ExchangePlace;
  readonly #resolve: (response: UpstreamResponse) => void;
  readonly #reject: (error: UpstreamError) => void;
  readonly #clock: CallClock;
  #phase: UpstreamPhase = "connecting";
  #controller: Dispatcher.DispatchController | undefined;
  #queue: BodyQueue | undefined;
  #failure: UpstreamError | undefined;
  #stopListening: (() => void) | undefined;
  /** Whether the call holds a slot, or waits for one. */
  #entered = false;
  /** Whether the call was handed to undici. */
  #started = false;

  constructor(
    call: ExchangeCall,
    place: ExchangePlace,
    resolve: (response: UpstreamResponse) => void,
    reject: (error: UpstreamError) => void,
  ) {
    this.#call = call;
    this.#place = place;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#clock = new CallClock(call.timeouts, place.clock, (bound) =>
      this.abort(this.#late(bound)),
    );
    this.#stopListening = call.life?.onAbort((cause) =>
      this.abort(new UpstreamError("aborted", CANCELLED, { cause })),
    );
  }

  /** Makes the call, as soon as there is a connection for it. */
  begin(): void {
    const { slots } = this.#place;
    if (slots === undefined) this.start();
    else {
      this.#entered = true;
      slots.enter(this.#call.key, this);
    }
    if (this.#phase === "connecting" && this.#failure === undefined) this.#clock.connecting();
  }

  /** The slots: there is one for the call. */
  start(): void {
    this.#started = true;
    this.#place.dispatcher.dispatch(this.#call.options, this);
  }

  /**
   * Ends the call now: the waiting side fails at once and the connection is destroyed, or not used
   * if it is still to come.
   */
  abort(error: UpstreamError): void {
    this.#fail(error, true);
    this.#controller?.abort(error);
  }

  /** The queue: the socket is to wait. */
  pause(): void {
    this.#controller?.pause();
  }

  /** The queue: the socket is to go on. */
  resume(): void {
    this.#controller?.resume();
  }

  /** The queue: the reader begins or ceases to wait for more. */
  waits(waiting: boolean): void {
    this.#clock.waits(waiting);
  }

  /** The queue: the vendor got on with its answer. */
  progressed(): void {
    this.#clock.progressed();
  }

  /** undici: the request is about to be written to a connection. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = "waiting";
    if (this.#failure !== undefined) controller.abort(this.#failure);
    else this.#clock.sent();
  }

  /** undici: a reply head; informational ones (1xx) come before the real one. */
  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#failure !== undefined) return;
    if (status < 100) {
      this.abort(
        new UpstreamError("protocol", `the reply has the status ${status}, which is none`),
      );
      return;
    }
    if (status < 200) return;
    if (isRedirect(status)) {
      this.abort(
        new UpstreamError(
          "redirect",
          `the reply is a redirect (${status}), which is not followed: correct the base URL`,
        ),
      );
      return;
    }
    this.#phase = "reading";
    this.#queue = new BodyQueue(this);
    this.#resolve(createResponse(status, headers, this.#queue));
  }

  /** undici: a part of the body. */
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#queue?.push(chunk);
  }

  /** undici: the body is complete. */
  onResponseEnd(): void {
    this.#release();
    this.#queue?.end();
    this.#leave();
  }

  /** undici: the call failed, at whatever point. */
  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(toUpstreamError(error, this.#phase, this.#call.origin), false);
    this.#leave();
  }

  #fail(error: UpstreamError, now: boolean): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#release();
    if (this.#queue === undefined) this.#reject(error);
    else this.#queue.fail(error, now);
    // A call that undici has keeps its slot until undici lets go of it: the connection is taken
    // till then.
    if (!this.#started) this.#leave();
  }

  #leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#place.slots?.leave(this.#call.key, this);
  }

  #late(bound: Bound): UpstreamError {
    const { key, timeouts } = this.#call;
    const { connectMs, firstTokenMs, idleMs } = timeouts;
    const late = (kind: UpstreamFailureKind, what: string, ms: number): UpstreamError =>
      new UpstreamError(kind, `${what} (${ms} ms)`);
    if (bound === "idle") return late("timeout_idle", "the reply stopped for too long", idleMs);
    if (bound === "connect") {
      return this.#started
        ? late("timeout_connect", "no connection in time", connectMs)
        : late("busy", this.#place.slots?.whyBusy(key) ?? "", connectMs);
    }
    return this.#phase === "waiting"
      ? late("timeout_headers", "no reply in time", firstTokenMs)
      : late("timeout_first_token", "no content in time", firstTokenMs);
  }

  #release(): void {
    this.#clock.stop();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}

/**
 * The statuses that name another place to go (RFC 9110, 15.4); 300 and 304 are replies like any
 * other.
 */
function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}
